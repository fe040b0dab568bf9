"""What is kept of calls, sessions and executions for a time only, and when it is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from afluente.core.clock import DAY, HOUR, Instant
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.due import ageing, schedule
from afluente.store import applications as stored
from afluente.store import executions
from afluente.store.schema import applications as table
from afluente.store.statement import Statement
from tests.engine.scene import APP, NOW, Scene

pytestmark = pytest.mark.anyio


async def advance(scene: Scene, span: Instant) -> None:
    """Move the application's clock on."""
    await schedule.advance(scene.world, APP, scene.world.now(APP) + span, scene.settle)


async def looked_at(scene: Scene) -> Any:
    """Return when the application's log is looked at next."""
    row = await scene.world.database.one(Statement(select(table.c.log_due_at).where(table.c.id == APP)))
    return row and row[0]


async def runs(scene: Scene, id: str) -> list[Instant]:
    """Return when a connection's executions were begun, newest first."""
    return [one.started_at for one in await executions.latest(scene.world.database, id, 10_000)]


async def test_old_executions_go_and_each_connection_s_last_ones_stay(scene: Scene) -> None:
    """One that is synced every day keeps those within the policy's age; one that is not keeps its last twenty."""
    await schedule.stop_clock(scene.world, APP, NOW)
    await applications.set_policy(scene.world, APP, log_kept=40 * DAY)
    rare = await scene.create(password="rare")
    for _ in range(ageing.LAST_RUNS + 4):
        await advance(scene, HOUR)
        await scene.update(rare.id)
    await connections.disable_sync(scene.world, APP, rare.id)
    before = await runs(scene, rare.id)
    await applications.set_policy(scene.world, APP, sync_every=DAY)
    often = await scene.create(password="often")
    await advance(scene, 39 * DAY)
    assert await runs(scene, rare.id) == before
    assert len(await runs(scene, often.id)) == 40
    await advance(scene, 3 * DAY)
    assert await runs(scene, rare.id) == before[: ageing.LAST_RUNS]
    young = scene.world.now(APP) - 42 * DAY
    assert min(await runs(scene, often.id)) >= young
    assert await scene.now_of(often.id)


async def test_what_numbers_are_made_of_outlasts_a_shorter_policy(scene: Scene) -> None:
    """A log of a day leaves the executions of a month."""
    await schedule.stop_clock(scene.world, APP, NOW)
    await applications.set_policy(scene.world, APP, log_kept=DAY, sync_every=8 * HOUR)
    made = await scene.create()
    await advance(scene, 30 * DAY)
    assert len(await runs(scene, made.id)) == 30 * 3 + 1
    await advance(scene, 3 * DAY)
    assert len(await runs(scene, made.id)) <= 32 * 3 + 1


async def test_a_log_is_looked_at_when_something_comes_of_age(scene: Scene) -> None:
    """Not every second: at once after the policy or the clock was changed, then at a midnight; where it is kept for
    ever, when the visits of today cease to count."""
    world = scene.world
    assert await looked_at(scene) == NOW
    await schedule.tick(world)
    first = await looked_at(scene)
    assert first % DAY == 0 and NOW + 14 * DAY <= first < NOW + 15 * DAY
    assert await stored.log_due_until(world.database, NOW + 14 * DAY, 10) == []
    await applications.set_policy(world, APP, log_kept=5 * DAY)
    assert await looked_at(scene) == 0
    await schedule.tick(world)
    assert NOW + 5 * DAY <= await looked_at(scene) < NOW + 6 * DAY
    await applications.set_policy(world, APP, log_kept=0)
    await schedule.tick(world)
    assert await looked_at(scene) == first
    await schedule.stop_clock(world, APP, NOW - 900 * DAY)
    assert await looked_at(scene) == 0
    await applications.set_policy(world, APP, log_kept=5 * DAY)
    await advance(scene, 0)
    assert await looked_at(scene) < NOW - 890 * DAY
