"""Open Data: credit cards with their bills. The second version has names in one word, and finer categories."""

from __future__ import annotations

from typing import Any

from afluente.core.accounts import Account, CardDetails
from afluente.core.connections import Stored
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.categories import FILING
from afluente.dialects.klavi.render.held import Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import Plain, count, day_text, in_capitals, iso, month, number, plain
from afluente.dialects.klavi.render.statements import Closed, Open, statements

AT_ONCE, IN_PARTS = "A_VISTA", "A_PRAZO"

_DISTINGUISHED = frozenset(
    {"BLACK", "INFINITE", "PLATINUM", "SIGNATURE", "NANQUIM", "DINERS CLUB", "WORLD ELITE", "CENTURION"}
)
"""Levels of cards for customers that banks treat better."""


def category_creditcard(seen: Seen, *, second: bool = False) -> list[dict[str, Any]]:
    """Return every card; `second` is the newer version. Amounts are signed from the holder's side."""
    rows = [_card(held, account, second) for held in seen.held for account in held.cards]
    return in_capitals(rows) if second else rows


def _card(held: Held, account: Stored[Account], second: bool) -> dict[str, Any]:
    record, card = account.record, account.record.card or CardDetails()
    found = statements(held, account)
    pays = heads.parted(held.bank_accounts[0].record.number) if held.bank_accounts else None
    return {
        **heads.bank(held),
        "card_last4num": heads.ending(record.number),
        "cpf_verified": heads.verified(held),
        "holder_name": heads.owner(held, account),
        "card_type": card_type(record),
        "credit_limit": number(card.limit),
        "available_limit": number(card.available),
        "agency_number": pays.branch if pays is not None else None,
        "bank_account": pays.whole if pays is not None else None,
        "is_active": int(card.status == "active"),
        "is_vip": int((card.level or "").upper() in _DISTINGUISHED),
        "OpenStatement": _open(found.opened, record, second),
        "ClosedStatement": [_closed(one, record, second) for one in found.closed],
    }


def card_type(record: Account) -> str:
    """Return what a card is: its brand and its level, or else what it is called."""
    card = record.card
    told = [word for word in (card.brand, card.level) if word] if card is not None else []
    return " ".join(told) or record.name


def _open(opened: Open, account: Account, second: bool) -> dict[str, Any]:
    return {
        "bill_amount": opened.total,
        "due_date": iso(opened.due_on),
        "billing_date": iso(opened.closes_on),
        "bill_month": month(opened.due_on) if opened.due_on is not None else None,
        "TransactionDetail": Plain([_movement(one, account, second) for one in opened.moved]),
    }


def _closed(closed: Closed, account: Account, second: bool) -> dict[str, Any]:
    bill = closed.bill.record
    return {
        "billing_date": iso(closed.closes_on),
        "bill_month": month(bill.due_on),
        "bill_amount": bill.total,
        "minimum_payment": number(bill.minimum_payment),
        "payment_date": iso(closed.paid_on),
        "payment_amount": number(closed.paid),
        "TransactionDetail": Plain([_movement(one, account, second) for one in closed.moved]),
    }


def _movement(one: Moved, account: Account, second: bool) -> dict[str, Any]:
    record, card = one.record, one.record.card
    filed = FILING.named(one.category, inflow=record.amount > 0)
    parts = card.installments if card is not None else None
    several = parts is not None and parts > 1
    wire: dict[str, Any] = {
        "trans_date": day_text(record.occurred_at),
        "trans_amount": plain(record.amount if record.account_amount is None else record.account_amount),
        "trans_currency": record.currency if record.account_amount is None else account.currency,
        "trans_description": record.description,
        "category": filed.category,
    }
    if second:
        wire["subcategory"], wire["third_category"] = filed.subcategory, filed.third
    wire["payment_type"] = IN_PARTS if several else AT_ONCE
    wire["charge_identificator"] = str((card.installment if card is not None else None) or 1) if several else None
    wire["charge_number"] = count(parts)
    return wire
