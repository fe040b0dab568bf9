"""Who writes first where one alone may: what a client waits for, but never so that anybody waits for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from afluente.store import applications, connections, searches
from afluente.store.opening import open_database
from afluente.store.sqlite import SqliteDatabase
from afluente.store.turns import IN_A_ROW, Turns, waited_for
from tests.store.samples import application, stored

pytestmark = pytest.mark.anyio


async def lined_up(turns: Turns, names: list[str], order: list[str]) -> list[asyncio.Task[None]]:
    """Have tasks stand in line, those first whose names say that somebody waits."""

    async def work(name: str) -> None:
        waited_for.set(name.startswith("call"))
        async with turns:
            order.append(name)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(work(name)) for name in names]
    await asyncio.sleep(0)
    return tasks


async def test_what_a_client_waits_for_goes_first() -> None:
    """Each line is in the order of arrival."""
    turns, order = Turns(), list[str]()
    async with turns:
        tasks = await lined_up(turns, ["run 1", "call 1", "run 2", "call 2"], order)
    await asyncio.gather(*tasks)
    assert order == ["call 1", "call 2", "run 1", "run 2"]


async def test_what_nobody_waits_for_has_its_turn_all_the_same() -> None:
    """However many calls stand in line, one of the others goes in between."""
    turns, order = Turns(), list[str]()
    async with turns:
        tasks = await lined_up(turns, ["run", *(f"call {number}" for number in range(2 * IN_A_ROW))], order)
    await asyncio.gather(*tasks)
    assert order.index("run") == IN_A_ROW


async def test_one_that_is_cancelled_holds_up_nobody() -> None:
    """Neither in the line nor at the moment in which its turn has come."""
    turns, order = Turns(), list[str]()
    async with turns:
        tasks = await lined_up(turns, ["call 1", "call 2", "run"], order)
        tasks[0].cancel()
    # the turn of the second one is there, and it has not run yet
    tasks[1].cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
    assert order == ["run"]
    async with turns:
        order.append("behind")
    assert order == ["run", "behind"]


async def test_a_call_is_over_before_those_that_waited_longer(tmp_path: Path) -> None:
    """Its commit comes at once: it does not wait until all have written who share it."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    async with database.transaction() as writer:
        await applications.add(writer, application("app"), 1)
    order: list[str] = []

    async def work(name: str) -> None:
        waited_for.set(name.startswith("call"))
        async with database.transaction() as writer:
            await stored(writer, name)
            await asyncio.sleep(0)
            order.append(name)
        order.append(f"{name} is over")
        assert await connections.get(database, name) is not None

    runs = [asyncio.create_task(work(f"run {number}")) for number in range(20)]
    await asyncio.sleep(0)
    await asyncio.gather(work("call 1"), work("call 2"), *runs)
    assert order.index("call 1 is over") < order.index("call 2 is over") < order.index("run 5")
    assert await connections.count(database, "app") == 22
    await database.close()


async def test_a_walk_through_very_much_leaves_the_writers_memory_alone(tmp_path: Path) -> None:
    """A search is read on the connection that keeps few pages; a look at one row is not."""
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    assert isinstance(database, SqliteDatabase)
    said: list[str] = []
    database._writer.set_trace_callback(said.append)
    assert await searches.count(database, searches.Search(accounts=("a", "b"))) == 0
    assert [piece async for piece in searches.walk(database, searches.Search(accounts=("a",)))] == []
    assert said == []
    assert await connections.get(database, "c") is None
    assert len(said) == 1
    await database.close()
