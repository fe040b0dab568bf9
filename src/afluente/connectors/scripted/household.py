"""What goes on in a person's accounts: a salary, a home, everyday spending, friends, and something put aside."""

from __future__ import annotations

from random import Random

from afluente.connectors.scripted import cards
from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, first_day, last_day, nth_day, on, working_day
from afluente.connectors.scripted.moves import Move
from afluente.connectors.scripted.people import businesses, neighbours
from afluente.connectors.scripted.seeding import chance
from afluente.connectors.scripted.shops import EVERYDAY, merchant
from afluente.connectors.scripted.slips import slip
from afluente.core.accounts import Party

_UTILITIES = (
    ("ENERGIA ELÉTRICA", "housing.utilities.electricity", 11, 90_00, 340_00),
    ("ÁGUA E ESGOTO", "housing.utilities.water", 13, 48_00, 150_00),
    ("INTERNET FIBRA", "services.telecommunications.internet", 15, 99_90, 139_90),
    ("CELULAR PÓS-PAGO", "services.telecommunications.mobile", 18, 49_90, 89_90),
)
_PIX_REASONS = ("Almoço", "Presente", "Aluguel da quadra", "Conta do bar", "Viagem", None)


def checking(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a person's checking account."""
    draw = chance("checking", customer.key, plan.key, month)
    income = customer.holder.income
    moves = [_salary(customer, month), _rent(customer, month), _package_fee(month)]
    moves += [_utility(draw, month, *row) for row in _UTILITIES]
    moves.append(_savings(plan, month, -_put_aside(customer)))
    moves += card_bill(customer, plan, month)
    for day in range(first_day(month), last_day(month) + 1):
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            moves.append(_spending(draw, day))
        if draw.random() < 0.22:
            moves.append(pix(draw, day, -draw.randrange(15_00, income // 20), draw.choice(neighbours())))
        if draw.random() < 0.14:
            moves.append(pix(draw, day, draw.randrange(20_00, income // 12), draw.choice(neighbours())))
    if draw.random() < 0.3:
        day = working_day(nth_day(month, draw.randrange(2, 27)))
        moves.append(ted(draw, day, draw.randrange(income // 10, income // 4), draw.choice(businesses())))
    if draw.random() < 0.4:
        day = nth_day(month, draw.randrange(1, 28))
        moves.append(
            Move(
                day=day,
                at=_hour(draw),
                cents=-draw.choice((50_00, 100_00, 200_00)),
                description="SAQUE 24H",
                category="transfers.transfer-cash",
                operation="SAQUE",
            )
        )
    return moves


def savings(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return a month of a savings account: what was put aside, and the interest."""
    draw = chance("savings", customer.key, plan.key, month)
    return [
        _savings(plan, month, _put_aside(customer)),
        Move(
            day=nth_day(month, 1),
            cents=draw.randrange(customer.holder.income // 100, customer.holder.income // 60),
            description="RENDIMENTO POUPANÇA",
            category="investments.proceeds-interests-and-dividends",
            operation="RENDIMENTO_APLIC_FINANCEIRA",
        ),
    ]


def pix(draw: Random, day: int, cents: int, other: Party) -> Move:
    """Return an instant payment to (`cents` below zero) or from somebody, at a real time of day."""
    return Move(
        day=day,
        at=_hour(draw),
        cents=cents,
        description=f"PIX {'ENVIADO' if cents < 0 else 'RECEBIDO'} {other.name}",
        category="transfers.transfer-pix",
        operation="PIX",
        method="pix",
        other=other,
        reason=draw.choice(_PIX_REASONS),
    )


def ted(draw: Random, day: int, cents: int, other: Party) -> Move:
    """Return a wire transfer, in the hours in which there are any."""
    return Move(
        day=day,
        at=clock_time(draw.randrange(8, 17), draw.randrange(60), draw.randrange(60)),
        cents=cents,
        description=f"TED {'ENVIADA' if cents < 0 else 'RECEBIDA'} {other.name}",
        category="transfers.transfer-ted",
        operation="TED",
        method="ted",
        other=other,
        reason="Crédito em conta",
    )


def boleto(day: int, cents: int, description: str, category: str, other: Party) -> Move:
    """Return a paid boleto; the bank books it without a time."""
    return Move(
        day=day,
        cents=-cents,
        description=f"PAGAMENTO BOLETO {description}",
        category=category,
        operation="BOLETO",
        method="boleto",
        other=other,
        slip=slip(other.bank or "001", day, cents, description),
    )


def _hour(draw: Random) -> int:
    return clock_time(draw.randrange(7, 23), draw.randrange(60), draw.randrange(60))


def _put_aside(customer: Customer) -> int:
    return customer.holder.income // 2000 * 100


def _salary(customer: Customer, month: int) -> Move:
    employer = businesses()[chance("employer", customer.holder.key).randrange(len(businesses()))]
    return Move(
        day=working_day(nth_day(month, 5)),
        cents=customer.holder.income,
        description=f"SALÁRIO {employer.name}",
        category="income.salary",
        operation="FOLHA_PAGAMENTO",
        method="tev",
        other=employer,
        reason="Salário",
    )


def _rent(customer: Customer, month: int) -> Move:
    draw = chance("rent", customer.holder.key, month // 12)
    landlord = businesses()[3]
    return boleto(
        working_day(nth_day(month, 10)),
        customer.holder.income * draw.randrange(22, 30) // 100,
        "ALUGUEL",
        "housing.rent",
        landlord,
    )


def _package_fee(month: int) -> Move:
    return Move(
        day=nth_day(month, 2),
        cents=-29_90,
        description=f"TARIFA PACOTE DE SERVIÇOS {on(first_day(month)):%m/%y}",
        category="bank-fees.account-fees",
        operation="PACOTE_TARIFA_SERVICOS",
    )


def _utility(draw: Random, month: int, name: str, category: str, number: int, low: int, high: int) -> Move:
    if number % 2:
        return boleto(
            working_day(nth_day(month, number)), draw.randrange(low, high + 1), name, category, businesses()[number]
        )
    return Move(
        day=working_day(nth_day(month, number)),
        cents=-draw.randrange(low, high + 1),
        description=f"DÉBITO AUTOMÁTICO {name}",
        category=category,
        operation="CONVENIO_ARRECADACAO",
    )


def _savings(plan: Plan, month: int, cents: int) -> Move:
    return Move(
        day=nth_day(month, 20),
        at=clock_time(8, 30),
        cents=cents,
        description="TRANSFERÊNCIA POUPANÇA PROGRAMADA",
        category="same-person-transfer",
        operation="TRANSFERENCIA_MESMA_INSTITUICAO",
        method="tev",
        other=plan.own,
    )


def card_bill(customer: Customer, plan: Plan, month: int) -> list[Move]:
    """Return the payment of the card's bill that falls due in this month, made from the first account."""
    card = customer.card
    if card is None or plan != customer.accounts[0]:
        return []
    total = cards.bill_total(customer, card, month)
    if total <= 0:
        return []
    return [
        Move(
            day=cards.paid_on(customer, month),
            at=cards.PAID_AT,
            cents=-total,
            description=customer.land.words["card_payment"].replace("{number}", card.number),
            category="transfers.credit-card-payment",
            operation="OPERACAO_CREDITO",
        )
    ]


def _spending(draw: Random, day: int) -> Move:
    shop = draw.choice(EVERYDAY)
    return Move(
        day=day,
        at=_hour(draw),
        cents=-draw.randrange(shop.low, shop.high),
        description=f"COMPRA CARTÃO DÉBITO {shop.name.upper()}",
        category=shop.category,
        operation="CARTAO",
        merchant=merchant(shop),
        slow=True,
    )
