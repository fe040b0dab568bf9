"""What the engine is handed: storage, sealing, time, ids, institutions and who speaks to them. Made in `app.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from afluente.catalogue import Catalogue, Meaning
from afluente.core.accounts import Merchant
from afluente.core.clock import DAY, SECOND, Clock, Ids, Instant, Order, StoppedClock
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.late import Late
from afluente.core.ports import Connector, Fetched
from afluente.core.products import Product
from afluente.engine.telling import Post, Teller
from afluente.security.vault import Vault
from afluente.store.database import Database, Reader, Writer
from afluente.store.database import Unreachable as Unreachable
from afluente.store.executions import Execution
from afluente.store.turns import waited_for as waited_for


class Due(NamedTuple):
    """What falls due: whose id (the source knows of what), when, for which application."""

    id: str
    at: Instant
    application_id: str


class Source(Protocol):
    """A kind of due times that stand in a table; `engine/due/schedule.py` tells what is expected of it."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return up to `limit` that fall due by `to`, earliest first."""

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Do one; tell whether there was anything to do."""


class Queue(Protocol):
    """Takes an execution that becomes ready, in the transaction that makes it so."""

    async def __call__(self, writer: Writer, execution: Execution, institution: Institution) -> None:
        """Write what must be there with it."""


class Turns:
    """How many sessions this process holds at institutions that bear only so many; the others wait for their turn."""

    def __init__(self) -> None:
        self._held: dict[str, asyncio.Semaphore] = {}

    def at(self, institution: Institution) -> AbstractAsyncContextManager[None]:
        """Hold a session for as long as the block lasts."""
        if institution.sessions is None:
            return nullcontext()
        return self._held.setdefault(institution.slug, asyncio.Semaphore(institution.sessions))


async def _unqueued(writer: Writer, execution: Execution, institution: Institution) -> None:
    """Write nothing: one process runs what is started after the commit."""


Claimed = tuple[Connection, Execution, bytes | None]
"""A connection with an execution that has a new attempt, and what that has sealed, as they were committed."""


class Begun(NamedTuple):
    """A connection whose execution is to be started once the transaction is over; `claimed` if it has its attempt."""

    connection: Connection
    claimed: Claimed | None = None


Rule = Callable[["World", Connection], Awaitable[bool]]
"""Tells whether a connection may be synced by itself now."""


@dataclass(frozen=True)
class World:
    """Everything a verb may need, and nothing else is reached for.

    `merchants` are the known sellers by the digits of their CNPJ, `pace` is how long a scripted institution takes
    for one operation (milliseconds), `lookback` how far back an update reads transactions again. `start` is called
    with an execution's id, after the commit that made it ready, and must not wait for it; `rest` waits until it is
    not running any more. `stopped` holds the clocks that applications were given, `struck` the applications that have
    a fault armed, `handed` what executions fetched that are not to be stored, until whoever waits for it takes it.
    `claimed` has what was begun with an attempt of this process, until that runs it.
    `sources` are the dialects' own due times, `rules` what has to hold, by name, so that a connection of theirs is
    synced when that is due: else it waits for the next time. `told` is called with an application's id when a fact of
    it is being written, `post` sends what is to be sent, and `tellers` are the systems whose words facts are told in.

    Where several processes share the database, `queue` hands an execution to them, `refresh` brings the clocks and the
    faults that others have changed since, and `alive` tells whether what runs here is still ours to run. `turns` are
    those of this process, and `order` numbers the calls that it answers. Who has something on `lease` and says nothing
    for so long is thought dead.
    """

    database: Database
    vault: Vault
    clock: Clock
    ids: Ids
    catalogue: Catalogue
    institutions: Mapping[str, Institution]
    connectors: Mapping[str, Connector]
    start: Callable[[str, str], None]
    rest: Callable[[str, str], Awaitable[None]]
    merchants: Mapping[str, Merchant] = field(default_factory=dict)
    pace: Instant = 0
    lookback: Instant = 7 * DAY
    sources: tuple[Source, ...] = ()
    told: Callable[[str], None] = lambda _: None
    post: Post | None = None
    rules: Late[Rule] = field(default_factory=Late)
    tellers: Late[Teller] = field(default_factory=Late)
    stopped: dict[str, StoppedClock] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    handed: dict[str, dict[Product, Fetched]] = field(default_factory=dict)
    claimed: dict[str, Claimed] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)
    order: Order = field(default_factory=Order)
    queue: Queue = _unqueued
    refresh: Callable[[], Awaitable[None]] | None = None
    alive: Callable[[], bool] = lambda: True
    lease: Instant = 20 * SECOND

    @property
    def runs_here(self) -> bool:
        """Whether what is started runs in this process."""
        return self.queue is _unqueued

    def clock_of(self, application_id: str) -> Clock:
        """Return the application's own clock: the stopped one it was given, or the world's."""
        return self.stopped.get(application_id, self.clock)

    def now(self, application_id: str) -> Instant:
        """Return what time it is for the application."""
        return self.clock_of(application_id).now()

    def meaning(self, name: str) -> Meaning:
        """Return the meaning, or the one of `unexpected` for a name nobody wrote down."""
        meanings = self.catalogue.meanings
        return meanings.get(name) or meanings["unexpected"]
