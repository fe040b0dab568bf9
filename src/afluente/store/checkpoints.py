"""SQLite's write-ahead log, brought into the file in a thread: the disk is waited for there, and nobody waits for it.

Who writes brings the log in too, but only where this falls behind for long (`FAR`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress

OFTEN = 6_000
"""Changed rows after which the log is brought in. A page that was changed again and again is brought once, so it pays
to wait."""

FAR = 16_000
"""Pages in the log from which the next commit brings it in itself: the thread brings what was written before it began,
and the log begins anew only when all of it is brought."""


class Checkpoints:
    """Brings in the log of the file at `path`, one time after the other."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._brought = 0
        self._under_way: asyncio.Task[None] | None = None

    def written(self, changes: int) -> None:
        """Take note of a commit; `changes` are the rows that the connection has changed in all. Returns at once."""
        if changes - self._brought < OFTEN or (self._under_way is not None and not self._under_way.done()):
            return
        self._brought = changes
        self._under_way = asyncio.create_task(asyncio.to_thread(self._bring))

    async def end(self) -> None:
        """Return when none is under way."""
        if self._under_way is not None:
            await asyncio.wait({self._under_way})

    def _bring(self) -> None:
        # where there is no room, say, the log stays as it is, and the next one tries again
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self._path)) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
