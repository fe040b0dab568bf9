"""The end of a consent at the client's or the user's wish: nothing is fetched with it any more."""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.connections import Connection, Phase
from afluente.core.events import EventKind
from afluente.core.lifecycle import RUNNING, Event, State, step
from afluente.core.outcome import Refused
from afluente.engine.institutions import journal
from afluente.engine.outbox import events, remains
from afluente.engine.world import World
from afluente.store import connections, executions
from afluente.store.executions import Standing

__all__ = ["end"]


async def end(
    world: World, application_id: str, id: str, meaning: str, notes: dict[str, str], *, erase: bool = False
) -> Connection:
    """End a connection's consent as `meaning` says: what was typed, the session and the schedule go, and with `erase`
    everything that was read. `notes` are added to those it has.

    Erased is what messages, facts and sessions have of it as well (`remains.clear`); the connection stays as the
    record of the consent, with who gave it. A connection that waits for the consent waits no more.

    Raises `Refused`: `request.not-found.connection`, `request.connection.busy` while something is fetched.
    """
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, id)
        if connection is None or connection.application_id != application_id:
            raise Refused("request.not-found.connection")
        waits = connection.state in (State.AWAITING, State.ASKING)
        if connection.state in RUNNING and not waits:
            raise Refused("request.connection.busy")
        execution = await executions.lock(writer, connection.execution_id)
        if execution is not None:
            await journal.write(writer, world.vault, execution.id, journal.Journal())
            if waits:
                ended = replace(execution, standing=Standing.ENDED, ended_at=now, outcome=meaning)
                await executions.put(writer, ended)
        await connections.forget_credentials(writer, id)
        if erase:
            await remains.clear(writer, connection, now, untold=True)
            await connections.remove_data(writer, id)
        connection = replace(
            connection,
            state=step(connection.state, Event.CONSENT_ENDED),
            phase=Phase.ENDED,
            outcome=meaning,
            said=None,
            attributes={},
            posed=None,
            next_sync_at=None,
            sync_disabled_at=now,
            consent_expires_at=None,
            last_ended_at=now,
            products=() if erase else connection.products,
            digests={} if erase else connection.digests,
            notes={**connection.notes, **notes},
            updated_at=now,
        )
        await events.expect(world, writer, connection)
        connection = await events.tell(world, writer, connection, EventKind.CONNECTION_FAILED, meaning=meaning)
        await connections.put(writer, connection)
    await remains.go_on(world, id)
    return connection
