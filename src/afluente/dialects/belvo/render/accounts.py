"""Accounts and cards, with what a balance is beside them. Loans are accounts too: see `loans`.

One object serves both generations: it has the keys of either. A liability's balance is positive.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.documents import Balance
from afluente.core.identity import derived_id
from afluente.dialects.belvo.render.days import iso, local_date
from afluente.dialects.belvo.render.identification import clipped, digits, identification, parted
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant, maybe_instant

CATEGORIES = {
    AccountKind.CHECKING: "CHECKING_ACCOUNT",
    AccountKind.SAVINGS: "SAVINGS_ACCOUNT",
    AccountKind.CREDIT_CARD: "CREDIT_CARD",
}
_TYPES = {
    AccountKind.CHECKING: "CONTA_DEPOSITO_A_VISTA",
    AccountKind.SAVINGS: "CONTA_POUPANCA",
    AccountKind.CREDIT_CARD: "CARTAO_CREDITO",
}
"""What the Open Finance network calls each kind; a bank reached by credentials has its own name for it."""

_NETWORKS = {
    "VISA": "VISA",
    "MASTERCARD": "MASTERCARD",
    "AMERICAN EXPRESS": "AMERICAN_EXPRESS",
    "AMERICAN_EXPRESS": "AMERICAN_EXPRESS",
    "AMEX": "AMERICAN_EXPRESS",
    "DINERS": "DINERS_CLUB",
    "DINERS CLUB": "DINERS_CLUB",
    "DINERS_CLUB": "DINERS_CLUB",
    "HIPERCARD": "HIPERCARD",
    "ELO": "ELO",
}
_SUBTYPES = {None: "INDIVIDUAL", "together": "CONJUNTA_SIMPLES", "alone": "CONJUNTA_SOLIDARIA"}
"""How many hold an account, and how they act on it: the words of Open Finance Brasil."""

_CLABE = 18
"""Digits of a Mexican account number for transfers."""


def account(stored: Stored[Account], origin: Origin) -> dict[str, Any]:
    """Return an account or a card."""
    record = stored.record
    card = record.kind is AccountKind.CREDIT_CARD
    agency, number, check = (None, record.number, None) if card else parted(record.number)
    public_name, public_value = _public(record, origin)
    return frame(stored, origin) | {
        "category": CATEGORIES[record.kind],
        "balance_type": "LIABILITY" if card else "ASSET",
        "overdraft": None if record.bank is None else _overdraft(record.bank),
        "type": _TYPES[record.kind] if origin.open_finance else record.marketing_name or record.name,
        "subtype": _SUBTYPES[record.joint],
        "name": record.name,
        "number": number,
        "agency": agency,
        "check_digit": check,
        "balance": _balance(record),
        "currency": record.currency,
        "public_identification_name": public_name,
        "public_identification_value": public_value,
        "internal_identification": identification(record.key),
        "credit_data": None if record.card is None else _credit(stored, record.card, origin),
        "loan_data": None,
        "funds_data": None,
        "receivables_data": None,
        "bank_product_id": None,
    }


def frame(stored: Stored[Any], origin: Origin) -> dict[str, Any]:
    """Return what every account begins with."""
    return {
        "id": stored.id,
        "link": origin.link,
        "institution": origin.institution,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "last_accessed_at": maybe_instant(origin.last_accessed_at),
    }


def _balance(record: Account) -> dict[str, Any]:
    card, bank = record.card, record.bank
    wire: dict[str, Any] = {
        "current": record.balance,
        "available": card.available if card is not None else record.balance,
    }
    if bank is not None and bank.automatically_invested is not None:
        wire["automatically_invested"] = bank.automatically_invested
    return wire


def _overdraft(bank: BankDetails) -> dict[str, Any] | None:
    """The overdraft, for an account that has one."""
    if bank.overdraft_limit is None:
        return None
    nothing = Decimal(0)
    return {
        "arranged": bank.overdraft_limit,
        "used": bank.overdraft_used or nothing,
        "unarranged": bank.overdraft_unarranged or nothing,
    }


def _public(record: Account, origin: Origin) -> tuple[str | None, str | None]:
    """The number that others may know an account by, and what it is called."""
    if record.kind is AccountKind.CREDIT_CARD:
        return (None, ",".join(_cards(record))) if origin.open_finance else (None, None)
    transfers = record.bank.transfer_number if record.bank is not None else None
    if origin.country == "BR":
        return "AGENCY/ACCOUNT", record.number
    if origin.country == "MX" and transfers and len(digits(transfers)) == _CLABE:
        return "CLABE", digits(transfers)
    return "ACCOUNT_NUMBER", transfers or record.number


def _cards(record: Account) -> list[str]:
    """The last digits of all cards of an account."""
    extra = record.card.additional_cards if record.card is not None else ()
    return [ending(record.number), *(ending(number) for number in extra)]


def ending(number: str) -> str:
    """Return a card's last four digits; of a number that has none, an identification made of it."""
    return digits(number)[-4:] or identification(number or "card")


def _credit(stored: Stored[Account], card: CardDetails, origin: Origin) -> dict[str, Any]:
    """A card's credit. `cutting_date` is when the bill closes; of Open Finance, when it falls due."""
    record = stored.record
    brand = None if card.brand is None else _NETWORKS.get(card.brand.upper())
    cards = _cards(record)
    return {
        "collected_at": instant(stored.updated_at),
        "credit_limit": card.limit,
        "limits": [_limit(record, card, card.available)] if card.available is not None else [],
        "cutting_date": iso(card.due_on if origin.open_finance else card.closes_on),
        "minimum_payment": card.minimum_payment,
        "network": brand or "OTHER",
        "network_additional_info": clipped(card.brand if brand is None else card.level, 100),
        "cards": [{"is_multiple": len(cards) > 1, "identification_number": number} for number in cards],
        "next_payment_date": None if origin.open_finance else iso(card.due_on),
        "no_interest_payment": None,
        "interest_rate": None,
        "monthly_payment": None,
        "last_payment_date": None,
        "end_date": None,
    }


def _limit(record: Account, card: CardDetails, available: Decimal) -> dict[str, Any]:
    return {
        "identification_number": ending(record.number),
        "credit_limit": card.limit,
        "used_amount": None if card.limit is None else card.limit - available,
        "available_amount": available,
        "is_limit_flexible": bool(card.flexible_limit),
        "type": "TOTAL_LIMIT",
        "consolidation_type": "CONSOLIDADO" if card.additional_cards else "INDIVIDUAL",
        "line_name": None,
        "line_name_additional_info": None,
    }


def balance_of_a_day(account: Stored[Account], rendered: Any, amount: Decimal, day: str) -> dict[str, Any]:
    """Return what an account held at the end of a day (`YYYY-MM-DD`); `rendered` is the account's own object.

    Its id is made of the account's and the day, so the same day keeps it.
    """
    return {
        "id": derived_id(account.id, "balance", day),
        "account": rendered,
        "value_date": day,
        "balance": amount,
        "current_balance": amount,
        "statement": None,
        "collected_at": instant(account.updated_at),
    }


def current_balance(account: Stored[Account], record: Balance, origin: Origin, asked_at: Instant) -> dict[str, Any]:
    """Return an Open Finance balance that the institution gave at `asked_at`. Nothing is available of a debt."""
    nothing = Decimal(0)
    return {
        "id": derived_id(account.id, "balance", local_date(asked_at, origin.country)),
        "link": origin.link,
        "account_id": account.id,
        "account_internal_identification": identification(account.record.key, 50),
        "collected_at": instant(asked_at),
        "created_at": instant(asked_at),
        "last_updated_at": instant(asked_at),
        "currency": record.currency,
        "available": max(record.available, nothing),
        "blocked": record.blocked or nothing,
        "automatically_invested": record.automatically_invested or nothing,
    }
