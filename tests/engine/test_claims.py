"""Whose attempt an execution that falls due is: where it runs at once it has its first one as it begins."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace as again
from typing import Any, cast

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY
from afluente.core.connections import Connection, Phase
from afluente.core.institutions import Institution
from afluente.core.lifecycle import RUNNING, State
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.due import schedule
from afluente.engine.syncing import sync
from afluente.store.database import Chain, Database, Writer
from afluente.store.executions import Execution
from tests.engine.scene import APP, BANK, Rows, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def due(scene: Scene) -> Connection:
    """A connection whose daily sync is due now. What is started does not run by itself."""
    await applications.set_policy(scene.world, APP, sync_every=DAY)
    connection = await scene.create()
    scene.held_back = True
    scene.clock.at += DAY
    return connection


async def run(scene: Scene, id: str) -> Connection:
    """Let what was started run, and return the connection."""
    scene.runner.start(APP, scene.started[-1])
    await scene.settle()
    return await scene.now_of(id)


async def test_what_falls_due_is_claimed_as_it_begins_and_run_under_that_attempt(scene: Scene, due: Connection) -> None:
    """One write begins and claims it; the run goes on from there, without a second claim."""
    await schedule.tick(scene.world)
    begun = await scene.now_of(due.id)
    assert begun.state in RUNNING
    assert (begun.phase, begun.attempt) == (Phase.LOGIN, 1)
    assert list(scene.world.claimed) == [begun.execution_id] == scene.started[1:]
    after = await run(scene, due.id)
    assert (after.state, after.attempt, len(scene.bank.logins)) == (State.FRESH, 1, 2)
    assert scene.world.claimed == {}


async def test_what_was_claimed_by_a_process_that_died_is_claimed_anew(scene: Scene, due: Connection) -> None:
    """The next process knows nothing of it but its row; the first one, revived, sends nobody's password again."""
    await schedule.tick(scene.world)
    theirs = again(scene.world, claimed=dict(scene.world.claimed))
    scene.world.claimed.clear()
    await schedule.recover(scene.world)
    after = await run(scene, due.id)
    assert (after.state, after.attempt, len(scene.bank.logins)) == (State.FRESH, 2, 2)
    scene.clock.at += 1
    await sync.run(theirs, after.execution_id)
    assert await scene.now_of(due.id) == after
    assert len(scene.bank.logins) == 2


async def test_a_claim_whose_transaction_is_lost_is_nobodys(scene: Scene, due: Connection, rows: Rows) -> None:
    """Nothing is started, nothing is handed over, and the connection is due as it was."""
    written = await rows()
    lost = again(scene.world, database=cast(Database, _Losing(scene.world.database)))
    await schedule.tick(lost)
    assert (await rows(), lost.claimed, len(scene.started)) == (written, {}, 1)
    await schedule.tick(scene.world)
    assert (await run(scene, due.id)).state is State.FRESH


class _Losing:
    """A database that is away whenever something was to be committed."""

    def __init__(self, real: Database) -> None:
        self.one, self.all, self.behind = real.one, real.all, real.behind
        self._real = real

    @asynccontextmanager
    async def transaction(self, chain: Chain[Any] | None = None, *, waits: bool = True) -> AsyncIterator[Writer]:
        async with self._real.transaction(chain, waits=waits) as writer:
            yield writer
            raise sqlite3.OperationalError("away")


async def test_what_is_deleted_before_its_turn_asks_the_institution_nothing(
    scene: Scene, due: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """Many others ran first: who was deleted meanwhile is let go, and nothing is reported broken."""
    await schedule.tick(scene.world)
    await connections.delete(scene.world, APP, due.id)
    scene.runner.start(APP, scene.started[-1])
    await scene.settle()
    assert len(scene.bank.logins) == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_where_workers_run_what_is_started_the_worker_claims_it(scene: Scene, due: Connection) -> None:
    """Whoever begins it does not know who will run it."""
    queued = list[str]()

    async def queue(writer: Writer, execution: Execution, institution: Institution) -> None:
        queued.append(execution.id)

    many = again(scene.world, queue=queue)
    await schedule.tick(many)
    begun = await scene.now_of(due.id)
    assert (begun.phase, begun.attempt, many.claimed, queued) == (Phase.CREATED, 0, {}, [begun.execution_id])
    assert (await run(scene, due.id)).attempt == 1


async def test_a_consent_that_holds_is_handed_on_with_the_claim(scene: Scene, due: Connection) -> None:
    """A sync of an Open Finance institution goes on with the session that the last one left: nobody logs in."""
    cast(dict[str, Institution], scene.world.institutions)["bank"] = replace(BANK, open_finance=True)
    for _ in range(2):
        await schedule.tick(scene.world)
        after = await run(scene, due.id)
        assert after.state is State.FRESH
        scene.clock.at += DAY
    assert len(scene.bank.logins) == 1
