"""Clients' sessions."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, insert, select, tuple_, update

from afluente.core.clock import Instant
from afluente.core.sessions import ClientSession
from afluente.store.database import Reader, Writer
from afluente.store.dues import Dues
from afluente.store.newest import Cursor, Newest
from afluente.store.schema import sessions as table
from afluente.store.statement import Statement, among, apart

_decode = msgspec.json.Decoder(ClientSession).decode
_encode = msgspec.json.Encoder().encode

_GET = Statement(select(table.c.body).where(table.c.id == bindparam("id")))
_LOCK = Statement(select(table.c.body).where(table.c.id == bindparam("id")).with_for_update())
_INSERT = Statement(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
_UPDATE = Statement(
    update(table)
    .where(table.c.id == bindparam("key"))
    .values(
        connection_id=bindparam("new_connection"),
        institution=bindparam("new_institution"),
        meaning=bindparam("new_meaning"),
        tag=bindparam("new_tag"),
        updated_at=bindparam("new_time"),
        due_at=bindparam("new_due"),
        body=bindparam("new_body"),
    )
)
_REMOVE = Statement(delete(table).where(table.c.id == bindparam("key")))
_OF = Statement(
    select(table.c.body)
    .where(
        apart(table.c.application_id) == bindparam("application_id"),
        table.c.connection_id == bindparam("connection_id"),
    )
    .order_by(table.c.opened_at.desc(), table.c.id.desc())
    .limit(bindparam("size"))
)
_DUES = Dues(table.c.id, table.c.due_at, table.c.application_id)
_OPENED = Statement(
    select(table.c.body)
    .where(
        apart(table.c.application_id) == bindparam("application_id"),
        table.c.connection_id == bindparam("connection_id"),
        table.c.opened_at >= bindparam("after_at"),
        tuple_(table.c.opened_at, table.c.id) > tuple_(bindparam("after_at"), bindparam("after_id")),
        table.c.opened_at <= bindparam("until"),
    )
    .order_by(table.c.opened_at, table.c.id)
    .limit(bindparam("size"))
    .with_for_update()
)
_NEWEST = Newest(
    table,
    table.c.opened_at,
    {
        **{
            name: table.c[name] == bindparam(name)
            for name in ("system", "institution", "tag", "meaning", "connection_id")
        },
        "meanings": among(table.c.meaning, "meanings"),
    },
    few=("connection_id",),
)

due_until = _DUES.until
"""Those that lapse."""


async def get(reader: Reader, id: str) -> ClientSession | None:
    """Return one session, whoever's it is."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _decode(row[0])


async def lock(writer: Writer, id: str) -> ClientSession | None:
    """Return one session, and let nobody else change it until the transaction ends."""
    row = await writer.one(_LOCK, id=id)
    return None if row is None else _decode(row[0])


async def add(writer: Writer, session: ClientSession) -> None:
    """Store a new one."""
    await writer.run(
        _INSERT,
        id=session.id,
        application_id=session.application_id,
        connection_id=session.connection_id,
        system=session.system,
        institution=session.institution,
        meaning=session.meaning,
        tag=session.tag,
        opened_at=session.opened_at,
        updated_at=session.updated_at,
        due_at=session.due_at,
        body=_encode(session).decode(),
    )


async def put(writer: Writer, session: ClientSession) -> None:
    """Replace what is stored."""
    await writer.run(
        _UPDATE,
        key=session.id,
        new_connection=session.connection_id,
        new_institution=session.institution,
        new_meaning=session.meaning,
        new_tag=session.tag,
        new_time=session.updated_at,
        new_due=session.due_at,
        new_body=_encode(session).decode(),
    )


async def remove(writer: Writer, id: str) -> None:
    """Delete one; the calls that were made in it stay."""
    await writer.run(_REMOVE, key=id)


async def of_connection(reader: Reader, application_id: str, connection_id: str, size: int) -> list[ClientSession]:
    """Return the last sessions about a connection, newest first."""
    rows = await reader.all(_OF, application_id=application_id, connection_id=connection_id, size=size)
    return [_decode(row[0]) for row in rows]


async def opened(
    writer: Writer, application_id: str, connection_id: str, after: tuple[Instant, str], until: Instant, size: int
) -> list[ClientSession]:
    """Return up to `size` sessions about a connection, oldest first, behind `after`, that were opened by an instant;
    nobody else changes them until the transaction ends."""
    told = {"application_id": application_id, "connection_id": connection_id, "until": until, "size": size}
    rows = await writer.all(_OPENED, after_at=after[0], after_id=after[1], **told)
    return [_decode(row[0]) for row in rows]


async def page(
    reader: Reader, application_id: str, size: int, before: Cursor | None, **filters: str | Instant
) -> list[ClientSession]:
    """Return up to `size` sessions, newest first, behind `before`.

    `filters`: `system`, `institution`, `tag`, `meaning`, `meanings` (a JSON list), `connection_id`, and
    the span `since` to `until` in which they were opened.
    """
    rows = await _NEWEST.page(reader, application_id, size, before, filters)
    return [_decode(row[0]) for row in rows]
