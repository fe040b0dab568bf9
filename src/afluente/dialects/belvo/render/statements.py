"""Monthly statements of a bank account, as the older generation has them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from afluente.core.accounts import Account, Transaction
from afluente.core.connections import Stored
from afluente.core.documents import Statement
from afluente.core.holders import Holder
from afluente.dialects.belvo.render.accounts import CATEGORIES
from afluente.dialects.belvo.render.days import local_date
from afluente.dialects.belvo.render.identification import bare, digits
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant


def statement(
    stored: Stored[Statement],
    account: Stored[Account],
    movements: Sequence[Stored[Transaction]],
    final_balance: Decimal | None,
    origin: Origin,
    *,
    holder: Holder | None = None,
    pdf: str | None = None,
) -> dict[str, Any]:
    """Return the statement of a month with its movements, oldest first.

    `final_balance` is what the account held at the month's end; what it held before follows from it and the movements.
    `pdf` is the document in base64. A number that the country does not have is null.
    """
    record = account.record
    year, month = (int(part) for part in stored.record.month.split("-"))
    amounts = [movement.record.amount for movement in movements]
    came = [amount for amount in amounts if amount > 0]
    went = [-amount for amount in amounts if amount < 0]
    transfers = record.bank.transfer_number if record.bank is not None else None
    mexican = origin.country == "MX"
    return {
        "id": stored.id,
        "link": origin.link,
        "account": {
            "id": account.id,
            "name": record.name,
            "category": CATEGORIES[record.kind],
            "currency": record.currency,
        },
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "RFC": bare(holder.document) if mexican and holder is not None else None,
        "CLABE": digits(transfers) if mexican and transfers else None,
        "transactions": [_line(movement, origin) for movement in movements],
        "client_number": None if holder is None else holder.key,
        "final_balance": final_balance,
        "previous_balance": None if final_balance is None else final_balance - sum(amounts, Decimal(0)),
        "account_number": record.number,
        "period_start_date": f"{year:04d}-{month:02d}-01",
        "period_end_date": f"{year:04d}-{month:02d}-{monthrange(year, month)[1]:02d}",
        "total_inflow_amount": sum(came, Decimal(0)),
        "total_outflow_amount": sum(went, Decimal(0)),
        "total_inflow_transactions": len(came),
        "total_outflow_transactions": len(went),
        "pdf": pdf,
    }


def _line(stored: Stored[Transaction], origin: Origin) -> dict[str, Any]:
    record = stored.record
    return {
        "value_date": local_date(record.occurred_at, origin.country),
        "accounting_date": local_date(record.occurred_at, origin.country),
        "description": record.description,
        "reference": record.code,
        "type": "INFLOW" if record.amount >= 0 else "OUTFLOW",
        "amount": abs(record.amount),
        "balance": record.balance_after,
    }
