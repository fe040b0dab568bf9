"""What a chain of transactions leaves to be written when somebody else could miss it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from anyio.lowlevel import checkpoint
from msgspec.structs import replace

from afluente.core.connections import Connection
from afluente.store import connections
from afluente.store.database import Chain, Database, Unreachable, Writer
from afluente.store.sqlite import SqliteDatabase
from tests.store.samples import stored

pytestmark = pytest.mark.anyio


def _failing(connection: Connection, failures: int) -> Callable[[Writer], Awaitable[None]]:
    """Return what writes how often a connection failed."""

    async def write(writer: Writer) -> None:
        await connections.put(writer, replace(connection, failures=failures))

    return write


async def _failures(database: Database, id: str = "c") -> int | None:
    found = await connections.get(database, id)
    return None if found is None else found.failures


async def test_what_was_left_is_there_when_the_transaction_is_over(database: Database) -> None:
    """On both databases: nobody who waits for it finds it missing."""
    chain = Chain()
    async with database.transaction(chain) as writer:
        chain.leave(_failing(await stored(writer, "c"), 3))
    assert await _failures(database) == 3


async def test_of_what_is_left_one_after_the_other_only_the_last_is_written(sqlite: SqliteDatabase) -> None:
    """Nobody has seen the others: they were not committed."""
    said: list[str] = []
    sqlite._writer.set_trace_callback(said.append)
    chain = Chain()
    async with sqlite.transaction(chain, waits=False) as writer:
        one = await stored(writer, "c")
        chain.leave(_failing(one, 1))
    undisturbed = []
    for failures in (2, 3):
        async with sqlite.transaction(chain, waits=False):
            undisturbed.append(chain.undisturbed)
            chain.leave(_failing(one, failures))
    await checkpoint()
    assert await _failures(sqlite) == 3
    assert undisturbed == [True, True]
    assert sum(text.startswith("UPDATE connections") for text in said) == 1


async def test_whoever_writes_next_finds_what_was_left(sqlite: SqliteDatabase) -> None:
    """Another one goes on in the same batch; and the chain learns that its rows may be others now."""
    chain, undisturbed = Chain(), []
    async with sqlite.transaction(chain, waits=False) as writer:
        undisturbed.append(chain.undisturbed)
        chain.leave(_failing(await stored(writer, "c"), 3))
    async with sqlite.transaction() as writer:
        found = await connections.lock(writer, "c")
        assert found is not None and found.failures == 3
        await connections.put(writer, replace(found, failures=4))
    async with sqlite.transaction(chain):
        undisturbed.append(chain.undisturbed)
    assert await _failures(sqlite) == 4
    assert undisturbed == [False, False]


async def test_a_transaction_that_is_taken_back_leaves_what_was_left_before(sqlite: SqliteDatabase) -> None:
    """What it would have left itself is never written."""
    chain = Chain()
    async with sqlite.transaction(chain, waits=False) as writer:
        one = await stored(writer, "c")
        chain.leave(_failing(one, 3))
    with pytest.raises(LookupError):
        async with sqlite.transaction(chain, waits=False) as writer:
            await connections.put(writer, replace(one, failures=7))
            raise LookupError
    async with sqlite.transaction(chain, waits=False):
        assert chain.undisturbed
    await checkpoint()
    assert await _failures(sqlite) == 3


async def test_what_cannot_be_written_takes_its_own_along_and_nobody_who_comes_behind(sqlite: SqliteDatabase) -> None:
    """The disk was full for what was left, say: who left it is told, and who writes next is not."""

    async def too_much(writer: Writer) -> None:
        raise Unreachable

    chain = Chain()
    async with sqlite.transaction(chain, waits=False) as writer:
        await stored(writer, "c")
        chain.leave(too_much)
    async with sqlite.transaction() as writer:
        await stored(writer, "other")
    assert await _failures(sqlite, "c") is None
    assert await _failures(sqlite, "other") == 0
    with pytest.raises(Unreachable):
        async with sqlite.transaction(chain):
            pass
    async with sqlite.transaction(chain) as writer:
        chain.leave(_failing(await stored(writer, "c"), 1))
    assert await _failures(sqlite, "c") == 1
