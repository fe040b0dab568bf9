"""What stands in the queue, and what is due, is there once for any number of processes."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from procrastinate.sql import queries
from sqlalchemy import text

from afluente.app import Server, build
from afluente.core.clock import HOUR, MINUTE, StoppedClock
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.products import Product
from afluente.engine.connecting import connections as verbs
from afluente.engine.due import schedule
from afluente.jobs.queue import slot_of
from afluente.jobs.worker import Pulse, mend
from afluente.settings import Settings
from afluente.store import connections, jobs
from afluente.store.statement import Statement

NOW = 1_790_000_000_000
pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def server(tmp_path: Path, postgres_url: str) -> AsyncIterator[Server]:
    """A server in the test's own process that leaves syncs to workers; there are none, and the clock stands."""
    settings = Settings(
        database=postgres_url, key_file=str(tmp_path / "key"), runner="workers", bounds="sandbox-bank=3"
    )
    made = await build(settings, clock=StoppedClock(NOW))
    yield made
    await made.close()


async def create(server: Server, number: int = 1) -> Connection:
    """Connect a bank."""
    credentials = {"username": f"user-ok-{number}", "password": "password-ok"}
    wanted = verbs.Wanted(institution="sandbox-bank", credentials=credentials, products=(Product.ACCOUNTS,))
    return await verbs.create(server.world, server.keys[0], wanted)


async def queued(server: Server) -> list[tuple[str, str, str | None, str]]:
    """Return (status, queue, lock, execution) of every job."""
    statement = "SELECT status::text, queue_name, lock, args ->> 'execution_id' FROM procrastinate_jobs ORDER BY id"
    return [tuple(row) for row in await server.world.database.all(Statement(text(statement.replace("::", "\\:\\:"))))]


async def run(server: Server, statement: str) -> None:
    """Run a statement of the test's own."""
    async with server.world.database.transaction() as writer:
        await writer.run(Statement(text(statement)))


async def due(server: Server, count: int) -> list[Connection]:
    """Connect banks whose next sync has come."""
    made = [await create(server, number) for number in range(count)]
    for one in made:
        async with server.world.database.transaction() as writer:
            found = await connections.lock(writer, one.id)
            assert found is not None
            await connections.put(writer, replace(found, state="fresh", next_sync_at=NOW - MINUTE))
    await run(server, "DELETE FROM procrastinate_jobs")
    await run(server, "UPDATE executions SET state = 'ended'")
    return made


async def test_a_connection_comes_with_its_job(server: Server) -> None:
    """One row in the queue, in one of the slots of its institution."""
    made = await create(server)
    ((status, queue, lock, execution_id),) = await queued(server)
    assert (status, queue, execution_id) == ("todo", jobs.QUEUE, made.execution_id)
    assert lock in {f"sandbox-bank/{number}" for number in range(3)}


async def test_what_is_rolled_back_leaves_no_job(server: Server) -> None:
    """The job is in the transaction that changed the connection, and goes with it."""

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    queue = server.world.queue

    async def and_then_it_breaks(*given: object) -> None:
        await queue(*given)  # type: ignore[arg-type]
        raise ZeroDivisionError

    object.__setattr__(server.world, "queue", and_then_it_breaks)
    with pytest.raises(ZeroDivisionError):
        await create(server)
    assert await queued(server) == []
    assert await connections.count(server.world.database, server.keys[0]) == 0


async def test_two_who_look_at_once_get_different_connections(server: Server) -> None:
    """What one has, the other does not wait for: it gets the rest."""
    made = await due(server, 7)
    database = server.world.database
    async with database.transaction() as one, database.transaction() as other:
        first = await connections.claim_due(one, NOW, 4)
        second = await connections.claim_due(other, NOW, 100)
    assert [len(first), len(second)] == [4, 3]
    assert {c.id for c in (*first, *second)} == {c.id for c in made}


async def test_what_is_due_is_begun_once_by_any_number_of_servers(server: Server, tmp_path: Path) -> None:
    """Three servers look at the same moment: every connection has one new execution, and one job."""
    made = await due(server, 60)
    await asyncio.gather(*(schedule.tick(server.world) for _ in range(3)))
    found = await queued(server)
    assert len(found) == len({execution_id for *_, execution_id in found}) == len(made)
    assert await connections.due_until(server.world.database, NOW + HOUR, 100) == []


async def test_the_jobs_of_a_lost_worker_are_put_in_anew(server: Server) -> None:
    """As new ones: whoever comes back cannot end, or set free, what somebody else is running."""
    await create(server)
    ((_, _, lock, execution_id),) = await queued(server)
    await run(server, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '21 seconds')")
    await run(
        server, "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
    )
    assert await mend(server.world, 30) == 0
    assert await mend(server.world, 20) == 1
    assert await queued(server) == [("todo", jobs.QUEUE, lock, execution_id)]
    with pytest.raises(Exception, match="Job was not found"):
        await run(server, "SELECT procrastinate_finish_job_v1(1, 'succeeded', true)")


async def test_an_execution_without_a_job_gets_one(server: Server) -> None:
    """What a server had begun that ran its syncs itself is run by workers from then on."""
    made = await create(server)
    await run(server, "DELETE FROM procrastinate_jobs")
    assert await mend(server.world, 20, orphans=True) == 1
    assert await mend(server.world, 20, orphans=True) == 0
    assert [execution_id for *_, execution_id in await queued(server)] == [made.execution_id]


async def test_slots_spread_what_an_institution_is_asked(server: Server) -> None:
    """Every slot gets its share; an institution without a bound has no slots."""
    bank = server.world.institutions["sandbox-bank"]
    slots = [slot_of(bank, str(number)) for number in range(300)]
    assert {slots.count(f"sandbox-bank/{number}") > 60 for number in range(3)} == {True}
    free: Institution = server.world.institutions["sandbox-business"]
    assert slot_of(free, "1") is None


async def test_the_job_engine_has_the_functions_that_are_called() -> None:
    """They are its own, by the name it calls them by itself; a new version that renames them is noticed here."""
    assert "procrastinate_defer_jobs_v1(" in queries["defer_jobs"]
    assert "procrastinate_finish_job_v1(" in queries["finish_job"]


async def test_who_was_away_too_long_has_lost_what_he_ran() -> None:
    """Whoever notices first: the sign of life that comes after the freeze does not hide it."""
    clock = StoppedClock(NOW)
    pulse = Pulse(clock, 15_000)
    pulse.begin()
    clock.at += 14_000
    pulse.beat()
    clock.at += 14_000
    assert pulse.alive()
    clock.at += 1_000
    pulse.beat()
    assert not pulse.alive()
    pulse.begin()
    assert pulse.alive()


async def test_nobody_loads_the_job_engine_who_does_not_need_it(tmp_path: Path) -> None:
    """Neither the default server, nor one that hands over work before it is asked to."""
    script = (
        "import asyncio, sys; from afluente.app import build; from afluente.settings import Settings; "
        f"made = asyncio.run(build(Settings(database='sqlite:///{tmp_path}/a.db', key_file='{tmp_path}/k'))); "
        "print([name for name in ('procrastinate', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"RUNNER": "elsewhere"}, "here or workers"),
        ({"RUNNER": "workers"}, "workers need PostgreSQL"),
        ({"BOUNDS": "sandbox-bank"}, "institution=number"),
        ({"BOUNDS": "sandbox-bank=0"}, "institution=number"),
        ({"WORKER_LOST": "10"}, "twice"),
        ({"WORKER_JOBS": "0"}, "WORKER_JOBS"),
    ],
)
async def test_settings_that_contradict_each_other_are_refused(told: dict[str, str], words: str) -> None:
    """At the start, with a sentence."""
    with pytest.raises(ValueError, match=words):
        Settings.read({f"AFLUENTE_{name}": value for name, value in told.items()})


async def test_a_bound_of_an_institution_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A name with a slip in it would bound nobody."""
    settings = Settings(database=f"sqlite:///{tmp_path}/a.db", key_file=str(tmp_path / "key"), bounds="sandbox-bnak=2")
    with pytest.raises(ValueError, match="sandbox-bnak"):
        await build(settings)


async def add_in_line(server: Server, *names: str, lock: str = "bank/0") -> None:
    """Put jobs in that have one lock."""
    async with server.world.database.transaction() as writer:
        for name in names:
            await jobs.add(writer, name, jobs.QUEUE, lock)


async def finish(server: Server, execution: str) -> None:
    """End the job of an execution, as a worker does."""
    await run(
        server,
        "SELECT procrastinate_finish_job_v1(id, 'succeeded', true) FROM procrastinate_jobs "
        f"WHERE args ->> 'execution_id' = '{execution}'",
    )


async def test_what_waits_for_a_lock_stands_in_a_line_that_no_worker_walks_past(server: Server) -> None:
    """One job of each lock is in the workers' queue; when it ends, the next one is, in their order."""
    await add_in_line(server, "a", "b", "c")
    await add_in_line(server, "other", lock="bank/1")
    await run(server, "UPDATE procrastinate_jobs SET status = 'doing' WHERE args ->> 'execution_id' = 'a'")

    async def seen() -> dict[str, str]:
        return {execution: queue for _, queue, _, execution in await queued(server)}

    assert await seen() == {"a": jobs.QUEUE, "b": jobs.LINE, "c": jobs.LINE, "other": jobs.QUEUE}
    assert await mend(server.world, 20) == 1, "the lost job goes to the end of its line"
    assert await seen() == {"b": jobs.QUEUE, "c": jobs.LINE, "a": jobs.LINE, "other": jobs.QUEUE}
    await finish(server, "b")
    assert await seen() == {"c": jobs.QUEUE, "a": jobs.LINE, "other": jobs.QUEUE}
    await finish(server, "c")
    await finish(server, "a")
    await finish(server, "other")
    await add_in_line(server, "d")
    assert await seen() == {"d": jobs.QUEUE}


async def test_nobody_is_left_in_a_line_whose_head_ends_as_they_join_it(server: Server) -> None:
    """Whoever ends the head waits until the one that joins is there for all to see."""
    database = server.world.database
    await add_in_line(server, "head")
    async with database.transaction() as joining:
        await jobs.add(joining, "joins", jobs.QUEUE, "bank/0")
        ending = asyncio.ensure_future(finish(server, "head"))
        done, _ = await asyncio.wait({ending}, timeout=0.2)
        assert not done
    await ending
    assert [(queue, execution) for _, queue, _, execution in await queued(server)] == [(jobs.QUEUE, "joins")]


async def test_a_job_is_taken_as_quickly_behind_ten_thousand_that_wait(server: Server) -> None:
    """What the look for work reads does not grow with the line of a hot institution."""
    for number in range(4):
        await add_in_line(server, *(f"{number}-{n}" for n in range(10)), lock=f"hot/{number}")
    await run(server, "UPDATE procrastinate_jobs SET status = 'doing' WHERE queue_name = 'executions'")
    await run(
        server,
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args, status) SELECT 'executions.line',"
        " 'afluente.run', 'hot/' || (g % 4), jsonb_build_object('execution_id', g::text), 'todo'"
        " FROM generate_series(1, 10000) g",
    )
    await add_in_line(server, "cool", lock="cool/0")
    await run(server, "ANALYZE procrastinate_jobs")
    sought = "SELECT args ->> 'execution_id' FROM procrastinate_fetch_job_v2(ARRAY['executions'], NULL)"
    ((found,),) = await server.world.database.all(Statement(text(sought)))
    assert found == "cool"
    # with each look that walked past all that wait, two hundred would take over ten seconds
    async with asyncio.timeout(5):
        for _ in range(200):
            await server.world.database.all(Statement(text(sought)))


async def test_what_operators_are_told_to_watch_can_be_asked(server: Server) -> None:
    """Each statement of the page about many machines runs, and tells what the page says."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "run-many.md").read_text()
    (block,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    statements = [one for one in block.split(";") if one.strip()]
    assert len(statements) == 4
    made = await due(server, 1)
    await add_in_line(server, "a", "b", "c")
    answers = [await server.world.database.all(Statement(text(one))) for one in statements]
    assert answers[0] == [(1,)]
    assert int(answers[1][0][0]) > 60
    assert answers[2] == [("bank/0", 2)]
    assert answers[3] == []
    assert made
