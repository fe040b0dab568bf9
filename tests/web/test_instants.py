from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.web.instants import instant, maybe_instant, midnight


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_727_448_706_216, "2024-09-27T14:51:46.216Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    ],
)
def test_an_instant_has_three_decimals_and_a_z(ms: int, text: str) -> None:
    """The one form that the Node client turns into a date."""
    assert instant(ms) == text


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_an_instant_is_what_the_calendar_says(ms: int) -> None:
    """Over all years a date can have."""
    exact = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    assert instant(ms) == exact.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_calendar_date_is_midnight_of_that_day_and_nothing_is_null() -> None:
    """Dates without a time are written in the same form."""
    assert midnight(date(2024, 2, 29)) == "2024-02-29T00:00:00.000Z"
    assert midnight(None) is None
    assert maybe_instant(None) is None
    assert maybe_instant(0) == "1970-01-01T00:00:00.000Z"
