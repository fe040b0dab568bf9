"""What waits at endpoints: which of them have something due, and what that is.

An endpoint's own due time is never behind that of what waits there: so what is due is found by a look at few rows,
however much waits at one that is busy, or that is left alone for a while. What waits keeps its own due time meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, delete, func, literal_column, null, select, update

from afluente.core.clock import Instant
from afluente.store.database import Reader, Row, Writer
from afluente.store.dues import on_the_machines_clock
from afluente.store.faring import COLUMNS, Faring
from afluente.store.schema import deliveries, webhooks
from afluente.store.statement import Statement, among


class Waiting(msgspec.Struct, frozen=True):
    """What is known of a delivery that is due, without what is sent: that may be long, and is read by who sends it.

    `at` is when it may be sent: at its own time, or later where its endpoint wants to be left alone.
    """

    id: str
    application_id: str
    endpoint_id: str
    connection_id: str
    number: int
    due_at: Instant
    attempts: int
    at: Instant


_encode = msgspec.json.Encoder().encode
_w, _d = webhooks.c, deliveries.c
_fares = (_w.id, *(_w[name] for name in COLUMNS))
_waiting = tuple(_d[name] for name in Waiting.__struct_fields__[:-1])

# written out: by a parameter nobody would know which of the two indexes has them
_never: ColumnElement[int] = literal_column("0")
_TRIED, _UNTRIED = _d.attempts > _never, _d.attempts == _never

_ENDPOINTS = Statement(
    select(*_fares)
    .where(
        _w.due_at <= bindparam("until"),
        on_the_machines_clock(_w.application_id),
        ~among(_w.id, "busy"),
    )
    .order_by(_w.due_at, _w.id)
    .limit(bindparam("size"))
)
_ENDPOINTS_OF = Statement(
    select(*_fares).where(_w.application_id == bindparam("application_id"), _w.due_at <= bindparam("until"))
)


def _heads(which: ColumnElement[bool]) -> Statement:
    query: Select[tuple[object, ...]] = select(*_waiting).where(
        _d.endpoint_id == bindparam("endpoint_id"), which, _d.due_at <= bindparam("until")
    )
    return Statement(query.order_by(_d.due_at, _d.number).limit(bindparam("size")))


_HEADS = {True: _heads(_TRIED), False: _heads(_UNTRIED)}


def _first(which: ColumnElement[bool]) -> ColumnElement[Instant]:
    query = select(func.min(_d.due_at)).where(_d.endpoint_id == _w.id, which, _d.due_at.is_not(None))
    return query.correlate(webhooks).scalar_subquery()


_FIRSTS = Statement(
    select(*_fares, _w.due_at, _first(_TRIED), _first(_UNTRIED)).where(among(_w.id, "ids")).order_by(_w.id)
)
_SET = Statement(update(webhooks).where(_w.id == bindparam("key")).values(due_at=bindparam("new_due")))

_OPEN, _GIVEN_UP = "open", "given-up"
_other = deliveries.alias("other")
_of_lane = (
    select(_other.c.id)
    .where(
        _other.c.endpoint_id == bindparam("endpoint"),
        _other.c.connection_id == bindparam("lane"),
        _other.c.state == _OPEN,
    )
    .order_by(_other.c.number)
)
FIRST_OF_LANE = (_d.id == _of_lane.limit(1).scalar_subquery(), _d.due_at.is_(None))
"""The first that is open of an `endpoint` and a `lane`, if it has no due time yet."""
_OPEN_NEXT = Statement(update(deliveries).where(*FIRST_OF_LANE).values(due_at=bindparam("now")))
_REMOVE = Statement(
    delete(deliveries).where(
        _d.id.in_(select(_other.c.id).where(_other.c.endpoint_id == bindparam("endpoint")).limit(bindparam("size")))
    )
)
_void = update(deliveries).values(state=_GIVEN_UP, due_at=null(), ended_at=bindparam("now"))
_GIVE_UP = Statement(
    _void.where(_d.id.in_(_of_lane.where(_other.c.number <= bindparam("until")).limit(bindparam("size"))))
)
_GIVE_UP_FIRST = Statement(_void.where(among(_d.id, "ids"), _d.state == _OPEN))


def _known(row: Row) -> tuple[str, Faring]:
    return str(row[0]), Faring(*row[1 : 1 + len(COLUMNS)])


async def endpoints(reader: Reader, now: Instant, size: int, busy: Iterable[str]) -> list[tuple[str, Faring]]:
    """Return up to `size` endpoints where something may be due, earliest first, of the applications whose clock goes
    with the machine's; without those that are `busy`."""
    rows = await reader.all(_ENDPOINTS, until=now, size=size, busy=_encode(list(busy)).decode())
    return [_known(row) for row in rows]


async def endpoints_of(reader: Reader, application_id: str, until: Instant) -> list[tuple[str, Faring]]:
    """Return an application's endpoints where something may be due by an instant."""
    rows = await reader.all(_ENDPOINTS_OF, application_id=application_id, until=until)
    return [_known(row) for row in rows]


async def heads(reader: Reader, endpoint_id: str, fares: Faring, until: Instant, size: int) -> list[Waiting]:
    """Return what is sent next to an endpoint, up to `size` of it, as far as that may be by an instant."""
    found: list[Waiting] = []
    for tried, statement in _HEADS.items():
        hold = fares.hold(tried=tried)
        if hold <= until:
            rows = await reader.all(statement, endpoint_id=endpoint_id, until=until, size=size)
            found += [Waiting(*(*row, max(row[5], hold))) for row in rows]
    return sorted(found, key=lambda one: (one.at, one.due_at, one.number))[:size]


async def look(writer: Writer, ids: Iterable[str], *, exactly: bool = False) -> None:
    """Have endpoints looked at as early as something is due there; with `exactly` no earlier either.

    The caller has the turn at them.
    """
    for row in await writer.all(_FIRSTS, ids=_encode(sorted(ids)).decode()):
        id, fares = _known(row)
        before, *firsts = row[1 + len(COLUMNS) :]
        times = [
            max(first, fares.hold(tried=tried))
            for tried, first in zip((True, False), firsts, strict=True)
            if first is not None
        ]
        due = min(times, default=None)
        if due != before and (exactly or (due is not None and (before is None or due < before))):
            await writer.run(_SET, key=id, new_due=due)


async def give_up(writer: Writer, endpoint_id: str, until: int, now: Instant, size: int) -> list[str]:
    """Close up to `size` of what waits at an endpoint and has a number up to `until`; return the connections whose it
    was. The caller has the turn at the endpoint, and looks at it afterwards."""
    found = await heads(writer, endpoint_id, Faring(), _EVER, size)
    void = [one for one in found if one.number <= until]
    if len(found) == size:
        # there are so many that it is enough to close the first of each
        await writer.run(_GIVE_UP_FIRST, ids=_encode([one.id for one in void]).decode(), now=now)
    else:
        room = size
        for one in void:
            told = {"endpoint": endpoint_id, "lane": one.connection_id, "until": until, "size": room}
            room -= await writer.run(_GIVE_UP, **told, now=now) if room else 0
    for one in void:
        await open_next(writer, endpoint_id, one.connection_id, now)
    return [one.connection_id for one in void]


async def remove(writer: Writer, endpoint_id: str, size: int) -> int:
    """Delete up to `size` of an endpoint's deliveries, whatever came of them; return how many."""
    return await writer.run(_REMOVE, endpoint=endpoint_id, size=size)


async def open_next(writer: Writer, endpoint_id: str, lane: str, now: Instant) -> None:
    """Have the first that is open of a lane fall due, unless it is."""
    await writer.run(_OPEN_NEXT, endpoint=endpoint_id, lane=lane, now=now)


_EVER: Instant = 2**62
