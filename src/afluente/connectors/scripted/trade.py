"""What goes on in the accounts of those who do business: companies, sellers paid by cards, clients of a broker."""

from __future__ import annotations

from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, first_day, is_weekend, last_day, nth_day, working_day
from afluente.connectors.scripted.household import boleto, card_bill, pix, ted
from afluente.connectors.scripted.moves import Move
from afluente.connectors.scripted.people import businesses, neighbours
from afluente.connectors.scripted.seeding import chance

_BRANDS = ("VISA", "MASTERCARD", "ELO", "AMEX")


def business(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a company: customers who pay, suppliers, wages, taxes, fees."""
    draw = chance("business", customer.key, plan.key, month)
    income = customer.holder.income
    daily = income // 22
    moves = _regular(income, month, draw.randrange(income // 90, income // 60))
    moves += card_bill(customer, plan, month)
    for day in range(first_day(month), last_day(month) + 1):
        if is_weekend(day):
            continue
        for _ in range(draw.randrange(1, 4)):
            share = draw.randrange(daily // 8, daily // 2)
            payer = draw.choice(neighbours() if draw.random() < 0.6 else businesses())
            moves.append(pix(draw, day, share, payer))
        if draw.random() < 0.25:
            moves.append(ted(draw, day, draw.randrange(daily // 2, daily * 2), draw.choice(businesses())))
        if draw.random() < 0.3:
            moves.append(ted(draw, day, -draw.randrange(daily // 2, daily), draw.choice(businesses())))
        if draw.random() < 0.25:
            supplier = draw.choice(businesses())
            moves.append(
                boleto(day, draw.randrange(daily // 3, daily), "FORNECEDOR", "transfers.transfer-bank-slip", supplier)
            )
    return moves


def _regular(income: int, month: int, energy: int) -> list[Move]:
    """Return what a company pays every month."""
    wages, tax = working_day(nth_day(month, 5)), working_day(nth_day(month, 20))
    landlord, supplier = businesses()[3], businesses()[11]
    fee = _booked(
        nth_day(month, 2), -89_00, "TARIFA PACOTE EMPRESARIAL", "bank-fees.account-fees", "PACOTE_TARIFA_SERVICOS"
    )
    return [
        fee,
        _booked(wages, -income * 28 // 100, "FOLHA DE PAGAMENTO", "other", "FOLHA_PAGAMENTO"),
        _booked(tax, -income * 6 // 100, "DARF SIMPLES NACIONAL", "taxes", "CONVENIO_ARRECADACAO"),
        boleto(working_day(nth_day(month, 8)), income // 25, "ALUGUEL COMERCIAL", "housing.rent", landlord),
        boleto(working_day(nth_day(month, 11)), energy, "ENERGIA ELÉTRICA", "housing.utilities.electricity", supplier),
    ]


def sales(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a payment account: each day's card sales come in, less the fee, and most goes out again."""
    draw = chance("sales", customer.key, plan.key, month)
    daily = customer.holder.income // 26
    moves = []
    for day in range(first_day(month), last_day(month) + 1):
        for brand in draw.sample(_BRANDS, draw.randrange(1, 4)):
            sold = draw.randrange(daily // 6, daily // 2)
            kind = "entrepreneurial-activities"
            moves.append(_booked(day, sold, f"VENDAS CRÉDITO {brand}", f"income.{kind}", "OUTROS"))
            moves.append(_booked(day, -sold * 249 // 10_000, f"TAXA {brand}", "bank-fees", "TARIFA_SERVICOS_AVULSOS"))
        if day % 7 == 5:
            moves.append(ted(draw, day, -draw.randrange(daily * 2, daily * 5), plan.own))
    return moves


def brokerage(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of an account at a broker: money from the bank, dividends, custody."""
    draw = chance("brokerage", customer.key, plan.key, month)
    income = customer.holder.income
    moves = [
        ted(draw, working_day(nth_day(month, 7)), income // 5, plan.own),
        _booked(nth_day(month, 3), -9_90, "TAXA DE CUSTÓDIA", "bank-fees", "TARIFA_SERVICOS_AVULSOS"),
    ]
    for name in ("FII HORIZONTE", "AÇÕES ENERGIA SA", "AÇÕES BANCO SA"):
        if draw.random() < 0.6:
            day = working_day(nth_day(month, draw.randrange(10, 26)))
            moves.append(
                _booked(
                    day,
                    draw.randrange(income // 200, income // 60),
                    f"RENDIMENTOS {name}",
                    "investments.proceeds-interests-and-dividends",
                    "RENDIMENTO_APLIC_FINANCEIRA",
                )
            )
    for _ in range(draw.randrange(1, 4)):
        bought = draw.random() < 0.7
        cents = draw.randrange(income // 30, income // 8)
        moves.append(
            Move(
                day=working_day(nth_day(month, draw.randrange(8, 25))),
                at=clock_time(18, 0),
                cents=-cents if bought else cents,
                description="LIQUIDAÇÃO BOLSA NOTA DE CORRETAGEM",
                category="investments.variable-income",
                operation="OUTROS",
            )
        )
    return moves


def _booked(day: int, cents: int, description: str, category: str, operation: str) -> Move:
    return Move(day=day, cents=cents, description=description, category=category, operation=operation)
