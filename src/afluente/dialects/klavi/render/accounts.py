"""Open Data: accounts with their movements, balances, and who holds them."""

from __future__ import annotations

import re
from typing import Any

from afluente.analysis.spans import months_back
from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.connections import Stored
from afluente.core.holders import Address, Holder
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.categories import FILING
from afluente.dialects.klavi.render.held import Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import Money, Plain, as_number, day_start, day_text, number, plain

_COMPANY_DIGITS = 14
_OPERATIONS = {AccountKind.CHECKING: "001", AccountKind.SAVINGS: "013"}
_OF_COMPANIES = "003"
"""Caixa's numbers for kinds of accounts: a person's checking account, savings, a company's checking account."""

_TYPES = {AccountKind.CHECKING: "checking", AccountKind.SAVINGS: "savings", AccountKind.CREDIT_CARD: "creditcard"}


_MONTHS = 6
"""How far back an account's movements are told: the service promises the last three to six months."""


def category_checking(seen: Seen) -> list[dict[str, Any]]:
    """Return every account that holds money, its movements of the last six months newest first and signed from the
    holder's side."""
    return [_checking(held, account) for held in seen.held for account in held.bank_accounts]


def _checking(held: Held, account: Stored[Account]) -> dict[str, Any]:
    record = account.record
    written = heads.parted(record.number)
    since = day_start(months_back(held.on, _MONTHS).first)
    moved = [one for one in held.moved.get(account.id, ()) if one.record.occurred_at >= since and _counts(one.record)]
    return {
        **heads.bank(held),
        "bank_branch": written.branch,
        "account": written.whole,
        "operation_code": _operation(record),
        "cpf_verified": heads.verified(held),
        "holder_name": heads.owner(held, account),
        "balance": record.balance,
        "TransactionDetail": Plain([_movement(one) for one in moved]),
    }


def _counts(record: Transaction) -> bool:
    """Tell whether a movement is in the account's balance. What is only scheduled is not, and a list without a status
    would tell it twice: as what is to come, and as what came of it."""
    return not record.pending or record.balance_after is not None


def _operation(record: Account) -> str:
    company = len(heads.digits(record.tax_number)) == _COMPANY_DIGITS
    return _OF_COMPANIES if company and record.kind is AccountKind.CHECKING else _OPERATIONS[record.kind]


def _movement(one: Moved) -> dict[str, Any]:
    record = one.record
    return {
        "trans_date": day_text(record.occurred_at),
        "trans_amount": plain(record.amount if record.account_amount is None else record.account_amount),
        "trans_description": record.description,
        "balance": number(record.balance_after),
        "category": FILING.named(one.category, inflow=record.amount > 0).category,
    }


def balance(seen: Seen, money: Money = as_number) -> list[dict[str, Any]]:
    """Return what is on every account, and owed on every card."""
    return [_balance(held, account, money) for held in seen.held for account in held.accounts]


def _balance(held: Held, account: Stored[Account], money: Money) -> dict[str, Any]:
    """A checking account's limit is its overdraft's."""
    record, card, own = account.record, account.record.card, account.record.bank
    on_card = record.kind is AccountKind.CREDIT_CARD
    written = heads.parted(record.number)
    if on_card:
        limit, available = (card.limit, card.available) if card is not None else (None, None)
    else:
        limit = own.overdraft_limit if own is not None else None
        used = own.overdraft_used if own is not None else None
        available = limit if limit is None or used is None else limit - used
    return {
        **heads.bank(held),
        "agency_number": None if on_card else written.branch,
        "account_type": _TYPES[record.kind],
        "account_number": heads.ending(record.number) if on_card else written.whole,
        "cpf_verified": heads.verified(held),
        "account_holder": heads.owner(held, account),
        "current_balance": money(record.balance, record.currency),
        "available_limit": money(available, record.currency),
        "total_limit": money(limit, record.currency),
    }


def identity(seen: Seen) -> dict[str, Any]:
    """Return who holds the account that stands for the connection."""
    held = seen.held[0]
    holder = held.holder
    written = heads.parted(held.main.record.number) if held.main is not None else None
    return {
        **heads.bank(held),
        "agency_number": written.branch if written is not None else None,
        "account_number": written.whole if written is not None else None,
        "cpf_verified": heads.verified(held),
        "name": holder.name if holder is not None else heads.owner(held, held.main),
        "cellphone": holder.phones[0].value if holder is not None and holder.phones else None,
        "email": holder.emails[0].value if holder is not None and holder.emails else None,
        "correspondenceAddress": _address(holder),
    }


_STREET = re.compile(r"(?P<street>.*?\S)\s*,\s*(?P<number>\d+\w?|s/n)\b[\s,-]*(?P<rest>.*)", re.IGNORECASE)
"""A street as it is written in Brazil: name, number, and what more there is to tell."""


def _address(holder: Holder | None) -> dict[str, Any] | None:
    found = next(iter(holder.addresses), None) if holder is not None else None
    if found is None:
        return None
    name, house, rest = street(found)
    return {
        "postcode": found.postal_code,
        "address": name,
        "address_number": house,
        "neighborhood": found.district,
        "complement": rest,
        "city": found.city,
        "state": found.state,
        "country": found.country,
    }


def street(found: Address) -> tuple[str, str | None, str | None]:
    """Return the name of an address's street, the number there, and what more is told; None for what is not."""
    told = found.street or found.full
    parts = _STREET.fullmatch(told)
    return (told, None, None) if parts is None else (parts["street"], parts["number"], parts["rest"] or None)
