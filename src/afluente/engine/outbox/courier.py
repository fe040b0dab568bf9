"""Who carries messages: a loop of the server's own, and the due times of applications whose clock is stopped.

The loop sends many at once and never more than a few to one endpoint, so one that is slow holds up nobody else. An
application whose clock stands is served one message after another, in the order of their due times: that order is
what a test wants to see.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from contextlib import suppress

from afluente.core.clock import HOUR, SECOND, Instant
from afluente.engine.outbox import delivery as deliver
from afluente.engine.outbox import relaying
from afluente.engine.world import Due, World
from afluente.store import applications, deliveries, events, faring
from afluente.store.attempts import Attempt
from afluente.store.database import Reader, Unreachable
from afluente.store.deliveries import Delivery
from afluente.store.queues import Waiting

log = logging.getLogger("afluente.webhooks")

EACH = 16
"""Messages on their way to one endpoint at the same time."""

ALL = 128
"""Messages on their way at the same time."""

_IN_A_ROW = 16
"""Messages of one lane that follow each other at once; then others that wait have their turn."""

_GLANCE: Instant = 50
"""How soon to look again when a fact was being written that could not be seen yet."""

_RELAY = "events"


class Courier:
    """Carries until it is cancelled. `told` says that there may be something new."""

    def __init__(self) -> None:
        self._wake = asyncio.Event()
        self._told: set[str] = set()
        self._busy: Counter[str] = Counter()
        self._carried: Counter[str] = Counter()
        self._arrived = asyncio.Event()
        self._row: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[tuple[Delivery, Attempt]] = []
        self._noting: asyncio.Task[None] | None = None
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._cleaned: Instant = 0
        self._stopped = True

    def told(self, application_id: str) -> None:
        """Look soon: a fact of this application is being written."""
        self._told.add(application_id)
        self._wake.set()

    async def run(self, world: World, stopped: bool = True) -> None:
        """Carry what is due, until cancelled; what was on its way then is sent again.

        What stands on `stopped` clocks is left to others where that is said: their order is best kept by one process.
        """
        self._stopped = stopped
        try:
            while True:
                try:
                    moved = await self._round(world)
                except Exception:
                    log.exception("webhooks could not be carried")
                    moved = False
                if not moved:
                    await self._rest(world)
        finally:
            for task in self._tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _rest(self, world: World) -> None:
        """Wait for a second, or for news; news may be of what is not committed yet, so another look follows."""
        awake = asyncio.ensure_future(self._wake.wait())
        pause = asyncio.ensure_future(world.clock.pause(_GLANCE if self._told else SECOND))
        await asyncio.wait({awake, pause}, return_when=asyncio.FIRST_COMPLETED)
        awake.cancel()
        pause.cancel()
        if not self._wake.is_set():
            self._told.clear()
        self._wake.clear()

    async def _round(self, world: World) -> bool:
        moved = False
        for application_id in await faring.listening(world.database):
            if application_id in world.stopped:
                if self._stopped:
                    self._serve(world, application_id)
            else:
                moved |= bool(await relaying.relay(world, application_id))
        if world.clock.now() - self._cleaned > HOUR:
            self._cleaned = world.clock.now()
            for application in await applications.every(world.database):
                await deliver.forget(world, application.id)
        busy = [id for id, count in self._busy.items() if count >= EACH]
        free = ALL - self._busy.total()
        if free <= 0:
            return moved
        due = await deliver.due(world, free, busy, EACH)
        chosen = deliver.room(self._busy, due, EACH, ALL)
        # counted before they are ours: whoever waits for what is under way must not look in between
        for waiting in chosen:
            self._take(waiting)
        ours: list[Delivery] = []
        try:
            ours = await deliver.claim(world, chosen) if chosen else []
        finally:
            claimed = {one.id for one in ours}
            for waiting in chosen:
                if waiting.id not in claimed:
                    self._free(waiting)
        for one in ours:
            self._begin(world, one, 1)
        # who found nothing that is ours has made room for others all the same
        return moved or bool(chosen)

    def _begin(self, world: World, one: Delivery, in_a_row: int) -> None:
        self._row[one.id] = in_a_row
        self._keep(asyncio.get_running_loop().create_task(self._carry(world, one)))

    def _take(self, one: Waiting | Delivery) -> None:
        self._busy[one.endpoint_id] += 1
        self._carried[one.application_id] += 1

    def _free(self, one: Waiting | Delivery) -> None:
        self._row.pop(one.id, None)
        for counted, key in ((self._busy, one.endpoint_id), (self._carried, one.application_id)):
            counted[key] -= 1
            if not counted[key]:
                del counted[key]
        if one.application_id not in self._carried:
            self._arrived.set()

    async def _quiet(self, application_id: str) -> None:
        """Return when none of an application's messages is on its way any more."""
        while application_id in self._carried:
            self._arrived.clear()
            await self._arrived.wait()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, world: World, one: Delivery) -> None:
        try:
            tried = await deliver.attempt(world, one)
            self._ended.append((one, tried))
        except Exception:
            # its lease will be over, and somebody tries again
            log.exception("webhook could not be sent", extra={"fields": {"delivery": one.id}})
            self._free(one)
        if self._noting is None and self._ended:
            self._noting = asyncio.get_running_loop().create_task(self._note(world))
            self._keep(self._noting)

    async def _note(self, world: World) -> None:
        """Write down all that has ended, together: what ends meanwhile comes with the next transaction.

        Behind what has arrived the next of its lane is sent, without a look at what else is due.
        """
        try:
            while self._ended:
                ended, self._ended = self._ended, []
                following: dict[str, Delivery] = {}
                going = {
                    one.id
                    for one, _ in ended
                    if self._row.get(one.id, _IN_A_ROW) < _IN_A_ROW and one.application_id not in world.stopped
                }
                try:
                    following = await deliver.note(world, ended, going)
                except Unreachable:
                    # what has arrived would be sent again: it is noted as soon as it can be, however long that takes
                    log.warning("webhook attempts wait to be noted", extra={"fields": {"count": len(ended)}})
                    self._ended = ended + self._ended
                    await world.clock.pause(SECOND)
                    continue
                except Exception:
                    log.exception("webhook attempts could not be noted", extra={"fields": {"count": len(ended)}})
                for one, _ in ended:
                    behind = following.get(one.id)
                    if behind is None:
                        self._free(one)
                    else:
                        self._begin(world, behind, self._row.pop(one.id, 0) + 1)
                self._wake.set()
        finally:
            self._noting = None

    # -- stopped clocks ------------------------------------------------------------------------------------------------

    def _serve(self, world: World, application_id: str) -> None:
        """Carry what is due on a stopped clock, unless somebody is at it."""
        if not self._turns[application_id].locked():
            self._keep(asyncio.get_running_loop().create_task(self._serve_now(world, application_id)))

    async def _serve_now(self, world: World, application_id: str) -> None:
        try:
            last: Due | None = None
            while application_id in world.stopped:
                due = await self.due_until(world.database, world.now(application_id), 1, application_id)
                # what stands there as before cannot be done now; what was only put off has made room for others
                if not due or due[0] == last:
                    break
                last = due[0]
                await self.fall_due(world, last.id, last.at)
        except Exception:
            log.exception("webhooks could not be carried", extra={"fields": {"application": application_id}})

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return what an application's stopped clock comes by; those that go with the machine's have the loop."""
        if application_id is None:
            return []
        found = []
        # an attempt that is under way has a due time that means nothing yet: those that were begun before the clock
        # stood are waited for, and no other is, as long as it is our turn
        await self._quiet(application_id)
        async with self._turns[application_id]:
            if application_id in await faring.listening(reader):
                for event in await events.unplaced(reader, application_id, 1):
                    # what has happened is told, though it did under a clock that was ahead of this one
                    found.append(Due(f"{_RELAY}:{event.number}", min(event.at, to), application_id))
            for one in await deliver.due_of(reader, application_id, to, limit):
                found.append(Due(f"{one.id}:{one.attempts}", one.at, application_id))
        return sorted(found, key=lambda due: due.at)

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Give events their places, or carry one message."""
        name, _, rest = id.rpartition(":")
        if name == _RELAY:
            event_of = await events.owner(world.database, int(rest))
            if event_of is None:
                return False
            async with self._turns[event_of]:
                return bool(await relaying.relay(world, event_of))
        found = await deliveries.get(world.database, name)
        if found is None:
            return False
        async with self._turns[found.application_id]:
            found = await deliveries.get(world.database, name)
            if found is None or found.due_at is None or found.due_at > world.now(found.application_id):
                return False
            return await deliver.deliver(world, deliveries.waiting(found))
