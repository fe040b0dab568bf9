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
    and_,
    bindparam,
    case,
    delete,
    exists,
    literal_column,
    not_,
    null,
    or_,
    select,
    update,
)

from afluente.core.clock import Instant
from afluente.core.events import EventKind
from afluente.store import faring
from afluente.store.clearings import Clearing, Extent
from afluente.store.database import Reader, Row, Writer
from afluente.store.queues import FIRST_OF_LANE, Waiting, look, open_next
from afluente.store.schema import attempts, clearings, deliveries, webhooks
from afluente.store.statement import Statement, among, apart, listed


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
_CLAIM = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.due_at == bindparam("seen"))
    .values(due_at=bindparam("lease"), attempts=_c.attempts + 1)
    .returning(*_columns)
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
_other = deliveries.alias("other")
_ARRIVED = Statement(
    update(deliveries)
    .where(_c.id == bindparam("key"), _c.state == _OPEN, _c.attempts == bindparam("attempt"))
    .values(state=str(State.DELIVERED), due_at=null(), ended_at=bindparam("now"))
)
_CLAIM_NEXT = Statement(
    update(deliveries)
    .where(*FIRST_OF_LANE)
    .values(due_at=bindparam("lease"), attempts=_c.attempts + 1)
    .returning(*_columns)
)
_lanes = listed("lanes").table_valued("value")
# one row of each is enough, however many wait there
_one_open = (
    select(_c.state)
    .where(_c.endpoint_id == bindparam("endpoint_id"), _c.connection_id == _lanes.c.value, _c.state == _OPEN)
    .limit(1)
    .correlate(_lanes)
    .scalar_subquery()
)
_HAS_OPEN = Statement(select(_lanes.c.value).where(_one_open.is_not(None)))
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

# what tells of a deletion is to be told, and is all that names the deleted
_of_deletion = _c.body.like(f'%"kind":"{EventKind.CONNECTION_DELETED}"%')
_is_erased = and_(
    clearings.c.connection_id == _c.connection_id,
    or_(clearings.c.delivered.is_(None), _c.number <= clearings.c.delivered),
    not_(_of_deletion),
)
_untold = clearings.c.extent == str(Extent.UNTOLD)
_behind = (
    select(_other.c.id)
    .where(
        _other.c.endpoint_id == _c.endpoint_id,
        _other.c.connection_id == _c.connection_id,
        _other.c.state == _OPEN,
        _other.c.number > _c.number,
    )
    .correlate(deliveries)
)
# in this order: what waits behind it is looked for where something is to be erased, and that is seldom
_is_last_word = and_(exists().where(clearings.c.connection_id == _c.connection_id), ~_behind.exists())
_THERE = Statement(
    select(
        _c.id,
        select(attempts.c.number)
        .where(attempts.c.delivery_id == _c.id, attempts.c.number == _c.attempts)
        .correlate(deliveries)
        .scalar_subquery(),
        case((_is_last_word, 1), else_=0),
    ).where(among(_c.id, "ids"), ~exists().where(_is_erased, or_(_c.state != _OPEN, _untold)))
)
_PASSED = Statement(
    select(_c.id, _c.number, _c.endpoint_id, _c.state, case((_of_deletion, 1), else_=0))
    .where(
        _c.connection_id == bindparam("connection_id"),
        _c.application_id == bindparam("application_id"),
        _c.number > bindparam("behind"),
        _c.number <= bindparam("until"),
    )
    .order_by(_c.connection_id, _c.number)
    .limit(bindparam("size"))
)
_ERASE = Statement(
    delete(deliveries).where(
        among(_c.id, "ids"), or_(_c.state != _OPEN, bindparam("waiting_too", type_=Integer()) == 1)
    )
)
_of_none = (
    _c.application_id == bindparam("application"),
    _c.connection_id == literal_column("''"),
    _c.position == bindparam("place"),
)
_LOSING = Statement(select(_c.endpoint_id).distinct().where(*_of_none))
_DROP = Statement(delete(deliveries).where(*_of_none))
_HOLD = Statement(
    update(deliveries)
    .where(
        _c.id.in_(
            select(
                select(_other.c.id)
                .where(
                    _other.c.endpoint_id == webhooks.c.id,
                    _other.c.connection_id == bindparam("lane"),
                    _other.c.state == _OPEN,
                )
                .order_by(_other.c.number)
                .limit(1)
                .correlate(webhooks)
                .scalar_subquery()
            ).where(webhooks.c.application_id == bindparam("application"))
        ),
        _c.due_at.is_not(None),
    )
    .values(due_at=null())
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
        few = bool(selection.ids) or selection.connection_id is not None
        whose = apart(_c.application_id) if few else _c.application_id
        conditions = [whose == bindparam("application_id"), edge, *(_BOUNDS[name] for name in values)]
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
    """Store new ones, in the order of their numbers. The caller has the turn at their endpoints."""
    rows: list[Row] = [
        (d.id, d.application_id, d.endpoint_id, d.connection_id, d.number, d.position, d.message_id, d.name,
         str(d.state), d.due_at, d.attempts, d.created_at, d.ended_at, _encode(d.content).decode())
        for d in made
    ]  # fmt: skip
    if rows:
        await writer.merge("deliveries", COLUMNS, rows, ("created_at",))
        await look(writer, {d.endpoint_id for d in made})


async def claim(writer: Writer, waiting: Waiting, lease: Instant) -> Delivery | None:
    """Begin an attempt; whoever sees the due time that is there gets it, until the lease is over."""
    rows = await writer.all(_CLAIM, key=waiting.id, seen=waiting.due_at, lease=lease)
    return _delivery(rows[0]) if rows else None


def waiting(delivery: Delivery) -> Waiting:
    """Return what is known of an open delivery without what is sent."""
    told = (getattr(delivery, name) for name in Waiting.__struct_fields__[:-1])
    return Waiting(*(*told, delivery.due_at))


async def defer(writer: Writer, delivery: Delivery, due_at: Instant, attempts: int, content: Content) -> bool:
    """Set the next due time; nothing happens to one whose attempt is not this one any more."""
    values = {"new_due": due_at, "new_attempts": attempts, "new_body": _encode(content).decode()}
    return await writer.run(_DEFER, key=delivery.id, attempt=delivery.attempts, **values) == 1


async def give_up(writer: Writer, delivery: Delivery, now: Instant, content: Content) -> None:
    """Close one that did not arrive; the next of its lane becomes due."""
    values = {"new_state": str(State.GIVEN_UP), "now": now, "new_body": _encode(content).decode()}
    if await writer.run(_END, key=delivery.id, attempt=delivery.attempts, **values) == 1:
        await open_next(writer, delivery.endpoint_id, delivery.connection_id, now)


async def arrived(writer: Writer, delivery: Delivery, now: Instant, lease: Instant | None = None) -> Delivery | None:
    """Close one that has arrived; the next of its lane becomes due. With a `lease` its attempt is begun at once, and
    it is returned."""
    if await writer.run(_ARRIVED, key=delivery.id, attempt=delivery.attempts, now=now) != 1:
        return None
    if lease is None:
        await open_next(writer, delivery.endpoint_id, delivery.connection_id, now)
        return None
    told = {"endpoint": delivery.endpoint_id, "lane": delivery.connection_id, "lease": lease}
    rows = await writer.all(_CLAIM_NEXT, **told)
    return _delivery(rows[0]) if rows else None


async def taken(reader: Reader, endpoint_id: str, lanes: Iterable[str]) -> set[str]:
    """Return those of the lanes in which something is open."""
    told = _encode(sorted(lanes)).decode()
    return {str(row[0]) for row in await reader.all(_HAS_OPEN, endpoint_id=endpoint_id, lanes=told)}


async def forget(writer: Writer, application_id: str, until: Instant, size: int) -> int:
    """Delete those of an application's first `size` deliveries that are closed and from before an instant; return how
    many."""
    return await writer.run(_FORGET, application=application_id, until=until, size=size)


class Passed(NamedTuple):
    """Some of a connection's deliveries, in order: how many were looked at, the number of the last (None where no more
    are behind it), and those that are to be erased, by id, each with its endpoint; `open` tells that others wait."""

    looked_at: int
    last: int | None
    erased: dict[str, str]
    open: bool


async def passed(reader: Reader, clearing: Clearing, size: int) -> Passed:
    """Return what is erased of the connection's next `size` deliveries."""
    rows = await reader.all(
        _PASSED,
        connection_id=clearing.connection_id,
        application_id=clearing.application_id,
        behind=clearing.left.messages,
        until=faring.ALL if clearing.delivered is None else clearing.delivered,
        size=size,
    )
    own = [row for row in rows if not row[4]]
    erased = {str(r[0]): str(r[2]) for r in own if r[3] != _OPEN or clearing.extent is Extent.UNTOLD}
    last = int(rows[-1][1]) if len(rows) == size else None
    return Passed(len(rows), last, erased, len(erased) < len(own))


async def erase(writer: Writer, ids: Iterable[str], *, waiting_too: bool) -> None:
    """Delete deliveries with their attempts, as far as they are closed; with `waiting_too` the open ones as well."""
    await writer.run(_ERASE, ids=_encode(sorted(ids)).decode(), waiting_too=int(waiting_too))


async def hold(writer: Writer, application_id: str, lane: str) -> None:
    """Have nothing fall due of what an application's endpoints are to be told of a connection. The caller has the turn
    at them; `queues.open_next` ends it."""
    await writer.run(_HOLD, application=application_id, lane=lane)


async def drop(writer: Writer, application_id: str, position: int, now: Instant) -> None:
    """Delete the deliveries of no connection that tell of the event in this position."""
    lost = {"application": application_id, "place": position}
    endpoints = sorted(str(row[0]) for row in await writer.all(_LOSING, **lost))
    # whoever closes a delivery, or adds one, does it under this lock
    await faring.lock(writer, endpoints)
    await writer.run(_DROP, **lost)
    for endpoint in endpoints:
        await open_next(writer, endpoint, "", now)
    await look(writer, endpoints)


class There(NamedTuple):
    """A delivery that has not been deleted and will not be: the number of the attempt that was begun last, if it has
    been noted; and whether it is the last open one of its lane, and something of its connection is to be erased."""

    noted: int | None
    last_word: bool


async def there(reader: Reader, ids: Iterable[str]) -> dict[str, There]:
    """Return those of the deliveries that are there and stay."""
    rows = await reader.all(_THERE, ids=_encode(list(ids)).decode())
    return {str(row[0]): There(row[1], bool(row[2])) for row in rows}
