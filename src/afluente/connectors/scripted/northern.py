"""What goes on in accounts in Canada and the United States: wages every other week, pre-authorized debits, transfers to
friends by e-mail or telephone, and now and then a debit that the account could not cover.

Banks there tell the day of a movement and no time, so a day is booked as one.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

import msgspec

from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import first_day, is_weekend, last_day, month_of, nth_day, working_day
from afluente.connectors.scripted.household import card_bill
from afluente.connectors.scripted.lands import Land
from afluente.connectors.scripted.moves import Move
from afluente.connectors.scripted.residents import businesses, neighbours
from afluente.connectors.scripted.seeding import chance
from afluente.connectors.scripted.shops import merchant
from afluente.core.accounts import Party

FEE = 16_95
RETURNED_FEE = {"CA": 48_00, "US": 35_00}
BENEFIT = {"CA": 171_00, "US": 640_00}
BY_TELEPHONE = {"CA": "interac", "US": "zelle"}
"""How people pay each other, by country."""

_FORTNIGHT = 14
_A_FRIDAY = 5


def checking(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a person's chequing account."""
    land, income = customer.land, customer.holder.income
    draw = chance("checking", customer.key, plan.key, month)
    moves = [*_wages(customer, month), _rent(customer, month), _booked(land, last_day(month), -FEE, "fee")]
    moves += [move for row in land.bills for move in _bill(draw, land, month, row)]
    moves.append(_saved(customer, month, -_put_aside(customer)))
    moves += [msgspec.structs.replace(move, at=0) for move in card_bill(customer, plan, month)]
    if month % 3 == 0:
        moves.append(_booked(land, working_day(nth_day(month, 5)), BENEFIT[land.code], "benefit", "income.government"))
    for day in range(first_day(month), last_day(month) + 1):
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            moves.append(_purchase(draw, land, day))
        if draw.random() < 0.12:
            moves.append(_to_friend(draw, land, day, -draw.randrange(10_00, income // 25)))
        if draw.random() < 0.08:
            moves.append(_to_friend(draw, land, day, draw.randrange(10_00, income // 20)))
    if draw.random() < 0.35:
        day = working_day(nth_day(month, draw.randrange(2, 27)))
        payer = draw.choice(businesses(land.code, land.legal))
        moves.append(_sent(land, day, draw.randrange(income // 20, income // 6), "deposit", payer))
    if draw.random() < 0.6:
        cents = -draw.choice((40_00, 60_00, 100_00, 200_00))
        moves.append(_booked(land, nth_day(month, draw.randrange(1, 28)), cents, "cash", "transfers.transfer-cash"))
    return moves if plan.fixed is None else [*moves, *_evened_out(land, moves)]


def savings(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a savings account: what was put aside, and the interest."""
    draw, land = chance("savings", customer.key, plan.key, month), customer.land
    earned = draw.randrange(customer.holder.income // 400, customer.holder.income // 200)
    kind = "investments.proceeds-interests-and-dividends"
    return [
        _saved(customer, month, _put_aside(customer)),
        _booked(land, nth_day(month, 1), earned, "interest", kind),
    ]


def business(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a company: card sales and customers who pay, suppliers, wages, sales tax, fees."""
    draw, land, income = chance("business", customer.key, plan.key, month), customer.land, customer.holder.income
    firms, daily = businesses(land.code, land.legal), income // 22
    moves = [
        _booked(land, last_day(month), -4 * FEE, "fee"),
        _booked(land, working_day(nth_day(month, 15)), -income * 14 // 100, "wages", "other"),
        _booked(land, working_day(last_day(month) - 3), -income * 14 // 100, "wages", "other"),
        _booked(land, working_day(nth_day(month, 17)), -income * 6 // 100, "taxes", "taxes"),
        *(msgspec.structs.replace(move, at=0) for move in card_bill(customer, plan, month)),
    ]
    for day in range(first_day(month), last_day(month) + 1):
        if is_weekend(day):
            continue
        sold = draw.randrange(daily // 8, daily // 2)
        moves.append(_booked(land, day, sold, "sales", "income.entrepreneurial-activities"))
        if draw.random() < 0.6:
            moves.append(_sent(land, day, draw.randrange(daily // 6, daily), "deposit", draw.choice(firms)))
        if draw.random() < 0.4:
            moves.append(_sent(land, day, -draw.randrange(daily // 3, daily), "supplier", draw.choice(firms)))
    return moves


HABITS = {"checking": checking, "savings": savings, "business": business}


def _evened_out(land: Land, moves: list[Move]) -> list[Move]:
    """Return the transfers that bring an account back, each day, to the balance it began the day with."""
    days: defaultdict[int, int] = defaultdict(int)
    for move in moves:
        days[move.day] += move.cents
    return [
        _booked(land, day, -cents, "sweep_in" if cents < 0 else "sweep_out", "same-person-transfer")
        for day, cents in days.items()
        if cents
    ]


def _booked(land: Land, day: int, cents: int, word: str, category: str = "bank-fees.account-fees") -> Move:
    return Move(day=day, cents=cents, description=land.say(word), category=category, operation=word)


def _sent(land: Land, day: int, cents: int, word: str, other: Party) -> Move:
    return Move(
        day=day,
        cents=cents,
        description=land.say(word, other.name),
        category="transfers",
        operation=word,
        method=land.method,
        other=other,
    )


def _to_friend(draw: Random, land: Land, day: int, cents: int) -> Move:
    """Return a transfer to (`cents` below zero) or from somebody one knows."""
    word = "transfer_out" if cents < 0 else "transfer_in"
    move = _sent(land, day, cents, word, draw.choice(neighbours(land.code)))
    return msgspec.structs.replace(move, method=BY_TELEPHONE[land.code])


def _put_aside(customer: Customer) -> int:
    return customer.holder.income // 2000 * 100


def _saved(customer: Customer, month: int, cents: int) -> Move:
    return _booked(customer.land, nth_day(month, 20), cents, "saved", "same-person-transfer")


def _wages(customer: Customer, month: int) -> list[Move]:
    """Return the wages of a month: every other Friday, two or three times."""
    land = customer.land
    firms = businesses(land.code, land.legal)
    draw = chance("employer", customer.holder.key)
    employer, week = draw.choice(firms), draw.randrange(2)
    first = first_day(month)
    payday = first + (_A_FRIDAY + 7 * week - first) % _FORTNIGHT
    paid = []
    while month_of(payday) == month:
        move = _sent(land, payday, customer.holder.income * 12 // 26, "salary", employer)
        paid.append(msgspec.structs.replace(move, category="income.salary"))
        payday += _FORTNIGHT
    return paid


def _rent(customer: Customer, month: int) -> Move:
    draw, land = chance("rent", customer.holder.key, month // 12), customer.land
    cents = -customer.holder.income * draw.randrange(24, 32) // 100
    move = _sent(land, nth_day(month, 1), cents, "rent", neighbours(land.code)[3])
    return msgspec.structs.replace(move, category="housing.rent", method=BY_TELEPHONE[land.code])


def _bill(draw: Random, land: Land, month: int, row: tuple[str, str, int, int, int]) -> list[Move]:
    """Return a bill that is taken from the account, and seldom its return for want of money, with what that costs."""
    name, category, number, low, high = row
    day, cents = working_day(nth_day(month, number)), draw.randrange(low, high + 1)
    taken = Move(day=day, cents=-cents, description=land.say("bill", name), category=category, operation="bill")
    if draw.random() >= 0.02:
        return [taken]
    back = msgspec.structs.replace(taken, cents=cents, description=land.say("returned", name), operation="returned")
    return [taken, back, _booked(land, day, -RETURNED_FEE[land.code], "returned_fee")]


def _purchase(draw: Random, land: Land, day: int) -> Move:
    shop = draw.choice(land.everyday)
    return Move(
        day=day,
        cents=-draw.randrange(shop.low, shop.high),
        description=land.say("purchase", shop.name),
        category=shop.category,
        operation="purchase",
        merchant=merchant(shop),
    )
