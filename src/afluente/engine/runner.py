"""Who runs executions: a port with two answers. This one is the default: each is a task of the server's own loop.

What was running when the process died is found at the start and run again. The other answer, for many machines, is
`jobs/queue.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Protocol

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.institutions import Institution
from afluente.store.database import Writer
from afluente.store.executions import Execution
from afluente.store.turns import waited_for

log = logging.getLogger("afluente.runner")

AT_ONCE = 32
"""Executions that run at the same time; more wait for their turn. What each holds in memory is bounded so, and how
long the loop is away from requests while all of them have something to reckon."""


class Running(Protocol):
    """What the engine, and whoever waits for an execution, needs of it."""

    async def queue(self, writer: Writer, execution: Execution, institution: Institution) -> None:
        """Take note of an execution that becomes ready, in the transaction that makes it so."""

    def start(self, application_id: str, execution_id: str) -> None:
        """Run an execution soon, after that transaction; return at once."""

    async def settle(self, application_id: str) -> None:
        """Return when none of an application's executions is running."""

    async def rest(self, application_id: str, execution_id: str) -> None:
        """Return when one execution is not running any more: it has ended, or waits for the user."""

    async def stop(self) -> None:
        """Break off what runs here."""


class Runner:
    """Starts executions and knows which of them have not ended.

    `run` takes an execution on from wherever it stands; where it raises, it is tried again after a `pause`.
    """

    def __init__(self, run: Callable[[str], Awaitable[None]], pause: Callable[[Instant], Awaitable[None]]) -> None:
        self._run = run
        self._pause = pause
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: defaultdict[str, set[asyncio.Task[None]]] = defaultdict(set)

    async def queue(self, writer: Writer, execution: Execution, institution: Institution) -> None:
        """Do nothing: what is ready when this process dies is found at the next start."""

    def start(self, application_id: str, execution_id: str) -> None:
        """Run an execution soon; returns at once."""
        task = asyncio.get_running_loop().create_task(self._guarded(execution_id), name=execution_id)
        tasks = self._tasks[application_id]
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _guarded(self, execution_id: str) -> None:
        # the call that began it has its answer
        waited_for.set(False)
        wait = SECOND
        while True:
            try:
                async with self._turns:
                    return await self._run(execution_id)
            except Exception:
                # not how the execution ended, but that not even this could be written: the database is away, say
                log.exception("execution could not be run", extra={"fields": {"execution": execution_id}})
            await self._pause(wait)
            wait = min(2 * wait, MINUTE)

    async def settle(self, application_id: str) -> None:
        """Return when none of an application's executions is running."""
        while tasks := self._tasks.get(application_id):
            await asyncio.wait(set(tasks))

    async def rest(self, application_id: str, execution_id: str) -> None:
        """Return when one execution is not running any more: it has ended, or waits for the user."""
        tasks = {task for task in self._tasks.get(application_id, ()) if task.get_name() == execution_id}
        if tasks:
            await asyncio.wait(tasks)

    async def stop(self) -> None:
        """Break off everything; it is found again at the next start."""
        tasks = {task for group in self._tasks.values() for task in group}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
