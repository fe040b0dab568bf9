"""Transactions of one process that are committed together, because a commit costs more on SQLite than what most do.

Those that come while one is on its way go on in it, one after the other, each that writes behind a savepoint to which
it alone is taken back; and each is over when all of them are committed. What a client waits for goes before what runs
behind everybody's back, commit and all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from types import TracebackType
from typing import Any

from afluente.store.checkpoints import Checkpoints
from afluente.store.database import Chain, Unreachable, Writer
from afluente.store.turns import Turns, waited_for

_PATIENCE, _LOOK_AGAIN = 30_000, 5
"""How long to wait for another process that writes, and how often to look, in milliseconds."""

_PASSING = frozenset(
    (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM)
)
"""What the file could not do just now, and may do later: there was no room, say, or another process did not end."""


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Tell whether another process writes."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def passes(error: BaseException | None) -> bool:
    """Tell whether the same may go well later."""
    # one that Python itself makes has no code
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING


class Batch:
    """Transactions that are committed together: the first of them sees to it, and the first that a client waits for,
    whose turn comes sooner. The others wait for what comes of it. `last` is the chain that wrote last."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.last: Chain[Any] | None = None
        self._hurried = False
        self._others: list[asyncio.Future[None]] = []

    def is_ours(self, first: bool) -> bool:
        """Tell whether one that goes on in it, or is its `first`, has to see to the commit."""
        hurries = waited_for.get() and not self._hurried
        self._hurried |= hurries
        return first or hurries

    def joined(self) -> asyncio.Future[None]:
        """Return what another one waits for."""
        self._others.append(asyncio.get_running_loop().create_future())
        return self._others[-1]

    def end(self, error: BaseException | None = None) -> None:
        """Tell the others that all is written, or why nothing is. Those that were cancelled do not wait any more."""
        self.error = error
        for one in self._others:
            if not one.done():
                one.set_result(None) if error is None else one.set_exception(error)


class Savepoint:
    """Where a transaction of a batch is taken back to. Some write nothing of their own, so it is set only before the
    first thing that one writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._is_wanted = False
        self._is_set = False

    def want(self) -> None:
        """Begin a transaction that may be taken back alone."""
        self._is_wanted = True

    def before_a_write(self) -> None:
        """Set it, if it is wanted and not set."""
        if self._is_wanted:
            self._connection.execute("SAVEPOINT one")
            self._is_wanted, self._is_set = False, True

    def leave(self) -> None:
        """End the transaction well."""
        was_set = self._is_set
        self.forget()
        if was_set:
            self._connection.execute("RELEASE one")

    def go_back(self) -> None:
        """Undo what the transaction has written."""
        was_set = self._is_set
        self.forget()
        if was_set:
            self._connection.execute("ROLLBACK TO one")
            self._connection.execute("RELEASE one")

    def forget(self) -> None:
        """Want none: all that was written is undone or goes on."""
        self._is_wanted = self._is_set = False


class Batches:
    """The connection that writes. `open` is the batch under way, `turn` that of whoever writes in it just now."""

    def __init__(
        self, connection: sqlite3.Connection, writer: Writer, savepoint: Savepoint, checkpoints: Checkpoints
    ) -> None:
        self.connection = connection
        self.writer = writer
        self.turn = Turns()
        self.open: Batch | None = None
        self._savepoint = savepoint
        self._checkpoints = checkpoints
        self._left: asyncio.Task[None] | None = None

    async def enter(self, chain: Chain[Any] | None) -> tuple[Batch, bool]:
        """Begin to write, for whoever has the turn; return the batch, and whether it begins with that.

        Raises sqlite3's after 30 s in which another process writes.
        """
        await self._settle(chain)
        if self.open is not None:
            self._savepoint.want()
            return self.open, False
        for _ in range(_PATIENCE // _LOOK_AGAIN):
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not is_busy(error):
                    raise
            # the loop goes on meanwhile
            await asyncio.sleep(_LOOK_AGAIN / 1000)
        else:
            self.connection.execute("BEGIN IMMEDIATE")
        self.open = Batch()
        return self.open, True

    async def _settle(self, chain: Chain[Any] | None) -> None:
        """Have that written which the chain before left, if another comes now."""
        batch = self.open
        if batch is None or batch.last is None or batch.last is chain:
            return
        last, batch.last = batch.last, None
        try:
            await last.settle(self.writer)
        except BaseException as error:
            # not for those to bear who come now
            self._lose(batch, error)

    def keep(self, batch: Batch, first: bool, chain: Chain[Any] | None) -> None:
        """Make a transaction that ended well a part of its batch."""
        if not first:
            try:
                self._savepoint.leave()
            except BaseException as error:
                self._lose(batch, error)
                raise
        if chain is not None:
            chain.end()
        batch.last = chain

    def take_back(self, batch: Batch, first: bool, error: BaseException) -> None:
        """Undo what one transaction has done. SQLite itself may have undone all: a full disk does."""
        if not first and self.connection.in_transaction:
            self._savepoint.go_back()
            return
        self._lose(batch, error)

    async def commit(self, batch: Batch) -> None:
        """Commit a batch. Whoever is cancelled meanwhile leaves that to a task which nobody cancels."""
        try:
            await self._behind_all(batch)
        except asyncio.CancelledError:
            self._left = asyncio.create_task(self._behind_all(batch))
            raise
        if batch.error is not None:
            raise batch.error

    def commit_soon(self, batch: Batch) -> None:
        """Commit a batch as soon as the loop has a turn; return at once."""
        self._left = asyncio.create_task(self._end(batch))

    async def _behind_all(self, batch: Batch) -> None:
        # whoever else runs has a turn, and those in the same line who want to write then go first
        await asyncio.sleep(0)
        await self._end(batch)

    async def _end(self, batch: Batch) -> None:
        async with self.turn:
            await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        if self.open is not batch:
            return
        try:
            if batch.last is not None:
                await batch.last.settle(self.writer)
            self.open = None
            self.connection.execute("COMMIT")
        except BaseException as error:
            self._lose(batch, error)
        else:
            batch.end()
            self._checkpoints.written(self.connection.total_changes)

    def _lose(self, batch: Batch, error: BaseException) -> None:
        """Undo all that a batch has done."""
        # a COMMIT that failed has not
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self._savepoint.forget()
        self.open = None
        batch.end(error)

    async def close(self) -> None:
        """Commit what is under way."""
        async with self.turn:
            if self.open is not None:
                await self._write(self.open)
        await self._checkpoints.end()


class Transaction:
    """One transaction, from when its turn comes until it is committed; what `async with` gives writes in it.

    There are very many, so it is no generator, of which the loop would take note.
    """

    __slots__ = ("_batch", "_batches", "_chain", "_first", "_waits")

    def __init__(self, batches: Batches, chain: Chain[Any] | None, waits: bool) -> None:
        self._batches = batches
        self._chain = chain
        self._waits = waits

    async def __aenter__(self) -> Writer:
        try:
            await self._begin()
        except sqlite3.OperationalError as error:
            if passes(error):
                raise Unreachable from error
            raise
        return self._batches.writer

    async def _begin(self) -> None:
        batches = self._batches
        if self._chain is not None:
            self._chain.begin()
        await batches.turn.__aenter__()
        try:
            self._batch, self._first = await batches.enter(self._chain)
        except BaseException:
            await batches.turn.__aexit__()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._end(error)
        except sqlite3.OperationalError as failed:
            if passes(failed):
                raise Unreachable from failed
            raise
        if passes(error):
            raise Unreachable from error

    async def _end(self, error: BaseException | None) -> None:
        batches, batch, ended = self._batches, self._batch, None
        try:
            if error is not None:
                batches.take_back(batch, self._first, error)
                return
            batches.keep(batch, self._first, self._chain)
            ours = batch.is_ours(self._first)
            if self._waits and not ours:
                ended = batch.joined()
        finally:
            await batches.turn.__aexit__()
        if self._chain is not None:
            self._chain.link = batch
        if ended is not None:
            await ended
        elif self._waits:
            await batches.commit(batch)
        elif ours:
            batches.commit_soon(batch)
