"""On which days a borrower is best asked to pay: behind the days on which money comes in.

The days follow the frequency of the loan. Within each of its periods the day is chosen on which income is expected,
or the working day behind it; where no income keeps a rhythm, the weekday on which most money came in; where nothing
came in at all, the day on which the period ends. No day is a Saturday or a Sunday: money moves on working days.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from afluente.analysis import cadence, figures
from afluente.analysis.cadence import Cadence
from afluente.analysis.figures import ZERO
from afluente.analysis.sight import Sight
from afluente.analysis.spans import Span, days_back

PERIODS = {Cadence.WEEKLY: 7, Cadence.BIWEEKLY: 14}
_WORKING = 5


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """When to ask for payments, oldest first, and on which weekday (0: Monday) best, whatever the plan.

    `risk` is from 0 to 1: how often, in the weeks that are known, the accounts could not have paid `payment` on the
    plan's weekday. None where no balance is known. `stream` is the income the days follow, None where none does.
    """

    days: tuple[date, ...]
    weekday: int
    payment: Decimal
    risk: Decimal | None
    stream: str | None


def plan(seen: Sight, frequency: Cadence, total: Decimal, funded_on: date, payments: int) -> Plan:
    """Return the plan for so many payments that make up `total`, behind the day on which the loan is paid out.

    `frequency`: weekly, biweekly, semi-monthly or monthly.
    """
    stream = next((one for one in seen.earned.streams if one.is_active), None)
    expected = _expected(stream.days, seen.on, funded_on, frequency, payments) if stream is not None else []
    weekday = _weekday(seen)
    days = tuple(_chosen(period, expected, weekday) for period in periods(frequency, funded_on, payments))
    payment = figures.money(total / payments, seen.currency)
    return Plan(
        days=days,
        weekday=weekday,
        payment=payment,
        risk=_risk(seen, payment, weekday),
        stream=stream.name if stream is not None else None,
    )


def periods(frequency: Cadence, funded_on: date, count: int) -> list[Span]:
    """Return the periods behind a day, in each of which one payment falls.

    Twice a month means halves of calendar months, beginning with the half behind the one of the day itself.
    """
    length = PERIODS.get(frequency)
    if length is not None:
        return [
            Span(funded_on + timedelta(days=1 + place * length), funded_on + timedelta(days=(place + 1) * length))
            for place in range(count)
        ]
    halves = frequency is Cadence.SEMI_MONTHLY
    first = (funded_on.year * 12 + funded_on.month - 1) * (2 if halves else 1) + (halves and funded_on.day > 15) + 1
    return [_of_calendar(first + place, halves) for place in range(count)]


def _of_calendar(number: int, halves: bool) -> Span:
    month, second = divmod(number, 2) if halves else (number, 0)
    year, index = divmod(month, 12)
    last = monthrange(year, index + 1)[1]
    if not halves:
        return Span(date(year, index + 1, 1), date(year, index + 1, last))
    return Span(date(year, index + 1, 16 if second else 1), date(year, index + 1, last if second else 15))


def _expected(paid: Sequence[date], on: date, funded_on: date, frequency: Cadence, payments: int) -> list[date]:
    """Return the days on which a stream should come, until behind the last period."""
    until = periods(frequency, funded_on, payments)[-1].last
    days = list(paid)
    found: list[date] = []
    due = cadence.rhythm(days, on).expected_next
    while due is not None and due <= until and len(found) < 12 * payments + 60:
        found.append(due)
        days.append(due)
        due = cadence.rhythm(days, due).expected_next
    return found


def _chosen(period: Span, expected: Sequence[date], weekday: int) -> date:
    inside = [day for day in expected if day in period]
    if inside:
        return _working_day(inside[0])
    first = period.first + timedelta(days=(weekday - period.first.weekday()) % 7)
    return _working_day(first if first in period else period.last)


def _working_day(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= _WORKING else day


def _weekday(seen: Sight) -> int:
    """Return the working day on which most money comes in; a weekend's counts for the Monday behind it."""
    sums = [ZERO] * _WORKING
    for one in seen.about(["deposit"], seen.everything):
        sums[_working_day(one.day).weekday()] += one.amount
    return max(range(_WORKING), key=lambda day: (sums[day], day == 4, day))


def _risk(seen: Sight, payment: Decimal, weekday: int) -> Decimal | None:
    """Return the share of the last 90 days' such weekdays that ended with less than a payment."""
    line = seen.line.part(days_back(seen.on, 90))
    found = [
        closing
        for away, closing in enumerate(line.closing)
        if (line.span.first + timedelta(days=away)).weekday() == weekday
    ]
    return figures.ratio(Decimal(sum(one < payment for one in found)) / len(found)) if found else None
