"""`afluente worker`: run the syncs that servers hand over. Any number of them, on any number of machines."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import click

from afluente import logs
from afluente.settings import Settings


def register(cli: click.Group) -> None:
    """Add the command."""
    cli.add_command(worker)


@click.command()
@click.option("--jobs", type=int, help="How many syncs to run at the same time.")
@click.option("--database", help="postgresql://…")
def worker(jobs: int | None, database: str | None) -> None:
    """Run syncs that servers started with --workers hand over; as many workers as are needed, on PostgreSQL.

    SIGTERM ends it: what it runs has AFLUENTE_WORKER_GRACE seconds to end, and is given to others then.
    """
    try:
        settings = Settings.read(os.environ, runner="workers", worker_jobs=jobs, database=database)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    logs.set_up(settings.log)
    import uvloop

    uvloop.run(_work(settings))


async def _work(settings: Settings) -> None:
    from afluente.app import work

    working = asyncio.create_task(work(settings))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working
