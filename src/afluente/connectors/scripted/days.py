"""Days and months as a Brazilian bank counts them.

A day is its proleptic ordinal, a month the number of months since year 0. São Paulo has kept UTC-3 all year since
2019, so a local midnight is always 03:00Z.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from afluente.core.clock import DAY, HOUR, MINUTE, Instant

MIDNIGHT: Instant = 3 * HOUR
"""Local midnight after UTC midnight."""

EPOCH = date(1970, 1, 1).toordinal()


def day_of(instant: Instant) -> int:
    """Return the ordinal of the local day an instant lies in."""
    return (instant - MIDNIGHT) // DAY + EPOCH


def instant_of(day: int, at: Instant = 0) -> Instant:
    """Return the instant `at` milliseconds after the day's local midnight."""
    return (day - EPOCH) * DAY + MIDNIGHT + at


def clock_time(hour: int, minute: int, second: int = 0) -> Instant:
    """Return a time of day as milliseconds after midnight."""
    return hour * HOUR + minute * MINUTE + second * 1_000


def month_of(day: int) -> int:
    """Return the month a day lies in."""
    on = date.fromordinal(day)
    return on.year * 12 + on.month - 1


@lru_cache(maxsize=1_024)
def first_day(month: int) -> int:
    """Return the first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def month_length(month: int) -> int:
    """Return how many days a month has."""
    return first_day(month + 1) - first_day(month)


def last_day(month: int) -> int:
    """Return the last day of a month."""
    return first_day(month + 1) - 1


def nth_day(month: int, number: int) -> int:
    """Return the day of a month with this number, or its last day where the month is shorter."""
    return first_day(month) + min(number, month_length(month)) - 1


def month_text(month: int) -> str:
    """Return a month as `YYYY-MM`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


@lru_cache(maxsize=1_024)
def day_text(day: int) -> str:
    """Return a day as `DD/MM`."""
    return f"{on(day):%d/%m}"


def on(day: int) -> date:
    """Return a day as a date."""
    return date.fromordinal(day)


def is_weekend(day: int) -> bool:
    """Whether a day is a Saturday or a Sunday."""
    return day % 7 in (6, 0)


def working_day(day: int) -> int:
    """Return the day itself, or the Monday after a weekend."""
    return day + {6: 2, 0: 1}.get(day % 7, 0)
