"""Days, and spans of them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache

import msgspec

DAY = timedelta(days=1)


class Span(msgspec.Struct, frozen=True):
    """The days from `first` to `last`, both of them included. A span whose first lies behind its last has no day."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return max(0, (self.last - self.first).days + 1)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def within(self, other: Span) -> Span:
        """Return the days that both have."""
        return Span(max(self.first, other.first), min(self.last, other.last))


def days_back(last: date, days: int) -> Span:
    """Return the span of so many days that ends with `last`."""
    return Span(last - timedelta(days=days - 1), last)


def months_back(last: date, months: int) -> Span:
    """Return the span of so many months that ends with `last`: from 16 March, one month goes back to 17 February."""
    index = last.year * 12 + last.month - 1 - months
    year, month = divmod(index, 12)
    same = date(year, month + 1, min(last.day, monthrange(year, month + 1)[1]))
    return Span(same + DAY, last)


def standard(last: date) -> Mapping[str, Span]:
    """Return the spans risk is looked at over, by name: 3 days, a week, 1, 3, 6 and 12 months."""
    return {
        "3d": days_back(last, 3),
        "1w": days_back(last, 7),
        "1m": months_back(last, 1),
        "3m": months_back(last, 3),
        "6m": months_back(last, 6),
        "12m": months_back(last, 12),
    }


def month_of(day: date) -> date:
    """Return the first day of a day's month, by which the month is named."""
    return day.replace(day=1)


def months(span: Span) -> tuple[date, ...]:
    """Return every month that has a day in the span, each by its first day."""
    found = []
    index = span.first.year * 12 + span.first.month - 1
    end = span.last.year * 12 + span.last.month - 1
    while index <= end:
        found.append(date(index // 12, index % 12 + 1, 1))
        index += 1
    return tuple(found) if span.days else ()


@lru_cache(maxsize=4096)
def month_at(index: int) -> tuple[int, int]:
    """Return the ordinal of the day before a month begins, and how many days it has; months count from year 0."""
    year, month = divmod(index, 12)
    return date(year, month + 1, 1).toordinal() - 1, monthrange(year, month + 1)[1]


def whole_month(first: date) -> Span:
    """Return the span of a month that is named by its first day."""
    return Span(first, first.replace(day=monthrange(first.year, first.month)[1]))


def working_day_number(day: date) -> int:
    """Return which working day (Monday to Friday; holidays are not known here) of its month a day is, from 1.

    A Saturday or Sunday counts as the Monday after it, which may be the first of the next month.
    """
    monday = day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day
    weeks, rest = divmod(monday.day, 7)
    first = (monday.weekday() - rest + 1) % 7
    return weeks * 5 + sum((first + offset) % 7 < 5 for offset in range(rest))
