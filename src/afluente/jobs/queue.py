"""The runner of many machines: an execution that becomes ready is a job, put in by the same transaction.

Nothing here loads Procrastinate: whoever hands work over needs its tables alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from afluente.core.clock import MINUTE, Clock, Instant
from afluente.core.institutions import Institution
from afluente.store import jobs
from afluente.store.database import Database, Writer
from afluente.store.executions import Execution

_FIRST_LOOK: Instant = 5
_SLOWEST: Instant = 100
"""How soon to look whether an execution has come to rest: soon at first, then less and less often."""

_PATIENCE: Instant = 10 * MINUTE
"""How long to wait for an execution that no worker takes."""


class Workers:
    """Hands executions to workers, and looks at their rows to see how far they are.

    `own` is the queue of this process alone: what is fetched there is handed to whoever waits here, and stored
    nowhere. A process without one gives that to everybody.
    """

    def __init__(self, database: Database, clock: Clock, own: str | None = None) -> None:
        self._database = database
        self._clock = clock
        self._own = own

    async def queue(self, writer: Writer, execution: Execution, institution: Institution) -> None:
        """Put the job in, in the transaction that makes the execution ready."""
        queue = jobs.QUEUE if execution.kept or self._own is None else self._own
        await jobs.add(writer, execution.id, queue, slot_of(institution, execution.id))

    def start(self, application_id: str, execution_id: str) -> None:
        """Do nothing: the job came with the commit."""

    async def rest(self, application_id: str, execution_id: str) -> None:
        """Return when an execution is not running any more, wherever it does; or when that has taken too long."""
        await self._while(lambda: jobs.is_ready(self._database, execution_id))

    async def settle(self, application_id: str) -> None:
        """Return when none of an application's executions is running, or waiting for a worker."""
        await self._while(lambda: jobs.busy(self._database, application_id))

    async def _while(self, unfinished: Callable[[], Awaitable[bool]]) -> None:
        wait, until = _FIRST_LOOK, self._clock.now() + _PATIENCE
        while await unfinished() and self._clock.now() < until:
            await self._clock.pause(wait)
            wait = min(wait * 3 // 2 + 1, _SLOWEST)

    async def stop(self) -> None:
        """Do nothing: whoever runs executions stops by himself."""


def slot_of(institution: Institution, execution_id: str) -> str | None:
    """Return the lock of one of the institution's slots; None where it bears any number of sessions."""
    if institution.sessions is None:
        return None
    number = int.from_bytes(blake2b(execution_id.encode(), digest_size=8).digest(), "big")
    return f"{institution.slug}/{number % institution.sessions}"
