"""One mover at a time: a clock is moved by whoever has the turn, in whichever process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from afluente.core.clock import HOUR, SECOND, Instant, RandomIds, RealClock, StoppedClock
from afluente.core.outcome import Refused
from afluente.engine.due import schedule
from afluente.engine.sandbox import moving
from afluente.engine.sandbox.moving import turn
from afluente.store import applications
from afluente.store.opening import open_database
from afluente.store.schema import applications as table
from afluente.store.statement import Statement
from tests.engine.scene import APP, NOW, Scene, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other(scene: Scene, database_url: str) -> AsyncIterator[Scene]:
    """A second process on the same database, which knows the application's clock as the first one stopped it."""
    database = await open_database(database_url)
    made = Scene(database)
    # another process makes other ids
    object.__setattr__(made.world, "ids", RandomIds())
    await schedule.stop_clock(scene.world, APP, NOW)
    made.world.stopped[APP] = StoppedClock(NOW)
    yield made
    await database.close()


def go_with_the_machine(*scenes: Scene) -> None:
    """Let the time in which turns are taken be the machine's."""
    for one in scenes:
        object.__setattr__(one.world, "clock", RealClock())


async def stands(scene: Scene) -> Instant | None:
    """Return where the clock stands, for everybody."""
    found = await applications.get(scene.world.database, APP)
    assert found is not None
    return found.clock


async def held_until(scene: Scene) -> Instant | None:
    """Return until when somebody has the turn."""
    row = await scene.world.database.one(Statement(select(table.c.moved_until).where(table.c.id == APP)))
    return None if row is None else row[0]


async def test_two_moves_come_one_after_the_other(scene: Scene, other: Scene) -> None:
    """The second waits until the first has ended, and sees where it has left the clock."""
    go_with_the_machine(scene, other)
    order: list[str] = []
    begun = asyncio.Event()

    async def first() -> None:
        async with turn(scene.world, APP) as ours:
            order.append("first begins")
            begun.set()
            await scene.world.clock.pause(SECOND // 10)
            await schedule.advance(scene.world, APP, NOW + HOUR, scene.settle, ours)
            order.append("first ends")

    async def second() -> None:
        await begun.wait()
        async with turn(other.world, APP) as ours:
            order.append("second begins")
            known = await stands(other)
            assert known == NOW + HOUR
            await ours.set(known + HOUR)

    await asyncio.gather(first(), second())
    assert order == ["first begins", "first ends", "second begins"]
    assert await stands(scene) == NOW + 2 * HOUR


async def test_who_waits_too_long_is_refused_with_a_reason(
    scene: Scene, other: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And may call again; the turn stays with its holder."""
    go_with_the_machine(scene, other)
    monkeypatch.setattr(moving, "_PATIENCE", 100 - scene.world.lease)
    async with turn(scene.world, APP):
        with pytest.raises(Refused) as refusal:
            await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
        assert refusal.value.meaning == "server.busy"
        assert "another call moves this clock" in refusal.value.data["detail"]
        assert await refused(schedule.release_clock(other.world, APP)) == "server.busy"
    await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
    assert await stands(scene) == NOW + HOUR


async def test_a_turn_lasts_as_long_as_its_holder_lives(scene: Scene, other: Scene) -> None:
    """It is renewed again and again: a turn that was begun long ago is nobody else's."""
    ours = moving.Turn(scene.world, APP)
    assert await ours.take()
    keeping = asyncio.ensure_future(ours.keep())
    for _ in range(5):
        scene.clock.at += scene.world.lease // 2
        other.clock.at = scene.clock.at
        # one pause of the keeper is over, and it has written
        for _ in range(10_000):
            if await held_until(scene) == scene.clock.at + scene.world.lease:
                break
            await asyncio.sleep(0)
        assert not await moving.Turn(other.world, APP).take()
    keeping.cancel()
    await asyncio.wait({keeping})
    other.clock.at += scene.world.lease
    assert await moving.Turn(other.world, APP).take()


async def test_who_was_away_for_longer_than_its_turn_moves_nothing(scene: Scene, other: Scene) -> None:
    """Somebody else has the turn since, and the clock stays where they have put it."""
    stale = moving.Turn(scene.world, APP)
    assert await stale.take()
    other.clock.at += scene.world.lease
    await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
    async with turn(other.world, APP):
        for what in (stale.set(NOW + 5 * HOUR), stale.set(None)):
            assert await refused(what) == "server.busy"
        scene.clock.at = other.clock.at
        assert await refused(stale.check()) == "server.busy"
        # what it thinks that it still has to give back is not its own
        await stale.give_back()
        assert not await stale.take()
    # nor when the other has given it back: the clock is not where the stale one has left it
    assert await refused(stale.check()) == "server.busy"
    assert await refused(stale.set(NOW)) == "server.busy"
    assert await stands(scene) == NOW + HOUR


async def test_a_turn_that_a_dead_process_had_is_over_at_the_next_start(scene: Scene) -> None:
    """Where there is one process nobody can have it then."""
    assert await moving.Turn(scene.world, APP).take()
    await schedule.recover(scene.world)
    await schedule.stop_clock(scene.world, APP, NOW)
    assert await stands(scene) == NOW
