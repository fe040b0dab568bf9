"""Cash flow: what came in and went out, by day, by month and by category, of one currency's bank accounts.

Two views of the same movements: `traffic` counts everything that moved on the accounts, `flow` leaves out the holder's
own money, which only changes its place: transfers between own accounts, and investments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from afluente.analysis import balances, figures
from afluente.analysis.balances import BalanceFigures
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement, is_bank, within
from afluente.analysis.natures import Nature
from afluente.analysis.spans import Span, month_of, months, whole_month

OWN_MONEY = frozenset({Nature.OWN_TRANSFER, Nature.INVESTMENT})


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """Movements of one direction; amounts are positive, and None where there are no movements.

    `most_in_a_day` is how many fell on the busiest day, `a_day` how many fell on one in the mean, over all days.
    """

    count: int
    total: Decimal
    mean: Decimal | None
    median: Decimal | None
    smallest: Decimal | None
    largest: Decimal | None
    deviation: Decimal | None
    most_in_a_day: int
    a_day: Decimal


class Traffic(msgspec.Struct, frozen=True, kw_only=True):
    """All that moved in a span: counts and sizes, without regard to whose money it was. `both` has absolute amounts."""

    incoming: Side
    outgoing: Side
    both: Side
    days_without: int


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What the holder gained and spent in a span, own money left out.

    `spent` and its figures are positive; `net` is `gained` less `spent`, `gross` both added. `ratio` is `gained` by
    `spent`, None where nothing was spent. The trends are slopes of least-squares lines through the sums of the known
    days, in money a day, None where fewer than two days are known.
    """

    gained: Decimal
    spent: Decimal
    net: Decimal
    gross: Decimal
    gained_count: int
    spent_count: int
    largest_gain: Decimal | None
    largest_spending: Decimal | None
    mean_gain: Decimal | None
    mean_spending: Decimal | None
    ratio: Decimal | None
    gained_trend: Decimal | None
    spent_trend: Decimal | None
    net_trend: Decimal | None


class CategoryFlow(msgspec.Struct, frozen=True, kw_only=True):
    """One category in a span; `category` None gathers what has none. `spent` is positive, `net` gained less spent.

    `gained_share` is `net` by all that was gained in the span under any category, None where that is nothing.
    """

    category: str | None
    gained: Decimal
    spent: Decimal
    net: Decimal
    count: int
    gained_share: Decimal | None
    trend: Decimal | None


class MonthFlow(msgspec.Struct, frozen=True, kw_only=True):
    """One calendar month, named by its first day; of the first and the last only the span's days count."""

    month: date
    flow: Flow
    traffic: Traffic
    categories: tuple[CategoryFlow, ...]
    balance: BalanceFigures


def main_currency(history: History) -> str | None:
    """Return the currency of most bank accounts, of equals the first by alphabet; None without a bank account."""
    counted = Counter(account.currency for account in history.accounts.values() if is_bank(account))
    return min(counted, key=lambda currency: (-counted[currency], currency), default=None)


def on_accounts(history: History, currency: str) -> list[Movement]:
    """Return the booked movements, in this currency, of the bank accounts that are held in it."""
    return [
        one
        for one in history.movements
        if one.currency == currency and one.account.currency == currency and is_bank(one.account)
    ]


def external(movements: Iterable[Movement]) -> list[Movement]:
    """Return the movements that are not only the holder's own money changing its place."""
    return [one for one in movements if one.nature not in OWN_MONEY]


def traffic(movements: Sequence[Movement], span: Span, currency: str) -> Traffic:
    """Return the counts and sizes of these movements in a span, its days counted whether known or not."""
    inside = within(movements, span)
    incoming = [one for one in inside if one.amount > 0]
    outgoing = [one for one in inside if one.amount < 0]
    return Traffic(
        incoming=_side(incoming, span, currency),
        outgoing=_side(outgoing, span, currency),
        both=_side(inside, span, currency),
        days_without=span.days - len({one.day for one in inside}),
    )


def flow(movements: Sequence[Movement], span: Span, known: Span, currency: str) -> Flow:
    """Return what was gained and spent in a span; the trends are over those of its days that are known."""
    gains: list[Decimal] = []
    spendings: list[Decimal] = []
    gained_on: dict[date, Decimal] = {}
    spent_on: dict[date, Decimal] = {}
    for one in external(within(movements, span)):
        if one.amount > 0:
            gains.append(one.amount)
            gained_on[one.day] = gained_on.get(one.day, ZERO) + one.amount
        elif one.amount < 0:
            spendings.append(-one.amount)
            spent_on[one.day] = spent_on.get(one.day, ZERO) - one.amount
    days = _days(span.within(known))
    gained, spent = sum(gains, ZERO), sum(spendings, ZERO)
    return Flow(
        gained=money(gained, currency),
        spent=money(spent, currency),
        net=money(gained - spent, currency),
        gross=money(gained + spent, currency),
        gained_count=len(gains),
        spent_count=len(spendings),
        largest_gain=money(max(gains), currency) if gains else None,
        largest_spending=money(max(spendings), currency) if spendings else None,
        mean_gain=money(gained / len(gains), currency) if gains else None,
        mean_spending=money(spent / len(spendings), currency) if spendings else None,
        ratio=figures.share(gained, spent),
        gained_trend=_trend([gained_on.get(day, ZERO) for day in days], currency),
        spent_trend=_trend([spent_on.get(day, ZERO) for day in days], currency),
        net_trend=_trend([gained_on.get(day, ZERO) - spent_on.get(day, ZERO) for day in days], currency),
    )


def by_category(movements: Sequence[Movement], span: Span, known: Span, currency: str) -> tuple[CategoryFlow, ...]:
    """Return what was gained and spent in a span under each category, the most spent first, then by name."""
    together: dict[str | None, list[Movement]] = {}
    for one in external(within(movements, span)):
        together.setdefault(one.category, []).append(one)
    everything = sum((one.amount for found in together.values() for one in found if one.amount > 0), ZERO)
    days = _days(span.within(known))
    result = [_category(name, found, everything, days, currency) for name, found in together.items()]
    return tuple(sorted(result, key=lambda one: (-one.spent, -one.gained, one.category or "")))


def by_month(history: History, span: Span, currency: str) -> tuple[MonthFlow, ...]:
    """Return the months of a span, oldest first: those of which at least one day is known."""
    movements = on_accounts(history, currency)
    of_month: dict[date, list[Movement]] = {}
    for one in movements:
        of_month.setdefault(month_of(one.day), []).append(one)
    line = total_line(history, balances.lines(history), currency)
    result = []
    for month in months(span.within(history.known)):
        days = whole_month(month).within(span).within(history.known)
        found = of_month.get(month, [])
        result.append(
            MonthFlow(
                month=month,
                flow=flow(found, days, history.known, currency),
                traffic=traffic(found, days, currency),
                categories=by_category(found, days, history.known, currency),
                balance=balances.summary(line, days, currency),
            )
        )
    return tuple(result)


def total_line(history: History, lines: Mapping[str, balances.Line], currency: str) -> balances.Line:
    """Return the daily balances of all bank accounts of one currency together."""
    found = [line for key, line in lines.items() if history.accounts[key].currency == currency]
    return balances.together(found, history.known)


def _side(found: Sequence[Movement], span: Span, currency: str) -> Side:
    amounts = [abs(one.amount) for one in found]
    total = sum(amounts, ZERO)
    return Side(
        count=len(amounts),
        total=money(total, currency),
        mean=money(total / len(amounts), currency) if amounts else None,
        median=money(figures.median(amounts), currency) if amounts else None,
        smallest=money(min(amounts), currency) if amounts else None,
        largest=money(max(amounts), currency) if amounts else None,
        deviation=money(figures.deviation(amounts), currency) if amounts else None,
        most_in_a_day=max(Counter(one.day for one in found).values(), default=0),
        a_day=figures.share(len(amounts), span.days) or figures.ratio(ZERO),
    )


def _category(
    name: str | None, found: Sequence[Movement], everything: Decimal, days: Sequence[date], currency: str
) -> CategoryFlow:
    gained = sum((one.amount for one in found if one.amount > 0), ZERO)
    spent = -sum((one.amount for one in found if one.amount < 0), ZERO)
    on: dict[date, Decimal] = {}
    for one in found:
        on[one.day] = on.get(one.day, ZERO) + one.amount
    return CategoryFlow(
        category=name,
        gained=money(gained, currency),
        spent=money(spent, currency),
        net=money(gained - spent, currency),
        count=len(found),
        gained_share=figures.share(gained - spent, everything),
        trend=_trend([on.get(day, ZERO) for day in days], currency),
    )


def _trend(values: Sequence[Decimal], currency: str) -> Decimal | None:
    rise = figures.slope(values)
    return None if rise is None else money(rise, currency)


def _days(span: Span) -> list[date]:
    return [span.first + timedelta(days=away) for away in range(span.days)]
