"""One attempt at one execution: what it knows, and how it writes.

Every write happens under the attempt's number. Whoever finds another number there has been replaced, and stops.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from msgspec import UNSET
from msgspec.structs import replace

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, EventKind
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import journal
from afluente.engine.institutions.bank import Stale
from afluente.engine.institutions.journal import Journal
from afluente.engine.outbox import events
from afluente.engine.records.held import Held
from afluente.engine.records.storing import Written
from afluente.engine.syncing.walking import Passes
from afluente.engine.world import World
from afluente.store import connections, executions
from afluente.store.database import Chain, Reader, Writer
from afluente.store.executions import Execution, Standing

log = logging.getLogger("afluente.sync")

_T = TypeVar("_T")


_Journal = bytes | Journal | None
"""A journal as it lies in its row, or as it is to be sealed."""


@dataclass(frozen=True, slots=True)
class _Left:
    """Both rows as a transaction left them, the execution's journal in its own, and what has been said since they were
    written."""

    run: Attempt
    connection: Connection
    execution: Execution
    journal: _Journal
    said: tuple[Event, ...] = ()

    async def write(self, writer: Writer) -> None:
        await self.run.write_left(writer, self)


class _Writing:
    """One transaction of an attempt. There are very many, so it is no generator, of which the loop would take note."""

    __slots__ = ("_run", "_transaction")

    def __init__(self, run: Attempt, transaction: AbstractAsyncContextManager[Writer]) -> None:
        self._run = run
        self._transaction = transaction

    async def __aenter__(self) -> Writer:
        writer = await self._transaction.__aenter__()
        try:
            await self._run.take_up(writer)
        except BaseException as error:
            await self._transaction.__aexit__(type(error), error, error.__traceback__)
            raise
        return writer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._run.leave()
        await self._transaction.__aexit__(kind, error, trace)


class Attempt:
    """One attempt at one execution.

    `put` changes the connection, `put_execution` the execution, `put_journal` what lets another process go on, and
    `tell` says what happened, as often as there is something to say. Both rows and the facts are written when the
    transaction ends, or behind several of them, if nobody could look meanwhile.

    `sealed` is the journal as it lies in the execution's row.
    """

    def __init__(self, world: World, connection: Connection, execution: Execution, sealed: bytes | None) -> None:
        self.world = world
        self.execution = execution
        self.connection = connection
        self.institution = world.institutions[connection.institution]
        self.connector = world.connectors[self.institution.connector]
        self.visited = True
        self.passes: Passes | None = None
        self.written = Written()
        self.held: Held | None = None
        # as they lie in the database
        self._stored: tuple[Connection, Execution, _Journal] = connection, execution, sealed
        self._journal: _Journal = sealed
        self._opened: tuple[bytes | None, Journal] | None = None
        self._said: tuple[Event, ...] = ()
        self._chain: Chain[_Left] = Chain()

    @property
    def reader(self) -> Reader:
        """What reads all that this attempt has written."""
        return self.world.database.behind(self._chain)

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers to what is asked now."""
        return self.journal.answers

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

    @property
    def journal(self) -> Journal:
        """What lets another process go on: nobody adds to it while this attempt runs."""
        if isinstance(self._journal, Journal):
            return self._journal
        if self._opened is None or self._opened[0] is not self._journal:
            self._opened = self._journal, journal.unseal(self.world.vault, self.execution.id, self._journal)
        return self._opened[1]

    def now(self) -> Instant:
        """What time it is for the application."""
        return self.world.now(self.execution.application_id)

    def writing(self, *, goes_on: bool = False) -> _Writing:
        """Open a transaction in which both rows are ours, as they are now. Raises `Stale`.

        Whoever `goes_on` behind it, until another at least, need not wait until it is committed.
        """
        return _Writing(self, self.world.database.transaction(self._chain, waits=not goes_on))

    async def take_up(self, writer: Writer) -> None:
        """Go on from both rows as they are now, in a transaction. Raises `Stale`."""
        left = self._chain.left or await self._locked(writer)
        self.connection, self.execution = left.connection, left.execution
        self._journal, self._said = left.journal, left.said

    def leave(self) -> None:
        """Leave what was put and told to be written when the transaction has ended well."""
        self._chain.leave(self._as_it_is())

    def _as_it_is(self) -> _Left:
        return _Left(self, self.connection, self.execution, self._journal, self._said)

    async def _locked(self, writer: Writer) -> _Left:
        found = await executions.lock_both(writer, self.execution.id)
        if found is None:
            raise Stale
        execution = found[1]
        if execution.attempt != self.execution.attempt or execution.standing is not Standing.READY:
            raise Stale
        self._stored = found
        return _Left(self, *found)

    async def write(self, writer: Writer) -> None:
        """Write at once what was put and told, where somebody else opened the transaction and has both rows."""
        await self.write_left(writer, self._as_it_is())

    async def write_left(self, writer: Writer, left: _Left) -> None:
        """Write what transactions left."""
        connection, execution, sealed = self._stored
        await events.write(self.world, writer, left.said)
        if left.connection is not connection:
            await connections.put(writer, left.connection, connection)
        if left.execution is not execution or left.journal is not sealed:
            told = UNSET if left.journal is sealed else self._sealed(left.journal)
            await executions.put(writer, left.execution, execution, told)
        self._stored = left.connection, left.execution, left.journal

    def _sealed(self, written: _Journal) -> bytes | None:
        if isinstance(written, Journal):
            return journal.seal(self.world.vault, self.execution.id, written)
        return written

    def put(self, change: Callable[[Connection], Connection]) -> None:
        """Change the connection."""
        self.connection = replace(change(self.connection), updated_at=self.now())

    def tell(self, kind: EventKind, **facts: Any) -> None:
        """Say what happened."""
        facts.setdefault("reference", self.execution.reference)
        event = events.made(self.world, self.connection, kind, **facts)
        self._said += (event,)
        self.connection = replace(self.connection, events=event.sequence)

    def put_journal(self, journal: Journal) -> None:
        """Change what lets another process go on."""
        self._journal = journal

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
