"""From facts to messages: each fact gets its place, and what every endpoint is to be told of it is made.

What is to be sent stands in a table before anybody tries. Of one connection's messages for one endpoint only the
first that is open has a due time: a later one waits until it has arrived or been given up.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from msgspec.structs import replace

from afluente.core.events import Event, EventKind
from afluente.engine.outbox import endpoints, remains
from afluente.engine.outbox.endpoints import Webhook
from afluente.engine.telling import Message
from afluente.engine.world import World
from afluente.store import clearings, deliveries, events, faring
from afluente.store.database import Writer
from afluente.store.deliveries import Content, Delivery, State

log = logging.getLogger("afluente.webhooks")

_BATCH = 200

_MUCH = 4_000_000
"""Characters of messages from which those that are made are written, before more are."""

_Telling = tuple[Event, list[tuple[Webhook, Message]]]


async def relay(world: World, application_id: str) -> int:
    """Give an application's next facts their places and make the messages about them; return how many facts."""
    waiting = await events.unplaced(world.database, application_id, _BATCH)
    if not waiting:
        return 0
    known = await endpoints.all_of(world.database, application_id)
    told: list[_Telling] = []
    size = 0
    for event in waiting:
        messages = await _messages(world, event, known)
        told.append((event, messages))
        size += sum(len(message.body) for _, message in messages)
        if size >= _MUCH:
            break
    async with world.database.transaction() as writer:
        placed, delivered = await events.lock_cursor(writer, application_id)
        fresh: list[_Telling] = []
        for event, messages in told:
            # another process may have been first
            if await events.place(writer, event.number, placed + 1):
                placed += 1
                fresh.append((replace(event, position=placed), messages))
        made = _deliveries(world, await _tellable(writer, fresh), delivered)
        await enqueue(writer, made)
        await events.move_cursor(writer, application_id, placed, delivered + len(made))
        deleted = {e.connection_id: e for e, _ in fresh if e.kind is EventKind.CONNECTION_DELETED and e.connection_id}
        for connection_id, event in deleted.items():
            before = max((one.number for one in made if one.position <= event.position), default=delivered)
            await clearings.told(writer, connection_id, event.sequence, before, world.now(application_id))
    for connection_id in deleted:
        await remains.go_on(world, connection_id)
    return len(told)


async def _tellable(writer: Writer, told: Sequence[_Telling]) -> list[_Telling]:
    """Return what may be told: of somebody whose data is erased nothing that happened before."""
    untold = await clearings.untold(writer, {event.connection_id for event, _ in told if event.connection_id})
    return [
        (event, messages)
        for event, messages in told
        if event.kind is EventKind.CONNECTION_DELETED or event.sequence > untold.get(event.connection_id or "", -1)
    ]


async def relay_all(world: World, application_id: str) -> None:
    """Do it until every fact has its place."""
    while await relay(world, application_id):
        continue


async def _messages(world: World, event: Event, known: Sequence[Webhook]) -> list[tuple[Webhook, Message]]:
    """Return what every endpoint that listens is to be told; each system says it once."""
    said: dict[str, Sequence[Message]] = {}
    found = []
    for webhook in known:
        teller = world.tellers.get(webhook.dialect)
        if teller is None or not endpoints.hears(webhook, event):
            continue
        if webhook.dialect not in said:
            try:
                said[webhook.dialect] = await teller.render(event)
            except Exception:
                # a fact that cannot be said must not keep all that follow; it can still be read
                log.exception("event could not be told", extra={"fields": {"event": event.id}})
                said[webhook.dialect] = ()
        found += [(webhook, m) for m in said[webhook.dialect] if endpoints.chooses(webhook, m.name)]
    return found


def _deliveries(world: World, told: Sequence[_Telling], number: int) -> list[Delivery]:
    made = []
    for event, messages in told:
        for webhook, message in messages:
            number += 1
            made.append(
                Delivery(
                    id=world.ids.new(),
                    application_id=event.application_id,
                    endpoint_id=webhook.id,
                    connection_id=event.connection_id or "",
                    number=number,
                    position=event.position,
                    message_id=message.id,
                    name=message.name,
                    state=State.OPEN,
                    due_at=None,
                    attempts=0,
                    created_at=event.at,
                    ended_at=None,
                    content=Content(event.id, message.body, str(event.kind)),
                )
            )
    return made


async def enqueue(writer: Writer, made: Sequence[Delivery]) -> None:
    """Store deliveries; the first of a lane in which nothing is open is due at once."""
    by_endpoint: dict[str, set[str]] = {}
    for delivery in made:
        by_endpoint.setdefault(delivery.endpoint_id, set()).add(delivery.connection_id)
    # whoever closes a delivery looks for the next one under the same lock
    there = await faring.lock(writer, by_endpoint) if by_endpoint else {}
    taken = {(id, lane) for id in there for lane in await deliveries.taken(writer, id, by_endpoint[id])}
    ready = []
    for delivery in made:
        lane = (delivery.endpoint_id, delivery.connection_id)
        if delivery.endpoint_id not in there:
            continue
        ready.append(delivery if lane in taken else replace(delivery, due_at=delivery.created_at))
        taken.add(lane)
    await deliveries.add(writer, ready)
