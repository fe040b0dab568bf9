"""What a customer has borrowed: contracts signed on fixed days, paid back instalment by instalment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial

import msgspec

from afluente.connectors.scripted import northerners
from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, month_of, nth_day, on
from afluente.connectors.scripted.register import HERE
from afluente.connectors.scripted.seeding import chance, digits
from afluente.connectors.scripted.taxpayers import cnpj
from afluente.core.clock import Instant
from afluente.core.loans import Installment, Loan, LoanFee, LoanRate, LoanRelease, LoanWarranty

_CENT = Decimal("0.01")
_RATE = partial(LoanRate, kind="compound", index="PRE_FIXADO")

_NORTHERN: tuple[str, tuple[LoanFee, ...], tuple[LoanFee, ...]] = (
    "Effective monthly rate",
    (LoanFee(name="Set-up fee", amount=Decimal("250.00")),),
    (LoanFee(name="Late payment fee", amount=Decimal("45.00")),),
)
_TERMS = {
    "BR": (
        "Taxa efetiva ao mês",
        (LoanFee(name="Tarifa de cadastro", code="CADASTRO", amount=Decimal("480.00")),),
        (
            LoanFee(name="Juros de mora", code="JUROS_MORA_ATRASO", rate=Decimal("0.01")),
            LoanFee(name="Multa por atraso", code="MULTA_ATRASO_PAGAMENTO", rate=Decimal("0.02")),
        ),
    ),
    "CA": _NORTHERN,
    "US": _NORTHERN,
}
"""What contracts say in each country: of the rate, what they cost, and what being late costs."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A product one can borrow: see the head of `loans.toml`. `signed` is when everybody who has it signed."""

    name: str
    kind: str
    months: int
    rate: Decimal
    incomes: int
    signed: date
    warranty: tuple[str, str] | None = None
    consigned: bool = False
    balloon: bool = False
    revolving: bool = False


@cache
def _offers() -> dict[str, tuple[Offer, ...]]:
    text = (HERE / "loans.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text, parse_float=Decimal), dict[str, tuple[Offer, ...]])


def loans(customer: Customer, now: Instant) -> Iterator[Loan]:
    """Yield the contracts as they stand at an instant; none before it was signed."""
    today = day_of(now)
    shelf = "business" if customer.holder.company else "personal"
    if customer.country in northerners.COUNTRIES:
        shelf = f"{shelf}-{customer.country.lower()}"
    for offer in _offers()[shelf]:
        if offer.signed.toordinal() <= today:
            yield (_line_of_credit if offer.revolving else _contract)(customer, offer, today)


def _instalment(amount: Decimal, rate: Decimal, months: int) -> Decimal:
    """Return the equal payment that clears a debt at compound interest (the Price table)."""
    growth = (1 + rate) ** months
    return (amount * rate * growth / (growth - 1)).quantize(_CENT, ROUND_HALF_UP)


def _contract(customer: Customer, offer: Offer, today: int) -> Loan:
    draw = chance("loan", customer.key, offer.name)
    amount = Decimal(customer.holder.income * offer.incomes // 100 // 100 * 100) + draw.randrange(0, 20) * 50
    each = _instalment(amount, offer.rate, offer.months)
    signed = offer.signed.toordinal()
    dues = [nth_day(month_of(signed) + 1 + number, offer.signed.day) for number in range(offer.months)]
    paid = sum(1 for day in dues if day < today)
    key = f"loan-{digits(14, 'loan', customer.key, offer.name)}"
    number = digits(12, "contract", customer.key, offer.name)
    growth = (1 + offer.rate) ** paid
    owed = amount * growth - each * (growth - 1) / offer.rate
    extra = (amount / 10).quantize(_CENT)
    return Loan(
        key=key,
        kind=offer.kind,
        product_name=offer.name,
        contract_number=number,
        ipoc=_ipoc(offer, key, number) if customer.country == "BR" else None,
        currency=customer.land.currency,
        contract_amount=amount.quantize(_CENT),
        contracted_on=offer.signed,
        disbursed_on=(on(signed + 2),),
        settled_on=on(dues[-1]) if paid == offer.months else None,
        due_on=on(dues[-1]),
        first_due_on=on(dues[0]),
        periodicity="monthly",
        amortization="price",
        cet=((1 + offer.rate) ** 12 - 1 + Decimal("0.021")).quantize(Decimal("0.000001")),
        consignee_cnpj=cnpj("consignee", customer.holder.key) if offer.consigned else None,
        rates=(_RATE(pre_fixed=offer.rate, info=_TERMS[customer.country][0]),),
        fees=_TERMS[customer.country][1],
        charges=_TERMS[customer.country][2],
        warranties=(_warranty(*offer.warranty, amount * 12 / 10, customer.land.currency),) if offer.warranty else (),
        installments_total=offer.months,
        installments_paid=paid,
        installments_due=offer.months - paid,
        installments_past_due=0,
        balloons=(Installment(due_on=on(dues[-1]), amount=extra, currency=customer.land.currency),)
        if offer.balloon
        else (),
        outstanding=max(Decimal(0), owed).quantize(_CENT, ROUND_HALF_UP) if paid < offer.months else Decimal("0.00"),
        releases=tuple(
            _release(key, place, day, each, customer.land.currency) for place, day in enumerate(dues[:paid], 1)
        ),
    )


def _line_of_credit(customer: Customer, offer: Offer, today: int) -> Loan:
    """Return a line of credit: nothing falls due but interest, and what is drawn changes from month to month."""
    limit = customer.holder.income * offer.incomes // 100_00 * 100
    drawn = chance("drawn", customer.key, offer.name, month_of(today)).randrange(limit // 10, limit * 6 // 10)
    return Loan(
        key=f"loan-{digits(14, 'loan', customer.key, offer.name)}",
        kind=offer.kind,
        product_name=offer.name,
        contract_number=digits(12, "contract", customer.key, offer.name),
        currency=customer.land.currency,
        contract_amount=Decimal(limit).quantize(_CENT),
        contracted_on=offer.signed,
        rates=(_RATE(pre_fixed=offer.rate, info=_TERMS[customer.country][0]),),
        outstanding=Decimal(drawn).quantize(_CENT),
    )


def _ipoc(offer: Offer, key: str, number: str) -> str:
    return f"99999004{'0203' if offer.kind == 'loan' else '0401'}1{digits(11, 'ipoc', key)}{number}"


def _warranty(kind: str, subkind: str, amount: Decimal, currency: str) -> LoanWarranty:
    return LoanWarranty(kind=kind, subkind=subkind, amount=amount.quantize(_CENT), currency=currency)


def _release(key: str, place: int, day: int, each: Decimal, currency: str) -> LoanRelease:
    return LoanRelease(
        key=f"{key}-release-{place}",
        paid_on=on(day),
        amount=each,
        currency=currency,
        installment_key=f"{key}-instalment-{place}",
    )
