"""What a database does for us, as Protocols; `opening.py` has the door to the two that do it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

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


class Left(Protocol):
    """What a transaction leaves to be written by another."""

    async def write(self, writer: Writer) -> None:
        """Write it."""


_Left = TypeVar("_Left", bound=Left)


class Chain(Generic[_Left]):
    """Transactions of one who goes on before what was written is committed: that is done as soon as the loop has a
    turn, in their order. One that is lost takes those behind it along, and whoever writes next is told why.

    What a transaction leaves is written only when somebody else could miss it: before another writes, or at the commit.
    Until then it is `left` to the chain's next one, for which all is as it was: nobody else has written. That one may
    leave something else in its place. Where nothing is left others may have written.
    """

    def __init__(self) -> None:
        self.link: Link | None = None
        self.left: _Left | None = None
        self._leaving: _Left | None = None

    def leave(self, left: _Left) -> None:
        """Leave something behind the open transaction, if it ends well."""
        self._leaving = left

    # what follows is for databases alone

    def begin(self) -> None:
        """Open a transaction. Raises what kept the last one from being committed, once."""
        self._leaving, link = None, self.link
        if link is not None and link.error is not None:
            self.link = self.left = None
            raise link.error

    def end(self) -> None:
        """End a transaction well."""
        if self._leaving is not None:
            self.left, self._leaving = self._leaving, None

    async def settle(self, writer: Writer) -> None:
        """Write what was left."""
        left, self.left = self.left, None
        if left is not None:
            await left.write(writer)


class Link(Protocol):
    """What the last transaction of a chain is committed with; `error` is what kept it from that."""

    error: BaseException | None


class Database(Reader, Protocol):
    """A database that is open."""

    def transaction(
        self, chain: Chain[Any] | None = None, *, waits: bool = True
    ) -> AbstractAsyncContextManager[Writer]:
        """Open a transaction: committed at the end of the block, rolled back by an exception.

        One that belongs to a `chain` need not wait for its commit. Where no commit costs enough to be put off, it does,
        and what the chain leaves is written at its end.
        """

    def behind(self, chain: Chain[Any]) -> Reader:
        """Return what reads as whoever wrote a chain may: with all that it has written, committed or not."""

    async def close(self) -> None:
        """Close it; what was committed stays."""
