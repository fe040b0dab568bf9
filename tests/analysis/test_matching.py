from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.analysis import matching

EXACT, STRONG, POSSIBLE, UNLIKELY = ("1", "1"), ("0.80", "0.99"), ("0.65", "0.80"), ("0.50", "0.649")
NONE = ("0", "0.49")


@pytest.mark.parametrize(
    ("told", "held", "band"),
    [
        ("Jonathan Doe", "JONATHAN DOE", EXACT),
        ("Doe, Jonathan", "Jonathan Doe", EXACT),
        ("Elise Tremblay", "Élise Tremblay", EXACT),
        ("Mr Jonathan Doe", "Jonathan Doe", EXACT),
        ("Jonathan Doe", "John Doe", STRONG),
        ("Jonathan A. Doe", "Jonathan Doe", STRONG),
        ("John Doe", "Jon Do", POSSIBLE),
        ("Jonathan Doe", "Steve Doe", UNLIKELY),
        ("Jonathan Doe", "Air Bud", NONE),
    ],
)
def test_names_fall_into_the_published_bands(told: str, held: str, band: tuple[str, str]) -> None:
    """A short first name is nearly the name; a family name alone is not."""
    assert Decimal(band[0]) <= matching.names(told, held) <= Decimal(band[1])


@pytest.mark.parametrize(
    ("told", "held", "band"),
    [
        ("M6N4H9", "m6n 4h9", EXACT),
        ("M6N4H9", "M6N 4H9A", STRONG),
        ("M6N4H9", "M6N4H1", POSSIBLE),
        ("M6N4H9", "M6N2H8", UNLIKELY),
        ("M6N4H9", "K7L3R67", NONE),
    ],
)
def test_postal_codes_fall_into_the_published_bands(told: str, held: str, band: tuple[str, str]) -> None:
    """Each place that differs weighs more than the one before."""
    assert Decimal(band[0]) <= matching.codes(told, held) <= Decimal(band[1])


def test_an_address_is_the_same_in_either_language_and_however_shortened() -> None:
    """Banks write Ave, people avenue."""
    assert matching.addresses("1275 Ave. des Canadiens-de-Montreal", "1275 avenue des Canadiens-de-Montréal") == 1
    assert matching.addresses("12 Main St N", "12 Main Street North") == 1
    assert matching.addresses("12 Main St", "45 Oak Road") < Decimal("0.5")


def test_a_telephone_is_the_same_with_and_without_its_country() -> None:
    """+1 in front of a number is the same number."""
    assert matching.phones("+1 (514) 333-7777", "514-333-7777") == 1
    assert matching.phones("514-333-7777", "416-555-0000") < Decimal("0.5")


def test_a_province_is_known_by_its_code_and_its_name() -> None:
    """QC, Quebec and Québec are one place."""
    assert matching.places("Québec", "QC") == 1
    assert matching.places("ON", "QC") == 0


COMPARED = (
    matching.names, matching.addresses, matching.places, matching.codes, matching.phones, matching.emails,
)  # fmt: skip


@pytest.mark.parametrize("compare", COMPARED)
@given(told=st.text(max_size=30), held=st.text(max_size=30))
def test_any_two_texts_are_between_not_alike_and_the_same(compare: object, told: str, held: str) -> None:
    """Whatever a client sends, the answer is a rate."""
    assert callable(compare)
    assert 0 <= compare(told, held) <= 1
