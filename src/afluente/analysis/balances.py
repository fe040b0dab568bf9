"""What was in the accounts at the end of each day, as far as it can be known.

It is counted back from the balance that the institution gives now. Where a movement says what balance it left behind,
that is believed over the count, so a movement we do not know spoils no day but those between it and the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from afluente.analysis import figures
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement, is_bank
from afluente.analysis.spans import Span


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The balances behind each day of a span, in order, unrounded; `lowest` those at each day's lowest point.

    Of several accounts together the lowest points are not known, and `lowest` is the same as `closing`.
    """

    span: Span
    closing: tuple[Decimal, ...]
    lowest: tuple[Decimal, ...]

    def part(self, span: Span) -> Line:
        """Return the days that lie within another span."""
        shared = self.span.within(span)
        if not shared.days:
            return Line(span=shared, closing=(), lowest=())
        start = (shared.first - self.span.first).days
        return Line(
            span=shared,
            closing=self.closing[start : start + shared.days],
            lowest=self.lowest[start : start + shared.days],
        )

    def on(self, day: date) -> Decimal | None:
        """Return the balance behind a day; None for one that is not known."""
        return self.closing[(day - self.span.first).days] if day in self.span else None


class BalanceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The balances behind the days of a span, as far as they are known: `days` of them.

    `opening` is the balance behind the first known day, `closing` behind the last. `trend` is the slope of the
    least-squares line, in money a day. `days_at_or_below_zero`, `days_below_zero`, `days_below_mean` and
    `days_at_or_below_threshold` count days. All amounts are None where no day is known.
    """

    days: int
    opening: Decimal | None = None
    closing: Decimal | None = None
    lowest: Decimal | None = None
    highest: Decimal | None = None
    mean: Decimal | None = None
    deviation: Decimal | None = None
    trend: Decimal | None = None
    days_below_zero: int = 0
    days_at_or_below_zero: int = 0
    days_below_mean: int = 0
    days_at_or_below_threshold: int = 0


def lines(history: History) -> Mapping[str, Line]:
    """Return the daily balances of each bank account, by its key, over the days from which movements are known."""
    of_account: dict[str, list[Movement]] = {key: [] for key, held in history.accounts.items() if is_bank(held)}
    for one in history.all:
        # What is pending and leaves no balance behind it is not in the account's balance yet.
        counts = not one.record.pending or one.record.balance_after is not None
        if counts and one.account.key in of_account and one.currency == one.account.currency:
            of_account[one.account.key].append(one)
    return {key: _line(history, key, found) for key, found in of_account.items()}


def together(found: Sequence[Line], known: Span) -> Line:
    """Return the balances of several accounts of one currency added up; no day at all for no account."""
    if not found:
        return Line(span=Span(known.first, known.first - timedelta(days=1)), closing=(), lowest=())
    closing = tuple(sum(day, ZERO) for day in zip(*(line.closing for line in found), strict=True))
    return Line(span=known, closing=closing, lowest=closing)


def summary(line: Line, span: Span, currency: str, threshold: Decimal = ZERO) -> BalanceFigures:
    """Return the figures of the days of a span, in `currency`."""
    closing = line.part(span).closing
    if not closing:
        return BalanceFigures(days=0)
    mean = figures.mean(closing)
    trend = figures.slope(closing)
    return BalanceFigures(
        days=len(closing),
        opening=money(closing[0], currency),
        closing=money(closing[-1], currency),
        lowest=money(min(closing), currency),
        highest=money(max(closing), currency),
        mean=money(mean, currency),
        deviation=money(figures.deviation(closing), currency),
        trend=None if trend is None else money(trend, currency),
        days_below_zero=sum(value < 0 for value in closing),
        days_at_or_below_zero=sum(value <= 0 for value in closing),
        days_below_mean=sum(value < mean for value in closing),
        days_at_or_below_threshold=sum(value <= threshold for value in closing),
    )


def _line(history: History, key: str, movements: Sequence[Movement]) -> Line:
    """Return an account's balances, counted back from today's."""
    by_day: dict[date, list[Movement]] = {}
    for one in movements:
        by_day.setdefault(one.day, []).append(one)
    balance = history.accounts[key].balance
    closing: list[Decimal] = []
    lowest: list[Decimal] = []
    day, step = history.on, timedelta(days=1)
    while day >= history.since:
        left = by_day.get(day)
        if left is None:
            closing.append(balance)
            lowest.append(balance)
        else:
            last = left[-1].record.balance_after
            if last is not None and day != history.on:
                balance = last
            closing.append(balance)
            low = balance
            for one in reversed(left):
                after = one.record.balance_after
                balance = (balance if after is None else after) - one.amount
                if balance < low:
                    low = balance
            lowest.append(low)
        day -= step
    return Line(span=history.known, closing=tuple(reversed(closing)), lowest=tuple(reversed(lowest)))
