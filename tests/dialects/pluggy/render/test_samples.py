from __future__ import annotations

import json
from pathlib import Path

import pytest

from afluente.dialects.pluggy.render import ENCODER, account, reduced_account
from tests.dialects.pluggy.render.samples import CARD, CHECKING, SAMPLES, stored

EXPECTED = Path(__file__).with_name("expected")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_renders_to_the_wire_that_lies_in_its_file(name: str) -> None:
    """Keys, their order, nulls, numbers and dates are those of the expected file, to the letter."""
    wire = json.loads(ENCODER.encode(SAMPLES[name][0]()))
    assert json.dumps(wire, indent=2, ensure_ascii=False) + "\n" == (EXPECTED / f"{name}.json").read_text("utf-8")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_official_python_client_reads_what_a_record_renders_to(name: str) -> None:
    """The client raises on a missing key or an enum value it does not know, and keeps every value it is given."""
    render, model = SAMPLES[name]
    wire = json.loads(ENCODER.encode(render()))
    read = model.from_dict(wire).to_dict()
    given = {key for key, value in wire.items() if value is not None}
    known = {field.alias or key for key, field in model.model_fields.items()}
    assert given & known <= set(read)


def test_every_expected_file_has_a_sample() -> None:
    """A file that nothing renders would go stale unseen."""
    assert {path.stem for path in EXPECTED.glob("*.json")} == set(SAMPLES)


@pytest.mark.parametrize("record", [CHECKING, CARD])
def test_a_connect_token_sees_eight_fields_of_an_account(record: object) -> None:
    """The reduced account has these fields, with the values of the whole one."""
    whole = account(stored(record))
    reduced = reduced_account(stored(record))
    assert list(reduced) == ["id", "itemId", "type", "subtype", "number", "balance", "name", "currencyCode"]
    assert reduced.items() <= whole.items()
