"""Posted transactions of an account, newest first (contract 5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from afluente.core.accounts import Transaction
from afluente.core.connections import Stored
from afluente.dialects.flinks.render.days import local_date
from afluente.dialects.flinks.render.views import View


def transactions(
    found: Iterable[Stored[Transaction]], account_id: str, view: View, today: date
) -> list[dict[str, Any]]:
    """Return what a client sees of an account's transactions, which may come in any order.

    Pending ones are left out. A RefreshDelta that names a transaction which is not among them cuts nothing off: the
    client gets the whole window rather than a gap.
    """
    if not view.transactions:
        return []
    posted = [one for one in found if not one.record.pending and view.counts(one.record.occurred_at, today)]
    posted.sort(key=_place, reverse=True)
    after = view.after.get(account_id)
    if after is not None:
        cut = next((place for place, one in enumerate(posted) if one.id == after), len(posted))
        posted = posted[:cut]
    return [transaction(one) for one in posted]


def _place(stored: Stored[Transaction]) -> tuple[int, int, str]:
    """Where a transaction stands among those of its account; the institution's own order within an instant."""
    record = stored.record
    return record.occurred_at, record.order, record.key


def transaction(stored: Stored[Transaction]) -> dict[str, Any]:
    """Return one transaction, in the account's currency where it is known in it. Debit and Credit are positive."""
    record = stored.record
    amount = record.amount if record.account_amount is None else record.account_amount
    return {
        "Date": local_date(record.occurred_at),
        "Code": None,
        "Description": record.description,
        "Debit": -amount if amount < 0 else None,
        "Credit": amount if amount >= 0 else None,
        "Balance": record.balance_after,
        "Id": stored.id,
    }


def detailed(stored: Stored[Transaction], account_id: str) -> dict[str, Any]:
    """Return a transaction as the details of an attribute list it: with slashes in its date."""
    line = transaction(stored)
    return {
        "TransactionId": stored.id,
        "AccountId": account_id,
        "Date": line["Date"].replace("-", "/"),
        "Description": line["Description"],
        "Debit": line["Debit"],
        "Credit": line["Credit"],
        "Balance": line["Balance"],
    }
