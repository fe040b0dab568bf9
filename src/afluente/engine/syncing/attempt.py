"""One attempt at one execution: what it knows, and how it writes.

Every write happens under the attempt's number. Whoever finds another number there has been replaced, and stops.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.events import EventKind
from afluente.core.products import Product, ProductState
from afluente.engine.institutions.bank import Stale
from afluente.engine.outbox import events
from afluente.engine.syncing.walking import Passes
from afluente.engine.world import World
from afluente.store import connections, executions
from afluente.store.database import Chain, Reader, Writer
from afluente.store.executions import Execution, Standing

log = logging.getLogger("afluente.sync")

_T = TypeVar("_T")


class Attempt:
    """One attempt at one execution.

    `put` changes the connection and `put_execution` the execution, as often as there is something to say; both rows
    are written once, when the transaction ends.
    """

    def __init__(self, world: World, execution: Execution, connection: Connection) -> None:
        self.world = world
        self.execution = execution
        self.connection = connection
        self.institution = world.institutions[connection.institution]
        self.connector = world.connectors[self.institution.connector]
        self.visited = True
        self.answers: tuple[str, ...] = ()
        self.passes: Passes | None = None
        self._held = connection, execution
        self._chain = Chain()

    @property
    def reader(self) -> Reader:
        """What reads all that this attempt has written."""
        return self.world.database.behind(self._chain)

    @property
    def left(self) -> Product | None:
        """The product that is fetched next; None when all were."""
        done = {state.product for state in self.execution.fetched}
        return next((product for product in self.execution.products if product not in done), None)

    @property
    def fetched(self) -> list[ProductState]:
        """What came of what was asked for: what was fetched only because another product needs it is not that."""
        return [state for state in self.execution.fetched if state.product in self.execution.asked]

    @property
    def in_vain(self) -> bool:
        """Whether something was fetched, and nothing of it arrived."""
        fetched = self.fetched
        return bool(fetched) and not any(state.updated for state in fetched)

    def now(self) -> Instant:
        """What time it is for the application."""
        return self.world.now(self.execution.application_id)

    @asynccontextmanager
    async def writing(self, *, goes_on: bool = False) -> AsyncIterator[Writer]:
        """Open a transaction in which both rows are ours, as they are now. Raises `Stale`.

        Whoever `goes_on` behind it, until another at least, need not wait until it is committed.
        """
        async with self.world.database.transaction(self._chain, waits=not goes_on) as writer:
            found = await executions.lock_both(writer, self.execution.id)
            if found is None:
                raise Stale
            connection, execution = found
            if execution.attempt != self.execution.attempt or execution.standing is not Standing.READY:
                raise Stale
            self.connection, self.execution = self._held = connection, execution
            yield writer
            await self.write(writer)

    async def write(self, writer: Writer) -> None:
        """Write what was put since both rows were locked."""
        connection, execution = self._held
        if self.connection is not connection:
            await connections.put(writer, self.connection, connection)
        if self.execution is not execution:
            await executions.put(writer, self.execution, execution)
        self._held = self.connection, self.execution

    def put(self, change: Callable[[Connection], Connection]) -> None:
        """Change the connection."""
        self.connection = replace(change(self.connection), updated_at=self.now())

    async def tell(self, writer: Writer, kind: EventKind, **facts: Any) -> None:
        """Write a fact; the connection is to be put behind it."""
        facts.setdefault("reference", self.execution.reference)
        self.connection = await events.tell(self.world, writer, self.connection, kind, **facts)

    def put_execution(self, execution: Execution) -> None:
        """Change the execution."""
        self.execution = execution


async def unspoilt(run: Attempt, checked: Awaitable[_T]) -> _T | None:
    """Check what is stored. A check that breaks is our fault alone, and spoils nobody's data."""
    try:
        return await checked
    except Exception:
        fields = {"execution": run.execution.id, "connection": run.connection.id}
        log.exception("checks broke", extra={"fields": fields})
        return None


async def insist(run: Attempt, write: Callable[[], Awaitable[None]]) -> None:
    """Write what the institution said until it is written, however long the database is away.

    A conversation that was begun again instead would send credentials anew that were refused, or not let them rest.
    """
    wait = SECOND
    while True:
        try:
            return await write()
        except Stale:
            raise
        except Exception:
            fields = {"execution": run.execution.id, "connection": run.connection.id}
            log.exception("how an execution went could not be written", extra={"fields": fields})
        await run.world.clock.pause(wait)
        wait = min(2 * wait, MINUTE)
