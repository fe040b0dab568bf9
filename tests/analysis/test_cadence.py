from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from afluente.analysis.cadence import Cadence, rhythm
from afluente.analysis.spans import months, whole_month
from tests.analysis.made import ON, YEAR, working_day

MONTHS = months(YEAR)[1:]  # December 2025 to November 2026


def every(days: int, first: date = date(2026, 1, 2)) -> list[date]:
    """Days so far apart, until the day the tests look from."""
    return [first + timedelta(days=days * number) for number in range((ON - first).days // days + 1)]


def on(*numbers: int, step: int = 1) -> list[date]:
    """These days of the months of the year, or the last where a month is shorter, until the tests' day."""
    return [
        day
        for month in MONTHS[::step]
        for number in numbers
        if (day := month.replace(day=min(number, whole_month(month).last.day))) <= ON
    ]


@pytest.mark.parametrize(
    ("days", "cadence", "usual"),
    [
        pytest.param(every(7), Cadence.WEEKLY, (), id="every Friday"),
        pytest.param(every(14), Cadence.BIWEEKLY, (), id="every other Friday"),
        pytest.param(every(14)[-6:], Cadence.BIWEEKLY, (), id="every other Friday, for ten weeks"),
        pytest.param(on(15, 31), Cadence.SEMI_MONTHLY, (15, 31), id="the 15th and the last"),
        pytest.param(on(5, 20), Cadence.SEMI_MONTHLY, (5, 20), id="the 5th and the 20th"),
        pytest.param(on(10), Cadence.MONTHLY, (10,), id="the 10th"),
        pytest.param(on(31), Cadence.MONTHLY, (31,), id="the last"),
        pytest.param([working_day(month, 5) for month in MONTHS], Cadence.MONTHLY, (7,), id="the fifth working day"),
        pytest.param(on(12, step=2), Cadence.BIMONTHLY, (12,), id="the 12th of every other month"),
        pytest.param(on(3, step=3), Cadence.QUARTERLY, (3,), id="the 3rd of every third month"),
    ],
)
def test_a_rhythm_is_told_and_is_perfect_where_nothing_is_missing(
    days: list[date], cadence: Cadence, usual: tuple[int, ...]
) -> None:
    """Each cadence is told from its neighbours, weekends and short months included."""
    found = rhythm(days, ON)
    assert (found.cadence, found.usual_days, found.missed) == (cadence, usual, 0)
    assert found.regularity == Decimal("1.0000")


@pytest.mark.parametrize(
    "days",
    [
        pytest.param([date(2026, 1, 3), date(2026, 2, 3)], id="two days"),
        pytest.param([date(2026, 1, 3), date(2026, 3, 22), date(2026, 4, 2), date(2026, 8, 30)], id="four by chance"),
        pytest.param([ON - timedelta(days=away * away) for away in range(15)], id="ever further apart"),
    ],
)
def test_days_by_chance_have_no_rhythm(days: list[date]) -> None:
    """Nothing is called monthly because it happened three times."""
    found = rhythm(days, ON)
    assert (found.cadence, found.expected_next, found.usual_days) == (Cadence.IRREGULAR, None, ())


def test_what_is_missing_lowers_regularity_and_keeps_the_rhythm() -> None:
    """Eleven of twelve months are eleven twelfths."""
    days = on(10)
    found = rhythm([*days[:5], *days[6:]], ON)
    assert (found.cadence, found.regularity) == (Cadence.MONTHLY, Decimal("0.9167"))


def test_what_is_too_much_lowers_regularity_as_well() -> None:
    """One more day than there are slots is one day that belongs nowhere."""
    found = rhythm([*on(10), date(2026, 6, 25)], ON)
    assert (found.cadence, found.regularity) == (Cadence.MONTHLY, Decimal("0.9231"))


def test_what_is_expected_next_follows_the_last_day_and_counts_what_was_missed() -> None:
    """A rhythm that broke off keeps the day it was expected on, and says how often it has stayed away."""
    found = rhythm([day for day in on(10) if day < date(2026, 8, 1)], ON)
    assert (found.expected_next, found.missed) == (date(2026, 8, 10), 4)


def test_nothing_is_expected_on_a_weekend_where_it_never_came_on_one() -> None:
    """The fifth of December 2026 is a Saturday: what waits for the Monday each time comes on the seventh."""
    fifths = [month.replace(day=5) for month in MONTHS]
    mondays = [day + timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0) for day in fifths]
    assert (rhythm(mondays, ON).usual_days, rhythm(mondays, ON).expected_next) == ((5,), date(2026, 12, 7))
    assert rhythm(fifths, ON).expected_next == date(2026, 12, 5)


def test_three_of_four_days_are_too_few_for_a_week() -> None:
    """A rhythm of weeks shows itself in four days that keep it."""
    days = [ON - timedelta(days=away) for away in (24, 17, 10, 0)]
    assert rhythm(days, ON).cadence is Cadence.IRREGULAR


def test_a_single_day_has_neither_rhythm_nor_regularity() -> None:
    """There is nothing to compare it with."""
    assert rhythm([ON], ON).cadence is Cadence.SINGLE
    assert rhythm([ON], ON).regularity is None


def test_two_movements_of_one_day_are_no_single_movement() -> None:
    """A day that comes twice is one day of a rhythm, but not a single movement."""
    assert rhythm([ON, ON], ON).cadence is Cadence.IRREGULAR
    assert rhythm([*on(10), *on(10)], ON).regularity == Decimal("1.0000")
