"""What an attribute is: a name, a sentence, and a function over what is seen of a history and a span of days.

An attribute with windows has five names: its own, for all days looked at, and one for each of the last 30, 60, 90 and
365 days. Business attributes end in `_biz`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from afluente.analysis import figures, sight
from afluente.analysis.cadence import Cadence
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import Movement
from afluente.analysis.sight import Sight
from afluente.analysis.spans import Span

Value = Decimal | int | str | None
"""What an attribute comes to; None where it cannot be known."""

Figure = Callable[[Sight, Sequence[Movement], Span], Value]
"""Reckons with the movements of an attribute's subjects that lie in a span."""

WINDOWS = (30, 60, 90, 365)
NONE_DETECTED = "NONE_DETECTED"

INCOME, RISK, LENDING, USER, BUSINESS = "income", "credit-risk", "lending", "user", "business"
"""The packages an attribute may be in. Those of all attributes have every one of their kind."""

FREQUENCIES = {
    Cadence.WEEKLY: "Weekly",
    Cadence.BIWEEKLY: "BiWeekly",
    Cadence.SEMI_MONTHLY: "BiMonthly",
    Cadence.MONTHLY: "Monthly",
    Cadence.BIMONTHLY: "EveryTwoMonths",
    Cadence.QUARTERLY: "Quarterly",
    Cadence.IRREGULAR: "Irregular",
}
"""What a rhythm is called; BiMonthly is twice a month, as in the frequencies of loans."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute. `subjects` are what its movements are about (none: it reckons with no movements)."""

    name: str
    about: str
    figure: Figure
    packages: tuple[str, ...]
    subjects: tuple[str, ...] = ()
    windows: bool = False
    least: Decimal = ZERO

    def movements(self, seen: Sight, span: Span) -> list[Movement]:
        """Return the movements behind its value: those of more than `least`."""
        found = seen.about(self.subjects, span) if self.subjects else []
        return [one for one in found if abs(one.amount) > self.least] if self.least else found

    def value(self, seen: Sight, span: Span) -> Value:
        """Return what it comes to over a span."""
        return self.figure(seen, self.movements(seen, span), span)


def count(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """How many."""
    return len(found)


def total(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """What they add up to."""
    return money(sight.total(found), seen.currency)


def mean(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """Their mean amount; zero of none."""
    return money(figures.mean([abs(one.amount) for one in found]), seen.currency)


def largest(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """The largest amount; zero of none."""
    return money(max((abs(one.amount) for one in found), default=ZERO), seen.currency)


def monthly(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """What they add up to in a month of 30 days, over the known days of the span."""
    return money(sight.total(found) / seen.months_in(span), seen.currency)


def frequency(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """How often they come."""
    beat = sight.cadence_of(seen, found)
    return NONE_DETECTED if beat is None else FREQUENCIES[beat]


def days_since(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """Days since the last one; None of none."""
    return (seen.on - found[-1].day).days if found else None


def last_date(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """The day of the last one; `NONE_DETECTED` of none."""
    return found[-1].day.isoformat() if found else NONE_DETECTED


def next_date(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """The day on which the next one should come; `NONE_DETECTED` where they keep no rhythm."""
    due = seen.rhythm(found).expected_next if found else None
    return due.isoformat() if due is not None else NONE_DETECTED


def share_of(*subjects: str) -> Figure:
    """Return the figure that says what share of the movements about these subjects they are, by amount."""

    def part(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
        return sight.share(found, seen.about(subjects, span))

    return part


def sources(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """From how many different payers they come."""
    return len({one.source for one in found})


def trend(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """The last 30 days of the span against the 30 before them, as a share of those; None where those had none."""
    recent = [one for one in found if (span.last - one.day).days < 30]
    before = [one for one in found if 30 <= (span.last - one.day).days < 60]
    return figures.share(sight.total(recent) - sight.total(before), sight.total(before))
