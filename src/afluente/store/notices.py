"""Instants of connections' lives that are to be noticed when they come."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import applications, notices
from afluente.store.statement import Statement

_c = notices.c
_ADD = Statement(insert(notices).values({column.name: bindparam(column.name) for column in _c}))
_FORGET = Statement(delete(notices).where(_c.connection_id == bindparam("key")))
_FIND = Statement(
    select(_c.kind).where(_c.connection_id == bindparam("connection_id"), _c.due_at == bindparam("due_at"))
)
_TAKE = Statement(delete(notices).where(_c.connection_id == bindparam("key"), _c.due_at == bindparam("at")))
_columns = (_c.connection_id, _c.due_at, _c.application_id)
# an application whose clock is stopped has a time of its own
_DUE = Statement(
    select(*_columns)
    .join(applications, applications.c.id == _c.application_id)
    .where(_c.due_at <= bindparam("until"), applications.c.clock.is_(None))
    .order_by(_c.due_at, _c.connection_id)
    .limit(bindparam("size"))
)
_DUE_OF = Statement(
    select(*_columns)
    .where(_c.due_at <= bindparam("until"), _c.application_id == bindparam("application_id"))
    .order_by(_c.due_at, _c.connection_id)
    .limit(bindparam("size"))
)


async def add(writer: Writer, application_id: str, connection_id: str, at: Instant, kind: str) -> None:
    """Have an instant noticed."""
    await writer.run(_ADD, application_id=application_id, connection_id=connection_id, due_at=at, kind=kind)


async def forget(writer: Writer, connection_id: str) -> None:
    """Forget what was to be noticed of a connection."""
    await writer.run(_FORGET, key=connection_id)


async def take(writer: Writer, connection_id: str, at: Instant) -> str | None:
    """Take a notice away and return its kind; None where there is none. The caller holds the connection's lock."""
    row = await writer.one(_FIND, connection_id=connection_id, due_at=at)
    if row is None:
        return None
    await writer.run(_TAKE, key=connection_id, at=at)
    return str(row[0])


async def due_until(
    reader: Reader, until: Instant, size: int, application_id: str | None
) -> list[tuple[str, Instant, str]]:
    """Return (connection, instant, application) of what is due, earliest first: one application's, or that of all
    whose clock goes with the machine's."""
    if application_id is None:
        rows = await reader.all(_DUE, until=until, size=size)
    else:
        rows = await reader.all(_DUE_OF, until=until, size=size, application_id=application_id)
    return [(str(row[0]), int(row[1]), str(row[2])) for row in rows]
