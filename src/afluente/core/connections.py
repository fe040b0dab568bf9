"""A connection and its executions, as everybody above sees them. No secret is ever in these records."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from .challenge import Posed
from .clock import Instant
from .lifecycle import State
from .products import Product, ProductState


class Trigger(StrEnum):
    """Who wanted the execution."""

    CLIENT = "client"
    USER = "user"
    SCHEDULE = "schedule"
    UPLOAD = "upload"


class Phase(StrEnum):
    """What a running execution is doing. While it fetches, `Connection.fetching` names the product."""

    CREATED = "created"
    LOGIN = "login"
    LOGIN_ANSWERED = "login-answered"
    FETCHING = "fetching"
    STORING = "storing"
    ENDED = "ended"


class Waiting(msgspec.Struct, frozen=True):
    """The conversation goes on at `until`: the institution works on it. `position` counts the questions before."""

    until: Instant
    position: int


class Rhythm(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often one connection is synced with nobody asking, where that is not its application's to say.

    `every` is a span. With `at`, the syncs are at that time of the span, counted from midnight UTC, and a failed one
    waits for the next. `rule` names what has to hold at that time (`World.rules`).
    """

    every: Instant
    at: Instant | None = None
    rule: str = ""

    def after(self, now: Instant) -> Instant:
        """Return when the next sync is."""
        return now + self.every if self.at is None else now + self.every - (now - self.at) % self.every


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a connection's movements are read: when all of them were last, and how far before a reading one happened
    that was listed only behind it, at the most; that was noticed at `late_at`."""

    whole_at: Instant | None = None
    late: Instant = 0
    late_at: Instant = 0


class Connection(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One person's access to one institution, for one application.

    `outcome` is the meaning of how the last execution ended (none while the first one runs); `said` the
    institution's own sentence; `attributes` what the user needs to act on it. `posed` is the open question.
    `waiting` says that a slow institution works on it. `session_id` names the client's session that the execution
    belongs to, empty where there is none.
    `execution_id` and `attempt` say who may write: an attempt that is not this one writes nothing.
    `refused_logins` counts credentials refused in a row, `failures` failed executions in a row, `retries` the
    automatic ones since the last success, `failed_calls` those a client asked for, with the ones refused unsent.
    `credentials_spent` says that they were refused and may not be sent.
    `rhythm` is its own, where its application's policy is not what it goes by.
    `data_lasts` is how long data is kept that is not refreshed, `credentials_last` how long after its creation the
    credentials are; None for ever.
    `patience` is how long the user has to act elsewhere, where that is not for the institution to say.
    `account_keys` has the accounts whose key the institution has changed: its present key, and the one that we know
    the account by.
    `reading` is what is known of how its movements come.
    `digests` has what stands for all that was stored of a product last: whoever changes that changes it with it.
    `opened_by` is the id of the connect token that created it, `events` counts the facts told of it.
    `notes` are what the dialect that made it keeps about
    it; the engine never reads them.
    """

    id: str
    application_id: str
    institution: str
    state: State
    phase: Phase
    created_at: Instant
    updated_at: Instant
    products: tuple[ProductState, ...]
    execution_id: str = ""
    attempt: int = 0
    trigger: Trigger = Trigger.CLIENT
    fetching: Product | None = None
    outcome: str | None = None
    said: str | None = None
    attributes: dict[str, str] = {}
    posed: Posed | None = None
    waiting: Waiting | None = None
    session_id: str = ""
    patience: Instant | None = None
    last_success_at: Instant | None = None
    last_ended_at: Instant | None = None
    next_sync_at: Instant | None = None
    sync_disabled_at: Instant | None = None
    rhythm: Rhythm | None = None
    consent_expires_at: Instant | None = None
    refused_logins: int = 0
    failures: int = 0
    retries: int = 0
    failed_calls: int = 0
    credentials_spent: bool = False
    data_lasts: Instant | None = None
    credentials_last: Instant | None = None
    external_user_id: str | None = None
    webhook_url: str | None = None
    redirect_url: str | None = None
    opened_by: str | None = None
    events: int = 0
    account_keys: dict[str, str] = {}
    digests: dict[Product, str] = {}
    reading: Reading = Reading()
    notes: dict[str, str] = {}

    @property
    def refused_on_trial(self) -> bool:
        """Whether credentials were refused last that are not the ones which are kept: those were let in before."""
        return self.state is State.REFUSED and not self.credentials_spent

    @property
    def data_until(self) -> Instant | None:
        """When its data is erased unless some of it is refreshed before; None where there is none, or it is kept."""
        fresh = [state.updated_at for state in self.products if state.updated_at is not None]
        return max(fresh) + self.data_lasts if fresh and self.data_lasts is not None else None

    @property
    def credentials_until(self) -> Instant | None:
        """When its credentials are forgotten."""
        return None if self.credentials_last is None else self.created_at + self.credentials_last

    def product(self, product: Product) -> ProductState | None:
        """Return the state of one product, or None where it is no part of this connection."""
        return next((state for state in self.products if state.product == product), None)


Record = TypeVar("Record")


class Stored(msgspec.Struct, Generic[Record], gc=False, frozen=True):
    """A record with the ids and times that we gave it. `parent_id` is the account's or investment's id."""

    id: str
    connection_id: str
    parent_id: str | None
    record: Record
    created_at: Instant
    updated_at: Instant
