"""How old the log of clients' calls and sessions is, and what goes when it is too old."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import applications, requests, sessions
from afluente.store.statement import Statement

# one that lapses is not over, and neither is one whose files are being read
_over = (sessions.c.due_at.is_(None), sessions.c.meaning.not_like("progress%"))
_call = (
    select(requests.c.at)
    .where(requests.c.application_id == applications.c.id)
    .order_by(requests.c.at)
    .limit(1)
    .scalar_subquery()
)
_session = (
    select(sessions.c.opened_at)
    .where(sessions.c.application_id == applications.c.id, *_over)
    .order_by(sessions.c.opened_at)
    .limit(1)
    .scalar_subquery()
)
_oldest = select(applications.c.id, _call, _session)
# an application whose clock is stopped has a time of its own
_OLDEST = Statement(_oldest.where(applications.c.clock.is_(None)))
_OLDEST_OF = Statement(_oldest.where(applications.c.id == bindparam("application_id")))
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


async def oldest(reader: Reader, application_id: str | None) -> dict[str, Instant]:
    """Return when the oldest call was made or the oldest session opened that is over, by application.

    Of one application; or of all whose clock goes with the machine's.
    """
    if application_id is None:
        rows = await reader.all(_OLDEST)
    else:
        rows = await reader.all(_OLDEST_OF, application_id=application_id)
    found = {str(row[0]): [int(at) for at in row[1:] if at is not None] for row in rows}
    return {id: min(instants) for id, instants in found.items() if instants}


async def remove(writer: Writer, application_id: str, until: Instant, size: int) -> int:
    """Delete up to `size` of the calls and as many of the sessions that were made until then and are over.

    Returns how many there were of the more numerous.
    """
    told = {"application_id": application_id, "until": until, "size": size}
    return max(await writer.run(_REMOVE_CALLS, **told), await writer.run(_REMOVE_SESSIONS, **told))
