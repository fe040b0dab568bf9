"""One mover at a time: a clock is moved by whoever has the turn, in whichever process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from afluente.core.clock import HOUR, SECOND, Instant, StoppedClock
from afluente.core.outcome import Refused
from afluente.engine.due import schedule
from afluente.engine.sandbox import moving
from afluente.engine.sandbox.moving import turn
from afluente.store import applications
from afluente.store.opening import open_database
from tests.engine.scene import APP, NOW, Scene, refused

pytestmark = pytest.mark.anyio


class Passing:
    """A clock that goes as fast as it is waited for: each pause takes its time, and no more."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        """Return what it has come to."""
        return self.at

    async def pause(self, span: Instant) -> None:
        """Let others go on, then let the time have gone by."""
        for _ in range(20):
            await asyncio.sleep(0)
        self.at += span


@pytest.fixture
async def other(scene: Scene, database_url: str) -> AsyncIterator[Scene]:
    """A second process on the same database, which knows the clock of the first; both go with one machine's time."""
    database = await open_database(database_url)
    made = Scene(database)
    time = Passing(NOW)
    await schedule.stop_clock(scene.world, APP, NOW)
    made.world.stopped[APP] = StoppedClock(NOW)
    for world in (scene.world, made.world):
        object.__setattr__(world, "clock", time)
    yield made
    await database.close()


async def stands(scene: Scene) -> Instant | None:
    """Return where the clock stands, for everybody."""
    found = await applications.get(scene.world.database, APP)
    assert found is not None
    return found.clock


async def test_two_moves_come_one_after_the_other(scene: Scene, other: Scene) -> None:
    """The second waits until the first has ended, and sees where it has left the clock."""
    order: list[str] = []

    async def first() -> None:
        async with turn(scene.world, APP) as ours:
            order.append("first begins")
            await scene.world.clock.pause(SECOND)
            await schedule.advance(scene.world, APP, NOW + HOUR, scene.settle, ours)
            order.append("first ends")

    async def second() -> None:
        async with turn(other.world, APP) as ours:
            order.append("second begins")
            known = await stands(other)
            assert known == NOW + HOUR
            await ours.set(known + HOUR)

    await asyncio.gather(first(), second())
    assert order == ["first begins", "first ends", "second begins"]
    assert await stands(scene) == NOW + 2 * HOUR


async def test_who_waits_too_long_is_refused_with_a_reason(scene: Scene, other: Scene) -> None:
    """The holder renews its turn for as long as it lives, however long that is."""
    async with turn(scene.world, APP):
        with pytest.raises(Refused) as refusal:
            await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
        assert refusal.value.meaning == "server.busy"
        assert "another call moves this clock" in refusal.value.data["detail"]
        assert await refused(schedule.release_clock(other.world, APP)) == "server.busy"
    await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
    assert await stands(scene) == NOW + HOUR


async def test_who_was_away_for_longer_than_its_turn_moves_nothing(scene: Scene, other: Scene) -> None:
    """Somebody else has the turn since, and the clock stays where they have put it."""
    stale = moving.Turn(scene.world, APP)
    assert await stale.take()
    object.__setattr__(scene.world, "clock", StoppedClock(NOW))
    await schedule.advance(other.world, APP, NOW + HOUR, other.settle)
    async with turn(other.world, APP):
        for what in (stale.set(NOW + 5 * HOUR), stale.set(None)):
            assert await refused(what) == "server.busy"
        object.__setattr__(scene.world, "clock", StoppedClock(NOW + 10 * HOUR))
        assert await refused(stale.check()) == "server.busy"
        # what the stale one thinks that it still has to give back is not its own
        await stale.give_back()
        assert not await stale.take()
    assert await stands(scene) == NOW + HOUR


async def test_a_turn_that_a_dead_process_had_is_over_at_the_next_start(scene: Scene) -> None:
    """Where there is one process nobody can have it then."""
    assert await moving.Turn(scene.world, APP).take()
    await schedule.recover(scene.world)
    await schedule.stop_clock(scene.world, APP, NOW)
    assert await stands(scene) == NOW
