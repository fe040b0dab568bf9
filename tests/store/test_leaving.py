"""What a chain of transactions leaves to be written when somebody else could miss it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import pytest
from anyio.lowlevel import checkpoint
from msgspec.structs import replace

from afluente.core.connections import Connection
from afluente.store import connections, transactions
from afluente.store.database import Chain, Database, Unreachable, Writer
from afluente.store.sqlite import SqliteDatabase
from tests.store.samples import movement, stored

pytestmark = pytest.mark.anyio


@dataclass
class _Failing:
    """How often a connection has failed."""

    connection: Connection
    failures: int

    async def write(self, writer: Writer) -> None:
        """Write it."""
        await connections.put(writer, replace(self.connection, failures=self.failures))


@dataclass
class _TooMuch:
    """What the file has no room for."""

    driver: sqlite3.Connection

    async def write(self, writer: Writer) -> None:
        """Fail, as a disk that is full makes it."""
        pages = self.driver.execute("PRAGMA page_count").fetchone()[0]
        self.driver.execute(f"PRAGMA max_page_count = {pages}")
        try:
            rows = [transactions.row(movement(f"{n}", at=n), "account", None, 1) for n in range(400)]
            await transactions.merge(writer, rows)
        finally:
            self.driver.execute("PRAGMA max_page_count = 1000000")


async def _failures(database: Database, id: str = "c") -> int | None:
    found = await connections.get(database, id)
    return None if found is None else found.failures


async def test_what_was_left_is_there_when_the_transaction_is_over(database: Database) -> None:
    """On both databases: nobody who waits for it finds it missing."""
    chain = Chain[_Failing]()
    async with database.transaction(chain) as writer:
        chain.leave(_Failing(await stored(writer, "c"), 3))
    assert await _failures(database) == 3


async def test_of_what_is_left_one_after_the_other_only_the_last_is_written(sqlite: SqliteDatabase) -> None:
    """Nobody has seen the others: they were not committed."""
    said: list[str] = []
    sqlite._writer.set_trace_callback(said.append)
    chain = Chain[_Failing]()
    async with sqlite.transaction(chain, waits=False) as writer:
        one = await stored(writer, "c")
        chain.leave(_Failing(one, 1))
    found = []
    for failures in (2, 3):
        async with sqlite.transaction(chain, waits=False):
            found.append(chain.left)
            chain.leave(_Failing(one, failures))
    await checkpoint()
    assert await _failures(sqlite) == 3
    assert found == [_Failing(one, 1), _Failing(one, 2)]
    assert sum(text.startswith("UPDATE connections") for text in said) == 1


async def test_whoever_writes_next_finds_what_was_left(sqlite: SqliteDatabase) -> None:
    """Another one goes on in the same batch; and the chain learns that its rows may be others now."""
    chain, found_left = Chain[_Failing](), []
    async with sqlite.transaction(chain, waits=False) as writer:
        found_left.append(chain.left)
        chain.leave(_Failing(await stored(writer, "c"), 3))
    async with sqlite.transaction() as writer:
        found = await connections.lock(writer, "c")
        assert found is not None and found.failures == 3
        await connections.put(writer, replace(found, failures=4))
    async with sqlite.transaction(chain):
        found_left.append(chain.left)
    assert await _failures(sqlite) == 4
    assert found_left == [None, None]


async def test_a_transaction_that_is_taken_back_leaves_what_was_left_before(sqlite: SqliteDatabase) -> None:
    """What it would have left itself is never written."""
    chain = Chain[_Failing]()
    async with sqlite.transaction(chain, waits=False) as writer:
        one = await stored(writer, "c")
        chain.leave(_Failing(one, 3))
    with pytest.raises(LookupError):
        async with sqlite.transaction(chain, waits=False) as writer:
            chain.leave(_Failing(one, 7))
            await connections.put(writer, replace(one, failures=8))
            raise LookupError
    async with sqlite.transaction(chain, waits=False):
        assert chain.left == _Failing(one, 3)
    await checkpoint()
    assert await _failures(sqlite) == 3


async def test_what_cannot_be_written_takes_its_own_along_and_nobody_who_comes_behind(sqlite: SqliteDatabase) -> None:
    """The disk was full for what was left, say: who left it is told, and who writes next is not."""

    chain = Chain[_Failing | _TooMuch]()
    async with sqlite.transaction(chain, waits=False) as writer:
        await stored(writer, "c")
        chain.leave(_TooMuch(sqlite._writer))
    async with sqlite.transaction() as writer:
        await stored(writer, "other")
    assert await _failures(sqlite, "c") is None
    assert await _failures(sqlite, "other") == 0
    with pytest.raises(Unreachable):
        async with sqlite.transaction(chain):
            pass
    async with sqlite.transaction(chain) as writer:
        chain.leave(_Failing(await stored(writer, "c"), 1))
    assert await _failures(sqlite, "c") == 1
