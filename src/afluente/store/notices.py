"""Instants of connections' lives that are to be noticed when they come."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from afluente.core.clock import Instant
from afluente.store.database import Writer
from afluente.store.dues import Dues
from afluente.store.schema import notices
from afluente.store.statement import Statement

_c = notices.c
_ADD = Statement(insert(notices).values({column.name: bindparam(column.name) for column in _c}))
_FORGET = Statement(delete(notices).where(_c.connection_id == bindparam("key")))
_FIND = Statement(
    select(_c.kind).where(_c.connection_id == bindparam("connection_id"), _c.due_at == bindparam("due_at"))
)
_TAKE = Statement(delete(notices).where(_c.connection_id == bindparam("key"), _c.due_at == bindparam("at")))

_DUES = Dues(_c.connection_id, _c.due_at, _c.application_id)

due_until = _DUES.until
"""Those that have come, by their connections."""


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
