"""What one process keeps in mind of an application's sandbox, brought up to what another process has changed.

Stopped clocks and armed faults stand in tables; each process has a copy, so that a call need not read them. Where
several processes share a database, each brings its copy up before it does anything: a call that comes after another
was answered sees what that one changed, whoever answered it.
"""

from __future__ import annotations

import asyncio

from afluente.core.clock import StoppedClock
from afluente.engine.world import World
from afluente.store import applications


class Refresh:
    """Reads the clocks and the faults anew. Whoever asks while somebody else's reading is under way waits for the next
    one, and all who wait share it."""

    def __init__(self) -> None:
        self.world: World | None = None
        self._reading: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def __call__(self) -> None:
        """Return when what was committed before this call is known here."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._after(self._reading))
        await asyncio.shield(self._next)

    async def _after(self, reading: asyncio.Task[None] | None) -> None:
        if reading is not None and not reading.done():
            await asyncio.wait({reading})
        # from here on it is too late to join
        self._reading, self._next = self._next, None
        if self.world is not None:
            await read(self.world)


async def read(world: World) -> None:
    """Bring clocks and faults up to what is stored."""
    while True:
        before = _kept(world)
        clocks, struck = await applications.sandboxes(world.database)
        if before == _kept(world):
            break
        # this process has changed some meanwhile, and what was read may be older than that
    for id in [id for id in world.stopped if id not in clocks]:
        del world.stopped[id]
    for id, at in clocks.items():
        known = world.stopped.get(id)
        if known is None:
            world.stopped[id] = StoppedClock(at)
        else:
            known.at = at
    world.struck.intersection_update(struck)
    world.struck.update(struck)


def _kept(world: World) -> tuple[dict[str, int], set[str]]:
    return {id: clock.at for id, clock in world.stopped.items()}, set(world.struck)
