"""Consents and what they open. Pluggy groups Open Finance Brasil's permissions under names of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afluente.core.connections import Stored
from afluente.core.documents import Consent, Resource
from afluente.core.products import Product
from afluente.dialects.pluggy.render.products import product_types
from afluente.web.instants import instant, maybe_instant

_MORE_OF_A_CUSTOMER = ("CUSTOMERS_PERSONAL_ADITTIONALINFO_READ", "CUSTOMERS_BUSINESS_ADITTIONALINFO_READ")

_GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "REGISTRATION_ALL": {
        "REGISTRATION_IDENTIFICATIONS": (
            "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ",
            "CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ",
        ),
        "REGISTRATION_QUALIFICATIONS": _MORE_OF_A_CUSTOMER,
        "REGISTRATION_FINANCIAL_RELATIONS": _MORE_OF_A_CUSTOMER,
    },
    "ACCOUNTS_ALL": {
        "ACCOUNTS_LIST": ("ACCOUNTS_READ",),
        "ACCOUNTS_BALANCES": ("ACCOUNTS_BALANCES_READ",),
        "ACCOUNTS_LIMITS": ("ACCOUNTS_OVERDRAFT_LIMITS_READ",),
        "ACCOUNTS_TRANSACTIONS": ("ACCOUNTS_TRANSACTIONS_READ",),
    },
    "CREDIT_CARDS_ALL": {
        "CREDIT_CARDS_LIST": ("CREDIT_CARDS_ACCOUNTS_READ",),
        "CREDIT_CARDS_LIMITS": ("CREDIT_CARDS_ACCOUNTS_LIMITS_READ",),
        "CREDIT_CARDS_TRANSACTIONS": ("CREDIT_CARDS_ACCOUNTS_TRANSACTIONS_READ",),
        "CREDIT_CARDS_BILLS": (
            "CREDIT_CARDS_ACCOUNTS_BILLS_READ",
            "CREDIT_CARDS_ACCOUNTS_BILLS_TRANSACTIONS_READ",
        ),
    },
}
"""Pluggy's name of a whole group, its parts, and the standard's permissions each part stands for."""

_WHOLE = {
    "LOANS_": "CREDIT_OPERATIONS_ALL",
    "FINANCINGS_": "CREDIT_OPERATIONS_ALL",
    "INVOICE_FINANCINGS_": "CREDIT_OPERATIONS_ALL",
    "UNARRANGED_ACCOUNTS_OVERDRAFT_": "CREDIT_OPERATIONS_ALL",
    "BANK_FIXED_INCOMES_": "INVESTMENTS_ALL",
    "CREDIT_FIXED_INCOMES_": "INVESTMENTS_ALL",
    "VARIABLE_INCOMES_": "INVESTMENTS_ALL",
    "TREASURE_TITLES_": "INVESTMENTS_ALL",
    "FUNDS_": "INVESTMENTS_ALL",
    "EXCHANGES_": "EXCHANGES_ALL",
}
"""Groups that Pluggy does not divide, by how the standard's permissions begin."""

_RESOURCES = {
    "account": "ACCOUNT",
    "card": "CREDIT_CARD_ACCOUNT",
    "loan": "LOAN",
    "financing": "FINANCING",
    "overdraft": "UNARRANGED_ACCOUNT_OVERDRAFT",
    "invoice-financing": "INVOICE_FINANCING",
    "bank-fixed-income": "BANK_FIXED_INCOME",
    "credit-fixed-income": "CREDIT_FIXED_INCOME",
    "variable-income": "VARIABLE_INCOME",
    "treasury": "TREASURE_TITLE",
    "treasury-title": "TREASURE_TITLE",
    "fund": "FUND",
}
_RESOURCE_STATUS = {
    "available": "AVAILABLE",
    "unavailable": "UNAVAILABLE",
    "temporarily-unavailable": "TEMPORARILY_UNAVAILABLE",
    "pending": "PENDING_AUTHORISATION",
}


def consent(stored: Stored[Consent], products: Iterable[Product]) -> dict[str, Any]:
    """Return a consent for the `products` of its item."""
    record = stored.record
    return {
        "id": stored.id,
        "itemId": stored.connection_id,
        "products": product_types(products),
        "openFinancePermissionsGranted": granted(record.permissions),
        "createdAt": instant(record.created_at),
        "expiresAt": maybe_instant(record.expires_at),
        "revokedAt": maybe_instant(record.revoked_at),
    }


def granted(permissions: Iterable[str]) -> list[str]:
    """Return Pluggy's names for the standard's permissions, each once, a whole group under its one name.

    Pluggy's own names stand for themselves. What it has no name for (RESOURCES_READ) is left out.
    """
    given = set(permissions)
    names = []
    for group, parts in _GROUPS.items():
        opened = [part for part, told in parts.items() if part in given or not given.isdisjoint(told)]
        names += [group] if group in given or len(opened) == len(parts) else opened
    whole = {name for prefix, name in _WHOLE.items() for told in given if told.startswith(prefix)}
    return names + [name for name in dict.fromkeys(_WHOLE.values()) if name in whole | given]


def resource(stored: Stored[Resource]) -> dict[str, Any]:
    """Return one thing a consent declares, by the institution's own id; an unknown kind or status is null."""
    record = stored.record
    return {
        "resourceId": record.key,
        "type": _RESOURCES.get(record.kind),
        "status": _RESOURCE_STATUS.get(record.status),
    }
