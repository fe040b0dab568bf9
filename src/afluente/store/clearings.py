"""What is still to be erased of connections outside their own rows, and how far that is."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from sqlalchemy import bindparam, delete, func, select, text, update

from afluente.core.clock import Instant
from afluente.store.database import Reader, Row, Writer
from afluente.store.dues import Dues
from afluente.store.schema import clearings
from afluente.store.statement import Statement, among


class Extent(StrEnum):
    """What goes: closed messages alone; everything, once what waits has been told; everything, told or not."""

    MESSAGES = "messages"
    TOLD = "told"
    UNTOLD = "untold"


class Left(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is left to be looked at.

    Of the transactions those of `accounts`, which are there no more. Of the facts that concern no connection those
    below the number `shared`, as long as there are `names` that they might have; of the connection's own those behind
    the sequence number `facts`, and its messages behind the number `messages`. Sessions that were opened by `until`,
    and calls that named the connection, behind an instant and an id; None where they are done with. `calls` are those
    of the session that is next. `open` tells that messages were passed by which wait still.
    """

    accounts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    shared: int | None = None
    facts: int = 0
    messages: int = 0
    open: bool = False
    until: Instant = 0
    sessions: tuple[Instant, str] | None = None
    calls: tuple[Instant, str] = (-1, "")
    named: tuple[Instant, str] | None = None


class Clearing(msgspec.Struct, frozen=True, kw_only=True):
    """One connection's: its facts up to `sequence`, and its messages up to the number `delivered` (None for all).

    Whoever has an id that was used before is another one, of whom nothing goes.
    """

    connection_id: str
    sequence: int
    application_id: str
    extent: Extent
    delivered: int | None
    due_at: Instant
    left: Left


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Left).decode
_c = clearings.c
_columns = tuple(_c[name] for name in Clearing.__struct_fields__[:-1])

# the two databases spell it alike; SQLAlchemy has a construct of its own for each
_ADD = Statement(
    text(
        "INSERT INTO clearings (connection_id, sequence, application_id, extent, delivered, due_at, body) VALUES"
        " (:connection_id, :sequence, :application_id, :extent, :delivered, :due_at, :body)"
        " ON CONFLICT (connection_id, sequence) DO UPDATE SET extent = excluded.extent,"
        " delivered = excluded.delivered, due_at = excluded.due_at, body = excluded.body"
        " WHERE clearings.extent = 'messages'"
    )
)
_key = (_c.connection_id == bindparam("key"), _c.sequence == bindparam("last"))
_PUT = Statement(update(clearings).where(*_key).values(due_at=bindparam("new_due"), body=bindparam("new_body")))
_REMOVE = Statement(delete(clearings).where(*_key))
_WAKE = Statement(
    update(clearings)
    .where(among(_c.connection_id, "ids"), _c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)
_TOLD = Statement(
    update(clearings)
    .where(
        _c.connection_id == bindparam("key"),
        _c.sequence < bindparam("last"),
        _c.extent == str(Extent.TOLD),
        _c.delivered.is_(None),
    )
    .values(delivered=bindparam("number"), due_at=bindparam("now"))
)
_DUE_OF = Statement(
    select(*_columns, _c.body)
    .where(_c.connection_id == bindparam("connection_id"), _c.due_at <= bindparam("now"))
    .order_by(_c.sequence)
    .limit(1)
)
_LEFT = Statement(select(_c.body).where(_c.connection_id == bindparam("connection_id")))
_UNTOLD = Statement(
    select(_c.connection_id, func.max(_c.sequence))
    .where(among(_c.connection_id, "ids"), _c.extent == str(Extent.UNTOLD))
    .group_by(_c.connection_id)
)

due_until = Dues(_c.connection_id, _c.due_at, _c.application_id).until
"""Those where there is something to do, by their connections."""


async def add(writer: Writer, clearing: Clearing) -> None:
    """Write down that there is something to be erased."""
    told = {name: getattr(clearing, name) for name in Clearing.__struct_fields__[:-1]}
    told["extent"] = str(clearing.extent)
    await writer.run(_ADD, **told, body=_encode(clearing.left).decode())


async def put(writer: Writer, clearing: Clearing, due_at: Instant) -> None:
    """Write down how far it is, and when to go on unless there is something to do before."""
    told = {"key": clearing.connection_id, "last": clearing.sequence}
    await writer.run(_PUT, **told, new_due=due_at, new_body=_encode(clearing.left).decode())


async def remove(writer: Writer, clearing: Clearing) -> None:
    """Forget one that is done."""
    await writer.run(_REMOVE, key=clearing.connection_id, last=clearing.sequence)


async def wake(writer: Writer, connection_ids: Iterable[str], now: Instant) -> None:
    """Say that there is something to do of connections, as far as they are being erased."""
    await writer.run(_WAKE, ids=_encode(sorted(connection_ids)).decode(), now=now)


async def told(writer: Writer, connection_id: str, sequence: int, delivered: int, now: Instant) -> None:
    """Say that a deletion has been told as the fact of this sequence number, behind the message of the number
    `delivered`."""
    await writer.run(_TOLD, key=connection_id, last=sequence, number=delivered, now=now)


async def due_of(reader: Reader, connection_id: str, now: Instant = 2**62) -> Clearing | None:
    """Return the first of a connection's that has something to be done by now, or ever."""
    row: Row | None = await reader.one(_DUE_OF, connection_id=connection_id, now=now)
    if row is None:
        return None
    return Clearing(
        connection_id=row[0],
        sequence=row[1],
        application_id=row[2],
        extent=Extent(row[3]),
        delivered=row[4],
        due_at=row[5],
        left=_decode(row[6]),
    )


async def accounts(reader: Reader, connection_id: str) -> set[str]:
    """Return the accounts of a connection whose transactions are still to be erased."""
    rows = await reader.all(_LEFT, connection_id=connection_id)
    return {id for row in rows for id in _decode(row[0]).accounts}


async def untold(reader: Reader, connection_ids: Iterable[str]) -> dict[str, int]:
    """Return up to which sequence number facts of connections are told to nobody."""
    rows = await reader.all(_UNTOLD, ids=_encode(sorted(connection_ids)).decode())
    return {str(row[0]): int(row[1]) for row in rows}
