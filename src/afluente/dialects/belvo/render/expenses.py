"""Recurring expenses, as the analysis found them. The wire knows monthly ones alone, of six categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.analysis.cadence import Cadence
from afluente.analysis.recurring import ExpenseKind, RecurringExpense
from afluente.core.clock import Instant
from afluente.core.identity import derived_id
from afluente.dialects.belvo.categories import FILING
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_CATEGORIES = frozenset(
    {
        "Bills & Utilities",
        "Credits & Loans",
        "Insurance",
        "Online Platforms & Leisure",
        "Transport & Travel",
        "Taxes",
    }
)
_KINDS = {
    ExpenseKind.SUBSCRIPTION: "Online Platforms & Leisure",
    ExpenseKind.FITNESS: "Online Platforms & Leisure",
    ExpenseKind.UTILITY: "Bills & Utilities",
    ExpenseKind.TELECOM: "Bills & Utilities",
    ExpenseKind.RENT: "Bills & Utilities",
    ExpenseKind.EDUCATION: "Bills & Utilities",
    ExpenseKind.FEE: "Bills & Utilities",
    ExpenseKind.MORTGAGE: "Credits & Loans",
    ExpenseKind.LOAN: "Credits & Loans",
    ExpenseKind.CARD_BILL: "Credits & Loans",
    ExpenseKind.INSTALMENTS: "Credits & Loans",
    ExpenseKind.INSURANCE: "Insurance",
    ExpenseKind.TAX: "Taxes",
}
"""The category of a kind whose movements are filed under none of the six."""


def recurring_expenses(
    found: Iterable[RecurringExpense],
    origin: Origin,
    created_at: Instant,
    rendered: Mapping[str, Any],
    descriptions: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Return the expenses that the wire has a form for, in their order.

    `rendered` has each account's own object by the institution's key, `descriptions` what each movement said, by its
    key. An expense's id is made of the link's and of who is paid from where, so it keeps it.
    """
    return [
        _expense(one, category, origin, created_at, rendered[one.account_key], descriptions)
        for one in found
        if one.cadence is Cadence.MONTHLY and (category := _category(one)) is not None
    ]


def _category(one: RecurringExpense) -> str | None:
    filed = FILING.named(one.category, inflow=False).category
    return filed if filed in _CATEGORIES else _KINDS.get(one.kind)


def _expense(
    one: RecurringExpense,
    category: str,
    origin: Origin,
    created_at: Instant,
    account: Any,
    descriptions: Mapping[str, str],
) -> dict[str, Any]:
    paid = zip(one.keys, one.days, one.amounts, strict=True)
    return {
        "id": derived_id(origin.link, "recurring-expense", f"{one.account_key}|{one.kind}|{one.source}"),
        "link": origin.link,
        "created_at": instant(created_at),
        "account": account,
        "name": one.name or None,
        "transactions": [
            {
                "amount": amount,
                "description": descriptions.get(key, one.last_description),
                "value_date": iso(day),
            }
            for key, day, amount in paid
        ],
        "frequency": "MONTHLY",
        "average_transaction_amount": one.average,
        "median_transaction_amount": one.median,
        "days_since_last_transaction": one.days_since_last,
        "category": category,
        "payment_type": "SUBSCRIPTION" if one.is_subscription else "REGULAR",
    }
