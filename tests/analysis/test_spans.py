from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.analysis.spans import Span, days_back, months, months_back, standard, working_day_number
from tests.analysis.made import working_day


@pytest.mark.parametrize(
    ("last", "back", "first"),
    [
        (date(2026, 3, 16), 1, date(2026, 2, 17)),
        (date(2026, 3, 31), 1, date(2026, 3, 1)),
        (date(2024, 2, 29), 12, date(2023, 3, 1)),
        (date(2026, 1, 15), 3, date(2025, 10, 16)),
    ],
)
def test_a_month_back_ends_the_day_after_the_same_day(last: date, back: int, first: date) -> None:
    """Where the earlier month is shorter, its last day stands for the same day."""
    assert months_back(last, back) == Span(first, last)


def test_days_back_count_the_last_day() -> None:
    """Three days are today and the two before."""
    assert days_back(date(2026, 3, 2), 3) == Span(date(2026, 2, 28), date(2026, 3, 2))
    assert days_back(date(2026, 3, 2), 3).days == 3


def test_the_standard_windows_end_together_and_grow() -> None:
    """Each holds the one before it."""
    spans = list(standard(date(2026, 11, 20)).values())
    assert [span.days for span in spans] == [3, 7, 31, 92, 184, 365]


def test_a_span_that_ends_before_it_begins_has_no_days_and_no_months() -> None:
    """What two spans share may be nothing."""
    shared = days_back(date(2026, 3, 2), 3).within(days_back(date(2026, 1, 2), 3))
    assert (shared.days, months(shared), date(2026, 2, 1) in shared) == (0, (), False)


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(1, 20))
def test_a_working_day_has_the_number_by_which_it_is_counted_off(month: date, number: int) -> None:
    """Counting Mondays to Fridays from the first of the month finds the day again."""
    assert working_day_number(working_day(month.replace(day=1), number)) == number


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_a_weekend_counts_as_the_monday_after_it(day: date) -> None:
    """Also where that Monday is in the next month."""
    monday = day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
    assert working_day_number(day) == working_day_number(monday)
