"""What happened to a connection, as facts in nobody's words: what webhooks, and whoever reads along, are told from."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from .clock import Instant


class EventKind(StrEnum):
    """What happened."""

    CONNECTION_CREATED = "connection.created"
    CONNECTION_LOGGED_IN = "connection.logged-in"
    CONNECTION_ASKED = "connection.asked"
    CONNECTION_UPDATED = "connection.updated"
    CONNECTION_FAILED = "connection.failed"
    CONNECTION_RECOVERED = "connection.recovered"
    CONNECTION_DELETED = "connection.deleted"
    PRODUCT_COLLECTED = "product.collected"
    PRODUCT_FAILED = "product.failed"
    TRANSACTIONS_CREATED = "transactions.created"
    TRANSACTIONS_UPDATED = "transactions.updated"
    TRANSACTIONS_DELETED = "transactions.deleted"
    CONSENT_EXPIRING = "consent.expiring"
    CONSENT_EXPIRED = "consent.expired"
    ENDPOINT_DISABLED = "endpoint.disabled"
    LINK_CREATED = "link.created"
    REPORTS_REQUESTED = "reports.requested"
    PAGE_USED = "page.used"


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One fact, with what was true when it was written; later changes make new facts.

    `execution_id`, `trigger` and `reference` (the client's own name for its request) say what it came of. `meaning`,
    `said` and `attributes` say how something failed, in the catalogue's names. `first` is said of what had never
    succeeded before, `partial` of an update in which products failed, `elsewhere` of a question that is answered
    somewhere else. `count` is how many records it is about, `inflows` and `outflows` are shares of it, `since` and
    `until` the instants of the earliest and latest of them, and of a product that failed `until` is when it may be
    tried again, where that is known; `ids` which they are, where that is told. `stored_at` is
    the instant that new records have as theirs. `at` is when something will be, or was, over.
    """

    institution: str = ""
    user: str | None = None
    webhook_url: str | None = None
    execution_id: str = ""
    trigger: str = ""
    reference: str | None = None
    session_id: str = ""
    product: str | None = None
    account_id: str | None = None
    meaning: str | None = None
    said: str | None = None
    attributes: dict[str, str] = {}
    challenge: str | None = None
    elsewhere: bool = False
    first: bool = False
    partial: bool = False
    products: dict[str, str] = {}
    count: int | None = None
    inflows: int | None = None
    outflows: int | None = None
    created: int | None = None
    since: Instant | None = None
    until: Instant | None = None
    stored_at: Instant | None = None
    ids: tuple[str, ...] = ()
    at: Instant | None = None
    url: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in its place. `sequence` counts the events of its connection from 1, `position` those of the application
    (0 as long as it has no place); `connection_id` is None for what concerns the application alone."""

    id: str
    application_id: str
    connection_id: str | None
    sequence: int
    kind: EventKind
    at: Instant
    fact: Fact
    number: int = 0
    position: int = 0


BLOCK = 400
"""Ids that one event names; more of them make more events."""


def told(fact: Fact) -> dict[str, Any]:
    """Return the fact as plain values, without what is not said."""
    plain: dict[str, Any] = msgspec.to_builtins(fact)
    return plain
