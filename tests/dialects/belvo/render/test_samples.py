from __future__ import annotations

import json
from pathlib import Path

import pytest

from afluente.dialects.belvo.render import ENCODER
from tests.dialects.belvo.render import fiscal_samples, samples, working_samples
from tests.dialects.belvo.render.records import Sample
from tests.dialects.belvo.render.schemas import faults

EXPECTED = Path(__file__).with_name("expected")
ALL: dict[str, Sample] = samples.SAMPLES | fiscal_samples.SAMPLES | working_samples.SAMPLES


@pytest.mark.parametrize("name", ALL)
def test_a_record_renders_to_the_wire_that_lies_in_its_file(name: str) -> None:
    """Keys, their order, nulls, numbers and dates are those of the expected file, to the letter."""
    wire = json.loads(ENCODER.encode(ALL[name].make()))
    assert json.dumps(wire, indent=2, ensure_ascii=False) + "\n" == (EXPECTED / f"{name}.json").read_text("utf-8")


@pytest.mark.parametrize("name", [name for name, sample in ALL.items() if sample.current])
def test_a_wire_meets_the_schema_of_todays_generation(name: str) -> None:
    """Required keys, types, closed sets, formats, lengths and patterns are as the vendor publishes them."""
    wire = json.loads(ENCODER.encode(ALL[name].make()))
    assert faults("current", ALL[name].current or "", wire) == []


@pytest.mark.parametrize("name", [name for name, sample in ALL.items() if sample.legacy])
def test_a_wire_meets_the_schema_of_the_older_generation(name: str) -> None:
    """The same object serves clients that were made from the schemas of 2023, and check them."""
    wire = json.loads(ENCODER.encode(ALL[name].make()))
    assert faults("legacy", ALL[name].legacy or "", wire) == []


def test_every_expected_wire_has_a_sample() -> None:
    """No file is left behind."""
    assert {path.stem for path in EXPECTED.iterdir()} == set(ALL)


def test_the_schemas_do_find_what_is_wrong() -> None:
    """A wrong type, a word outside the set, a missing key and a date that is none are each told."""
    wire = json.loads(ENCODER.encode(ALL["account-checking"].make()))
    del wire["number"]
    broken = wire | {"currency": 5, "category": "WALLET", "collected_at": "yesterday"}
    assert len(faults("current", "AccountOpenFinanceBrazil", broken)) == 4
