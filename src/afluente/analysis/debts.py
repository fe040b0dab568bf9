"""What the holder may owe and does: cards with their bills, loans, overdrafts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from afluente.analysis import figures
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, is_bank
from afluente.core.accounts import Account, AccountKind, Bill
from afluente.core.loans import Loan

LATE_CHARGES = frozenset({"late-interest", "late-fee", "late-remuneration"})
BILLS_AVERAGED = 3
PAYMENTS_LOOKED_AT = 3


class CardFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One card. `used` is what is owed, `usage` the share of the limit; both None where no limit or use is known.

    A bill counts as closed from the day after it closed, or after it fell due where that day is not told.
    `open_bill` is the total of the earliest bill still open, `last_bill` of the latest closed one, `average_bill` of
    the latest three. `late_payments` counts bills that were paid after their due date, or after which
    lateness was charged. `pays_in_instalments`: a bill was paid so.
    """

    account_key: str
    currency: str
    limit: Decimal | None
    available: Decimal | None
    used: Decimal
    usage: Decimal | None
    open_bill: Decimal | None
    last_bill: Decimal | None
    average_bill: Decimal | None
    closed_bills: int
    late_payments: int
    pays_in_instalments: bool


class CreditFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All cards of one currency together. `limit` is of those whose limit is known, `usage` theirs."""

    count: int
    limit: Decimal | None
    used: Decimal | None
    usage: Decimal | None


class LoanFigures(msgspec.Struct, frozen=True, kw_only=True):
    """All running loans of one currency together.

    `monthly_payment` adds, for each loan, the middle of the latest three payments made, or where none is known what
    is outstanding by the instalments that are due; None where neither is known of any. `usage` is what is outstanding
    as a share of what was lent.
    """

    count: int
    principal: Decimal | None
    outstanding: Decimal | None
    monthly_payment: Decimal | None
    usage: Decimal | None
    past_due: int


class OverdraftFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank accounts of one currency may go below zero, and do. `limit` None: none is told."""

    limit: Decimal | None
    used: Decimal | None
    unarranged: Decimal | None
    usage: Decimal | None


def card(account: Account, bills: Sequence[Bill], on: date) -> CardFigures:
    """Return the figures of a card on a day; bills of other cards are not looked at."""
    own = sorted((bill for bill in bills if bill.account_key == account.key), key=lambda bill: (bill.due_on, bill.key))
    closed = [bill for bill in own if is_closed(bill, on)]
    opened = [bill for bill in own if not is_closed(bill, on)]
    latest = closed[-BILLS_AVERAGED:]
    limit = account.card.limit if account.card else None
    available = account.card.available if account.card else None
    currency = account.currency
    return CardFigures(
        account_key=account.key,
        currency=currency,
        limit=limit,
        available=available,
        used=account.balance,
        usage=None if limit is None else figures.share(account.balance, limit),
        open_bill=opened[0].total if opened else None,
        last_bill=closed[-1].total if closed else None,
        average_bill=money(figures.mean([bill.total for bill in latest]), currency) if latest else None,
        closed_bills=len(closed),
        late_payments=_late(own),
        pays_in_instalments=any(payment.kind == "installment" for bill in own for payment in bill.payments),
    )


def is_closed(bill: Bill, on: date) -> bool:
    """Tell whether a bill is closed on a day; see `CardFigures`."""
    return (bill.closes_on or bill.due_on) < on


def cards(history: History, currency: str) -> CreditFigures:
    """Return the figures of all cards of one currency."""
    found = [one for one in history.accounts.values() if not is_bank(one) and one.currency == currency]
    limited = [(one, one.card.limit) for one in found if one.card is not None and one.card.limit is not None]
    limit = sum((most for _, most in limited), ZERO)
    return CreditFigures(
        count=len(found),
        limit=money(limit, currency) if limited else None,
        used=money(sum((one.balance for one in found), ZERO), currency) if found else None,
        usage=figures.share(sum((one.balance for one, _ in limited), ZERO), limit),
    )


def loans(found: Iterable[Loan], currency: str) -> LoanFigures:
    """Return the figures of those loans of one currency that are not settled."""
    running = [loan for loan in found if loan.currency == currency and loan.settled_on is None]
    owed = [(loan, loan.outstanding) for loan in running if loan.outstanding is not None]
    payments = [payment for loan in running if (payment := _monthly_payment(loan)) is not None]
    principal = sum((loan.contract_amount for loan in running), ZERO)
    outstanding = sum((rest for _, rest in owed), ZERO)
    return LoanFigures(
        count=len(running),
        principal=money(principal, currency) if running else None,
        outstanding=money(outstanding, currency) if owed else None,
        monthly_payment=money(sum(payments, ZERO), currency) if payments else None,
        usage=figures.share(outstanding, sum((loan.contract_amount for loan, _ in owed), ZERO)),
        past_due=sum(loan.installments_past_due or 0 for loan in running),
    )


def overdrafts(history: History, currency: str) -> OverdraftFigures:
    """Return the overdraft of the bank accounts of one currency, as the institution tells it."""
    found = [
        one.bank
        for one in history.accounts.values()
        if one.kind is not AccountKind.CREDIT_CARD and one.currency == currency and one.bank is not None
    ]
    limits = [one.overdraft_limit for one in found if one.overdraft_limit is not None]
    used = [one.overdraft_used for one in found if one.overdraft_used is not None]
    beyond = [one.overdraft_unarranged for one in found if one.overdraft_unarranged is not None]
    return OverdraftFigures(
        limit=money(sum(limits, ZERO), currency) if limits else None,
        used=money(sum(used, ZERO), currency) if used else None,
        unarranged=money(sum(beyond, ZERO), currency) if beyond else None,
        usage=figures.share(sum(used, ZERO), sum(limits, ZERO)) if used else None,
    )


def _late(bills: Sequence[Bill]) -> int:
    """Return how many of a card's bills were paid late; what lateness costs is charged on the bill after it."""
    late = {place for place, bill in enumerate(bills) if any(one.paid_on > bill.due_on for one in bill.payments)}
    fined = {
        place - 1 for place, bill in enumerate(bills) if any(charge.kind in LATE_CHARGES for charge in bill.charges)
    }
    return len(late | fined)


def _monthly_payment(loan: Loan) -> Decimal | None:
    made = [one.amount for one in sorted(loan.releases, key=lambda one: (one.paid_on, one.key)) if not one.over_parcel]
    if made:
        return figures.median(made[-PAYMENTS_LOOKED_AT:])
    if loan.outstanding is not None and loan.installments_due:
        return loan.outstanding / loan.installments_due
    return None
