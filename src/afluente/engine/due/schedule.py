"""What is due: open questions that nobody answered, syncs whose time has come, data that is kept no longer.

The same code serves real time, looked at every second, and an application's stopped clock, which is moved on purpose:
then everything that falls due on the way happens, in order, before the move is over.

Due times stand in tables, and each kind of them has a `Source` (`engine/world.py`), an object with two methods:

- `due_until(reader, to, limit, application_id)` returns up to `limit` `Due(id, at, application_id)` that fall due by
  `to`, earliest first: one application's, or with None those of all whose clock goes with the machine's.
- `fall_due(world, id, at)` does one of them, in a transaction of its own, and tells whether there was anything to do.
  It looks at the row again, under its lock: another process may have been first, or the time have changed. What it
  has done is due no more.

`SOURCES` are the engine's own. A dialect that has due times of its own hands its sources to the engine in
`World.sources`. Of what falls due at the same instant, that of an earlier source is done first.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from afluente.core.clock import Clock, Instant, StoppedClock
from afluente.core.connections import Connection
from afluente.core.lifecycle import RESTING
from afluente.core.outcome import Refused
from afluente.engine.connecting.connections import expire, sync_by_schedule, wake
from afluente.engine.connecting.sessions import Lapsing
from afluente.engine.due.ageing import OldLog
from afluente.engine.due.erasing import outlived
from afluente.engine.outbox.events import Notices
from afluente.engine.outbox.remains import Remains
from afluente.engine.sandbox import faults
from afluente.engine.sandbox.moving import Turn, turn
from afluente.engine.world import Begun, Due, Source, World
from afluente.store import applications, connections, executions
from afluente.store.database import Reader, Writer

log = logging.getLogger("afluente.schedule")

_AT_ONCE = 200
_BATCH, _BATCHES = 50, 20
"""Connections that one server takes together, and how often it does before it looks at what else is due."""


async def recover(world: World) -> int:
    """Load stopped clocks and armed faults, run what a dead process left; return how many executions that were."""
    async with world.database.transaction() as writer:
        await applications.end_turns(writer)
    for application in await applications.every(world.database):
        if application.clock is not None:
            world.stopped[application.id] = StoppedClock(application.clock)
        if await faults.listed(world, application.id):
            world.struck.add(application.id)
    left = await executions.ready(world.database)
    for execution_id in left:
        execution = await executions.get(world.database, execution_id)
        if execution is not None:
            world.start(execution.application_id, execution_id)
    return len(left)


async def tick(world: World) -> int:
    """Do what is due on the world's clock; return how much that was."""
    if world.refresh is not None:
        await world.refresh()
    done, claimed = await _claimed(world)
    for source, due in await _next(world, world.clock.now(), None):
        if claimed and isinstance(source, _Waiting):
            continue
        if due.application_id not in world.stopped:
            try:
                done += await source.fall_due(world, due.id, due.at)
            except Exception:
                # one that cannot be done must not keep the others waiting
                log.exception("what is due could not be done", extra={"fields": {"id": due.id}})
    return done


async def _claimed(world: World) -> tuple[int, bool]:
    """Do what is due of connections in batches: what is begun together is written together, and other servers, which
    look at the same time, do not get it.

    Returns how much that was, and whether it went well.
    """
    done = 0
    for _ in range(_BATCHES):
        started: list[Begun | None] = []
        try:
            async with world.database.transaction() as writer:
                for connection in await connections.claim_due(writer, world.clock.now(), _BATCH):
                    did, begun = await _do(world, writer, connection)
                    done += did
                    started.append(begun)
        except Exception:
            # one of them cannot be done: the others are, one by one
            log.exception("what is due could not be done together")
            return done, False
        for one in started:
            _start(world, one)
        if len(started) < _BATCH:
            break
    return done, True


async def _next(
    world: World, to: Instant, application_id: str | None, limit: int = _AT_ONCE
) -> list[tuple[Source, Due]]:
    """Return up to `limit` of each source that fall due by `to`, in their order; of the same instant, in the order of
    the sources."""
    found = [
        (source, due)
        for source in (*SOURCES, *world.sources)
        for due in await source.due_until(world.database, to, limit, application_id)
    ]
    return sorted(found, key=lambda pair: pair[1].at)


class _Waiting:
    """Connections: the deadline of the open question or the next sync, the institution that has taken its time, the
    end of what is kept."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        return [Due(*row) for row in await connections.due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        started = None
        async with world.database.transaction() as writer:
            connection = await connections.lock(writer, id)
            if connection is None:
                return False
            did, started = await _do(world, writer, connection)
        _start(world, started)
        return did


def _start(world: World, begun: Begun | None) -> None:
    if begun is None:
        return
    connection, claimed = begun
    if claimed is not None:
        world.claimed[connection.execution_id] = claimed
    world.start(connection.application_id, connection.execution_id)


async def _do(world: World, writer: Writer, connection: Connection) -> tuple[bool, Begun | None]:
    """Do what is due of a connection that is locked; return whether there was anything, and what is to be started."""
    now, before = world.now(connection.application_id), connection
    # what an execution is about to refresh is looked at when it has ended
    if connection.state in RESTING or connection.posed is not None:
        connection = await outlived(writer, connection, now)
    posed = connection.posed
    if posed is not None and not posed.answered:
        if posed.expires_at > now:
            return connection is not before, None
        await expire(world, writer, connection)
        return True, None
    if connection.waiting is not None:
        if connection.waiting.until > now:
            return connection is not before, None
        return True, Begun(await wake(world, writer, connection))
    if connection.state in RESTING and connection.next_sync_at is not None and connection.next_sync_at <= now:
        rhythm = connection.rhythm
        rule = world.rules.get(rhythm.rule) if rhythm is not None else None
        if rhythm is not None and rule is not None and not await rule(world, connection):
            await connections.put(writer, replace(connection, next_sync_at=rhythm.after(now)))
            return True, None
        return True, await sync_by_schedule(world, writer, connection)
    return connection is not before, None


SOURCES: tuple[Source, ...] = (_Waiting(), Lapsing(), Notices(), Remains(), OldLog())
"""The engine's own, in the order in which they take turns."""


async def stop_clock(world: World, application_id: str, at: Instant, held: Turn | None = None) -> None:
    """Give the application a clock of its own that stands at `at`. Raises `server.busy` as `turn` does."""
    async with turn(world, application_id, held) as ours:
        await ours.set(at)


async def release_clock(world: World, application_id: str) -> None:
    """Let the application's time be the machine's again. Raises `server.busy` as `turn` does."""
    async with turn(world, application_id) as ours:
        await ours.set(None)


async def advance(
    world: World,
    application_id: str,
    to: Instant,
    settle: Callable[[str], Awaitable[None]],
    held: Turn | None = None,
) -> Instant:
    """Move the application's stopped clock to `to`, with everything that falls due on the way done in its order.

    One at a time moves it: whoever has the turn already hands it over as `held`, all others wait for theirs.
    `settle` waits until the application's executions have come to rest. Raises `Refused` (`request.invalid`) if
    the clock is not stopped or `to` is in its past, and `server.busy` as `turn` does.
    """
    async with turn(world, application_id, held) as ours:
        return await _advance(world, application_id, to, settle, ours)


async def _advance(
    world: World, application_id: str, to: Instant, settle: Callable[[str], Awaitable[None]], ours: Turn
) -> Instant:
    clock: Clock | None = world.stopped.get(application_id)
    if not isinstance(clock, StoppedClock):
        raise Refused("request.invalid", data={"detail": "the application's clock is not stopped"})
    if to < clock.at:
        raise Refused("request.invalid", data={"detail": "a clock cannot be moved back"})
    await settle(application_id)
    passed: set[tuple[Source, Due]] = set()
    while True:
        due = await _next(world, to, application_id, 1)
        if any(pair in passed for pair in due):
            # what could not be done stands in front of what can
            due = await _next(world, to, application_id)
        fresh = next((pair for pair in due if pair not in passed), None)
        if fresh is None:
            break
        # what could not be done at its time must not hold the clock for ever
        passed.add(fresh)
        source, found = fresh
        await ours.check()
        # each write of the clock is kept, so that time never goes back over a restart
        if found.at > clock.at:
            await ours.set(found.at)
        await source.fall_due(world, found.id, found.at)
        await settle(application_id)
    await ours.set(to)
    return to
