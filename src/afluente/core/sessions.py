"""A client's session: one conversation about one connection, and each call in it. What dashboards list."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .clock import Instant
from .products import Product


class Stage(StrEnum):
    """How far a session has come."""

    CONNECTING = "connecting"
    AUTHORIZED = "authorized"
    PROCESSING = "processing"
    ENDED = "ended"


class ClientSession(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One session of an application's client, in the words of one system.

    `meaning` is what stands for it now, `said` the institution's own sentence to it. A `live` session goes to the
    institution, another one reads what is stored. `products` are what it has wanted so far, and `fetched` those that
    have come out, well or not. `answered` tells that the user answered a question. `due_at` is when it lapses. A
    session that does not `keep` its connection takes it along when it lapses. `notes` are the dialect's own, and go
    when the connection is deleted; the ids of the sessions that were begun `together` stay. `connection_notes` are what
    the dialect keeps about the connection once what is fetched for the session has succeeded, and not before.
    """

    id: str
    application_id: str
    system: str
    meaning: str
    stage: Stage
    opened_at: Instant
    updated_at: Instant
    connection_id: str | None = None
    institution: str | None = None
    said: str | None = None
    due_at: Instant | None = None
    tag: str | None = None
    live: bool = True
    keep: bool = True
    products: tuple[Product, ...] = ()
    fetched: tuple[Product, ...] = ()
    answered: bool = False
    notes: dict[str, str] = {}
    connection_notes: dict[str, str] = {}
    together: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing is being fetched for it any more: it has failed, lapsed or succeeded."""
        return self.stage is Stage.ENDED or self.meaning.startswith("success")


class ClientCall(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One call that a client made, and what came of it. `id` is how errors and the log name it, `status` of HTTP.

    `at` is the application's time, `number` (`clock.Order`) which of the calls of one instant came first: on a clock
    that stands there are many. `path` is what was asked for, without anything that might be secret; `connection_id`
    whom it was about, if that was known; `said` what the institution itself said to it; `took` the milliseconds
    of the machine's clock until it was answered.
    """

    id: str
    application_id: str
    system: str
    operation: str
    meaning: str
    status: int
    at: Instant
    number: int = 0
    took: int = 0
    session_id: str | None = None
    connection_id: str | None = None
    verb: str = ""
    path: str = ""
    said: str | None = None
    details: dict[str, str] = {}
