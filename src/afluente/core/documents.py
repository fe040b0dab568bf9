"""Statements as documents, consents and what a consent opens."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from .clock import Instant


class Statement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The monthly statement of one account; `month` is `YYYY-MM`. The document itself is made when it is fetched."""

    key: str
    account_key: str
    month: str


class Consent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the holder allowed, until when. `permissions` are Open Finance Brasil's own names."""

    key: str
    permissions: tuple[str, ...]
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None


class Resource(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that a consent declares: `kind` account, card, loan, financing, fund …; `status` available,
    unavailable, temporarily-unavailable or pending."""

    key: str
    kind: str
    status: str = "available"


class Balance(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A balance asked of the institution just now, in `currency`."""

    account_key: str
    currency: str
    available: Decimal
    blocked: Decimal | None = None
    automatically_invested: Decimal | None = None
    closing: Decimal | None = None
