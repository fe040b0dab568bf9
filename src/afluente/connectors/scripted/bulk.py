"""An account with as many movements as were asked for in 365 days, made fast.

Each movement has a number, counted from the beginning of the calendar; the balance behind it depends on that number
alone, and the amount is the difference of two of them. Nothing is added up, so a hundred thousand cost no more than
their records. A day's movements are booked overnight: they are seen on the day after.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from afluente.connectors.scripted import people, residents
from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, day_of, instant_of
from afluente.connectors.scripted.seeding import seed
from afluente.connectors.scripted.shops import merchant
from afluente.core.accounts import Merchant, Payment, Transaction
from afluente.core.clock import HOUR, Instant

_YEAR = 365
_BITS = (1 << 64) - 1
_OPENS_AT, _OPEN_FOR = clock_time(7, 0), 15 * HOUR


def _before(plan: Plan, day: int) -> int:
    """Return how many movements happened before a day: any 365 days in a row have exactly the number asked for."""
    return day * plan.movements // _YEAR


def _level(start: int, number: int) -> int:
    """Return the cents behind movement `number`; two that follow each other are never the same."""
    mixed = (number * 0x9E3779B97F4A7C15 + start) & _BITS
    mixed = ((mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9) & _BITS
    return 200_000 + ((mixed ^ (mixed >> 29)) % 900_000) * 2 + (number & 1)


def cents_at(customer: Customer, plan: Plan, today: int) -> int:
    """Return what the account holds on a day."""
    return _level(seed("bulk", plan.key), _before(plan, today)) * customer.land.unit


def transactions(customer: Customer, plan: Plan, since: Instant, now: Instant) -> Iterator[Transaction]:
    """Yield what moved from `since` until last midnight, oldest first."""
    start, unit, currency = seed("bulk", plan.key), customer.land.unit, customer.land.currency
    paid, got, bought = _kinds(customer, plan)
    for day in range(day_of(since), day_of(now)):
        first, last = _before(plan, day), _before(plan, day + 1)
        opens, between = instant_of(day, _OPENS_AT), _OPEN_FOR // max(1, last - first)
        level = _level(start, first)
        for number in range(first, last):
            before, level = level, _level(start, number + 1)
            happened = opens + (number - first) * between
            if happened < since:
                continue
            cents = level - before
            kinds = got if cents > 0 else bought if number % 3 else paid
            description, category, operation, payment, seller = kinds[number % len(kinds)]
            yield Transaction(
                key=f"{plan.key}-{number}",
                account_key=plan.key,
                occurred_at=happened,
                amount=Decimal(cents * unit).scaleb(-2),
                currency=currency,
                description=description,
                category=category,
                balance_after=Decimal(level * unit).scaleb(-2),
                order=number - first,
                operation=operation,
                payment=payment,
                merchant=seller,
            )


_Kind = tuple[str, str, str, Payment | None, Merchant | None]


def _kinds(customer: Customer, plan: Plan) -> tuple[list[_Kind], list[_Kind], list[_Kind]]:
    """Return the transfers sent, the transfers received and the purchases that movements are taken from."""
    land = customer.land
    brazil = land.code == "BR"
    category, operation, bought_as = (
        ("transfers.transfer-pix", "PIX", "CARTAO") if brazil else ("transfers", "TRANSFERENCIA", "COMPRA")
    )
    paid: list[_Kind] = []
    got: list[_Kind] = []
    for other in people.neighbours() if brazil else residents.neighbours(land.code):
        sent = Payment(method=land.method, payer=plan.own, receiver=other)
        received = Payment(method=land.method, payer=other, receiver=plan.own)
        paid.append((land.words["transfer_out"].replace("{name}", other.name or ""), category, operation, sent, None))
        got.append((land.words["transfer_in"].replace("{name}", other.name or ""), category, operation, received, None))
    bought: list[_Kind] = [
        (land.say("purchase", shop.name), shop.category, bought_as, None, merchant(shop)) for shop in land.everyday
    ]
    return paid, got, bought
