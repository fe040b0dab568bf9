"""How old the log of clients' calls and sessions is, and what goes when it is too old."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import requests, sessions
from afluente.store.statement import Statement

# one that lapses is not over, and neither is one whose files are being read
_over = (sessions.c.due_at.is_(None), sessions.c.meaning.not_like("progress%"))
_OLDEST_CALL = Statement(
    select(requests.c.at)
    .where(requests.c.application_id == bindparam("application_id"))
    .order_by(requests.c.at)
    .limit(1)
)
_OLDEST_SESSION = Statement(
    select(sessions.c.opened_at)
    .where(sessions.c.application_id == bindparam("application_id"))
    .order_by(sessions.c.opened_at)
    .limit(1)
)
_OLD_CALLS = (
    select(requests.c.id)
    .where(requests.c.application_id == bindparam("application_id"), requests.c.at <= bindparam("until"))
    .order_by(requests.c.at)
    .limit(bindparam("size"))
)
_OLD_SESSIONS = (
    select(sessions.c.id)
    .where(sessions.c.application_id == bindparam("application_id"), sessions.c.opened_at <= bindparam("until"), *_over)
    .order_by(sessions.c.opened_at)
    .limit(bindparam("size"))
)
_REMOVE_CALLS = Statement(delete(requests).where(requests.c.id.in_(_OLD_CALLS)))
_REMOVE_SESSIONS = Statement(delete(sessions).where(sessions.c.id.in_(_OLD_SESSIONS)))


async def oldest(reader: Reader, application_id: str) -> Instant | None:
    """Return when an application's oldest call was made or its oldest session opened, over or not; None without."""
    found = [
        await reader.one(statement, application_id=application_id) for statement in (_OLDEST_CALL, _OLDEST_SESSION)
    ]
    return min((int(row[0]) for row in found if row is not None), default=None)


async def remove(writer: Writer, application_id: str, until: Instant, size: int) -> int:
    """Delete up to `size` of the calls and as many of the sessions that were made until then and are over.

    Returns how many there were of the more numerous.
    """
    told = {"application_id": application_id, "until": until, "size": size}
    return max(await writer.run(_REMOVE_CALLS, **told), await writer.run(_REMOVE_SESSIONS, **told))
