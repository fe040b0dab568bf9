"""Calls that clients made."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, insert, select, tuple_, update

from afluente.core.clock import Instant
from afluente.core.sessions import ClientCall
from afluente.store.database import Reader, Writer
from afluente.store.schema import requests as table
from afluente.store.schema import sessions
from afluente.store.statement import Statement, among

_decode = msgspec.json.Decoder(ClientCall).decode
_encode = msgspec.json.Encoder().encode

_GET = Statement(select(table.c.body).where(table.c.id == bindparam("id")))
_INSERT = Statement(insert(table).values({column.name: bindparam(column.name) for column in table.c}))
_REWRITE = Statement(update(table).where(table.c.id == bindparam("key")).values(body=bindparam("new_body")))
# whoever calls names a session, and it need not be theirs
_its_session = and_(sessions.c.id == table.c.session_id, sessions.c.application_id == table.c.application_id)
_OF = Statement(
    select(table.c.body)
    .join(sessions, _its_session)
    .where(table.c.session_id == bindparam("session_id"))
    .order_by(table.c.at, table.c.id)
)
_OF_SESSION = {"institution": sessions.c.institution, "tag": sessions.c.tag}
_CONDITIONS: dict[str, Any] = {
    "system": table.c.system == bindparam("system"),
    "operation": table.c.operation == bindparam("operation"),
    "meaning": table.c.meaning == bindparam("meaning"),
    "meanings": among(table.c.meaning, "meanings"),
    "session_id": table.c.session_id == bindparam("session_id"),
    "since": table.c.at >= bindparam("since"),
    "until": table.c.at < bindparam("until"),
    **{name: column == bindparam(name) for name, column in _OF_SESSION.items()},
}
# as pairs, so that the index is entered in the right place
_before = tuple_(table.c.at, table.c.id) < tuple_(bindparam("before_at"), bindparam("before_id"))
_pages: dict[tuple[str, ...], Statement] = {}


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
    )


async def rewrite(writer: Writer, call: ClientCall) -> None:
    """Replace what is told of a call beside what lists choose by."""
    await writer.run(_REWRITE, key=call.id, new_body=_encode(call).decode())


async def of_session(reader: Reader, session_id: str) -> list[ClientCall]:
    """Return the calls that its own application made in a session, oldest first."""
    found = [_decode(row[0]) for row in await reader.all(_OF, session_id=session_id)]
    return sorted(found, key=lambda call: (call.at, call.made_at))


async def page(
    reader: Reader, application_id: str, size: int, before: tuple[Instant, str] | None, **filters: str | Instant
) -> list[ClientCall]:
    """Return up to `size` calls, newest first, behind `before`.

    `filters`: `system`, `operation`, `meaning`, `meanings` (a JSON list), `session_id`, the span
    `since` to `until`, and the session's `institution` and `tag`.
    """
    names = tuple(sorted(filters)) + (("before",) if before else ())
    if names not in _pages:
        conditions = [_before if name == "before" else _CONDITIONS[name] for name in names]
        query = select(table.c.body).where(table.c.application_id == bindparam("application_id"), *conditions)
        if _OF_SESSION.keys() & filters.keys():
            query = query.join(sessions, _its_session)
        _pages[names] = Statement(query.order_by(table.c.at.desc(), table.c.id.desc()).limit(bindparam("size")))
    cursor = {"before_at": before[0], "before_id": before[1]} if before else {}
    rows = await reader.all(_pages[names], application_id=application_id, size=size, **filters, **cursor)
    return [_decode(row[0]) for row in rows]
