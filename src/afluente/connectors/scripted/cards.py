"""A credit card: what was bought with it, in instalments or at once, and the bills these add up to.

A bill is named by the month in which it falls due. It closes a week before, and holds what was bought since the one
before it closed. Now and then one is paid late, and the interest and the fine are on the next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from random import Random

import msgspec

from afluente.connectors.scripted import days
from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, first_day, instant_of, last_day, month_of, nth_day
from afluente.connectors.scripted.lands import Land
from afluente.connectors.scripted.seeding import chance
from afluente.connectors.scripted.shops import Shop
from afluente.core.clock import Instant

CLOSES_BEFORE_DUE = 7
LATE_BY = 4
PAID_AT = clock_time(9, 0)
MOST_INSTALMENTS = 12
_PLANS = (2, 3, 3, 4, 6, 10, 12)


class Line(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """One line of a bill, in cents that the holder gained (above zero) or spent. `dollars` is what was paid abroad.

    `key` is unique on the card. `instalment` counts from 1. `charge` names a finance charge.
    """

    key: str
    day: int
    cents: int
    description: str
    category: str
    at: Instant = 0
    shop: Shop | None = None
    instalment: int | None = None
    instalments: int | None = None
    total: int | None = None
    bought_on: int | None = None
    dollars: int | None = None
    charge: str | None = None
    fee: str | None = None

    @property
    def happened(self) -> Instant:
        """When it happened; lines stand on a bill in this order."""
        return instant_of(self.day, self.at)


class Sum(msgspec.Struct, frozen=True):
    """What a bill comes to when it closes, in cents that are owed, with the lines that are charges. `until` is the
    instant of the last line."""

    owed: int
    charges: tuple[Line, ...]
    until: Instant


KEPT = 512
"""Months and bills that are kept with their lines: those that a few hundred holders look at again within a week."""

KEPT_SUMS = 8_192
"""Bills of which the sum is kept: each holder has more than a dozen, and they change no more."""

KEPT_AT_ONCE = 8
"""Sums of open bills that are kept while a card is told: its balance, its limit and its bills are made of them."""

_happened = attrgetter("happened")


@lru_cache(maxsize=KEPT_SUMS)
def _due_number(key: str) -> int:
    return chance("due", key).randrange(4, 16)


def due_on(customer: Customer, month: int) -> int:
    """Return the day on which the bill of a month falls due."""
    return nth_day(month, _due_number(customer.key))


def closes_on(customer: Customer, month: int) -> int:
    """Return the last day whose purchases are on the bill of a month."""
    return due_on(customer, month) - CLOSES_BEFORE_DUE


def bill_of(customer: Customer, day: int) -> int:
    """Return the bill that a purchase of this day is on."""
    month = month_of(day)
    return month if day <= closes_on(customer, month) else month + 1


@lru_cache(maxsize=KEPT_SUMS)
def is_late(customer: Customer, bill: int) -> bool:
    """Whether the bill was paid late: at most each third may be, so that no fine is fined."""
    return bill % 3 == 1 and chance("late", customer.key, bill).random() < 0.3


@lru_cache(maxsize=KEPT_SUMS)
def paid_on(customer: Customer, bill: int) -> int:
    """Return the day on which a bill is paid: before the month in which it falls due is over."""
    return due_on(customer, bill) + LATE_BY * is_late(customer, bill)


@lru_cache(maxsize=KEPT)
def bill_lines(customer: Customer, card: Plan, bill: int) -> tuple[Line, ...]:
    """Return what is on a bill, in the order in which it happened; payments are not on it."""
    first, last = closes_on(customer, bill - 1) + 1, closes_on(customer, bill)
    lines = [
        line
        for month in range(month_of(first), month_of(last) + 1)
        for line in _bought(customer, card, month)
        if first <= line.day <= last
    ]
    if is_late(customer, bill - 1):
        lines += _fines(customer, card, bill - 1)
    return tuple(sorted(lines, key=_happened))


@lru_cache(maxsize=KEPT_SUMS)
def bill_sum(customer: Customer, card: Plan, bill: int) -> Sum:
    """Return what a bill comes to when it closes."""
    lines = bill_lines(customer, card, bill)
    return _sum_of(lines, lines[-1].happened if lines else 0)


def _sum_of(lines: Sequence[Line], until: Instant) -> Sum:
    charges = tuple(line for line in lines if line.charge is not None)
    return Sum(-sum(line.cents for line in lines), charges, until)


def lines_between(
    customer: Customer, card: Plan, bill: int, since: Instant, now: Instant
) -> Iterator[tuple[int, Line]]:
    """Yield what happened on a bill from `since` until now, each line with its place on the bill."""
    lines = bill_lines(customer, card, bill)
    for place in range(bisect_left(lines, since, key=_happened), bisect_right(lines, now, key=_happened)):
        yield place, lines[place]


@lru_cache(maxsize=KEPT_AT_ONCE)
def sum_at(customer: Customer, card: Plan, bill: int, now: Instant) -> Sum:
    """Return what is on a bill by now."""
    whole = bill_sum(customer, card, bill)
    if whole.until <= now:
        return whole
    lines = bill_lines(customer, card, bill)
    return _sum_of(lines[: bisect_right(lines, now, key=_happened)], now)


def bill_total(customer: Customer, card: Plan, bill: int) -> int:
    """Return what a bill comes to when it closes, in cents."""
    return bill_sum(customer, card, bill).owed


def still_to_come(customer: Customer, card: Plan, today: int) -> int:
    """Return the cents of instalments of past purchases that are on no bill yet."""
    month = month_of(today)
    bought = (line for line in _in_instalments(customer, card, month) if line.day <= today)
    return _still_to_come_of_before(customer, card, month) + sum(_rest(customer.land, line, 0) for line in bought)


@lru_cache(maxsize=KEPT_SUMS)
def _still_to_come_of_before(customer: Customer, card: Plan, month: int) -> int:
    """Return the cents that purchases of the months before leave for the bills after this month's."""
    return sum(
        _rest(customer.land, line, ago)
        for ago in range(1, MOST_INSTALMENTS)
        for line in _in_instalments(customer, card, month - ago)
    )


def _rest(land: Land, bought: Line, ago: int) -> int:
    """Return the cents of the instalments that follow, of something bought so many months ago."""
    assert bought.instalments is not None and bought.total is not None  # what _in_instalments makes
    # The first instalment takes the cents that do not divide, so all that follow are equal.
    return max(0, bought.instalments - ago - 1) * land.whole(bought.total // bought.instalments)


def _fines(customer: Customer, card: Plan, bill: int) -> list[Line]:
    """Return what paying a bill late costs: on the next bill, on the day of the payment."""
    owed, land = bill_total(customer, card, bill), customer.land
    interest, late = "loans-and-financing.interests-charged", "loans-and-financing.late-payment-and-overdraft-costs"
    rows = (
        ("late-interest", land.whole(owed // 100), land.words["late_interest"], interest),
        ("late-fee", land.whole(owed // 50), land.words["late_fee"], late),
    )
    return [
        Line(
            key=f"{card.key}-{kind}-{bill}",
            day=paid_on(customer, bill),
            cents=-cents,
            description=text,
            category=category,
            charge=kind,
        )
        for kind, cents, text, category in rows
        if cents > 0
    ]


@lru_cache(maxsize=KEPT)
def _bought(customer: Customer, card: Plan, month: int) -> tuple[Line, ...]:
    """Return what was bought in a calendar month, and the instalments that fell on it."""
    draw, land = chance("card", customer.key, card.key, month), customer.land
    found = [_annual_fee(land, card, month)]
    for day in range(first_day(month), last_day(month) + 1):
        for number in range(draw.choice((0, 0, 1, 1, 2))):
            found.append(_at_once(draw, land, card, day, number, draw.choice(land.everyday)))
    for number, shop in enumerate(land.subscriptions):
        found.append(_at_once(draw, land, card, nth_day(month, 6 + 4 * number), 10 + number, shop))
    if draw.random() < 0.5:
        found += _abroad(draw, land, card, nth_day(month, draw.randrange(1, 28)))
    if draw.random() < 0.15:
        found.append(_refund(draw, land, card, nth_day(month, draw.randrange(1, 28))))
    for ago in range(MOST_INSTALMENTS):
        found += [
            _instalment(customer.land, bought, month, ago + 1)
            for bought in _in_instalments(customer, card, month - ago)
            if bought.instalments and ago < bought.instalments
        ]
    return tuple(found)


def _hour(draw: Random) -> Instant:
    return clock_time(draw.randrange(8, 23), draw.randrange(60), draw.randrange(60))


def _annual_fee(land: Land, card: Plan, month: int) -> Line:
    day = nth_day(month, 3)
    return Line(
        key=f"{card.key}-{day}-fee",
        day=day,
        cents=-land.card_fee,
        description=land.words["card_fee"],
        category="bank-fees.credit-card-fees",
        fee="annual",
    )


def _at_once(draw: Random, land: Land, card: Plan, day: int, number: int, shop: Shop) -> Line:
    return Line(
        key=f"{card.key}-{day}-{number}",
        day=day,
        at=_hour(draw),
        cents=-land.whole(draw.randrange(shop.low, shop.high + 1)),
        description=shop.name.upper(),
        category=shop.category,
        shop=shop,
        bought_on=day,
    )


def _abroad(draw: Random, land: Land, card: Plan, day: int) -> list[Line]:
    shop = draw.choice(land.abroad)
    dollars = draw.randrange(shop.low, shop.high)
    cents = land.whole(dollars * draw.randrange(*land.dollar) // 100)
    bought = Line(
        key=f"{card.key}-{day}-usd",
        day=day,
        at=_hour(draw),
        cents=-cents,
        dollars=-dollars,
        description=shop.name.upper(),
        category=shop.category,
        shop=shop,
        bought_on=day,
    )
    if "abroad_tax" not in land.words:
        return [bought]
    tax = Line(
        key=f"{card.key}-{day}-iof",
        day=day,
        at=bought.at,
        cents=-max(1, cents * 350 // 10_000),
        description=land.words["abroad_tax"],
        category="taxes.tax-on-financial-operations",
        charge="iof",
    )
    return [bought, tax]


def _refund(draw: Random, land: Land, card: Plan, day: int) -> Line:
    shop = draw.choice(land.everyday)
    return Line(
        key=f"{card.key}-{day}-refund",
        day=day,
        cents=land.whole(draw.randrange(shop.low, shop.high)),
        description=f"{land.words['refund']} {shop.name.upper()}",
        category=shop.category,
        shop=shop,
    )


@lru_cache(maxsize=KEPT_SUMS)
def _in_instalments(customer: Customer, card: Plan, month: int) -> tuple[Line, ...]:
    """Return the purchases of a month that are paid in instalments, each whole."""
    draw = chance("instalments", customer.key, card.key, month)
    lines = list[Line]()
    for number in range(draw.choice((0, 1, 1, 2)) if customer.land.large else 0):
        shop = draw.choice(customer.land.large)
        day = nth_day(month, draw.randrange(1, 28))
        total = customer.land.whole(draw.randrange(shop.low, shop.high))
        lines.append(
            Line(
                key=f"{card.key}-{day}-plan{number}",
                day=day,
                at=_hour(draw),
                cents=-total,
                description=shop.name.upper(),
                category=shop.category,
                shop=shop,
                instalments=draw.choice(_PLANS),
                total=total,
                bought_on=day,
            )
        )
    return tuple(lines)


def _instalment(land: Land, bought: Line, month: int, number: int) -> Line:
    assert bought.instalments is not None and bought.total is not None  # what _in_instalments makes
    each = land.whole(bought.total // bought.instalments)
    rest = bought.total - each * bought.instalments
    day = nth_day(month, days.on(bought.day).day)
    return msgspec.structs.replace(
        bought,
        key=f"{bought.key}-{number}",
        day=day,
        at=bought.at if number == 1 else 0,
        cents=-(each + rest if number == 1 else each),
        description=f"{bought.description} {number:02d}/{bought.instalments:02d}",
        instalment=number,
    )
