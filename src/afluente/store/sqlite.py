"""SQLite: one file, one writer at a time, readers that never wait for it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from afluente.store.batches import Batches, Savepoint, Transaction, is_busy, passes
from afluente.store.checkpoints import FAR, Checkpoints
from afluente.store.database import Chain, Reader, Row, Unreachable
from afluente.store.migrate import upgrade
from afluente.store.schema import REVISION, ddl
from afluente.store.statement import Statement

_T = TypeVar("_T")

_SWITCHES = 50
"""How often the switch to the write-ahead log is tried; two processes on a new file need one more than one."""

_BULK = 500
"""Rows from which a merge goes to a thread, so that requests are answered meanwhile."""

_READS, _WRITES = 2_000, 16_000
"""Kilobytes of pages that a connection keeps. Reading needs few, for the system has the file in its memory anyway;
writing many rows by random ids needs those that they go to."""


def _connect(path: str, kept: int = _READS) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30, cached_statements=512)
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{kept}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {FAR}")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. Of two that switch a new file at once SQLite lets neither wait for the other."""
    for left in range(_SWITCHES, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if not left:
                raise
            # this does wait until whoever is at it has done
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")


_Values = dict[str, Any]


def _first(connection: sqlite3.Connection, statement: Statement, values: _Values) -> Row | None:
    text, fixed = statement.sqlite
    row: Row | None = connection.execute(text, fixed | values if fixed else values).fetchone()
    return row


def _every(connection: sqlite3.Connection, statement: Statement, values: _Values) -> list[Row]:
    text, fixed = statement.sqlite
    return connection.execute(text, fixed | values if fixed else values).fetchall()


class _Writer:
    """Statements of transactions; calls are short, so they run where they are called."""

    def __init__(self, connection: sqlite3.Connection, savepoint: Savepoint) -> None:
        self._connection = connection
        self._savepoint = savepoint

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        if statement.writes:
            self._savepoint.before_a_write()
        return _first(self._connection, statement, values)

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        if statement.writes:
            self._savepoint.before_a_write()
        return _every(self._connection, statement, values)

    async def run(self, statement: Statement, **values: Any) -> int:
        self._savepoint.before_a_write()
        text, fixed = statement.sqlite
        return self._connection.execute(text, fixed | values).rowcount

    async def run_each(self, statement: Statement, each: Sequence[_Values]) -> None:
        self._savepoint.before_a_write()
        text, fixed = statement.sqlite
        self._connection.executemany(text, [fixed | values for values in each])

    async def merge(self, table: str, columns: tuple[str, ...], rows: Sequence[Row], fixed: tuple[str, ...]) -> int:
        self._savepoint.before_a_write()
        text = merge_text(table, columns, fixed, "?")
        rows = last_of_each(rows)
        before = self._connection.total_changes
        if len(rows) < _BULK:
            self._connection.executemany(text, rows)
        else:
            await self._in_thread(text, rows)
        return self._connection.total_changes - before

    async def _in_thread(self, text: str, rows: Sequence[Row]) -> None:
        """Write many rows in a thread, and never leave while it writes: what followed would not be in the
        transaction."""
        wanted = True

        def while_wanted() -> Iterator[Row]:
            for row in rows:
                if not wanted:
                    raise asyncio.CancelledError
                yield row

        work = asyncio.ensure_future(asyncio.to_thread(self._connection.executemany, text, while_wanted()))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            wanted = False
            while not work.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait({work})
            raise


def last_of_each(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows with the last of those that have the same id: one statement cannot change a row twice."""
    unique = {row[0]: row for row in rows}
    return rows if len(unique) == len(rows) else list(unique.values())


@cache
def merge_text(table: str, columns: tuple[str, ...], fixed: tuple[str, ...], mark: str, source: str = "") -> str:
    """Return the upsert that changes only rows that differ; `source` is a SELECT instead of values."""
    changing = [column for column in columns[1:] if column not in fixed]
    told = [column for column in changing if column != "updated_at"]
    values = source or f"VALUES ({', '.join(mark for _ in columns)})"
    sets = ", ".join(f"{column} = excluded.{column}" for column in changing)
    # names only, all from schema.py; values are parameters
    differs = " OR ".join(f"{table}.{column} IS DISTINCT FROM excluded.{column}" for column in told)
    if mark == "?":
        differs = differs.replace("IS DISTINCT FROM", "IS NOT")
    return f"INSERT INTO {table} ({', '.join(columns)}) {values} ON CONFLICT (id) DO UPDATE SET {sets} WHERE {differs}"


class SqliteDatabase:
    """An open SQLite file: what is written goes through one connection (`batches.py`), what is read through two."""

    def __init__(self, path: str) -> None:
        self._connection = _connect(path)
        self._writer = _connect(path, _WRITES)
        self._writer.execute("PRAGMA busy_timeout = 0")
        # what savepoints keep
        self._writer.execute("PRAGMA temp_store = MEMORY")
        self.path = path
        self.checkpoints = Checkpoints(path)
        savepoint = Savepoint(self._writer)
        self._batches = Batches(self._writer, _Writer(self._writer, savepoint), savepoint, self.checkpoints)

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        """Return the first row, or None. Raises `Unreachable`."""
        return self._read(_first, statement, values)

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Return every row. Raises `Unreachable`."""
        return self._read(_every, statement, values)

    def _read(
        self, read: Callable[[sqlite3.Connection, Statement, _Values], _T], statement: Statement, values: _Values
    ) -> _T:
        """Read what is committed. Where nothing is under way, the connection that writes is as good as the other, and
        has in its memory what it wrote last; but it does not wait for other processes, and a walk through very much
        would fill its memory with what is never looked at again."""
        try:
            if self._batches.open is None and not statement.walks:
                try:
                    return read(self._writer, statement, values)
                except sqlite3.OperationalError as error:
                    if not is_busy(error):
                        raise
            return read(self._connection, statement, values)
        except sqlite3.OperationalError as error:
            if passes(error):
                raise Unreachable from error
            raise

    def behind(self, chain: Chain[Any]) -> Reader:
        """Return what reads where a chain writes."""
        return _Behind(self, chain)

    async def read_behind(
        self,
        chain: Chain[Any],
        read: Callable[[sqlite3.Connection, Statement, _Values], _T],
        statement: Statement,
        values: _Values,
    ) -> _T:
        """Read what a chain has written, committed or not. Raises `Unreachable`."""
        batches = self._batches
        if chain.link is not None and chain.link is batches.open:
            # not in the middle of another's transaction
            async with batches.turn:
                if chain.link is batches.open:
                    return read(self._writer, statement, values)
        return self._read(read, statement, values)

    def transaction(self, chain: Chain[Any] | None = None, *, waits: bool = True) -> Transaction:
        """Wait for the other writers of this process, then write alone. Raises `Unreachable`."""
        return Transaction(self._batches, chain, waits)

    async def close(self) -> None:
        """Close both connections."""
        await self._batches.close()
        self._connection.close()
        self._writer.close()


class _Behind:
    """Reads for one who writes a chain."""

    def __init__(self, database: SqliteDatabase, chain: Chain[Any]) -> None:
        self._database = database
        self._chain = chain

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        return await self._database.read_behind(self._chain, _first, statement, values)

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        return await self._database.read_behind(self._chain, _every, statement, values)


def open_sqlite(path: str) -> SqliteDatabase:
    """Open the file, with its folder and its schema made if they are not there."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # people's movements lie in it: its owner alone may read it, and SQLite gives the files beside it the same mode
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connect(path)
    try:
        version = _version(connection)
        if version is None:
            # another process may be making it just now: look again when it is our turn
            connection.execute("BEGIN IMMEDIATE")
            version = _version(connection) or _make(connection)
            connection.execute("COMMIT")
    finally:
        connection.close()
    if version != REVISION:
        upgrade(f"sqlite:///{path}")
    return SqliteDatabase(path)


def _version(connection: sqlite3.Connection) -> str | None:
    """Return the schema's version: None where there is no schema, empty text where all migrations are to come."""
    known = connection.execute("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if not known:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def _make(connection: sqlite3.Connection) -> str:
    for statement in ddl("sqlite"):
        connection.execute(statement)
    connection.execute("INSERT INTO alembic_version VALUES (?)", (REVISION,))
    return REVISION
