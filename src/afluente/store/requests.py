"""Calls that clients made."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import Select, and_, bindparam, case, insert, null, select, tuple_, update

from afluente.core.clock import Instant
from afluente.core.sessions import ClientCall
from afluente.store.database import Reader, Writer
from afluente.store.newest import Cursor, Newest
from afluente.store.schema import requests as table
from afluente.store.schema import sessions
from afluente.store.statement import Statement, among, apart

_decode = msgspec.json.Decoder(ClientCall).decode
_encode = msgspec.json.Encoder().encode

_GET = Statement(select(table.c.body).where(table.c.id == bindparam("id")))
_INSERT = Statement(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
_REWRITE = Statement(update(table).where(table.c.id == bindparam("key")).values(body=bindparam("new_body")))
# whoever calls names a session, and it need not be theirs
_its_session = and_(
    sessions.c.id == table.c.session_id, apart(sessions.c.application_id) == apart(table.c.application_id)
)
_OF = Statement(
    select(table.c.body)
    .join(sessions, _its_session)
    .where(table.c.session_id == bindparam("session_id"))
    .order_by(table.c.at, table.c.number, table.c.id)
)
_its_own = apart(table.c.application_id) == bindparam("application_id")
_ABOUT = Statement(
    select(table.c.body)
    .where(table.c.connection_id == bindparam("connection_id"), _its_own)
    .order_by(table.c.at.desc(), table.c.number.desc())
    .limit(bindparam("size"))
)
# what is not told of a call is not in its body either, and is not read; in the order of the index that finds them
_told = and_(_its_own, table.c.body.like(bindparam("pattern")))
_HOLDING = {
    name: Statement(
        select(table.c.at, table.c.id, case((_told, table.c.body), else_=null()))
        .where(
            table.c[name] == bindparam("of"),
            table.c.at >= bindparam("after_at"),
            tuple_(table.c.at, table.c.id) > tuple_(bindparam("after_at"), bindparam("after_id")),
        )
        .order_by(table.c.at, table.c.id)
        .limit(bindparam("size"))
    )
    for name in ("session_id", "connection_id")
}
_OF_SESSION = {"institution": sessions.c.institution, "tag": sessions.c.tag}


def _with_session(query: Select[Any], names: frozenset[str]) -> Select[Any]:
    """Join the sessions where a filter is about them."""
    return query.join(sessions, _its_session) if names & _OF_SESSION.keys() else query


_BY_COLUMN = ("system", "operation", "meaning", "session_id", "connection_id")
_NEWEST = Newest(
    table,
    table.c.at,
    {
        **{name: table.c[name] == bindparam(name) for name in _BY_COLUMN},
        **{name: column == bindparam(name) for name, column in _OF_SESSION.items()},
        "meanings": among(table.c.meaning, "meanings"),
    },
    _with_session,
    within=(table.c.number,),
    few=("session_id", "connection_id"),
)


async def get(reader: Reader, id: str) -> ClientCall | None:
    """Return one call, whoever's it is."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _decode(row[0])


async def add(writer: Writer, call: ClientCall) -> None:
    """Store a new one."""
    await writer.run(
        _INSERT,
        id=call.id,
        application_id=call.application_id,
        session_id=call.session_id,
        system=call.system,
        operation=call.operation,
        meaning=call.meaning,
        status=call.status,
        at=call.at,
        body=_encode(call).decode(),
        connection_id=call.connection_id,
        number=call.number,
    )


async def rewrite(writer: Writer, call: ClientCall) -> None:
    """Replace what is told of a call beside what lists choose by."""
    await writer.run(_REWRITE, key=call.id, new_body=_encode(call).decode())


async def holding(
    reader: Reader,
    application_id: str,
    part: Literal["said", "details"],
    of: Literal["session_id", "connection_id"],
    id: str,
    after: tuple[Instant, str],
    size: int,
) -> tuple[list[ClientCall], tuple[Instant, str] | None]:
    """Look through an application's own calls of a session, or those that name a connection, `size` of them behind
    `after`; return those that have something in `part`, and where to go on (None where there are no more)."""
    told = {"of": id, "application_id": application_id, "pattern": f'%"{part}":%', "size": size}
    rows = await reader.all(_HOLDING[of], after_at=after[0], after_id=after[1], **told)
    found = [_decode(row[2]) for row in rows if row[2] is not None]
    return found, (int(rows[-1][0]), str(rows[-1][1])) if len(rows) == size else None


async def of_session(reader: Reader, session_id: str) -> list[ClientCall]:
    """Return the calls that its own application made in a session, oldest first."""
    return [_decode(row[0]) for row in await reader.all(_OF, session_id=session_id)]


async def about(reader: Reader, application_id: str, connection_id: str, size: int) -> list[ClientCall]:
    """Return up to `size` of the calls that name a connection, the last of them first."""
    rows = await reader.all(_ABOUT, application_id=application_id, connection_id=connection_id, size=size)
    return [_decode(row[0]) for row in rows]


async def page(
    reader: Reader, application_id: str, size: int, before: Cursor | None, **filters: str | Instant
) -> list[ClientCall]:
    """Return up to `size` calls, newest first, behind `before`.

    `filters`: `system`, `operation`, `meaning`, `meanings` (a JSON list), `session_id`, `connection_id`, the span
    `since` to `until`, and the session's `institution` and `tag`.
    """
    rows = await _NEWEST.page(reader, application_id, size, before, filters)
    return [_decode(row[0]) for row in rows]
