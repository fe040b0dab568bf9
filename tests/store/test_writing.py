"""Transactions of the database: whole or not at all, whoever else writes, however they end."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from anyio.lowlevel import checkpoint
from msgspec.structs import replace

from afluente.store import applications, connections, transactions
from afluente.store.database import Chain, Database, Unreachable, Writer
from afluente.store.opening import open_database
from afluente.store.sqlite import SqliteDatabase
from tests.store.samples import application, movement, stored

pytestmark = pytest.mark.anyio

ROWS = [transactions.row(movement(f"{n}", at=n), "account", None, 1) for n in range(20_000)]


async def test_an_exception_takes_everything_back(database: Database) -> None:
    """Small statements and bulk rows alike; and the next transaction works."""
    with pytest.raises(LookupError, match="on purpose"):
        async with database.transaction() as writer:
            await stored(writer, "c")
            await transactions.merge(writer, ROWS[:10])
            await transactions.merge(writer, ROWS[:600])
            raise LookupError("on purpose")
    assert await connections.get(database, "c") is None
    assert await transactions.total(database, "account") == (0, 0)
    async with database.transaction() as writer:
        await stored(writer, "c")
    assert await connections.get(database, "c") is not None


async def test_a_statement_that_fails_takes_everything_back(database: Database) -> None:
    """The database's own refusal, in the middle."""
    async with database.transaction() as writer:
        await stored(writer, "twice")
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with database.transaction() as writer:
            await stored(writer, "new")
            await stored(writer, "twice")
    assert await connections.get(database, "new") is None


async def test_nobody_sees_what_is_not_committed(database: Database) -> None:
    """A reader reads what was; the writer reads what it wrote."""
    async with database.transaction() as writer:
        one = await stored(writer, "c")
    async with database.transaction() as writer:
        await connections.put(writer, replace(one, failures=7))
        seen = await connections.get(database, "c")
        own = await connections.get(writer, "c")
        assert (seen and seen.failures, own and own.failures) == (0, 7)
    seen = await connections.get(database, "c")
    assert seen is not None and seen.failures == 7


async def test_writers_at_once_lose_no_count(database: Database) -> None:
    """Twenty read, add one and write: a lock makes them do it one behind the other."""
    async with database.transaction() as writer:
        await stored(writer, "c")

    async def add_one() -> None:
        async with database.transaction() as writer:
            one = await connections.lock(writer, "c")
            assert one is not None
            await checkpoint()
            await connections.put(writer, replace(one, failures=one.failures + 1))

    await asyncio.gather(*(add_one() for _ in range(20)))
    one = await connections.get(database, "c")
    assert one is not None and one.failures == 20


async def test_two_openings_of_one_database_lose_no_count_either(database: Database, database_url: str) -> None:
    """As two processes would: the databases themselves keep their writers apart."""
    other = await open_database(database_url)
    async with database.transaction() as writer:
        await stored(writer, "c")

    async def add_one(on: Database) -> None:
        async with on.transaction() as writer:
            one = await connections.lock(writer, "c")
            assert one is not None
            await connections.put(writer, replace(one, failures=one.failures + 1))

    try:
        await asyncio.gather(*(add_one(on) for _ in range(10) for on in (database, other)))
        one = await connections.get(other, "c")
        assert one is not None and one.failures == 20
    finally:
        await other.close()


async def test_one_application_locks_itself_alone(database: Database) -> None:
    """Whoever locks an application waits for whoever has it; what belongs to it can be stored meanwhile."""
    order: list[str] = []
    async with database.transaction() as writer:
        await applications.add(writer, application("other"), 1)

    async def work(name: str) -> None:
        async with database.transaction() as writer:
            await applications.lock(writer, name)
            order.append(f"{name} in")
            await stored(writer, f"{name}-{len(order)}", application_id="app")
            order.append(f"{name} out")

    await asyncio.gather(work("app"), work("app"), work("other"))
    own = [step for step in order if step.startswith("app")]
    assert own == ["app in", "app out"] * 2
    assert await connections.count(database, "app") == 3


async def cancelled_in_bulk(database: Database, begun: asyncio.Event) -> None:
    """Store many rows in one transaction, and tell when it is about to begin."""
    async with database.transaction() as writer:
        await stored(writer, "c")
        begun.set()
        await transactions.merge(writer, ROWS)


@pytest.mark.parametrize("turns", [1, 2, 5, 20])
async def test_a_task_cancelled_while_it_stores_leaves_nothing(database: Database, turns: int) -> None:
    """A server that is stopped in the middle of a large account has stored none of it, and can go on at once."""
    begun = asyncio.Event()
    task = asyncio.create_task(cancelled_in_bulk(database, begun))
    await begun.wait()
    for _ in range(turns):
        await checkpoint()
    task.cancel()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await connections.get(database, "c") is None
    assert await transactions.total(database, "account") == (0, 0)
    async with database.transaction() as writer:
        await transactions.merge(writer, ROWS[:700])
    assert await transactions.total(database, "account") == (700, -70_000)


async def test_a_full_disk_ends_one_transaction_and_no_other(tmp_path: Path) -> None:
    """SQLite says that it is full; nothing is half-written, and when there is room again it goes on."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    assert isinstance(database, SqliteDatabase)
    driver: sqlite3.Connection = database._writer
    pages = driver.execute("PRAGMA page_count").fetchone()[0]
    driver.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(Unreachable) as refused:
        async with database.transaction() as writer:
            await transactions.merge(writer, ROWS[:5_000])
    assert "full" in str(refused.value.__cause__)
    assert await transactions.total(database, "account") == (0, 0)
    driver.execute("PRAGMA max_page_count = 1000000")
    async with database.transaction() as writer:
        await transactions.merge(writer, ROWS[:5_000])
    assert (await transactions.total(database, "account"))[0] == 5_000
    await database.close()


async def test_a_commit_that_fails_holds_up_nobody(tmp_path: Path) -> None:
    """A transaction that cannot be committed is taken back, so that the next one can begin."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    assert isinstance(database, SqliteDatabase)

    async def orphan(writer: Writer) -> None:
        await stored(writer, "orphan", application_id="nobody")

    # what belongs to nobody is found out only at the commit
    async with database.transaction() as writer:
        await applications.add(writer, application("app"), 1)
    with pytest.raises(sqlite3.IntegrityError):
        async with database.transaction() as writer:
            database._writer.execute("PRAGMA defer_foreign_keys = ON")
            await orphan(writer)
    assert await connections.get(database, "orphan") is None
    async with database.transaction() as writer:
        await stored(writer, "c")
    assert await connections.get(database, "c") is not None
    await database.close()


async def test_transactions_that_come_together_are_committed_together(sqlite: SqliteDatabase) -> None:
    """Each is there when it is over, and what one of them did wrong is undone alone."""
    said: list[str] = []
    sqlite._writer.set_trace_callback(said.append)

    async def work(number: int) -> None:
        async with sqlite.transaction() as writer:
            await stored(writer, f"c{number}")
            if number % 5 == 0:
                raise LookupError(number)
        # another one of this process reads it now
        assert await connections.get(sqlite, f"c{number}") is not None

    came = await asyncio.gather(*(work(number) for number in range(20)), return_exceptions=True)
    assert [number for number, one in enumerate(came) if isinstance(one, LookupError)] == [0, 5, 10, 15]
    assert await connections.count(sqlite, "app") == 16
    assert 1 <= said.count("COMMIT") <= 4


async def test_whoever_is_cancelled_before_the_commit_takes_nobody_along(sqlite: SqliteDatabase) -> None:
    """Neither the first, who would have committed, nor one of those who waited for that."""

    async def work(number: int) -> None:
        async with sqlite.transaction() as writer:
            await stored(writer, f"c{number}")

    for cancelled in (0, 1):
        tasks = [asyncio.create_task(work(10 * cancelled + number)) for number in range(3)]
        # all have begun, and none was committed
        await asyncio.sleep(0)
        tasks[cancelled].cancel()
        tasks[cancelled].cancel()
        came = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        assert [isinstance(one, asyncio.CancelledError) for one in came] == [number == cancelled for number in range(3)]
        for number in range(3):
            if number != cancelled:
                assert await connections.get(sqlite, f"c{10 * cancelled + number}") is not None


async def test_nobody_is_told_that_what_could_not_be_committed_is_there(sqlite: SqliteDatabase) -> None:
    """Of transactions that go together none is over before all of them are written."""

    async def work(number: int, owner: str) -> None:
        async with sqlite.transaction() as writer:
            sqlite._writer.execute("PRAGMA defer_foreign_keys = ON")
            await stored(writer, f"c{number}", application_id=owner)

    came = await asyncio.gather(work(0, "app"), work(1, "nobody"), work(2, "app"), return_exceptions=True)
    assert [type(one) for one in came] == [sqlite3.IntegrityError] * 3
    assert await connections.count(sqlite, "app") == 0
    await work(3, "app")
    assert await connections.count(sqlite, "app") == 1


async def test_whoever_goes_on_reads_what_was_written_and_nobody_else_does(sqlite: SqliteDatabase) -> None:
    """Before the loop has a turn nothing is committed; then everything is, and by one commit."""
    said: list[str] = []
    sqlite._writer.set_trace_callback(said.append)
    chain = Chain[Any]()
    for number in range(3):
        async with sqlite.transaction(chain, waits=False) as writer:
            await stored(writer, f"c{number}")
        assert await connections.get(sqlite.behind(chain), f"c{number}") is not None
        assert await connections.get(sqlite, f"c{number}") is None
    await checkpoint()
    assert await connections.count(sqlite, "app") == await connections.count(sqlite.behind(chain), "app") == 3
    assert said.count("COMMIT") == 1


async def test_whoever_goes_on_reads_nothing_of_a_transaction_that_is_under_way(sqlite: SqliteDatabase) -> None:
    """Another's may still be taken back."""
    chain, may_end = Chain[Any](), asyncio.Event()

    async def other() -> None:
        async with sqlite.transaction() as writer:
            await stored(writer, "other")
            await may_end.wait()
            raise LookupError

    async with sqlite.transaction(chain, waits=False) as writer:
        await stored(writer, "c")
        under_way = asyncio.create_task(other())
        # it waits for this one to end
        await checkpoint()
    looks = asyncio.create_task(connections.count(sqlite.behind(chain), "app"))
    await checkpoint()
    may_end.set()
    assert await looks == 1
    with pytest.raises(LookupError):
        await under_way


async def test_whoever_went_on_is_told_once_that_what_was_written_is_lost(sqlite: SqliteDatabase) -> None:
    """What is written next is not: it would stand on what is not there. Then it can be begun anew."""
    chain = Chain[Any]()

    async def write(id: str, *, waits: bool) -> None:
        async with sqlite.transaction(chain, waits=waits) as writer:
            await stored(writer, id)

    async with sqlite.transaction(chain, waits=False) as writer:
        sqlite._writer.execute("PRAGMA defer_foreign_keys = ON")
        await stored(writer, "orphan", application_id="nobody")
    await checkpoint()
    with pytest.raises(sqlite3.IntegrityError):
        await write("first", waits=True)
    await write("second", waits=False)
    await write("third", waits=True)
    there = [await connections.get(sqlite, id) is not None for id in ("orphan", "first", "second", "third")]
    assert there == [False, False, True, True]
