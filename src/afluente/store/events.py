"""Facts as they were written, and their places in each application's order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, case, delete, func, insert, select, update

from afluente.core.clock import Instant
from afluente.core.events import Event, EventKind, Fact
from afluente.store import applications
from afluente.store.database import Reader, Row, Writer
from afluente.store.schema import cursors, events
from afluente.store.statement import Statement, among

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Fact).decode
_c = events.c
_columns = (_c.id, _c.application_id, _c.connection_id, _c.sequence, _c.kind, _c.at, _c.body, _c.number, _c.position)

_INSERT = Statement(
    insert(events).values(
        application_id=bindparam("application_id"),
        connection_id=bindparam("connection_id"),
        sequence=bindparam("sequence"),
        id=bindparam("id"),
        kind=bindparam("kind"),
        at=bindparam("at"),
        body=bindparam("body"),
    )
)
_UNPLACED = Statement(
    select(*_columns)
    .where(_c.application_id == bindparam("application_id"), _c.position.is_(None))
    .order_by(_c.number)
    .limit(bindparam("size"))
)
_PLACE = Statement(
    update(events)
    .where(_c.number == bindparam("key"), _c.position.is_(None))
    .values(position=bindparam("new_position"))
)
_BEHIND = Statement(
    select(*_columns)
    .where(_c.application_id == bindparam("application_id"), _c.position > bindparam("after"))
    .order_by(_c.position)
    .limit(bindparam("size"))
)
_SELECTED = Statement(
    select(*_columns)
    .where(
        _c.application_id == bindparam("application_id"),
        _c.position > bindparam("after"),
        among(_c.kind, "kinds"),
    )
    .order_by(_c.position)
    .limit(bindparam("size"))
)
_OF_CONNECTION = Statement(
    select(*_columns)
    .where(_c.connection_id == bindparam("connection_id"), _c.sequence > bindparam("after"))
    .order_by(_c.sequence)
    .limit(bindparam("size"))
)
_BEFORE = Statement(
    select(*_columns)
    .where(_c.connection_id == bindparam("connection_id"), _c.sequence < bindparam("before"))
    .order_by(_c.sequence.desc())
    .limit(bindparam("size"))
)
_OWN = Statement(
    select(*_columns)
    .where(
        _c.application_id == bindparam("application_id"),
        _c.connection_id == bindparam("connection_id"),
        _c.sequence > bindparam("after"),
        _c.sequence <= bindparam("until"),
    )
    # in the order of the index that finds them: by their numbers SQLite would walk through every event there is
    .order_by(_c.connection_id, _c.sequence)
    .limit(bindparam("size"))
)
# few facts concern no connection: they have an index of their own
_NAMING = Statement(
    select(_c.number, case((_c.body.like(bindparam("pattern"), escape="!"), 1), else_=0))
    .where(
        _c.application_id == bindparam("application_id"),
        _c.connection_id.is_(None),
        _c.number < bindparam("before"),
    )
    .order_by(_c.number.desc())
    .limit(bindparam("size"))
)
_NUMBERED = Statement(select(*_columns).where(_c.number == bindparam("number")))
_REWRITE = Statement(update(events).where(_c.number == bindparam("key")).values(body=bindparam("new_body")))
_LAST_SEQUENCE = Statement(select(func.max(_c.sequence)).where(_c.connection_id == bindparam("connection_id")))
_OWNER = Statement(select(_c.application_id).where(_c.number == bindparam("number")))
_LAST_NUMBER = Statement(select(func.max(_c.number)))
# what was written first is what is oldest: only those are looked at, and never all that an application has
_head = select(_c.number, _c.at).where(_c.application_id == bindparam("application")).limit(bindparam("size"))
_heads = (
    _head.where(_c.position.is_not(None)).order_by(_c.position).subquery(),
    _head.where(_c.position.is_(None)).order_by(_c.number).subquery(),
)
_last = events.alias("last")
_FORGET = tuple(
    Statement(
        delete(events).where(
            _c.number.in_(select(head.c.number).where(head.c.at < bindparam("until"))),
            # the last one of all stays: SQLite would begin to count anew, and who listens counts by numbers
            _c.number < select(func.max(_last.c.number)).scalar_subquery(),
        )
    )
    for head in _heads
)
_CURSOR = Statement(
    select(cursors.c.placed, cursors.c.delivered)
    .where(cursors.c.application_id == bindparam("application_id"))
    .with_for_update()
)
_BEGIN = Statement(insert(cursors).values({column.name: bindparam(column.name) for column in cursors.c}))
_MOVE = Statement(
    update(cursors)
    .where(cursors.c.application_id == bindparam("application"))
    .values(placed=bindparam("new_placed"), delivered=bindparam("new_delivered"))
)


def _event(row: Row) -> Event:
    return Event(
        id=row[0],
        application_id=row[1],
        connection_id=row[2],
        sequence=row[3],
        kind=EventKind(row[4]),
        at=row[5],
        fact=_decode(row[6]),
        number=row[7],
        position=row[8] or 0,
    )


async def add(writer: Writer, told: Sequence[Event]) -> None:
    """Write facts; their places come later."""
    if told:
        await writer.run_each(_INSERT, [_written(event) for event in told])


def _written(event: Event) -> dict[str, Any]:
    return {
        "application_id": event.application_id,
        "connection_id": event.connection_id,
        "sequence": event.sequence,
        "id": event.id,
        "kind": str(event.kind),
        "at": event.at,
        "body": _encode(event.fact).decode(),
    }


async def unplaced(reader: Reader, application_id: str, size: int) -> list[Event]:
    """Return the first facts that have no place yet, in the order they were written."""
    return [_event(row) for row in await reader.all(_UNPLACED, application_id=application_id, size=size)]


async def place(writer: Writer, number: int, position: int) -> bool:
    """Give a fact its place; tell whether it had none."""
    return await writer.run(_PLACE, key=number, new_position=position) == 1


async def behind(reader: Reader, application_id: str, after: int, size: int, kinds: Sequence[str] = ()) -> list[Event]:
    """Return up to `size` placed events behind a position, in order; only of these kinds, if any are named."""
    if kinds:
        told = _encode(list(kinds)).decode()
        rows = await reader.all(_SELECTED, application_id=application_id, after=after, size=size, kinds=told)
    else:
        rows = await reader.all(_BEHIND, application_id=application_id, after=after, size=size)
    return [_event(row) for row in rows]


async def of_connection(reader: Reader, connection_id: str, after: int, size: int) -> list[Event]:
    """Return a connection's events behind a sequence number, placed or not."""
    rows = await reader.all(_OF_CONNECTION, connection_id=connection_id, after=after, size=size)
    return [_event(row) for row in rows]


async def own(
    reader: Reader, application_id: str, connection_id: str, after: int, until: int, size: int
) -> list[Event]:
    """Return up to `size` of a connection's events behind a sequence number, placed or not, and up to another."""
    told = {"application_id": application_id, "connection_id": connection_id, "after": after, "until": until}
    return [_event(row) for row in await reader.all(_OWN, **told, size=size)]


async def naming(
    reader: Reader, application_id: str, names: Sequence[str], before: int, size: int
) -> tuple[list[Event], int | None]:
    """Look through an application's events that concern no connection, the last first, `size` of those with numbers
    below `before`; return those that have one of the names as a value, and below which number to go on (None where
    there are no more)."""
    found, numbers = set[int](), list[int]()
    for name in names:
        written = "".join(f"!{one}" if one in "%_!" else one for one in _encode(name).decode())
        told = {"application_id": application_id, "pattern": f"%{written}%", "before": before, "size": size}
        rows = await reader.all(_NAMING, **told)
        numbers = [int(row[0]) for row in rows]
        found.update(int(row[0]) for row in rows if row[1])
    named = [await reader.one(_NUMBERED, number=number) for number in sorted(found)]
    return [_event(row) for row in named if row is not None], numbers[-1] if len(numbers) == size else None


async def rewrite(writer: Writer, number: int, fact: Fact) -> None:
    """Replace what a fact says."""
    await writer.run(_REWRITE, key=number, new_body=_encode(fact).decode())


async def before(reader: Reader, connection_id: str, sequence: int, size: int) -> list[Event]:
    """Return a connection's events before a sequence number, the last of them first."""
    rows = await reader.all(_BEFORE, connection_id=connection_id, before=sequence, size=size)
    return [_event(row) for row in rows]


async def last_sequence(reader: Reader, connection_id: str) -> int:
    """Return the sequence number of a connection's last event, 0 where there is none."""
    row = await reader.one(_LAST_SEQUENCE, connection_id=connection_id)
    return int(row[0] or 0) if row else 0


async def last_number(reader: Reader) -> int:
    """Return the number of the event written last."""
    row = await reader.one(_LAST_NUMBER)
    return int(row[0] or 0) if row else 0


async def forget(writer: Writer, application_id: str, until: Instant, size: int) -> int:
    """Delete those of an application's first `size` events, placed and not, that are from before an instant; return how
    many there were of the more numerous."""
    told = {"application": application_id, "until": until, "size": size}
    return max([await writer.run(statement, **told) for statement in _FORGET])


async def lock_cursor(writer: Writer, application_id: str) -> tuple[int, int]:
    """Take an application's turn; return how many events are placed and how many deliveries were made."""
    row = await writer.one(_CURSOR, application_id=application_id)
    if row is None:
        # whoever is first makes it, and the application's row is their turn
        await applications.lock(writer, application_id)
        row = await writer.one(_CURSOR, application_id=application_id)
        if row is None:
            await writer.run(_BEGIN, application_id=application_id, placed=0, delivered=0)
    return (int(row[0]), int(row[1])) if row else (0, 0)


async def move_cursor(writer: Writer, application_id: str, placed: int, delivered: int) -> None:
    """Keep how far it is."""
    await writer.run(_MOVE, application=application_id, new_placed=placed, new_delivered=delivered)


async def owner(reader: Reader, number: int) -> str | None:
    """Return the application that the event of a number belongs to."""
    row = await reader.one(_OWNER, number=number)
    return None if row is None else str(row[0])
