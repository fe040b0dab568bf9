"""What a client sets up for itself: rules that file movements, and addresses that want to hear of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afluente.core.clock import Instant
from afluente.dialects.pluggy.categories import Category
from afluente.web.instants import instant, maybe_instant


def category_rule(
    rule_id: str,
    client_id: str,
    description: str,
    category: Category,
    *,
    transaction_type: str | None = None,
    account_type: str | None = None,
    match_type: str = "exact",
) -> dict[str, Any]:
    """Return a rule: movements described so are filed under `category`; None in a condition means any."""
    return {
        "id": rule_id,
        "clientId": client_id,
        "description": description,
        "categoryId": category.id,
        "category": category.description,
        "transactionType": transaction_type,
        "accountType": account_type,
        "matchType": match_type,
    }


def webhook(
    webhook_id: str,
    url: str,
    event: str,
    created_at: Instant,
    updated_at: Instant,
    *,
    disabled_at: Instant | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a webhook; `headers` are never null on the wire."""
    return {
        "id": webhook_id,
        "url": url,
        "event": event,
        "createdAt": instant(created_at),
        "updatedAt": instant(updated_at),
        "disabledAt": maybe_instant(disabled_at),
        "headers": dict(headers or {}),
    }
