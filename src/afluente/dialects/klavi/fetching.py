"""What a request for reports has fetched before they are made: the consents whose data is too old.

Each of them is a task under an id that follows from the request, so that whatever ends later than the request was
written down finds it again, also after a restart. The reports are made when the last of them has ended.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from afluente.core.clock import SECOND
from afluente.core.connections import Connection, Trigger
from afluente.core.events import Event, EventKind
from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.engine.connecting import tasks as engine
from afluente.engine.connecting.connections import UpdateRules
from afluente.engine.connecting.tasks import Order, Progress
from afluente.engine.outbox import events

_REQUEST = "request"
"""The note of a task that says which request it is for."""


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request for reports. `ids` are the consents it is about, `awaited` those of them that are fetched first;
    `told` is what else it says, as the event of the request has it."""

    id: str
    ids: tuple[str, ...]
    awaited: tuple[str, ...] = ()
    told: dict[str, str] = {}


_decode = msgspec.json.Decoder(Request).decode


def stale(house: House, given: Sequence[Connection]) -> tuple[str, ...]:
    """Return those of the consents whose data is too old for a report."""
    old = house.numbers.reports.fresh * SECOND
    return tuple(
        one.id
        for one in given
        if one.last_success_at is None or house.world.now(one.application_id) >= one.last_success_at + old
    )


async def begin(house: House, event: Event, given: Sequence[Connection], request: Request) -> bool:
    """Begin to fetch what is awaited, when the request is told; tell whether any of it goes on. What cannot be fetched
    now is read as it is, and what was begun before is not begun again: a request may be told once more where a process
    died over it."""
    for connection in given:
        if connection.id not in request.awaited:
            continue
        order = Order(
            system=SYSTEM,
            connection_id=connection.id,
            institution=house.world.institutions[connection.institution],
            products=tuple(state.product for state in connection.products),
            id=_task_id(request, connection.id),
            trigger=Trigger.CLIENT,
            rules=UpdateRules(),
            notes={_REQUEST: msgspec.json.encode(request).decode()},
            together=tuple(_task_id(request, id) for id in request.awaited),
        )
        try:
            await engine.begin(house.world, event.application_id, order)
        except Refused:
            continue
    return await _others_go_on(house, event, request)


def _task_id(request: Request, connection_id: str) -> str:
    return derived_id(request.id, "fetched", connection_id)


async def ready(house: House, event: Event) -> Request | None:
    """Return the request whose last task has ended with this event; None where there is none, or others go on. A task
    ends with its consent's deletion as well, unless it had ended before."""
    own = await _found(house, event.application_id, event.fact.session_id)
    if own is None or (event.kind is EventKind.CONNECTION_DELETED and own.task.over):
        return None
    request = await _request_of(house, own)
    if request is None:
        return None
    return None if await _others_go_on(house, event, request, own.task.id) else request


async def _others_go_on(house: House, event: Event, request: Request, but: str = "") -> bool:
    """Tell whether a task of a request runs, or ends with a fact that is told after this one; `but` one of them."""
    for id in request.awaited:
        task = _task_id(request, id)
        other = await _found(house, event.application_id, task)
        if other is None or task == but:
            continue
        if not other.ended or await _is_told_later(house, id, task, event):
            return True
    return False


async def _request_of(house: House, own: Progress) -> Request | None:
    """Return the request that a task is for. Of one whose consent was deleted nothing is left but the ids of those that
    were begun with it, and they say it."""
    kept = own.task.notes.get(_REQUEST)
    for id in own.task.together:
        if kept is not None:
            break
        other = await _found(house, own.task.application_id, id)
        kept = other.task.notes.get(_REQUEST) if other is not None else None
    return None if kept is None else _decode(kept)


async def _is_told_later(house: House, connection_id: str, task: str, event: Event) -> bool:
    """Tell whether a task's end is told after this event, though it has ended: of several the last one told counts.

    What has its place has been told, and what has none is told in the order in which it was written.
    """
    end = await events.end_of(house.world, connection_id, task)
    return end is not None and not end.position and end.number > event.number


async def _found(house: House, application_id: str, id: str) -> Progress | None:
    try:
        return await engine.find(house.world, application_id, SYSTEM, id)
    except Refused:
        return None
