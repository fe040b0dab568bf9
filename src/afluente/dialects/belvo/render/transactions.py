"""Movements. The wire's amounts are positive, and `type` is the direction: INFLOW is money the holder gained."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from afluente.core.accounts import Account, AccountKind, Bill, CardPurchase, Party, Payment, Transaction
from afluente.core.connections import Stored
from afluente.dialects.belvo.categories import FILING
from afluente.dialects.belvo.render.accounts import ending
from afluente.dialects.belvo.render.bills import bill_name, bill_status
from afluente.dialects.belvo.render.days import iso, local_date, local_day
from afluente.dialects.belvo.render.identification import bare, clipped, digits, identification, parted
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant, moment

_FEES = {
    "annual": "ANNUAL_FEE",
    "atm-domestic": "NATIONAL_WITHDRAWAL",
    "atm-international": "INTERNATIONAL_WITHDRAWAL",
    "emergency-credit-evaluation": "EMERGENCY_CREDIT_EVALUATION_FEE",
    "card-reissue": "DUPLICATE_ISSUANCE_FEE",
    "bill-payment": "PAYMENT_FEE",
    "sms": "SMS_FEE",
    "other": "OTHERS",
}
_OPERATION = re.compile(r"[A-Za-z_]{1,50}")
_NO_CARD = CardPurchase()


def transaction(
    stored: Stored[Transaction],
    account: Stored[Account],
    rendered: Any,
    origin: Origin,
    *,
    bill: Stored[Bill] | None = None,
    category: str | None = None,
) -> dict[str, Any]:
    """Return a movement of `account`.

    `rendered` is the account's own object, or its encoding, which a page of movements shares. `bill` is the one it is
    on; `category` the neutral name of what it is filed under.
    """
    record = stored.record
    inflow = record.amount >= 0
    filed = FILING.named(category, inflow=inflow)
    day = local_date(record.occurred_at, origin.country)
    amount = abs(record.amount)
    local = amount if record.account_amount is None else abs(record.account_amount)
    on_card = account.record.kind is AccountKind.CREDIT_CARD
    operation = record.operation or ""
    payment = record.payment
    return {
        "id": stored.id,
        "internal_identification": identification(record.key),
        "account": rendered,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "value_date": day,
        "transacted_at": moment(record.occurred_at),
        "accounting_date": _booked(record, origin, day),
        "inferred_accounting_date": _next_working_day(day),
        "amount": amount,
        "local_currency_amount": local,
        "balance": None if origin.open_finance else record.balance_after,
        "currency": record.currency,
        "description": record.description,
        "observations": None if origin.open_finance or payment is None else payment.reason,
        "merchant": _merchant(record),
        "category": filed.category,
        "subcategory": filed.subcategory,
        "reference": None if origin.open_finance else _reference(record, payment),
        "type": "INFLOW" if inflow else "OUTFLOW",
        "status": "PENDING" if record.pending else "PROCESSED",
        "credit_card_data": _card(stored, account, bill, origin) if on_card else None,
        "counterparty": None if payment is None else _counterparty(payment, inflow),
        "loan_data": None,
        "payment_type": _payment_type(record.card),
        "operation_type": operation if _OPERATION.fullmatch(operation) else "OUTROS",
        "operation_type_additional_info": None,
        "mcc": None if record.card is None else record.card.mcc,
        "gig_data": None,
    }


def _booked(record: Transaction, origin: Origin, day: str) -> str | None:
    """When it was booked: a day today, an instant in the older generation; what is pending is not booked yet."""
    if record.pending:
        return None
    return day if origin.open_finance else instant(record.occurred_at)


@lru_cache(maxsize=4096)
def _next_working_day(day: str) -> str:
    """The day itself, or the Monday behind a weekend; holidays are not known here."""
    on = date.fromisoformat(day)
    return (on if on.weekday() < 5 else on + timedelta(days=7 - on.weekday())).isoformat()


def _merchant(record: Transaction) -> dict[str, Any] | None:
    if record.merchant is None:
        return None
    return {"logo": None, "website": None, "merchant_name": record.merchant.name}


def _reference(record: Transaction, payment: Payment | None) -> str | None:
    told = (payment.reference if payment is not None else None) or record.code
    return clipped(told, 128)


def _payment_type(card: CardPurchase | None) -> str | None:
    if card is None or card.installments is None:
        return None
    return "INSTALLMENT" if card.installments > 1 else "FULL"


def _counterparty(payment: Payment, inflow: bool) -> dict[str, Any] | None:
    """Who stood at the other end. The wire has room for a person's document alone."""
    other = payment.payer if inflow else payment.receiver
    return None if other is None else _party(other)


def _party(party: Party) -> dict[str, Any]:
    document = None if party.document is None else bare(party.document)
    agency = digits(party.branch or "")
    _, number, check = parted(party.account or "")
    number = digits(number)
    clearing = digits(party.bank or "")
    return {
        "type": None if document is None else "INDIVIDUAL" if len(document) == 11 else "COMPANY",
        "document_number": document if document is not None and re.fullmatch(r"\d{11}", document) else None,
        "clearing_code": clearing if len(clearing) == 3 else None,
        "agency": agency if 0 < len(agency) <= 4 else None,
        "check_digit": check,
        "number": number.zfill(8) if 0 < len(number) <= 20 else None,
    }


def _card(
    stored: Stored[Transaction], account: Stored[Account], bill: Stored[Bill] | None, origin: Origin
) -> dict[str, Any]:
    """The card's side of it; the bill is told once it is closed."""
    record = stored.record
    card = record.card or _NO_CARD
    today = local_day(stored.updated_at, origin.country)
    closed = bill is not None and bill_status(bill.record, today) != "OPEN"
    told = bill.record if bill is not None and closed else None
    fee = None if card.fee is None else _FEES.get(card.fee, "OTHERS")
    plan = card.installments is not None and card.installments > 1
    wire: dict[str, Any] = {
        "collected_at": instant(stored.updated_at),
        "bill_name": None if told is None else bill_name(told),
        "bill_due_date": None if told is None else iso(told.due_on),
        "bill_internal_identification": None if told is None else identification(told.key),
        "bill_status": None if origin.open_finance or bill is None else bill_status(bill.record, today),
        "previous_bill_total": None,
        "bill_amount": None if told is None else told.total,
        "card_number": ending(card.card_number or account.record.number),
        "fee_type": fee,
        "fee_type_additional_info": clipped(card.fee_info, 140),
        "credits_type": None,
        "credits_type_additional_info": None,
        "installment_identifier": f"PARCELA_{card.installment or 1}" if plan else "",
        "number_of_installments": card.installments,
        "credit_card_bill": None,
    }
    if bill is not None and told is not None:
        wire["credit_card_bill"] = {"id": bill.id, "internal_identification": identification(told.key)}
    return wire
