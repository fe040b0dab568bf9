"""How old the log of clients' calls and sessions is, and what goes when it is too old."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, func, select, tuple_

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import executions, requests, sessions
from afluente.store.statement import Statement, among

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
_run = executions.c
_OLD_RUNS = Statement(
    select(_run.ended_at, _run.id)
    .where(
        _run.application_id == bindparam("application_id"),
        _run.ended_at <= bindparam("until"),
        tuple_(_run.ended_at, _run.id) > tuple_(bindparam("after_at"), bindparam("after_id")),
    )
    .order_by(_run.ended_at, _run.id)
    .limit(bindparam("size"))
)
_NEXT_RUN = Statement(
    select(func.min(_run.ended_at)).where(
        _run.application_id == bindparam("application_id"), _run.ended_at > bindparam("until")
    )
)
_newer = executions.alias("newer")
# as many of a connection's own as stay, however old they are, were begun at this instant or later
_stay_from = (
    select(_newer.c.started_at)
    .where(_newer.c.connection_id == _run.connection_id)
    .order_by(_newer.c.started_at.desc())
    .limit(1)
    .offset(bindparam("least"))
    .scalar_subquery()
)
_REMOVE_RUNS = Statement(delete(executions).where(among(_run.id, "ids"), _run.started_at <= _stay_from))
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


async def old_runs(
    reader: Reader, application_id: str, until: Instant, after: tuple[Instant, str], size: int
) -> list[tuple[Instant, str]]:
    """Return (end, id) of up to `size` of an application's executions that ended by then, oldest first, behind
    `after`."""
    told = {"until": until, "after_at": after[0], "after_id": after[1], "size": size}
    return [(int(row[0]), str(row[1])) for row in await reader.all(_OLD_RUNS, application_id=application_id, **told)]


async def remove_runs(writer: Writer, ids: Sequence[str], least: int) -> int:
    """Delete executions that have ended, but the `least` of each connection that were begun last; return how many."""
    return await writer.run(_REMOVE_RUNS, ids=msgspec.json.encode(ids).decode(), least=least)


async def next_run(reader: Reader, application_id: str, until: Instant) -> Instant | None:
    """Return when the first of an application's executions ended behind an instant."""
    row = await reader.one(_NEXT_RUN, application_id=application_id, until=until)
    return None if row is None or row[0] is None else int(row[0])
