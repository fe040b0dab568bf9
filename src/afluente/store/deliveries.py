"""What is to be sent to which endpoint.

Of the open deliveries of one endpoint and one connection (a lane) only the first has a due time: so they arrive in
order, and what is due is found by one index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    not_,
    null,
    or_,
    select,
    update,
)

from afluente.core.clock import Instant
from afluente.core.events import EventKind
from afluente.store import faring
from afluente.store.database import Reader, Row, Writer
from afluente.store.dues import on_the_machines_clock
from afluente.store.schema import attempts, connections, deliveries
from afluente.store.statement import Statement, among


class State(StrEnum):
    """Where a delivery stands."""

    OPEN = "open"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sent. `event_id` is the event it tells of; `replay` counts how often it was sent on purpose again."""

    event_id: str
    body: str
    kind: str = ""
    replay: int = 0
    status: int | None = None
    error: str | None = None


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one endpoint. `connection_id` is empty for what concerns no connection; `message_id` is the
    same in every attempt and every replay; `attempts` counts those that were begun."""

    id: str
    application_id: str
    endpoint_id: str
    connection_id: str
    number: int
    position: int
    message_id: str
    name: str
    state: State
    due_at: Instant | None
    attempts: int
    created_at: Instant
    ended_at: Instant | None
    content: Content


class Waiting(msgspec.Struct, frozen=True):
    """What is known of a delivery that is due, without what is sent: that may be long, and is read by who sends it."""

    id: str
    application_id: str
    endpoint_id: str
    connection_id: str
    due_at: Instant
    attempts: int


COLUMNS = (
    "id", "application_id", "endpoint_id", "connection_id", "number", "position", "message_id", "name", "state",
    "due_at", "attempts", "created_at", "ended_at", "body",
)  # fmt: skip
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Content).decode
_c = deliveries.c
_columns = tuple(_c[name] for name in COLUMNS)
_OPEN = str(State.OPEN)

# the status that was answered last: what has arrived is not written again to tell of it
_answered = (
    select(attempts.c.status)
    .where(attempts.c.delivery_id == _c.id, attempts.c.number == _c.attempts)
    .correlate(deliveries)
    .scalar_subquery()
)
_readable = (*_columns, _answered.label("answered"))

_GET = Statement(select(*_readable).where(_c.id == bindparam("id")))
_waiting = tuple(_c[name] for name in Waiting.__struct_fields__)
_DUE = Statement(
    select(*_waiting)
    .where(
        _c.due_at <= bindparam("until"),
        on_the_machines_clock(_c.application_id),
        not_(among(_c.endpoint_id, "busy")),
    )
    # in the index's order: what fell due at the same instant, in whatever order it is there, need not be sorted
    .order_by(_c.due_at)
    .limit(bindparam("size"))
)
_DUE_OF = Statement(
    select(*_waiting)
    .where(_c.due_at <= bindparam("until"), _c.application_id == bindparam("application_id"), _c.state == _OPEN)
    .order_by(_c.due_at, _c.number)
    .limit(bindparam("size"))
)
_CLAIM = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.due_at == bindparam("seen"))
    .values(due_at=bindparam("lease"), attempts=_c.attempts + 1)
    .returning(*_columns)
)
_PUT_OFF = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.due_at == bindparam("seen"))
    .values(due_at=bindparam("new_due"))
)
_DEFER = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.attempts == bindparam("attempt"))
    .values(due_at=bindparam("new_due"), attempts=bindparam("new_attempts"), body=bindparam("new_body"))
)
_END = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.attempts == bindparam("attempt"))
    .values(state=bindparam("new_state"), due_at=null(), ended_at=bindparam("now"), body=bindparam("new_body"))
)
_ARRIVED = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.attempts == bindparam("attempt"))
    .values(state=str(State.DELIVERED), due_at=null(), ended_at=bindparam("now"))
)
_other = deliveries.alias("other")
_first_of_lane = (
    _c.id
    == select(_other.c.id)
    .where(
        _other.c.endpoint_id == bindparam("endpoint"),
        _other.c.connection_id == bindparam("lane"),
        _other.c.state == _OPEN,
    )
    .order_by(_other.c.number)
    .limit(1)
    .scalar_subquery(),
    _c.due_at.is_(None),
)
_OPEN_NEXT = Statement(update(deliveries).where(*_first_of_lane).values(due_at=bindparam("now")))
_CLAIM_NEXT = Statement(
    update(deliveries)
    .where(*_first_of_lane)
    .values(due_at=bindparam("lease"), attempts=_c.attempts + 1)
    .returning(*_columns)
)
_HAS_OPEN = Statement(
    select(_c.connection_id)
    .distinct()
    .where(_c.endpoint_id == bindparam("endpoint_id"), _c.state == _OPEN, among(_c.connection_id, "lanes"))
)
_GIVE_UP_ALL = Statement(
    update(deliveries)
    .where(_c.endpoint_id == bindparam("endpoint"), _c.state == _OPEN)
    .values(state=str(State.GIVEN_UP), due_at=null(), ended_at=bindparam("now"))
)
# what was made first is what is oldest: only those are looked at, and never all that an application has
_head = (
    select(_c.id, _c.state, _c.created_at)
    .where(_c.application_id == bindparam("application"))
    .order_by(_c.number)
    .limit(bindparam("size"))
    .subquery()
)
_old = select(_head.c.id).where(_head.c.state != _OPEN, _head.c.created_at < bindparam("until"))
_FORGET = Statement(delete(deliveries).where(_c.id.in_(_old)))

_lost = and_(
    _c.application_id == bindparam("application"),
    or_(
        and_(
            _c.connection_id == bindparam("lane"),
            or_(_c.state != _OPEN, bindparam("waiting_too", type_=Integer()) == 1),
            not_(_c.body.like(f'%"kind":"{EventKind.CONNECTION_DELETED}"%')),
        ),
        # those that are of no connection, by the events they tell of
        and_(_c.connection_id == "", among(cast(_c.position, Text), "positions")),
    ),
)
_LOSING = Statement(select(_c.endpoint_id).distinct().where(_lost))
_DROP = Statement(delete(deliveries).where(_lost))
_THERE = Statement(
    select(
        _c.id,
        case(
            (and_(_c.connection_id != "", ~exists().where(connections.c.id == _c.connection_id)), 1),
            else_=0,
        ),
        select(attempts.c.number)
        .where(attempts.c.delivery_id == _c.id, attempts.c.number == _c.attempts)
        .correlate(deliveries)
        .scalar_subquery(),
    ).where(among(_c.id, "ids"))
)


_LET_GO = Statement(
    update(deliveries)
    .where(
        _c.endpoint_id == bindparam("endpoint"),
        _c.state == str(State.OPEN),
        _c.attempts == 0,
        _c.due_at > bindparam("now"),
    )
    .values(due_at=bindparam("now"))
)


class Selection(msgspec.Struct, frozen=True):
    """Which deliveries of an application; None means all. `after` and `until` are positions of events, both included
    in the span from the one behind `after` on."""

    endpoint_id: str | None = None
    connection_id: str | None = None
    state: str | None = None
    name: str | None = None
    after: int | None = None
    until: int | None = None
    ids: tuple[str, ...] = ()


_BOUNDS = {
    "endpoint_id": _c.endpoint_id == bindparam("endpoint_id"),
    "connection_id": _c.connection_id == bindparam("connection_id"),
    "state": _c.state == bindparam("state"),
    "name": _c.name == bindparam("name"),
    "after": _c.position > bindparam("after"),
    "until": _c.position <= bindparam("until"),
}
_compiled: dict[tuple[bool, tuple[str, ...]], Statement] = {}


def _delivery(row: Row) -> Delivery:
    values = dict(zip(COLUMNS, row, strict=False))
    content, state = _decode(values.pop("body")), State(values.pop("state"))
    if state is State.DELIVERED and len(row) > len(COLUMNS):
        content = msgspec.structs.replace(content, status=row[-1], error=None)
    return Delivery(content=content, state=state, **values)


async def get(reader: Reader, id: str) -> Delivery | None:
    """Return one delivery."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _delivery(row)


async def selected(
    reader: Reader, application_id: str, selection: Selection, size: int, behind: int, newest: bool = True
) -> list[Delivery]:
    """Return up to `size` of an application's deliveries with numbers below (or, oldest first, above) `behind`."""
    values = {name: value for name in _BOUNDS if (value := getattr(selection, name)) is not None}
    key = (newest, (*values, *(("ids",) if selection.ids else ())))
    statement = _compiled.get(key)
    if statement is None:
        edge = _c.number < bindparam("behind") if newest else _c.number > bindparam("behind")
        conditions = [_c.application_id == bindparam("application_id"), edge, *(_BOUNDS[name] for name in values)]
        if selection.ids:
            conditions.append(among(_c.id, "ids"))
        order = _c.number.desc() if newest else _c.number
        query = select(*_readable).where(and_(*conditions)).order_by(order).limit(bindparam("size"))
        statement = _compiled[key] = Statement(query)
    if selection.ids:
        values["ids"] = _encode(selection.ids).decode()
    rows = await reader.all(statement, application_id=application_id, behind=behind, size=size, **values)
    return [_delivery(row) for row in rows]


async def add(writer: Writer, made: Sequence[Delivery]) -> None:
    """Store new ones, in the order of their numbers."""
    rows: list[Row] = [
        (d.id, d.application_id, d.endpoint_id, d.connection_id, d.number, d.position, d.message_id, d.name,
         str(d.state), d.due_at, d.attempts, d.created_at, d.ended_at, _encode(d.content).decode())
        for d in made
    ]  # fmt: skip
    if rows:
        await writer.merge("deliveries", COLUMNS, rows, ("created_at",))


async def due(
    reader: Reader, until: Instant, size: int, application_id: str | None = None, busy: Iterable[str] = ()
) -> list[Waiting]:
    """Return what is due, earliest first: one application's, or that of all whose clock goes with the machine's,
    without endpoints that are `busy`."""
    if application_id is None:
        rows = await reader.all(_DUE, until=until, size=size, busy=_encode(list(busy)).decode())
    else:
        rows = await reader.all(_DUE_OF, until=until, size=size, application_id=application_id)
    return [Waiting(*row) for row in rows]


async def claim(writer: Writer, waiting: Waiting, lease: Instant) -> Delivery | None:
    """Begin an attempt; whoever sees the due time that is there gets it, until the lease is over."""
    rows = await writer.all(_CLAIM, key=waiting.id, seen=waiting.due_at, lease=lease)
    return _delivery(rows[0]) if rows else None


def waiting(delivery: Delivery) -> Waiting:
    """Return what is known of an open delivery without what is sent."""
    return Waiting(*(getattr(delivery, name) for name in Waiting.__struct_fields__))


async def put_off(writer: Writer, waiting: Waiting, due_at: Instant) -> None:
    """Set another due time for one that was not begun."""
    await writer.run(_PUT_OFF, key=waiting.id, seen=waiting.due_at, new_due=due_at)


async def defer(writer: Writer, delivery: Delivery, due_at: Instant, attempts: int, content: Content) -> bool:
    """Set the next due time; nothing happens to one whose attempt is not this one any more."""
    values = {"new_due": due_at, "new_attempts": attempts, "new_body": _encode(content).decode()}
    return await writer.run(_DEFER, key=delivery.id, attempt=delivery.attempts, **values) == 1


async def give_up(writer: Writer, delivery: Delivery, now: Instant, content: Content) -> None:
    """Close one that did not arrive; the next of its lane becomes due."""
    values = {"new_state": str(State.GIVEN_UP), "now": now, "new_body": _encode(content).decode()}
    if await writer.run(_END, key=delivery.id, attempt=delivery.attempts, **values) == 1:
        await writer.run(_OPEN_NEXT, endpoint=delivery.endpoint_id, lane=delivery.connection_id, now=now)


async def arrived(writer: Writer, delivery: Delivery, now: Instant, lease: Instant | None = None) -> Delivery | None:
    """Close one that has arrived; the next of its lane becomes due. With a `lease` its attempt is begun at once, and
    it is returned."""
    if await writer.run(_ARRIVED, key=delivery.id, attempt=delivery.attempts, now=now) != 1:
        return None
    lane = {"endpoint": delivery.endpoint_id, "lane": delivery.connection_id}
    if lease is None:
        await writer.run(_OPEN_NEXT, **lane, now=now)
        return None
    rows = await writer.all(_CLAIM_NEXT, **lane, lease=lease)
    return _delivery(rows[0]) if rows else None


async def taken(reader: Reader, endpoint_id: str, lanes: Iterable[str]) -> set[str]:
    """Return those of the lanes in which something is open."""
    told = _encode(sorted(lanes)).decode()
    return {str(row[0]) for row in await reader.all(_HAS_OPEN, endpoint_id=endpoint_id, lanes=told)}


async def give_up_all(writer: Writer, endpoint_id: str, now: Instant) -> int:
    """Close everything that is open for an endpoint; return how much that was."""
    return await writer.run(_GIVE_UP_ALL, endpoint=endpoint_id, now=now)


async def forget(writer: Writer, application_id: str, until: Instant, size: int) -> int:
    """Delete those of an application's first `size` deliveries that are closed and from before an instant; return how
    many."""
    return await writer.run(_FORGET, application=application_id, until=until, size=size)


async def drop(
    writer: Writer, application_id: str, connection_id: str, positions: Sequence[int], now: Instant, waiting_too: bool
) -> None:
    """Delete a connection's closed deliveries with their attempts, and those of no connection that tell of the events
    in these positions; if `waiting_too` also the connection's open ones. Those that tell of its deletion stay.

    What waited behind one becomes due.
    """
    lost: dict[str, str | int] = {"application": application_id, "lane": connection_id}
    lost["waiting_too"] = int(waiting_too)
    lost["positions"] = _encode([str(position) for position in positions]).decode()
    endpoints = sorted(str(row[0]) for row in await writer.all(_LOSING, **lost))
    # whoever closes a delivery, or adds one, does it under this lock
    await faring.lock(writer, endpoints)
    await writer.run(_DROP, **lost)
    for endpoint in endpoints:
        for lane in (connection_id, ""):
            await writer.run(_OPEN_NEXT, endpoint=endpoint, lane=lane, now=now)


class There(NamedTuple):
    """What is known of a delivery that has not been deleted: whether its connection has been, and the number of the
    attempt that was begun last, if it has been noted."""

    alone: bool
    noted: int | None


async def there(reader: Reader, ids: Iterable[str]) -> dict[str, There]:
    """Return those of the deliveries that have not been deleted."""
    rows = await reader.all(_THERE, ids=_encode(list(ids)).decode())
    return {str(row[0]): There(bool(row[1]), row[2]) for row in rows}


async def let_go(writer: Writer, endpoint_id: str, now: Instant) -> None:
    """Have everything that was put off before it was ever tried fall due."""
    await writer.run(_LET_GO, endpoint=endpoint_id, now=now)
