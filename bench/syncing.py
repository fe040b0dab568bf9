"""Syncs of five products and 50 movements: in one process, by workers beside bare Procrastinate, by two workers beside
one; and what is due among a million connections."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from afluente.app import Server, build
from afluente.connectors import scripted
from afluente.engine.connecting import connections
from afluente.settings import Settings
from afluente.store import connections as rows
from afluente.store.opening import open_database
from bench import machine
from bench.report import Figure, Section, spread
from bench.syncbank import INSTITUTION, MOVEMENTS, PRODUCTS, STEPS, SyncBank
from bench.syncworker import AT_ONCE, AT_ONCE_PACED, bare, settings

PACE = 50
LOOK = 0.02


def section(rounds: int, syncs: int = 300) -> Section:
    """Measure; ours and what it is compared to take turns."""
    title = "Syncs: five products, 50 new movements"
    made = Section("syncing", title, "python -m bench syncing")
    scripted.ScriptedConnector = lambda _: SyncBank()  # type: ignore[misc, assignment]
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        folder = Path(name)
        _here(made, folder, syncs, rounds)
        from tests.postgres import running_cluster

        with running_cluster() as cluster:
            with cluster.fresh() as url:
                _workers(made, folder, url, syncs, rounds)
            for count in (10_000, 1_000_000):
                with cluster.fresh() as url:
                    asyncio.run(_due(made, url, count))
    made.notes.append(
        f"The bank answers at once, with records that cost nothing to make, so what is measured is the engine: {STEPS} "
        f"steps, each written, one after the other, {MOVEMENTS} movements that are new. A worker runs {AT_ONCE} at a "
        f"time, and {AT_ONCE_PACED} where the institution takes its time, so that what is shared is time and not the "
        "machine. Bare Procrastinate is the same version with the same settings, its jobs deleted when they end; "
        f"*as jobs* are {STEPS} empty jobs for each sync, *as steps* is one job that writes one row {STEPS} times."
    )
    return made


# -- one process -------------------------------------------------------------------------------------------------------


def _here(made: Section, folder: Path, syncs: int, rounds: int) -> None:
    import uvloop

    rates, cpu = uvloop.run(_one_process(f"sqlite:///{folder / 'one.db'}", folder, syncs, rounds))
    middle = statistics.median(rates)
    what = "SQLite, one process"
    made.figures.append(Figure(what, spread(rates, unit=" syncs/s"), "", "", "≥ 200 syncs/s", middle >= 200))
    made.figures.append(Figure("processor time of one of them", spread(cpu, "{:.1f}", " ms")))


async def _one_process(url: str, folder: Path, syncs: int, rounds: int) -> tuple[list[float], list[float]]:
    server = await build(Settings(database=url, key_file=str(folder / "key"), pace=0))
    rates, cpu = [], []
    try:
        for turn in range(rounds + 1):
            ids = await _connect(server, syncs, first=turn * syncs)
            began, used = time.perf_counter(), time.process_time()
            for id in ids:
                server.world.start(server.keys[0], id)
            await server.runner.settle(server.keys[0])
            if turn:
                rates.append(syncs / (time.perf_counter() - began))
                cpu.append((time.process_time() - used) / syncs * 1_000)
    finally:
        await server.close()
    return rates, cpu


async def _connect(server: Server, count: int, first: int) -> list[str]:
    """Make connections whose first execution nobody has started yet; return the executions."""
    held = server.world
    start, ids = held.start, []
    object.__setattr__(held, "start", lambda application, execution: None)
    for number in range(first, first + count):
        credentials = {"username": f"user-{number:07}", "password": "password-ok"}
        wanted = connections.Wanted(institution=INSTITUTION, credentials=credentials, products=PRODUCTS)
        ids.append((await connections.create(held, server.keys[0], wanted)).execution_id)
    object.__setattr__(held, "start", start)
    return ids


# -- workers -----------------------------------------------------------------------------------------------------------


@contextmanager
def _worker(what: str, url: str, folder: Path, pace: int = 0) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": f"{machine.ROOT / 'src'}:{machine.ROOT}"}
    command = [sys.executable, "-m", "bench.syncworker", what, url, str(folder), str(pace)]
    process = subprocess.Popen(command, env=environment, cwd=machine.ROOT, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(20)


def _drained(url: str, jobs: int, what: str, folder: Path, pace: int = 0, workers: int = 1) -> tuple[float, float]:
    """Return how many jobs a second the workers end, and the processor time they took for one; both between the
    first quarter and the last tenth, when all are at it."""
    with psycopg.connect(url, autocommit=True) as looking:

        def left() -> int:
            row = looking.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
            return int(row[0]) if row else 0

        from contextlib import ExitStack

        with ExitStack() as stack:
            processes = [stack.enter_context(_worker(what, url, folder, pace)) for _ in range(workers)]
            while (before := left()) > jobs * 0.75:
                time.sleep(LOOK)
            began, used = time.perf_counter(), sum(machine.cpu_seconds(p.pid) for p in processes)
            while (now := left()) > jobs * 0.1:
                time.sleep(LOOK)
            took, used = time.perf_counter() - began, sum(machine.cpu_seconds(p.pid) for p in processes) - used
            while left():
                time.sleep(LOOK)
        return (before - now) / took, used / (before - now) * 1_000


def _workers(made: Section, folder: Path, url: str, syncs: int, rounds: int) -> None:
    ours, cpu, as_jobs, as_steps, one, two = ([] for _ in range(6))  # type: ignore[var-annotated]
    made_so_far = 0
    for turn in range(rounds + 1):

        def prepare(count: int) -> None:
            nonlocal made_so_far
            asyncio.run(_hand_over(url, folder, count, made_so_far))
            made_so_far += count

        prepare(syncs)
        rate, each = _drained(url, syncs, "ours", folder)
        asyncio.run(_empty(url, syncs * STEPS))
        jobs, _ = _drained(url, syncs * STEPS, "jobs", folder)
        asyncio.run(_empty(url, syncs))
        steps, _ = _drained(url, syncs, "steps", folder)
        prepare(syncs // 2)
        alone, _ = _drained(url, syncs // 2, "ours", folder, PACE)
        prepare(syncs // 2)
        both, _ = _drained(url, syncs // 2, "ours", folder, PACE, workers=2)
        if turn:
            for list_, value in zip(
                (ours, cpu, as_jobs, as_steps, one, two), (rate, each, jobs / STEPS, steps, alone, both), strict=True
            ):
                list_.append(value)
    ratio = [a / b for a, b in zip(ours, as_jobs, strict=True)]
    stepped = [a / b for a, b in zip(ours, as_steps, strict=True)]
    doubled = [b / a for a, b in zip(one, two, strict=True)]
    middle, unit = statistics.median, " syncs/s"
    against = "bare Procrastinate, as jobs: " + spread(as_jobs, unit="/s")
    met = middle(ratio) >= 0.7
    figures = [
        Figure("PostgreSQL, one worker", spread(ours, unit=unit), against, spread(ratio, "{:.2f}"), "≥ 0.70", met),
        Figure(
            "the same", spread(ours, unit=unit), f"as steps: {spread(as_steps, unit='/s')}", spread(stepped, "{:.2f}")
        ),
        Figure("the worker's processor time of one of them", spread(cpu, "{:.1f}", " ms")),
        Figure(
            f"an institution that takes {PACE} ms for each call, two workers",
            spread(two, unit=unit),
            "one worker: " + spread(one, unit=unit),
            spread(doubled, "{:.2f}"),
            "≥ 1.8",
            middle(doubled) >= 1.8,
        ),
        Figure("what the database keeps of one connection after its first sync", f"{_kept(url) / 1000:,.0f} kB"),
    ]
    made.figures += figures


def _kept(url: str) -> float:
    """Return bytes of tables and indexes for each connection."""
    sizes = "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE relname NOT LIKE 'procrastinate%'"
    with psycopg.connect(url, autocommit=True) as looking:
        looking.execute("VACUUM")
        size, count = looking.execute(sizes).fetchone(), looking.execute("SELECT count(*) FROM connections").fetchone()
    assert size is not None
    assert count is not None
    return float(size[0]) / float(count[0])


async def _hand_over(url: str, folder: Path, count: int, first: int) -> None:
    server = await build(settings(url, folder))
    try:
        await _connect(server, count, first)
    finally:
        await server.close()


async def _empty(url: str, count: int) -> None:
    app = bare(url, 0)
    async with app.open_async():
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS steps (number int PRIMARY KEY, done int NOT NULL)")
            await connection.execute("TRUNCATE steps")
            await connection.execute("INSERT INTO steps SELECT g, 0 FROM generate_series(0, %s) g", (count,))
        await app.tasks["bench.empty"].batch_defer_async(*({"number": number} for number in range(count)))


# -- what is due -------------------------------------------------------------------------------------------------------


async def _due(made: Section, url: str, count: int) -> None:
    database = await open_database(url)
    with psycopg.connect(url, autocommit=True) as driver:
        application = (
            "INSERT INTO applications (id, name, secret_hash, body, created_at) VALUES ('a', 'a', 'x', '{}', 0)"
        )
        driver.execute(application)
        driver.execute(
            "INSERT INTO connections (id, application_id, institution, fingerprint, state, due_at, created_at, body)"
            " SELECT gen_random_uuid()::text, 'a', 'bank', 'f' || g, 'fresh', (random() * 1e9)::bigint, g,"
            " json_build_object('id', g::text, 'application_id', 'a', 'institution', 'bank', 'state', 'fresh', 'phase',"
            " 'ended', 'created_at', 0, 'updated_at', 0, 'products', json_build_array(), 'execution_id', '', 'trigger',"
            " 'client', 'notes', json_build_object('x', repeat('x', 1000)))::text FROM generate_series(1, %s) g",
            (count,),
        )
        driver.execute("VACUUM ANALYZE connections")
    until = 1_000_000_000 * 1_500 // count if count > 1_500 else 1_000_000_000
    found, claimed = [], []
    for _ in range(31):
        began = time.perf_counter()
        due = await rows.due_until(database, until, 1_000)
        found.append((time.perf_counter() - began) * 1_000)
        began = time.perf_counter()
        async with database.transaction() as writer:
            ours = await rows.claim_due(writer, until, 1_000)
            claimed.append((time.perf_counter() - began) * 1_000)
        if len(due) != 1_000 or len(ours) != 1_000:
            raise RuntimeError(f"{len(due)} and {len(ours)} were due")
    await database.close()
    what = f"a batch of 1,000 that are due, among {count:,} connections"
    middle = statistics.median(found[1:])
    made.figures += [
        Figure(f"{what}: found", spread(found[1:], "{:.1f}", " ms"), "", "", "≤ 5 ms", middle <= 5),
        Figure(f"{what}: claimed, each with its record read", spread(claimed[1:], "{:.1f}", " ms")),
    ]
