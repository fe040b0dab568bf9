"""What somebody who pays taxes bought, sold and earned, month by month: what all fiscal documents are made from.

A deal depends on its month alone, so the past stays as it was; a month's deals are seen from the day they happen on.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import msgspec

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import clock_time, day_of, instant_of, last_day, month_of, nth_day, working_day
from afluente.connectors.scripted.residents import businesses, neighbours
from afluente.connectors.scripted.seeding import chance
from afluente.core.accounts import Party
from afluente.core.clock import Instant

YEARS = 5
MONTHS_OF_LITTLE = 12
"""How many months of documents somebody has of whom little is known."""

VAT = {"MX": 16, "CO": 19, "CL": 19}
_SERVICES = ("Consultoría", "Diseño de sitio web", "Asesoría contable", "Mantenimiento de equipo", "Capacitación")
_GOODS = ("Mercancía surtida", "Material de empaque", "Refacciones", "Equipo de oficina", "Insumos de producción")


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """One sale, purchase or wage. `kind`: income, credit, payroll, payment (of the deal `of`). `direction` is `in`
    where the holder is paid. `net` is in cents, before taxes; `units` how many of `what`."""

    key: str
    day: int
    at: Instant
    kind: str
    direction: str
    other: Party
    net: int
    what: str
    units: int = 1
    later: bool = False
    cancelled: bool = False
    of: Deal | None = None


def vat_of(customer: Customer, net: int) -> int:
    """Return the value added tax on an amount, in cents."""
    return customer.land.whole(net * VAT[customer.country] // 100)


def happened(customer: Customer, now: Instant, months: int = YEARS * 12) -> Iterator[Deal]:
    """Yield the deals of the past months until now, oldest first."""
    if customer.holds == "none":
        return
    current = month_of(day_of(now))
    span = min(months, MONTHS_OF_LITTLE) if customer.holds == "low" else months
    for month in range(current - span, current + 1):
        for deal in in_month(customer, month):
            if instant_of(deal.day, deal.at) <= now:
                yield deal


@lru_cache(maxsize=256)
def in_month(customer: Customer, month: int) -> tuple[Deal, ...]:
    """Return the deals of a month in the order in which they happen."""
    draw = chance("dealings", customer.key, month)
    deals = _company(customer, month, draw) if customer.holder.company else _person(customer, month, draw)
    if customer.holds == "low":
        deals = deals[:2]
    return tuple(sorted(deals, key=lambda deal: (deal.day, deal.at, deal.key)))


def employer(customer: Customer) -> Party:
    """Return who pays a person's wages."""
    firms = businesses(customer.country, customer.land.legal)
    return firms[chance("employer", customer.holder.key).randrange(len(firms))]


def _deal(
    customer: Customer, draw: Random, day: int, number: int, kind: str, direction: str, other: Party, net: int
) -> Deal:
    goods = _GOODS if customer.holder.company else _SERVICES
    return Deal(
        key=f"{customer.key}-{day}-{number}",
        day=day,
        at=clock_time(draw.randrange(9, 19), draw.randrange(60), draw.randrange(60)),
        kind=kind,
        direction=direction,
        other=other,
        net=max(customer.land.unit, customer.land.whole(net)),
        what=draw.choice(goods),
        units=draw.choice((1, 1, 2, 3)) if kind == "income" else 1,
        later=customer.holder.company and kind == "income" and draw.random() < 0.4,
        cancelled=kind == "income" and draw.random() < 0.04,
    )


def _day(draw: Random, month: int, first: int = 1, last: int = 26) -> int:
    return working_day(nth_day(month, draw.randrange(first, last)))


def _person(customer: Customer, month: int, draw: Random) -> list[Deal]:
    income, land = customer.holder.income, customer.land
    firms = businesses(land.code, land.legal)
    paid = employer(customer)
    # wages have invoices in Mexico alone
    days = (nth_day(month, 15), last_day(month) - 2) if land.code == "MX" else ()
    deals = [_deal(customer, draw, day, 0, "payroll", "in", paid, income // len(days)) for day in days]
    if draw.random() < 0.45:
        net = draw.randrange(income // 12, income // 4)
        deals.append(_deal(customer, draw, _day(draw, month), 1, "income", "in", draw.choice(firms), net))
    for number in range(draw.randrange(3, 6)):
        net = draw.randrange(income // 120, income // 18)
        deals.append(_deal(customer, draw, _day(draw, month), 10 + number, "income", "out", draw.choice(firms), net))
    return deals


def _company(customer: Customer, month: int, draw: Random) -> list[Deal]:
    income, land = customer.holder.income, customer.land
    firms = businesses(land.code, land.legal)
    count = draw.randrange(5, 9)
    deals = []
    for number in range(count):
        net = income * draw.randrange(70, 130) // (100 * count)
        deals.append(_deal(customer, draw, _day(draw, month), number, "income", "in", draw.choice(firms), net))
    for number in range(draw.randrange(3, 6)):
        net = draw.randrange(income // 40, income // 12)
        deals.append(_deal(customer, draw, _day(draw, month), 20 + number, "income", "out", draw.choice(firms), net))
    if draw.random() < 0.25:
        credit = _deal(customer, draw, _day(draw, month), 40, "credit", "out", draw.choice(firms), income // 60)
        deals.append(credit)
    if land.code == "MX":
        for number, worker in enumerate(neighbours(land.code)[5:7]):
            wages = income * draw.randrange(4, 7) // 100
            deals.append(_deal(customer, draw, last_day(month) - 2, 50 + number, "payroll", "out", worker, wages))
        deals += [_receipt(deal, number) for number, deal in enumerate(_paid_later(deals))]
    return deals


def _paid_later(deals: list[Deal]) -> list[Deal]:
    return [deal for deal in deals if deal.later and not deal.cancelled and deal.direction == "in"]


def _receipt(deal: Deal, number: int) -> Deal:
    """Return the receipt of a payment that came some days after the invoice, in the same month."""
    day = min(deal.day + 9, last_day(month_of(deal.day)))
    return msgspec.structs.replace(
        deal,
        key=f"{deal.key}-paid",
        day=max(day, deal.day),
        at=clock_time(20, number),
        kind="payment",
        units=1,
        of=deal,
    )


class Figures(msgspec.Struct, frozen=True):
    """Sums of a span of months, in cents before taxes."""

    sold: int
    bought: int
    earned: int
    wages: int
    refunded: int


def figures(customer: Customer, first: int, last: int) -> Figures:
    """Return what the months from `first` to `last` come to; what was cancelled does not count."""
    sums = dict.fromkeys(("sold", "bought", "earned", "wages", "refunded"), 0)
    names = {
        ("income", "in"): "sold",
        ("income", "out"): "bought",
        ("payroll", "in"): "earned",
        ("payroll", "out"): "wages",
        ("credit", "out"): "refunded",
    }
    for month in range(first, last + 1):
        for deal in in_month(customer, month):
            name = names.get((deal.kind, deal.direction))
            if name is not None and not deal.cancelled:
                sums[name] += deal.net
    return Figures(**sums)
