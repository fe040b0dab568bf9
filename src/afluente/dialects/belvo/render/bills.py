"""Bills of a card."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from afluente.core.accounts import Bill, BillPayment, FinanceCharge
from afluente.core.connections import Stored
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.identification import clipped, identification
from afluente.web.instants import instant

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHARGES = {
    "late-interest": "ARREARS_INTEREST",
    "late-fee": "LATE_FEE",
    "late-remuneration": "LATE_PAYMENT_INTEREST",
    "iof": "IOF",
    "other": "OTHER",
}
_PAYMENTS = {"full": "FULL", "installment": "INSTALLMENT", "other": "OTHER"}
_MODES = {"debit": "DIRECT_DEBIT", "slip": "BANK_SLIP", "payroll": "SALARY_DEDUCTION", "pix": "PIX"}


def bill_name(record: Bill) -> str:
    """Return what a bill is called: the month it falls due in, such as `apr-2024`."""
    return f"{_MONTHS[record.due_on.month - 1]}-{record.due_on.year}"


def bill_status(record: Bill, on: date) -> str:
    """Return how a bill stands on a day: OPEN, CLOSED or PAID. Without a closing day, its due day closes it."""
    if (record.closes_on or record.due_on) >= on:
        return "OPEN"
    paid = sum((payment.amount for payment in record.payments), Decimal(0))
    return "PAID" if record.payments and paid >= record.total else "CLOSED"


def bill(stored: Stored[Bill], rendered: Any) -> dict[str, Any]:
    """Return a bill of the account whose own object is `rendered`. One without charges says so in a line."""
    record = stored.record
    charges = [_charge(charge) for charge in record.charges]
    return {
        "id": stored.id,
        "created_at": instant(stored.created_at),
        "collected_at": instant(stored.updated_at),
        "account": rendered,
        "internal_identification": identification(record.key),
        "bill_name": bill_name(record),
        "due_date": iso(record.due_on),
        "currency": record.currency,
        "total_amount": record.total,
        "minimum_amount": record.minimum_payment,
        "is_installment": record.allows_installments,
        "finance_charges": charges or [_line("NO_CHARGE", None, record.currency, Decimal(0))],
        "payments": [_payment(payment) for payment in record.payments],
    }


def _charge(charge: FinanceCharge) -> dict[str, Any]:
    return _line(_CHARGES.get(charge.kind, "OTHER"), charge.info, charge.currency, charge.amount)


def _line(kind: str, info: str | None, currency: str, amount: Decimal) -> dict[str, Any]:
    return {"type": kind, "additional_info": clipped(info, 140), "currency": currency, "amount": amount}


def _payment(payment: BillPayment) -> dict[str, Any]:
    return {
        "type": _PAYMENTS.get(payment.kind, "OTHER"),
        "payment_date": iso(payment.paid_on),
        "payment_mode": None if payment.mode is None else _MODES.get(payment.mode),
        "currency": payment.currency,
        "amount": payment.amount,
    }
