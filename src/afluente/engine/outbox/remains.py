"""What is left of a connection whose data is erased, outside its own rows: messages, facts, sessions and their calls.

The log stays: what happened, how it went, when, under the ids that support asks for. What tells of a person goes.
"""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, Fact
from afluente.store import deliveries, events, registers, requests, sessions
from afluente.store.database import Writer

__all__ = ["clear", "clear_data", "clear_told"]


async def clear(writer: Writer, connection: Connection, now: Instant, *, untold: bool) -> None:
    """Erase it, in the transaction of the deletion and before its own fact is written; the connection is locked.

    Closed deliveries go with their attempts; facts that were told stay without what says whose they are. What waits
    is told still, in its order, ending with the deletion, and goes then (`clear_told`); but with `untold` it goes
    as well, where a person's data is erased or messages are full of it: none of it may arrive later. Then facts
    that nobody was told of take their places untold, and of deliveries only those stay that tell of a deletion.
    Facts of the application that name the connection or its user (a link that was made, reports that were
    requested) go like that in any case, and so does what waits where the application has no address to be told at.
    Sessions keep their ids, meanings and times, and so do the calls in them.
    """
    application_id = connection.application_id
    # where nobody has an address nothing waits: whoever reads facts later reads them as they are then
    untold = untold or not await registers.endpoints.all(writer, application_id)
    # whoever makes deliveries from facts does it under this lock, and only from facts that have no place yet
    placed, delivered = await events.lock_cursor(writer, application_id)
    names = [name for name in (connection.id, connection.external_user_id) if name]
    shared = await events.naming(writer, application_id, names)
    own = await events.told_of(writer, application_id, connection.id)
    for event in (*(one for one in own if one.position or untold), *shared):
        if not event.position:
            placed += 1
            await events.place(writer, event.number, placed)
        await _strip(writer, event)
    await events.move_cursor(writer, application_id, placed, delivered)
    positions = [event.position for event in shared if event.position]
    await deliveries.drop(writer, application_id, connection.id, positions, now, untold)
    for session in await sessions.all_of_connection(writer, application_id, connection.id):
        await sessions.put(writer, replace(session, said=None, tag=None, notes={}))
        async for call in requests.holding(writer, application_id, "details", "session_id", session.id):
            await requests.rewrite(writer, replace(call, details={}))
    async for call in requests.holding(writer, application_id, "said", "connection_id", connection.id):
        await requests.rewrite(writer, replace(call, said=None))


async def clear_data(writer: Writer, connection: Connection, now: Instant) -> None:
    """Erase the messages about a connection that were told, where its data is kept no longer; it stays itself."""
    await deliveries.drop(writer, connection.application_id, connection.id, (), now, waiting_too=False)


async def clear_told(writer: Writer, application_id: str, connection_id: str, now: Instant) -> None:
    """Erase what a deleted connection had still to tell and has told since; the word of the deletion itself stays."""
    await events.lock_cursor(writer, application_id)
    for event in await events.told_of(writer, application_id, connection_id):
        if event.position:
            await _strip(writer, event)
    await deliveries.drop(writer, application_id, connection_id, (), now, waiting_too=False)


async def _strip(writer: Writer, event: Event) -> None:
    bare = _bare(event.fact)
    if bare != event.fact:
        await events.rewrite(writer, event.number, bare)


def _bare(fact: Fact) -> Fact:
    """Return a fact without what the client or the institution wrote in it."""
    return replace(fact, user=None, webhook_url=None, reference=None, said=None, attributes={}, url=None)
