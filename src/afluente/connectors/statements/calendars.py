"""Dates on printed statements: often without a year, which the statement's period tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from afluente.connectors.statements.dates import month_of
from afluente.connectors.statements.sheets import Line, Word, said

_ISO = re.compile(r"(?P<y>[12][0-9]{3})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})")
# with points only where there is a year too: 10.12 is an amount
_NUMBERS = re.compile(
    r"(?P<a>[0-9]{1,2})(?:[-/](?P<b>[0-9]{1,2})(?:[-/](?P<y>[0-9]{4}|[0-9]{2}))?"
    r"|\.(?P<c>[0-9]{1,2})\.(?P<z>[0-9]{4}|[0-9]{2}))"
)
_DAY_FIRST = re.compile(
    r"(?P<d>[0-9]{1,2})(?:er|º|ª)?(?: de |[ /.-]?)(?P<w>[^\W\d_]{3,10})\.?"
    r"(?:(?: de |[ /.,-]+)(?P<y>[0-9]{4}|[0-9]{2}))?"
)
_MONTH_FIRST = re.compile(r"(?P<w>[^\W\d_]{3,10})\.?[ -]?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?(?:,? ?(?P<y>[12][0-9]{3}))?")
_LONGEST = 5
"""Words that a date is written in: `5 de março de 2024`."""

_FIRST, _LAST = date(1990, 1, 1), date(2100, 1, 1)


class Written(msgspec.Struct, frozen=True):
    """A date as it stands there: numbers that may be day and month in either order, the year if there is one."""

    one: int
    two: int
    year: int | None
    ordered: bool
    words: int

    def on(self, month_first: bool, year: int | None = None) -> date | None:
        """Return the day, if there is such a one."""
        day, month = (self.two, self.one) if month_first and not self.ordered else (self.one, self.two)
        number = self.year if self.year is not None else year
        try:
            found = date(number, month, day) if number is not None else None
        except ValueError:
            return None
        return found if found is not None and _FIRST <= found < _LAST else None


def written(words: Sequence[Word]) -> Written | None:
    """Return the date that `words` begin with, the longest one, or None."""
    for count in range(min(_LONGEST, len(words)), 0, -1):
        text = said(words[:count]).strip(",:")
        if found := _whole(text):
            return Written(found[0], found[1], found[2], found[3], count)
    return None


def _whole(text: str) -> tuple[int, int, int | None, bool] | None:
    if len(text) > 30:
        return None
    if found := _ISO.fullmatch(text):
        return int(found["d"]), int(found["m"]), int(found["y"]), True
    if found := _NUMBERS.fullmatch(text):
        one, two = int(found["a"]), int(found["b"] or found["c"])
        possible = (1 <= one <= 31 and 1 <= two <= 12) or (1 <= one <= 12 and 1 <= two <= 31)
        return (one, two, _year(found["y"] or found["z"]), False) if possible else None
    for pattern in (_DAY_FIRST, _MONTH_FIRST):
        if (found := pattern.fullmatch(text)) and (month := month_of(found["w"])) and 1 <= int(found["d"]) <= 31:
            return int(found["d"]), month, _year(found["y"]), True
    return None


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    return int(text) + (2000 if len(text) == 2 else 0)


class Calendar(msgspec.Struct, frozen=True):
    """How one statement writes its days. `until` is the last day it speaks of, None where it names no year."""

    month_first: bool
    sure: bool
    until: date | None

    def day(self, found: Written) -> date | None:
        """Return the day of a date; one without a year lies in the year before `until`."""
        if found.year is not None:
            return found.on(self.month_first)
        if self.until is None:
            return None
        for year in (self.until.year + 1, self.until.year, self.until.year - 1, self.until.year - 2):
            day = found.on(self.month_first, year)
            if day is not None and day <= self.until + timedelta(days=10):
                return day
        return None


def calendar_of(lines: Iterable[Line], american: bool) -> Calendar:
    """Return how a statement writes its days: from all of its dates, and from its country where they do not tell."""
    every = [found for line in lines for found in _every(line)]
    numbers = [found for found in every if not found.ordered]
    day_first = all(found.two <= 12 for found in numbers)
    month_first = all(found.one <= 12 for found in numbers)
    sure = not numbers or day_first != month_first
    first = month_first and (american if day_first else True)
    full = [day for found in every if found.year is not None and (day := found.on(first)) is not None]
    return Calendar(first, sure, _end(full, [found for found in every if found.year is None], first))


def _end(full: Sequence[date], short: Sequence[Written], month_first: bool) -> date | None:
    """Return the end of the period: the latest date with a year that others of the statement stand before.

    A statement also names the day it was printed and the next one's; the period's own end is the one that most of
    the dates without a year lie before within a year, the earliest of those.
    """
    if not full:
        return None
    days = sorted(set(full))
    if not short:
        return days[-1]

    def inside(end: date) -> int:
        count = 0
        for found in short:
            for year in (end.year, end.year - 1):
                day = found.on(month_first, year)
                if day is not None and end - timedelta(days=100) <= day <= end:
                    count += 1
                    break
        return count

    best = max(inside(day) for day in days)
    return next(day for day in days if inside(day) == best)


def _every(line: Line) -> list[Written]:
    found: list[Written] = []
    at = 0
    while at < len(line.words):
        here = written(line.words[at:])
        if here is None:
            at += 1
            continue
        found.append(here)
        at += here.words
    return found
