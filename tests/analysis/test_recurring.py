from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from afluente.analysis.cadence import Cadence
from afluente.analysis.recurring import ExpenseKind, RecurringExpense, expenses
from afluente.analysis.spans import months, whole_month
from afluente.analysis.streams import Confidence
from afluente.core.accounts import AccountKind, CardPurchase, Party, Transaction
from tests.analysis.made import ON, OWNER, TENANT, YEAR, account, history, moved

MONTHS = months(YEAR)[1:]
CARD = account("card", AccountKind.CREDIT_CARD)


def paid(*transactions: Transaction) -> tuple[RecurringExpense, ...]:
    """The recurring expenses of movements on a checking account and a card."""
    return expenses(history(transactions, account(), CARD), YEAR)


def test_a_subscription_whose_price_rose_is_one_subscription() -> None:
    """Eight months at 39.90 and four at 44.90, from one seller."""
    prices = ["-39.90"] * 8 + ["-44.90"] * 4
    rows = [
        moved(month.replace(day=6), price, f"CINE EM CASA {month:%m}", on="card", merchant="Cine em Casa")
        for month, price in zip(MONTHS, prices, strict=True)
    ]
    (found,) = paid(*rows)
    assert (found.name, found.cadence, found.confidence) == ("Cine em Casa", Cadence.MONTHLY, Confidence.HIGH)
    assert (found.is_subscription, found.account_key, found.occurrences) == (True, "card", 12)
    assert (found.average, found.median, found.last_amount) == (Decimal("41.57"), Decimal("39.90"), Decimal("44.90"))
    assert (found.smallest, found.largest, found.trend) == (Decimal("39.90"), Decimal("44.90"), Decimal("0.1253"))
    assert (found.deviation, found.stability) == (Decimal("2.36"), Decimal("0.9433"))
    assert (found.last_on, found.days_since_last, found.expected_next) == (
        date(2026, 11, 6),
        14,
        date(2026, 12, 6),
    )
    assert found.keys == tuple(row.key for row in rows)


@pytest.mark.parametrize(
    ("text", "category", "kind"),
    [
        ("DEBITO AUTOMATICO ENERGIA ELETRICA", None, ExpenseKind.UTILITY),
        ("CFE PAGO DE SERVICIO", "housing.utilities.electricity", ExpenseKind.UTILITY),
        ("PAGAMENTO FATURA CARTAO FINAL 1234", None, ExpenseKind.CARD_BILL),
        ("ALUGUEL", None, ExpenseKind.RENT),
        ("MORTGAGE PAYMENT", None, ExpenseKind.MORTGAGE),
        ("PRESTAMO PERSONAL", None, ExpenseKind.LOAN),
        ("DEBITO", "loans-and-financing.loans", ExpenseKind.LOAN),
        ("SEGURO AUTO", None, ExpenseKind.INSURANCE),
        ("ASSURANCE HABITATION", None, ExpenseKind.INSURANCE),
        ("DEBITO", "services.telecommunications.mobile", ExpenseKind.TELECOM),
        ("COLEGIATURA", None, ExpenseKind.EDUCATION),
        ("TARIFA PACOTE", None, ExpenseKind.FEE),
        ("IPTU PARCELA", None, ExpenseKind.TAX),
    ],
)
def test_what_is_owed_by_contract_recurs_whatever_it_comes_to(
    text: str, category: str | None, kind: ExpenseKind
) -> None:
    """A bill comes by the month, and its amount may be anything."""
    rows = [
        moved(month.replace(day=11), Decimal(-80 - 37 * (number % 5)), f"{text} {month:%m/%y}", category=category)
        for number, month in enumerate(MONTHS)
    ]
    (found,) = paid(*rows)
    assert (found.kind, found.cadence, found.is_subscription) == (kind, Cadence.MONTHLY, False)


def test_a_shop_that_is_visited_is_no_recurring_expense() -> None:
    """Once a month, but for another amount each time."""
    amounts = range(40, 40 + 12 * 19, 19)
    rows = [
        moved(month.replace(day=9), Decimal(-amount), "COMPRA", merchant="Mercado", category="groceries")
        for month, amount in zip(MONTHS, amounts, strict=True)
    ]
    assert paid(*rows) == ()


def test_fines_for_lateness_are_no_contract() -> None:
    """Whoever is late each quarter does not owe it."""
    rows = [
        moved(month.replace(day=8), Decimal(-20 - 30 * number), "MULTA POR ATRASO", on="card")
        for number, month in enumerate(MONTHS[::3])
    ]
    assert paid(*rows) == ()


def test_the_same_amount_to_a_person_each_month_recurs() -> None:
    """An allowance, sent as an instant payment without a word."""
    rows = [moved(month.replace(day=3), "-250.00", "PIX ENVIADO", other=TENANT) for month in MONTHS]
    (found,) = paid(*rows)
    assert (found.kind, found.name, found.confidence) == (ExpenseKind.TRANSFER, "Paulo Moreira", Confidence.HIGH)


def test_money_put_aside_is_no_expense() -> None:
    """A standing order to the holder's own savings changes only where the money is."""
    own = Party(name="Ana Souza", document=OWNER)
    assert paid(*(moved(month.replace(day=3), "-250.00", "PIX ENVIADO", other=own) for month in MONTHS)) == ()


def test_a_purchase_in_instalments_recurs_until_the_last_is_paid() -> None:
    """Two purchases at one shop are two plans: one has an instalment to go, one is done."""

    def plan(total: str, of: int, first: int, day: int) -> list[Transaction]:
        return [
            moved(
                month.replace(day=day),
                -(Decimal(total) / of),
                f"ELETRO MUNDO {number:02d}/{of:02d}",
                on="card",
                merchant="Eletro Mundo",
                card=CardPurchase(
                    installment=number, installments=of, total=Decimal(total), purchased_on=MONTHS[first]
                ),
            )
            for number, month in enumerate(MONTHS[first : first + of], start=1)
        ]

    (found,) = paid(*plan("1200.00", 6, 7, 12), *plan("900.00", 5, 2, 20))
    assert (found.kind, found.instalment, found.instalments) == (ExpenseKind.INSTALMENTS, 5, 6)
    assert (found.average, found.expected_next) == (Decimal("200.00"), date(2026, 12, 12))


def test_the_bills_of_two_cards_are_two_expenses() -> None:
    """The last four digits tell them apart where all other words are the same."""
    rows = [
        moved(month.replace(day=day), amount, f"PAGAMENTO FATURA CARTAO FINAL {digits}")
        for month in MONTHS
        for day, amount, digits in ((5, "-900.00", "1111"), (7, "-400.00", "2222"))
    ]
    assert [found.total for found in paid(*rows)] == [Decimal("10800.00"), Decimal("4800.00")]


def test_what_was_cancelled_is_known_and_not_expected() -> None:
    """Five months without it: it is still told, with little confidence."""
    rows = [moved(month.replace(day=6), "-39.90", "NETFLIX.COM") for month in MONTHS[:7]]
    (found,) = paid(*rows)
    assert (found.kind, found.confidence, found.is_active, found.missed) == (
        ExpenseKind.SUBSCRIPTION,
        Confidence.LOW,
        False,
        5,
    )
    assert expenses(history(rows), YEAR, least=Confidence.MEDIUM) == ()


def test_a_bill_of_every_other_month_is_told_as_such() -> None:
    """Electricity in Mexico is charged so."""
    rows = [moved(month.replace(day=14), "-610.00", "CFE SUMINISTRADOR") for month in MONTHS[1::2]]
    (found,) = paid(*rows)
    assert (found.cadence, found.expected_next) == (Cadence.BIMONTHLY, date(2027, 1, 14))


def test_what_happened_twice_does_not_recur_yet() -> None:
    """Two bills may be a habit or a coincidence."""
    assert paid(*(moved(month.replace(day=6), "-39.90", "NETFLIX.COM") for month in MONTHS[-2:])) == ()


def test_kinds_can_be_asked_for() -> None:
    """Whoever wants liabilities leaves subscriptions aside."""
    rows = [moved(month.replace(day=6), "-39.90", "NETFLIX.COM") for month in MONTHS]
    rows += [moved(whole_month(month).last, "-900.00", "ALUGUEL") for month in MONTHS[:-1]]
    found = expenses(history(rows), YEAR, kinds={ExpenseKind.RENT})
    assert [one.kind for one in found] == [ExpenseKind.RENT]


def test_no_history_has_no_recurring_expense() -> None:
    """An empty list, and nothing else."""
    assert paid() == ()
    assert expenses(history([], since=None, on=ON), YEAR) == ()
