"""Whose turn it is to move an application's clock: one mover at a time, in whichever process.

A move takes as long as what falls due on the way, so it holds no lock of the database: a lease stands in the
application's row, and is renewed as long as its holder lives. Every write of the clock is made under the holder's name:
whoever was away for so long that somebody else has the turn moves nothing any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afluente.core.clock import SECOND, Instant, StoppedClock
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import applications

log = logging.getLogger("afluente.clocks")

_PATIENCE: Instant = 5 * SECOND
"""How much longer than the lease a call waits for its turn: whoever has died in one is outlived."""

_LOOK_AGAIN: Instant = 20

BUSY = "server.busy"


class Turn:
    """The turn at one application's clock."""

    def __init__(self, world: World, application_id: str) -> None:
        self._world = world
        self._application_id = application_id
        self._holder = world.ids.new()
        self._until: Instant = 0

    async def take(self) -> bool:
        """Take the turn if nobody has it; tell whether it is ours."""
        now = self._world.clock.now()
        until = now + self._world.lease
        async with self._world.database.transaction() as writer:
            ours = await applications.take_turn(writer, self._application_id, self._holder, now, until)
        if ours:
            self._until = until
        return ours

    async def renew(self) -> bool:
        """Keep the turn; tell whether it is ours still: nobody else had it meanwhile."""
        until = self._world.clock.now() + self._world.lease
        async with self._world.database.transaction() as writer:
            ours = await applications.keep_turn(writer, self._application_id, self._holder, until)
        if ours:
            self._until = until
        return ours

    async def check(self) -> None:
        """Go on only if the turn is ours still. Raises `Refused` (`server.busy`) where somebody else has had it."""
        if self._world.clock.now() >= self._until and not await self.renew():
            raise self._taken()

    async def set(self, at: Instant | None) -> None:
        """Let the clock stand at an instant, or go with the machine's again. Raises `Refused` as `check` does."""
        known = self._world.stopped.get(self._application_id)
        async with self._world.database.transaction() as writer:
            stood = at is not None and known is not None
            if not await applications.set_clock(writer, self._application_id, at, self._holder, moved=stood):
                raise self._taken()
        if at is None:
            self._world.stopped.pop(self._application_id, None)
        elif known is not None:
            known.at = at
        else:
            self._world.stopped[self._application_id] = StoppedClock(at)

    async def give_back(self) -> None:
        """Let others have it."""
        async with self._world.database.transaction() as writer:
            await applications.end_turn(writer, self._application_id, self._holder)

    async def keep(self) -> None:
        """Renew the lease until cancelled."""
        while True:
            await self._world.clock.pause(self._world.lease // 3)
            try:
                await self.renew()
            except Exception:
                # the lease is longer than this; the next time it may go well
                log.exception("the turn at a clock could not be renewed")

    def _taken(self) -> Refused:
        return Refused(BUSY, data={"detail": "another call has taken over this clock, and moves it"})


@asynccontextmanager
async def turn(world: World, application_id: str, held: Turn | None = None) -> AsyncIterator[Turn]:
    """Wait for the turn at an application's clock and hold it as long as the block lasts; `held` is one that the
    caller has already.

    Raises `Refused` (`server.busy`) where others do not come to an end with it, and `request.not-found` for an
    application that is not there.
    """
    if held is not None:
        yield held
        return
    if await applications.keys(world.database, application_id) is None:
        raise Refused("request.not-found")
    ours, until = Turn(world, application_id), world.clock.now() + world.lease + _PATIENCE
    while not await ours.take():
        if world.clock.now() >= until or isinstance(world.clock, StoppedClock):
            raise Refused(BUSY, data={"detail": "another call moves this clock; call again when it has ended"})
        await world.clock.pause(_LOOK_AGAIN)
    # where time stands a lease is never over
    keeping = None if isinstance(world.clock, StoppedClock) else asyncio.ensure_future(ours.keep())
    try:
        yield ours
    finally:
        if keeping is not None:
            keeping.cancel()
            await asyncio.wait({keeping})
        await ours.give_back()
