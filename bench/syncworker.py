"""`python -m bench.syncworker ours|jobs|steps URL FOLDER PACE`: one worker, in a process of its own.

`ours` runs syncs of `bench.syncbank`; the others are bare Procrastinate, with empty jobs, or with jobs of as many
written steps as a sync has.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop
from procrastinate import App, PsycopgConnector
from procrastinate.jobs import DeleteJobCondition

from afluente import app as wiring
from afluente.connectors import scripted
from afluente.settings import Settings
from bench.syncbank import STEPS, SyncBank

AT_ONCE = 16
AT_ONCE_PACED = 4
"""Where the institution takes its time: so few that two workers leave some of two cores, and time is what is shared."""


def settings(url: str, folder: Path, pace: int = 0) -> Settings:
    """Return what server and workers are started with."""
    key = str(folder / "key")
    return Settings(
        database=url,
        key_file=key,
        pace=pace,
        runner="workers",
        worker_jobs=AT_ONCE_PACED if pace else AT_ONCE,
        log="json",
    )


def bare(url: str, steps: int) -> App:
    """Return an application of Procrastinate whose jobs write `steps` times and do nothing else."""
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=8)
    app = App(connector=connector)

    @app.task(name="bench.empty", queue="bench")
    async def empty(number: int) -> None:
        for _ in range(steps):
            await connector.execute_query_async("UPDATE steps SET done = done + 1 WHERE number = %(n)s", n=number)

    return app


async def work_bare(url: str, steps: int) -> None:
    """Take jobs until killed, as our own worker does."""
    app = bare(url, steps)
    async with app.open_async():
        await app.run_worker_async(queues=["bench"], concurrency=AT_ONCE, delete_jobs=DeleteJobCondition.ALWAYS)


def main() -> None:
    """Be the worker that was asked for."""
    what, url, folder, pace = sys.argv[1:]
    import logging

    logging.disable(logging.INFO)
    if what == "ours":
        scripted.ScriptedConnector = lambda _: SyncBank()  # type: ignore[misc, assignment]
        uvloop.run(wiring.work(settings(url, Path(folder), int(pace))))
    else:
        asyncio.run(work_bare(url, STEPS if what == "steps" else 0))


if __name__ == "__main__":
    main()
