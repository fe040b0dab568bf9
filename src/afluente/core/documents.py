"""Statements as documents, consents and what a consent opens."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from .accounts import Account, Transaction
from .clock import Instant
from .holders import Holder


class Statement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The monthly statement of one account; `month` is `YYYY-MM`. The document itself is made when it is fetched."""

    key: str
    account_key: str
    month: str


class Sign(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing in the making of a file that a person should look at: no proof that somebody changed it.

    `kind`: editor, changed-later, written-twice, mixed-fonts, does-not-add-up. `page` counts from 1; None where it is
    of the whole file. `found` is what was found, by name.
    """

    kind: str
    page: int | None = None
    found: dict[str, str] = {}


class ReadFile(msgspec.Struct, frozen=True):
    """What was read of a statement file; `faults` are (where, what) of the movements that could not be. `proved` says
    that its movements were held against its balances, and make them. `holders` are whose names it prints."""

    format: str
    accounts: Sequence[Account]
    transactions: Sequence[Transaction]
    faults: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    signs: Sequence[Sign] = ()
    proved: bool = False
    holders: Sequence[Holder] = ()


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
