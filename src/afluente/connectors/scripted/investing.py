"""What a customer has invested: positions bought month by month since a fixed day, priced by the day."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache

import msgspec

from afluente.connectors.scripted import northerners
from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, instant_of, month_of, nth_day, on, working_day
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.register import HERE
from afluente.connectors.scripted.seeding import chance, digits
from afluente.connectors.scripted.taxpayers import cnpj
from afluente.core.clock import HOUR, Instant
from afluente.core.institutions import Kind
from afluente.core.investments import Investment, InvestmentMovement


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """Something one can hold: see the head of `investments.toml`. Prices are counted from `SINCE`."""

    name: str
    kind: str
    price: int
    yearly: int
    subkind: str | None = None
    strays: int = 0
    every: int = 6
    pays: int = 0
    code: str | None = None
    isin: str | None = None
    issuer: str | None = None
    rate: Decimal | None = None
    index: str | None = None
    fixed: Decimal | None = None
    due: date | None = None
    exempt: bool = False


SINCE = date(2023, 1, 2).toordinal()
"""The day from which prices are counted."""

_FIRST_MONTH = month_of(SINCE)
_TAX = 15
"""Percent of the profit that income tax takes."""

_WHOLE = frozenset({"equity", "etf", "coe"})
"""Kinds that are bought in whole units; of the others one buys for an amount."""


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """One deal: `units` are ten-thousandths, above zero when bought."""

    day: int
    units: int
    price: int


def _papers(customer: Customer) -> tuple[Paper, ...]:
    shelves = _shelves()
    if customer.country in northerners.COUNTRIES:
        return shelves[f"saver-{customer.country.lower()}"]
    return (*shelves["saver"], *shelves["trader"]) if customer.kind is Kind.INVESTMENT else shelves["saver"]


@cache
def _shelves() -> dict[str, tuple[Paper, ...]]:
    text = (HERE / "investments.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text, parse_float=Decimal), dict[str, tuple[Paper, ...]])


def _price(customer: Customer, paper: Paper, day: int) -> int:
    """Return the cents of one unit on a day."""
    grown = paper.price + paper.price * paper.yearly * (day - SINCE) // (10_000 * 365)
    if not paper.strays:
        return max(1, grown)
    # A week's drift and a day's noise, so that one day is near the next.
    week = chance("week", paper.name, day // 7).randrange(-paper.strays, paper.strays + 1)
    noise = chance("noise", paper.name, day).randrange(-paper.strays // 10, paper.strays // 10 + 1)
    return max(1, grown + grown * (week + noise) // 10_000)


def _lots(customer: Customer, paper: Paper, today: int) -> list[Lot]:
    """Return the deals up to a day, oldest first; each depends on its month alone, and never sells what is not held."""
    draw = chance("position", customer.key, paper.name)
    start = draw.randrange(12)
    lots: list[Lot] = []
    held = 0
    for month in range(_FIRST_MONTH + start, month_of(today) + 1, paper.every):
        deal = chance("lot", customer.key, paper.name, month)
        day = working_day(nth_day(month, deal.randrange(3, 25)))
        if day > today:
            break
        price = _price(customer, paper, day)
        cents = deal.randrange(customer.holder.income // 20, customer.holder.income // 6)
        units = cents * 10_000 // price
        if paper.kind in _WHOLE or paper.subkind in ("cdb", "lci", "lca", "debenture"):
            units = max(1, units // 10_000) * 10_000
        if len(lots) > 2 and deal.random() < 0.15:
            units = -min(units, held // 2 // 10_000 * 10_000)
        if units:
            held += units
            lots.append(Lot(day=day, units=units, price=price))
    return lots


def _key(customer: Customer, paper: Paper) -> str:
    return f"invested-{digits(16, 'paper', customer.key, paper.name)}"


def investments(customer: Customer, now: Instant) -> Iterator[Investment]:
    """Yield the positions as they stand at an instant."""
    today = day_of(now)
    for paper in _papers(customer):
        lots = _lots(customer, paper, today)
        if lots:
            yield _position(customer, paper, lots, today)


def _position(customer: Customer, paper: Paper, lots: list[Lot], today: int) -> Investment:
    units = sum(lot.units for lot in lots)
    price = _price(customer, paper, today)
    gross = units * price // 10_000
    bought = sum(lot.units * lot.price // 10_000 for lot in lots if lot.units > 0)
    share = Decimal(units) / sum(lot.units for lot in lots if lot.units > 0)
    cost = int(bought * share)
    taxes = 0 if paper.exempt or paper.kind in ("equity", "etf") else max(0, gross - cost) * _TAX // 100
    return Investment(
        key=_key(customer, paper),
        kind=paper.kind,
        subkind=paper.subkind,
        name=paper.name,
        number=cnpj("fund", paper.name) if paper.kind == "fund" else digits(8, "number", customer.key, paper.name),
        code=paper.code,
        isin=paper.isin,
        owner=customer.holder.name,
        currency=customer.land.currency,
        as_of=instant_of(today),
        value=money(price),
        quantity=Decimal(units).scaleb(-4),
        amount=money(gross),
        taxes=money(taxes),
        iof=money(0) if customer.country == "BR" else None,
        balance=money(gross - taxes),
        withdrawable=money(gross - taxes),
        original=money(cost),
        profit=money(gross - cost),
        last_month_rate=_grown(customer, paper, today - 30, today),
        last_year_rate=(year := _grown(customer, paper, today - 365, today)),
        annual_rate=year,
        rate=paper.rate,
        rate_index=paper.index,
        fixed_rate=paper.fixed,
        due_on=paper.due,
        issued_on=on(lots[0].day) if paper.due else None,
        purchased_on=on(lots[0].day),
        grace_until=on(lots[0].day + 90) if paper.exempt else None,
        issuer=paper.issuer,
        issuer_cnpj=cnpj("issuer", paper.issuer) if customer.country == "BR" else None,
        tax_exempt=paper.exempt,
        institution_name=customer.institution_name,
        institution_number="999" if customer.country == "BR" else None,
    )


def _grown(customer: Customer, paper: Paper, start: int, end: int) -> Decimal:
    """Return by how many percent one unit grew between two days."""
    before = _price(customer, paper, start)
    return (Decimal(100 * (_price(customer, paper, end) - before)) / before).quantize(Decimal("0.0001"))


def movements(customer: Customer, now: Instant) -> Iterator[InvestmentMovement]:
    """Yield what moved in the positions up to an instant: deals, and the interest they paid."""
    today = day_of(now)
    for paper in _papers(customer):
        lots = _lots(customer, paper, today)
        for number, lot in enumerate(lots):
            yield _deal(customer, paper, number, lot)
        if lots and paper.pays:
            yield from _interest(customer, paper, lots, today)


def _deal(customer: Customer, paper: Paper, number: int, lot: Lot) -> InvestmentMovement:
    cents = abs(lot.units) * lot.price // 10_000
    listed = paper.kind in ("equity", "etf")
    costs = {"brokerage": 4_90, "exchange": max(1, cents * 3 // 10_000), "clearing": max(1, cents * 2 // 10_000)}
    expenses = {name: money(value) for name, value in costs.items()} if listed else {}
    paid = sum(costs.values()) if listed else 0
    key = _key(customer, paper)
    buying = lot.units > 0
    return InvestmentMovement(
        key=f"{key}-{lot.day}-{number}",
        investment_key=key,
        kind="buy" if buying else "sell",
        credit=buying,
        occurred_at=instant_of(lot.day + 2 if listed else lot.day),
        traded_at=instant_of(lot.day),
        description=f"{'COMPRA' if buying else 'VENDA'} {paper.code or paper.name}",
        quantity=Decimal(abs(lot.units)).scaleb(-4),
        value=money(lot.price),
        amount=money(cents),
        net_amount=money(cents + paid if buying else cents - paid),
        note_number=digits(8, "note", key, lot.day) if listed else None,
        expenses=expenses,
    )


def _interest(customer: Customer, paper: Paper, lots: list[Lot], today: int) -> Iterator[InvestmentMovement]:
    key = _key(customer, paper)
    for month in range(month_of(lots[0].day) + 1, month_of(today) + 1, paper.pays):
        day = working_day(nth_day(month, 15))
        held = sum(lot.units for lot in lots if lot.day <= day - 10)
        if day > today or held <= 0:
            continue
        gross = max(1, held * _price(customer, paper, day) // 10_000 * 7 * paper.pays // 1_000)
        tax = 0 if paper.exempt or paper.subkind == "real-estate-fund" else gross * _TAX // 100
        yield InvestmentMovement(
            key=f"{key}-{day}-interest",
            investment_key=key,
            kind="interest",
            credit=False,
            occurred_at=instant_of(day, 12 * HOUR),
            traded_at=instant_of(day),
            description=f"RENDIMENTO {paper.code or paper.name}",
            quantity=Decimal(held).scaleb(-4),
            amount=money(gross),
            net_amount=money(gross - tax),
            expenses={"income-tax": money(tax)} if tax else {},
        )
