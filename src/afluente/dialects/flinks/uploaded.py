"""Transactions that a client sends itself, as an account of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec.structs import replace

from afluente.analysis import filing
from afluente.analysis import history as histories
from afluente.analysis.figures import ZERO
from afluente.analysis.history import History
from afluente.core.accounts import Account, AccountKind, Merchant, Transaction
from afluente.core.connections import Stored
from afluente.dialects.flinks import render
from afluente.dialects.flinks.forms import Form

MOST = 10_000
CURRENCIES = {"CA": "CAD", "US": "USD"}
_KEY = "uploaded"


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent: as records, and as a history seen at the end of its last day."""

    history: History
    transactions: tuple[Stored[Transaction], ...]
    """In the order in which they were sent; the id of each is its place."""


def read(form: Form, sellers: Mapping[str, Merchant], *, balances: bool) -> Uploaded | None:
    """Read the Transactions of a body, with the country and the balances beside them; None after a fault, noted.

    They are in either order of their dates; of one day alone the newest comes first. With `balances`, each has its
    Balance or MostRecentBalance or OldestBalance is there.
    """
    currency = form.choice(CURRENCIES, "Origin Country", "OriginCountry")
    if currency is None and not form.faults:
        form.wrong("Origin Country", "The Origin Country field is required.")
    latest = amount(form, "MostRecentBalance", signed=True)
    oldest = amount(form, "OldestBalance", signed=True)
    rows = form.raw("Transactions")
    if not isinstance(rows, list) or not rows or len(rows) > MOST or not all(isinstance(row, dict) for row in rows):
        form.wrong("Transactions", f"The Transactions field must be a list of 1 to {MOST} objects.")
        return None
    lines = []
    for place, row in enumerate(rows):
        line = _line(Form(row), place, currency or "CAD", sellers)
        if isinstance(line, str):
            form.wrong(f"Transactions[{place}]", line)
            return None
        lines.append(line)
    if form.faults:
        return None
    if balances and latest is None and oldest is None and any(one.balance_after is None for one in lines):
        form.wrong("MostRecentBalance", "Each transaction needs a Balance, or MostRecentBalance or OldestBalance is.")
        return None
    lines = [replace(one, order=place) for place, one in enumerate(_oldest_first(lines))]
    held = _balance(lines, latest, oldest)
    account = Account(key=_KEY, kind=AccountKind.CHECKING, number="", name="", currency=currency or "CAD", balance=held)
    on = max(render.local_day(one.occurred_at) for one in lines)
    return Uploaded(
        history=histories.read([account], lines, zone=render.ZONE, on=on),
        transactions=tuple(
            Stored(one.key, "", None, one, one.occurred_at, one.occurred_at)
            for one in sorted(lines, key=lambda line: int(line.key))
        ),
    )


def amount(form: Form, name: str, *, signed: bool = False) -> Decimal | None:
    """Return an amount that is a number or a text; None where none was sent, and after a fault, noted."""
    value = form.raw(name)
    if value is None or value == "":
        return None
    found = _decimal(value)
    if found is None or (found < 0 and not signed):
        form.wrong(name, f"The {name} field must be an amount.")
        return None
    return found


def _decimal(value: Any) -> Decimal | None:
    """Return a number of up to fifteen digits and six decimals; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if len(str(value)) > 40 or not str(value).isascii():
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    exponent = found.as_tuple().exponent
    if not isinstance(exponent, int) or not -6 <= exponent <= 15 or abs(found) >= Decimal(10) ** 15:
        return None
    return found


def _line(row: Form, place: int, currency: str, sellers: Mapping[str, Merchant]) -> Transaction | str:
    """Return one transaction, or what is wrong with it."""
    told = (row.text("TransactionDate", "Date") or "").replace("/", "-")
    description = row.text("Description")
    debit, credit = amount(row, "Debit"), amount(row, "Credit")
    balance = amount(row, "Balance", signed=True)
    if row.faults:
        return next(iter(row.faults.values()))[0]
    try:
        day = date.fromisoformat(told[:10])
    except ValueError:
        return "The TransactionDate field must be a date, as YYYY/MM/DD."
    if not 1900 <= day.year <= 2100:
        return "The TransactionDate field must lie between 1900 and 2100."
    if description is None:
        return "The Description field is required."
    if not debit and not credit:
        return "One of Debit and Credit is required."
    return Transaction(
        key=str(place),
        account_key=_KEY,
        occurred_at=render.day_start(day),
        amount=(credit or ZERO) - (debit or ZERO),
        currency=currency,
        description=description,
        balance_after=balance,
        merchant=filing.seller_of(description, sellers),
    )


def _oldest_first(lines: list[Transaction]) -> list[Transaction]:
    """Return them oldest first, in the order they were sent in or in the other."""
    return lines if lines[0].occurred_at < lines[-1].occurred_at else lines[::-1]


def _balance(lines: list[Transaction], latest: Decimal | None, oldest: Decimal | None) -> Decimal:
    """Return what the account holds behind the newest transaction."""
    if latest is not None:
        return latest
    if oldest is not None:
        return oldest + sum((one.amount for one in lines[1:]), ZERO)
    told = lines[-1].balance_after
    return ZERO if told is None else told


def names(form: Form, *fields: str) -> list[str]:
    """Return a list of names, which may lie in an object under `card`; empty where none was sent."""
    value: Any = form.raw(*fields)
    if isinstance(value, dict):
        value = Form(value).raw("card")
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST or not all(isinstance(one, str) for one in value):
        form.wrong(fields[0], f"The {fields[0]} field must be a list of names.")
        return []
    return list(value)
