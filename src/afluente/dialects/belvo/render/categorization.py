"""Movements that a client sent to be categorized, with what they were found to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.dialects.belvo.categories import FILING


def categorization(found: Iterable[tuple[Mapping[str, Any], str | None, str | None]]) -> dict[str, Any]:
    """Return the answer for movements as they were sent, each with a neutral category and a merchant's name."""
    return {"transactions": [_line(sent, category, merchant) for sent, category, merchant in found]}


def _line(sent: Mapping[str, Any], category: str | None, merchant: str | None) -> dict[str, Any]:
    filed = FILING.named(category, inflow=sent["type"] == "INFLOW")
    return dict(sent) | {
        "mcc": sent.get("mcc"),
        "merchant": None if merchant is None else {"logo": None, "website": None, "merchant_name": merchant},
        "category": filed.category,
        "subcategory": filed.subcategory,
    }
