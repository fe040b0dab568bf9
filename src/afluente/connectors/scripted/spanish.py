"""What goes on in accounts in Mexico, Colombia and Chile: one life in three countries' words and habits."""

from __future__ import annotations

from random import Random

from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, first_day, is_weekend, last_day, nth_day, working_day
from afluente.connectors.scripted.household import card_bill
from afluente.connectors.scripted.lands import Land
from afluente.connectors.scripted.moves import Move
from afluente.connectors.scripted.residents import businesses, neighbours
from afluente.connectors.scripted.seeding import chance
from afluente.connectors.scripted.shops import merchant
from afluente.core.accounts import Party
from afluente.core.clock import Instant

_REASONS = ("Comida", "Regalo", "Cooperación", "Renta de cancha", "Viaje", None)


def checking(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a person's checking account."""
    land, income = customer.land, customer.holder.income
    draw = chance("checking", customer.key, plan.key, month)
    moves = [*_salary(customer, month), _rent(customer, month), _booked(land, nth_day(month, 2), -land.card_fee, "fee")]
    moves += [_bill(draw, land, month, row) for row in land.bills]
    moves.append(_saved(customer, plan, month, -_put_aside(customer)))
    moves += card_bill(customer, plan, month)
    for day in range(first_day(month), last_day(month) + 1):
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            moves.append(_purchase(draw, land, day))
        if draw.random() < 0.2:
            moves.append(transfer(draw, land, day, -draw.randrange(income // 150, income // 20), neighbours(land.code)))
        if draw.random() < 0.14:
            moves.append(transfer(draw, land, day, draw.randrange(income // 120, income // 12), neighbours(land.code)))
    if draw.random() < 0.5:
        cents = -land.whole(draw.choice((1, 2, 4)) * income // 60)
        moves.append(_booked(land, nth_day(month, draw.randrange(1, 28)), cents, "cash", "transfers.transfer-cash"))
    return [*moves, *_levy(land, month, moves)]


def savings(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a savings account: what was put aside, and the interest."""
    draw, land = chance("savings", customer.key, plan.key, month), customer.land
    earned = draw.randrange(customer.holder.income // 100, customer.holder.income // 60)
    kind = "investments.proceeds-interests-and-dividends"
    return [
        _saved(customer, plan, month, _put_aside(customer)),
        _booked(land, nth_day(month, 1), earned, "interest", kind),
    ]


def business(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a company: customers who pay, suppliers, wages, taxes, fees."""
    draw, land, income = chance("business", customer.key, plan.key, month), customer.land, customer.holder.income
    firms, daily = businesses(land.code, land.legal), income // 22
    moves = [
        _booked(land, nth_day(month, 2), -land.card_fee, "fee", "bank-fees.account-fees"),
        _booked(land, working_day(nth_day(month, 15)), -income * 14 // 100, "wages", "other"),
        _booked(land, working_day(last_day(month) - 3), -income * 14 // 100, "wages", "other"),
        _booked(land, working_day(nth_day(month, 17)), -income * 6 // 100, "taxes", "taxes"),
        *card_bill(customer, plan, month),
    ]
    for day in range(first_day(month), last_day(month) + 1):
        if is_weekend(day):
            continue
        for _ in range(draw.randrange(1, 4)):
            payers = neighbours(land.code) if draw.random() < 0.4 else firms
            moves.append(transfer(draw, land, day, draw.randrange(daily // 8, daily // 2), payers))
        if draw.random() < 0.4:
            supplier = draw.choice(firms)
            text = land.say("supplier", supplier.name)
            moves.append(_sent(draw, land, day, -draw.randrange(daily // 3, daily), text, supplier))
    return [*moves, *_levy(land, month, moves)]


HABITS = {"checking": checking, "savings": savings, "business": business}


def transfer(draw: Random, land: Land, day: int, cents: int, people: tuple[Party, ...]) -> Move:
    """Return a transfer to (`cents` below zero) or from one of the people."""
    other = draw.choice(people)
    text = land.say("transfer_out" if cents < 0 else "transfer_in", other.name)
    return _sent(draw, land, day, cents, text, other)


def _sent(draw: Random, land: Land, day: int, cents: int, text: str, other: Party) -> Move:
    return Move(
        day=day,
        at=_hour(draw),
        cents=land.whole(cents),
        description=text,
        category="transfers",
        operation="TRANSFERENCIA",
        method=land.method,
        other=other,
        reason=draw.choice(_REASONS),
    )


def _hour(draw: Random) -> Instant:
    return clock_time(draw.randrange(7, 22), draw.randrange(60), draw.randrange(60))


def _booked(land: Land, day: int, cents: int, word: str, category: str = "bank-fees.account-fees") -> Move:
    return Move(day=day, cents=land.whole(cents), description=land.say(word), category=category, operation="CARGO")


def _put_aside(customer: Customer) -> int:
    return customer.land.whole(customer.holder.income // 20)


def _saved(customer: Customer, plan: Plan, month: int, cents: int) -> Move:
    return Move(
        day=nth_day(month, 20),
        at=clock_time(8, 30),
        cents=cents,
        description=customer.land.say("saved"),
        category="same-person-transfer",
        operation="TRASPASO",
        method=customer.land.method,
        other=plan.own,
    )


def _salary(customer: Customer, month: int) -> list[Move]:
    """Return the wages: twice a month in Mexico and Colombia, at the end of the month in Chile."""
    land, income = customer.land, customer.holder.income
    firms = businesses(land.code, land.legal)
    employer = firms[chance("employer", customer.holder.key).randrange(len(firms))]
    halves = land.code != "CL"
    days = (nth_day(month, 15), last_day(month) - 2) if halves else (last_day(month) - 2,)
    return [
        Move(
            day=working_day(day) if working_day(day) <= last_day(month) else day,
            at=clock_time(6, 15),
            cents=land.whole(income // len(days)),
            description=land.say("salary", employer.name),
            category="income.salary",
            operation="NOMINA",
            method=land.method,
            other=employer,
        )
        for day in days
    ]


def _rent(customer: Customer, month: int) -> Move:
    draw, land = chance("rent", customer.holder.key, month // 12), customer.land
    landlord = neighbours(land.code)[3]
    return Move(
        day=working_day(nth_day(month, 5)),
        at=clock_time(10, 5),
        cents=-land.whole(customer.holder.income * draw.randrange(22, 30) // 100),
        description=land.say("rent", landlord.name),
        category="housing.rent",
        operation="TRANSFERENCIA",
        method=land.method,
        other=landlord,
    )


def _bill(draw: Random, land: Land, month: int, row: tuple[str, str, int, int, int]) -> Move:
    name, category, number, low, high = row
    return Move(
        day=working_day(nth_day(month, number)),
        cents=-land.whole(draw.randrange(low, high + 1)),
        description=land.say("bill", name),
        category=category,
        operation="PAGO_SERVICIO",
    )


def _purchase(draw: Random, land: Land, day: int) -> Move:
    shop = draw.choice(land.everyday)
    return Move(
        day=day,
        at=_hour(draw),
        cents=-land.whole(draw.randrange(shop.low, shop.high)),
        description=land.say("purchase", shop.name),
        category=shop.category,
        operation="COMPRA",
        merchant=merchant(shop),
        slow=True,
    )


def _levy(land: Land, month: int, moves: list[Move]) -> list[Move]:
    """Return Colombia's tax of four in a thousand of what went out, booked at the end of the month."""
    if "tax" not in land.words:
        return []
    spent = -sum(move.cents for move in moves if move.cents < 0)
    cents = land.whole(spent * 4 // 1000)
    return [_booked(land, last_day(month), -cents, "tax", "taxes.tax-on-financial-operations")] if cents else []
