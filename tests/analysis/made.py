"""Made-up histories: an account or two, and movements whose figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from afluente.analysis.history import History, read
from afluente.analysis.spans import Span, days_back, months
from afluente.core.accounts import (
    Account,
    AccountKind,
    BankDetails,
    CardDetails,
    CardPurchase,
    Merchant,
    Party,
    Payment,
    Transaction,
)

ZONE = ZoneInfo("America/Sao_Paulo")
ON = date(2026, 11, 20)
YEAR = days_back(ON, 365)
OWNER = "390.533.447-05"

EMPLOYER = Party(name="Fortaleza Transportes Ltda", document="11.222.333/0001-81")
TENANT = Party(name="Paulo Moreira", document="111.444.777-35")

_numbers = count(1)


def account(
    key: str = "checking",
    kind: AccountKind = AccountKind.CHECKING,
    balance: str = "1000.00",
    currency: str = "BRL",
    bank: BankDetails | None = None,
    card: CardDetails | None = None,
) -> Account:
    """Return an account of the one holder."""
    return Account(
        key=key,
        kind=kind,
        number="0001/1-9",
        name=key,
        currency=currency,
        balance=Decimal(balance),
        owner="Ana Souza",
        tax_number=OWNER,
        bank=bank,
        card=card,
    )


def moved(
    day: date,
    amount: str | Decimal,
    description: str,
    *,
    on: str = "checking",
    at: time = time(12),
    other: Party | None = None,
    category: str | None = None,
    merchant: str | None = None,
    currency: str = "BRL",
    account_amount: str | None = None,
    after: str | None = None,
    pending: bool = False,
    card: CardPurchase | None = None,
    reason: str | None = None,
    key: str | None = None,
) -> Transaction:
    """Return one movement of a day; `other` stands at the other end of it, by instant payment."""
    amount = Decimal(amount)
    payment = None
    if other is not None:
        own = Party(name="Ana Souza", document=OWNER)
        payer, receiver = (other, own) if amount > 0 else (own, other)
        payment = Payment(method="pix", payer=payer, receiver=receiver, reason=reason)
    return Transaction(
        key=key or f"m{next(_numbers)}",
        account_key=on,
        occurred_at=int(datetime.combine(day, at, ZONE).timestamp() * 1000),
        amount=amount,
        currency=currency,
        description=description,
        category=category,
        merchant=Merchant(name=merchant) if merchant else None,
        payment=payment,
        balance_after=Decimal(after) if after else None,
        account_amount=Decimal(account_amount) if account_amount else None,
        pending=pending,
        card=card,
    )


def history(
    transactions: Iterable[Transaction], *accounts: Account, on: date = ON, since: date | None = YEAR.first
) -> History:
    """Return the history of these movements on these accounts: one checking account where none is named."""
    return read(accounts or (account(),), transactions, zone=ZONE, on=on, since=since)


def working_day(month: date, number: int) -> date:
    """Return a month's working day of a number, by counting them off a calendar."""
    day = month - timedelta(days=1)
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def salaries(within: Span = YEAR, amount: str = "5000.00") -> list[Transaction]:
    """Return a salary on the fifth working day of each month of a span."""
    return [
        moved(day, amount, f"SALARIO {day:%m/%Y}", other=EMPLOYER)
        for month in months(within)
        if (day := working_day(month, 5)) in within
    ]
