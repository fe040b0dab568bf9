"""What a database does for us, as Protocols; `opening.py` has the door to the two that do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from afluente.store.statement import Statement

Row = tuple[Any, ...]


class Unreachable(Exception):
    """The database is away, or could not do just now what it was asked: nothing was written, and the same may go well
    later. The driver's own exception is the cause."""


class Reader(Protocol):
    """Runs statements that only read."""

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        """Return the first row, or None."""

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Return every row."""


class Writer(Reader, Protocol):
    """An open transaction: everything it does happens, or nothing."""

    async def run(self, statement: Statement, **values: Any) -> int:
        """Run a statement and return how many rows it touched."""

    async def run_each(self, statement: Statement, each: Sequence[dict[str, Any]]) -> None:
        """Run a statement with each of these values, in their order."""

    async def merge(self, table: str, columns: tuple[str, ...], rows: Sequence[Row], fixed: tuple[str, ...]) -> int:
        """Store many rows by the driver's bulk path and return how many were new or different.

        A row whose `id` (the first column) is there is changed only if it differs; columns named in `fixed` keep
        what they had and make no difference.
        """

    async def merge_listed(
        self, table: str, columns: tuple[str, ...], rows: Sequence[Row], fixed: tuple[str, ...]
    ) -> list[str]:
        """Do what `merge` does, a little slower, and return the ids of the rows that were new or different."""


class Chain:
    """Transactions of one who goes on before what was written is committed: that is done as soon as the loop has a
    turn, in their order. One that is lost takes those behind it along, and whoever writes next is told why.

    `undisturbed` is whether nobody has written since the chain's last transaction, as the one that is open found it:
    what was locked then is ours still, and as it was left.
    """

    def __init__(self) -> None:
        self.link: Link | None = None
        self.undisturbed = False
        self._left: Callable[[Writer], Awaitable[None]] | None = None

    def check(self) -> None:
        """Raise what kept the last transaction from being committed, once."""
        link = self.link
        if link is not None and link.error is not None:
            self.link = self._left = None
            raise link.error

    def leave(self, write: Callable[[Writer], Awaitable[None]]) -> None:
        """Have something written only when somebody else could miss it: before another writes, or at the commit. Until
        then the next transaction of the chain may leave something else in its place."""
        self._left = write

    async def settle(self, writer: Writer) -> None:
        """Write what was left."""
        left, self._left = self._left, None
        if left is not None:
            await left(writer)


class Link(Protocol):
    """What the last transaction of a chain is committed with; `error` is what kept it from that."""

    error: BaseException | None


class Database(Reader, Protocol):
    """A database that is open."""

    def transaction(self, chain: Chain | None = None, *, waits: bool = True) -> AbstractAsyncContextManager[Writer]:
        """Open a transaction: committed at the end of the block, rolled back by an exception.

        One that belongs to a `chain` need not wait for its commit. Where no commit costs enough to be put off, it does,
        and what the chain leaves is written at its end.
        """

    def behind(self, chain: Chain) -> Reader:
        """Return what reads as whoever wrote a chain may: with all that it has written, committed or not."""

    async def close(self) -> None:
        """Close it; what was committed stays."""
