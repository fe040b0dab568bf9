"""Facts read: an application's own order of them, and those of one execution."""

from __future__ import annotations

from collections.abc import Sequence

from afluente.core.events import Event, EventKind
from afluente.engine.outbox import relaying
from afluente.engine.world import World
from afluente.store import attempts, deliveries, events
from afluente.store.attempts import Attempt
from afluente.store.deliveries import Delivery, Selection

__all__ = ["Attempt", "Delivery", "Selection"]

_PAGE = 200


async def behind(world: World, application_id: str, after: int, size: int, kinds: Sequence[str] = ()) -> list[Event]:
    """Return up to `size` of an application's events behind a position, in order.

    No event ever gets a place before one that was read: whoever keeps the last position misses nothing.
    """
    await relaying.relay_all(world, application_id)
    return await events.behind(world.database, application_id, after, size, kinds)


async def of_execution(world: World, event: Event, kinds: Sequence[EventKind]) -> list[Event]:
    """Return the facts of these kinds that the execution of a fact had told before it, in order."""
    if event.connection_id is None:
        return []
    found: list[Event] = []
    sequence, whole = event.sequence, False
    while not whole:
        page = await events.before(world.database, event.connection_id, sequence, _PAGE)
        own = [one for one in page if one.fact.execution_id == event.fact.execution_id]
        found += [one for one in own if one.kind in kinds]
        whole = len(own) < _PAGE
        sequence = page[-1].sequence if page else 0
    return found[::-1]


async def listed(
    world: World, application_id: str, selection: Selection, size: int, before: int | None
) -> list[Delivery]:
    """Return up to `size` of an application's deliveries, newest first, with numbers below `before`."""
    return await deliveries.selected(world.database, application_id, selection, size, before or 2**62)


async def one(world: World, application_id: str, id: str) -> tuple[Delivery, list[Attempt]] | None:
    """Return a delivery with every attempt at it."""
    found = await deliveries.get(world.database, id)
    if found is None or found.application_id != application_id:
        return None
    return found, await attempts.of_delivery(world.database, id)
