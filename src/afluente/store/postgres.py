"""PostgreSQL: a pool of psycopg connections; bulk rows go by COPY."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from afluente.store.database import Chain, Reader, Row, Unreachable, Writer
from afluente.store.migrate import upgrade
from afluente.store.schema import REVISION, ddl
from afluente.store.sqlite import last_of_each, merge_text
from afluente.store.statement import Statement

_T = TypeVar("_T")

_SCHEMA_LOCK = 4_607_182_418
"""Any number: whoever makes the schema holds this advisory lock, so that two servers may start at once."""

_AWAY = (psycopg.OperationalError, psycopg.errors.IdleInTransactionSessionTimeout, PoolTimeout)
"""What says that the database is away, or has given us up for dead."""

_COPY_FROM = 50
"""Rows from which COPY into a temporary table is worth its statements."""


class _Transaction:
    def __init__(self, connection: psycopg.AsyncConnection[Row]) -> None:
        self._connection = connection

    async def _execute(self, statement: Statement, values: dict[str, Any]) -> psycopg.AsyncCursor[Row]:
        text, fixed = statement.postgresql
        return await self._connection.execute(text, fixed | values)

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        return await (await self._execute(statement, values)).fetchone()

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        return await (await self._execute(statement, values)).fetchall()

    async def run(self, statement: Statement, **values: Any) -> int:
        return (await self._execute(statement, values)).rowcount

    async def run_each(self, statement: Statement, each: Sequence[dict[str, Any]]) -> None:
        if len(each) == 1:
            await self._execute(statement, each[0])
            return
        text, fixed = statement.postgresql
        async with self._connection.cursor() as cursor:
            await cursor.executemany(text, [fixed | values for values in each])

    async def merge(self, table: str, columns: tuple[str, ...], rows: Sequence[Row], fixed: tuple[str, ...]) -> int:
        if not rows:
            return 0
        rows = last_of_each(rows)
        async with self._connection.cursor() as cursor:
            if len(rows) < _COPY_FROM:
                text = merge_text(table, columns, fixed, "%s")
                await cursor.executemany(text, rows)
                return cursor.rowcount
            await cursor.execute(await self._copied(cursor, table, columns, rows, fixed))
            count = cursor.rowcount
            await cursor.execute("DROP TABLE incoming")
            return count

    @staticmethod
    async def _copied(
        cursor: psycopg.AsyncCursor[Row],
        table: str,
        columns: tuple[str, ...],
        rows: Sequence[Row],
        fixed: tuple[str, ...],
    ) -> str:
        """Copy rows into a table beside the table, and return the statement that merges them."""
        listed = ", ".join(columns)
        await cursor.execute(f"CREATE TEMPORARY TABLE incoming (LIKE {table}) ON COMMIT DROP")
        async with cursor.copy(f"COPY incoming ({listed}) FROM STDIN") as copy:
            for row in rows:
                await copy.write_row(row)
        return merge_text(table, columns, fixed, "%s", f"SELECT {listed} FROM incoming")  # noqa: S608


class PostgresDatabase:
    """An open PostgreSQL database."""

    def __init__(self, pool: AsyncConnectionPool[psycopg.AsyncConnection[Row]]) -> None:
        self._pool = pool

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        """Return the first row, or None. Raises `Unreachable`."""
        return await self._read(lambda reader: reader.one(statement, **values))

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Return every row. Raises `Unreachable`."""
        return await self._read(lambda reader: reader.all(statement, **values))

    async def _read(self, read: Callable[[_Transaction], Awaitable[_T]]) -> _T:
        try:
            try:
                async with self._pool.connection() as connection:
                    return await read(_Transaction(connection))
            except psycopg.OperationalError:
                await self._pool.check()
                async with self._pool.connection() as connection:
                    return await read(_Transaction(connection))
        except _AWAY as error:
            raise Unreachable from error

    @asynccontextmanager
    async def transaction(self, chain: Chain[Any] | None = None, *, waits: bool = True) -> AsyncIterator[Writer]:
        """Write on a connection of the pool, and wait for the commit in any case. Raises `Unreachable`."""
        try:
            async with AsyncExitStack() as stack:
                try:
                    connection = await self._begin(stack)
                except psycopg.OperationalError:
                    # the database was away, and every connection that was idle then is broken
                    await stack.aclose()
                    await self._pool.check()
                    connection = await self._begin(stack)
                writer = _Transaction(connection)
                if chain is not None:
                    chain.begin()
                yield writer
                if chain is not None:
                    chain.end()
                    await chain.settle(writer)
        except _AWAY as error:
            raise Unreachable from error

    def behind(self, chain: Chain[Any]) -> Reader:
        """Return the database: what was written is committed."""
        return self

    async def _begin(self, stack: AsyncExitStack) -> psycopg.AsyncConnection[Row]:
        connection = await stack.enter_async_context(self._pool.connection())
        await stack.enter_async_context(connection.transaction())
        return connection

    async def close(self) -> None:
        """Close the pool."""
        await self._pool.close()


async def open_postgres(url: str, silence: int) -> PostgresDatabase:
    """Open the database, with its schema made or brought up to date.

    A process that is frozen in a transaction would keep its locks for as long as it is: after `silence` seconds between
    two statements PostgreSQL ends it, and who comes back finds nothing of it written.
    """

    async def bound(connection: psycopg.AsyncConnection[Row]) -> None:
        await connection.execute(f"SET idle_in_transaction_session_timeout = '{silence:d}s'".encode())

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", (_SCHEMA_LOCK,))
        known = await (await connection.execute("SELECT to_regclass('alembic_version')")).fetchone()
        if not (known and known[0]):
            async with connection.transaction():
                for statement in ddl("postgresql"):
                    await connection.execute(statement)
                await connection.execute("INSERT INTO alembic_version VALUES (%s)", (REVISION,))
        else:
            version = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
            if version is None or version[0] != REVISION:
                await asyncio.to_thread(upgrade, url)
    pool: AsyncConnectionPool[psycopg.AsyncConnection[Row]] = AsyncConnectionPool(
        url, min_size=1, max_size=8, open=False, kwargs={"autocommit": True}, configure=bound
    )
    await pool.open()
    return PostgresDatabase(pool)
