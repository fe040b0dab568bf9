"""Workers: Procrastinate's, with what it leaves to its users. The only file that loads it.

It leaves three things. It does not fence: whoever was frozen past `lost` and comes back finds its `Pulse` stopped and
touches no institution any more, and what it writes is refused by the attempt's number. It does not look for jobs that
were lost: `mend` does. And a job that waits for a lock is not told when the lock is free, and is walked past by every
look for work: a trigger tells, and takes the next one out of the line (`store/jobs.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import DeleteJobCondition, Job

from afluente.core.clock import SECOND, Clock, Instant
from afluente.engine.world import World
from afluente.jobs.queue import slot_of
from afluente.store import connections, jobs
from afluente.store.database import Database

log = logging.getLogger("afluente.worker")

_GLANCE = 1.0
"""Seconds after which a worker looks for work though nobody called it."""

_SLOWEST: Instant = 60 * SECOND
_MEND_ORPHANS = 12
"""Every so many looks for lost jobs there is one for executions that have none, which should not happen."""


class Lost(Exception):
    """The process was away for so long that its jobs were given to others."""


class Pulse:
    """Whether this process was there all the time: every job belongs to the life in which it was begun."""

    def __init__(self, clock: Clock, lost: Instant) -> None:
        self._clock = clock
        self._lost = lost
        self._at = clock.now()
        self._life = 0
        self._begun: ContextVar[int] = ContextVar("begun")

    def begin(self) -> None:
        """Note that a job begins now, in the task that runs it."""
        self._notice()
        self._begun.set(self._life)

    def beat(self) -> None:
        """Note that the others have just been told that we are there."""
        self._notice()
        self._at = self._clock.now()

    def alive(self) -> bool:
        """Tell whether the job that runs here is still ours."""
        self._notice()
        return self._begun.get(self._life) == self._life

    def _notice(self) -> None:
        now = self._clock.now()
        if now - self._at >= self._lost:
            self._life += 1
            self._at = now


class _Again(BaseRetryStrategy):
    """Whatever kept an execution from being run, it is tried again: soon at first, at most every minute."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, Lost | asyncio.CancelledError):
            return RetryDecision()
        wait = min(SECOND << min(job.attempts, 6), _SLOWEST)
        return RetryDecision(retry_in={"milliseconds": wait})


class Crew:
    """The workers of one process. `run` takes an execution on from wherever it stands.

    Times are seconds: every `heartbeat` the others are told that we are there; who was not heard of for `lost` is
    thought dead; jobs that still run `grace` after the order to stop are given back.
    """

    def __init__(
        self,
        url: str,
        world: World,
        run: Callable[[str], Awaitable[None]],
        pulse: Pulse,
        *,
        heartbeat: float,
        lost: float,
        grace: float,
        name: str = "afluente worker",
    ) -> None:
        self._world = world
        self._run = run
        self._pulse = pulse
        self._heartbeat = heartbeat
        self._lost = lost
        self._grace = grace
        # it tells of every job twice, and of nothing else that we do not tell ourselves
        logging.getLogger("procrastinate").setLevel(logging.WARNING)
        connector = PsycopgConnector(conninfo=url, min_size=1, max_size=4, kwargs={"application_name": name})
        self._app = App(connector=connector)
        self._app.task(name=jobs.TASK, queue=jobs.QUEUE, retry=_Again())(self._run_job)

    async def open(self) -> None:
        """Connect, so that the others can see that this process is there."""
        await self._app.open_async()

    async def close(self) -> None:
        """Disconnect."""
        await self._app.close_async()

    async def work(self, queue: str, at_once: int) -> None:
        """Take jobs from a queue until cancelled, whatever happens to the database meanwhile."""
        while True:
            try:
                await self._app.run_worker_async(
                    queues=[queue],
                    concurrency=at_once,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=self._grace,
                    delete_jobs=DeleteJobCondition.ALWAYS,
                    update_heartbeat_interval=self._heartbeat,
                    stalled_worker_timeout=self._lost,
                    fetch_job_polling_interval=_GLANCE,
                )
            except Exception:
                log.exception("worker was stopped, and begins anew")
            await self._world.clock.pause(SECOND)

    async def _run_job(self, execution_id: str) -> None:
        self._pulse.begin()
        if self._world.refresh is not None:
            await self._world.refresh()
        await self._run(execution_id)
        if not self._pulse.alive():
            raise Lost

    async def beat(self) -> None:
        """Keep the pulse, as often as the others are told that we are there, until cancelled."""
        while True:
            try:
                await self._app.check_connection_async()
                self._pulse.beat()
            except Exception:
                log.exception("the database does not answer")
            await self._world.clock.pause(int(self._heartbeat * SECOND))

    async def mend(self) -> None:
        """Look for jobs whose worker is gone, and put them in anew, until cancelled."""
        look = 0
        while True:
            try:
                await mend(self._world, self._lost, orphans=look % _MEND_ORPHANS == 0)
            except Exception:
                log.exception("lost jobs could not be looked for")
            look += 1
            await self._world.clock.pause(int(max(self._lost / 2, 0.5) * SECOND))


async def mend(world: World, lost: float, orphans: bool = False) -> int:
    """Put lost jobs in anew, and, with `orphans`, jobs of executions that have none; return how many."""
    async with world.database.transaction() as writer:
        count = await jobs.return_lost(writer, lost)
    if orphans:
        async with world.database.transaction() as writer:
            for orphan in await jobs.orphans(writer):
                connection = await connections.get(writer, orphan.connection_id)
                if connection is not None:
                    institution = world.institutions[connection.institution]
                    await jobs.add(writer, orphan.execution_id, jobs.QUEUE, slot_of(institution, orphan.execution_id))
                    count += 1
    if count:
        log.info("lost jobs put in anew", extra={"fields": {"count": count}})
    return count


async def prepare(url: str, database: Database) -> None:
    """Make the job engine's tables, and what wakes workers when a lock is free, where they are not there yet."""
    async with database.transaction() as writer:
        if not await jobs.is_prepared(writer):
            app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=1))
            async with app.open_async():
                await app.schema_manager.apply_schema_async()
        if not await jobs.forms_lines(writer):
            await jobs.form_lines(writer)
