"""What comes again and again between the holder and one other party: its figures, over a span of days."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from afluente.analysis import cadence, figures
from afluente.analysis.cadence import Cadence
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement
from afluente.analysis.spans import Span

ROLLING_MONTH = 30
"""Days of a rolling month, the unit in which periods are counted."""


class Confidence(StrEnum):
    """How sure it is that this goes on."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """2 for high, 1 for medium, 0 for low."""
        return ("low", "medium", "high").index(self.value)


class MonthSum(msgspec.Struct, frozen=True, kw_only=True):
    """What came in one calendar month, named by its first day."""

    month: date
    total: Decimal
    count: int


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One stream. Amounts are positive, in `currency`, rounded to its minor unit; ratios have four decimals.

    `source` tells streams apart and is the same for the same party at another time; `name` is for people. `keys` are
    the movements', oldest first, beside their `days` and `amounts`. `stability` says how alike the amounts are and
    `regularity` how well the cadence is kept, both from 0 to 1; `trend` is the last amount's distance from the first,
    as a share of the first. All three are None where there is one movement only. `expected_next`, `missed` and
    `usual_days` are those of `cadence.Rhythm`. `months` has the calendar months in which anything came.
    """

    account_key: str
    currency: str
    source: str
    name: str
    category: str | None
    cadence: Cadence
    confidence: Confidence
    regularity: Decimal | None
    stability: Decimal | None
    trend: Decimal | None
    occurrences: int
    total: Decimal
    average: Decimal
    median: Decimal
    smallest: Decimal
    largest: Decimal
    deviation: Decimal
    first_amount: Decimal
    last_amount: Decimal
    first_on: date
    last_on: date
    last_description: str
    expected_next: date | None
    missed: int
    usual_days: tuple[int, ...]
    months: tuple[MonthSum, ...]
    keys: tuple[str, ...]
    days: tuple[date, ...]
    amounts: tuple[Decimal, ...]

    @property
    def is_active(self) -> bool:
        """Whether it has a cadence and has not stayed away twice."""
        return self.cadence.is_regular and self.missed < 2


class Periods(msgspec.Struct, frozen=True, kw_only=True):
    """The rolling months, of 30 days each and counted back from the last day, that figures by the month stand on.

    `asked` fit into the span, `covered` into the part of it from which movements are known; both are at least 1. Days
    that fill no period belong to the oldest.
    """

    last: date
    asked: int
    covered: int

    def of(self, day: date) -> int:
        """Return which covered period a day lies in, 0 being the latest."""
        return min((self.last - day).days // ROLLING_MONTH, self.covered - 1)


def periods(history: History, span: Span) -> Periods:
    """Return the rolling months of a span."""
    known = span.within(history.known)
    return Periods(
        last=span.last,
        asked=max(1, span.days // ROLLING_MONTH),
        covered=max(1, known.days // ROLLING_MONTH),
    )


Group = tuple[str, str, str, str]
"""Account, currency, kind, source: what the movements of one stream have in common."""


def groups(found: Iterable[tuple[str, Movement]]) -> list[tuple[str, list[Movement]]]:
    """Return movements that belong together, each group with its kind, in an order that depends on nothing else."""
    together: dict[Group, list[Movement]] = {}
    for kind, movement in found:
        together.setdefault((movement.account.key, movement.currency, kind, movement.source), []).append(movement)
    return [(group[2], movements) for group, movements in sorted(together.items())]


def stream(movements: Sequence[Movement], until: date) -> Stream:
    """Return the figures of one group, oldest first and not empty, as they look on a day; its confidence is low yet."""
    first, last = movements[0], movements[-1]
    currency = last.currency
    amounts = [abs(movement.amount) for movement in movements]
    total = sum(amounts, ZERO)
    beat = cadence.rhythm([movement.day for movement in movements], until)
    several = len(amounts) > 1
    return Stream(
        account_key=last.account.key,
        currency=currency,
        source=last.source,
        name=last.name,
        category=_most_common(movements),
        cadence=beat.cadence,
        confidence=Confidence.LOW,
        regularity=beat.regularity,
        stability=figures.stability(amounts),
        trend=figures.share(amounts[-1] - amounts[0], amounts[0]) if several else None,
        occurrences=len(amounts),
        total=money(total, currency),
        average=money(total / len(amounts), currency),
        median=money(figures.median(amounts), currency),
        smallest=money(min(amounts), currency),
        largest=money(max(amounts), currency),
        deviation=money(figures.deviation(amounts), currency),
        first_amount=money(amounts[0], currency),
        last_amount=money(amounts[-1], currency),
        first_on=first.day,
        last_on=last.day,
        last_description=last.description,
        expected_next=beat.expected_next,
        missed=beat.missed,
        usual_days=beat.usual_days,
        months=_by_month(movements, amounts, currency),
        keys=tuple(movement.key for movement in movements),
        days=tuple(movement.day for movement in movements),
        amounts=tuple(amounts),
    )


def trailing(found: Iterable[Stream], currency: str, last: date, spans: Sequence[int]) -> Mapping[int, Decimal]:
    """Return what streams of one currency brought or took in the days up to the last, for each of so many days."""
    every = list(found)
    return {
        days: money(sum((_behind(one, last - timedelta(days=days)) for one in every), ZERO), currency) for days in spans
    }


def _behind(one: Stream, day: date) -> Decimal:
    """Return what a stream brought or took behind a day."""
    return sum(one.amounts[bisect_right(one.days, day) :], ZERO)


def _most_common(movements: Sequence[Movement]) -> str | None:
    counted = Counter(movement.category for movement in movements if movement.category)
    return min(counted.items(), key=lambda found: (-found[1], found[0]))[0] if counted else None


def _by_month(movements: Sequence[Movement], amounts: Sequence[Decimal], currency: str) -> tuple[MonthSum, ...]:
    sums: dict[tuple[int, int], list[Decimal]] = {}
    for movement, amount in zip(movements, amounts, strict=True):
        day = movement.day
        sums.setdefault((day.year, day.month), []).append(amount)
    return tuple(
        MonthSum(month=date(*month, 1), total=money(sum(found, ZERO), currency), count=len(found))
        for month, found in sorted(sums.items())
    )
