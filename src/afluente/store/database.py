"""What a database does for us, as Protocols; `opening.py` has the door to the two that do it."""

from __future__ import annotations

from collections.abc import Sequence
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

    async def merge(self, table: str, columns: Sequence[str], rows: Sequence[Row], fixed: Sequence[str]) -> int:
        """Store many rows by the driver's bulk path and return how many were new or different.

        A row whose `id` (the first column) is there is changed only if it differs; columns named in `fixed` keep
        what they had and make no difference.
        """

    async def merge_listed(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], fixed: Sequence[str]
    ) -> list[str]:
        """Do what `merge` does, a little slower, and return the ids of the rows that were new or different."""


class Database(Reader, Protocol):
    """A database that is open."""

    def transaction(self) -> AbstractAsyncContextManager[Writer]:
        """Open a transaction: committed at the end of the block, rolled back by an exception."""

    async def close(self) -> None:
        """Close it; what was committed stays."""
