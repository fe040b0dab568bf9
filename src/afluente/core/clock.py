"""The only place that knows what time it is, and the only source of new ids.

Time is an `Instant`: whole milliseconds since 1970-01-01T00:00:00Z. Everything else takes it as an argument.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Protocol

Instant = int
"""Milliseconds since the epoch, UTC."""

SECOND: Instant = 1_000
MINUTE: Instant = 60 * SECOND
HOUR: Instant = 60 * MINUTE
DAY: Instant = 24 * HOUR


class Clock(Protocol):
    """Tells the time, and lets time pass."""

    def now(self) -> Instant:
        """Return the present instant."""

    async def pause(self, span: Instant) -> None:
        """Return when `span` milliseconds have gone by on this clock."""


class Ids(Protocol):
    """Makes ids that nothing else has."""

    def new(self) -> str:
        """Return a new version 4 UUID as 36 characters of lower-case text."""


class Order:
    """Numbers by which things are told in the order in which they came, whatever clock they go by.

    Each is larger than those before it, and than those that other processes gave in an earlier millisecond.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: Instant) -> int:
        """Return the number of something that comes now, by the machine's clock; it has 61 bits."""
        self._last = max(self._last + 1, now << 20)
        return self._last


class RealClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return the machine's time."""
        return time.time_ns() // 1_000_000

    async def pause(self, span: Instant) -> None:
        """Let real time pass."""
        await asyncio.sleep(span / SECOND)


class StoppedClock:
    """A clock that stands still: it moves only when it is set, and a pause on it takes no time."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def now(self) -> Instant:
        """Return the instant it was set to."""
        return self.at

    async def pause(self, span: Instant) -> None:
        """Yield once; no time passes on a stopped clock."""
        await asyncio.sleep(0)


class RandomIds:
    """Version 4 UUIDs from the operating system's randomness."""

    def new(self) -> str:
        """Return a new id."""
        return str(uuid.uuid4())
