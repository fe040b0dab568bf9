"""How endpoints fare: those where nothing arrives are left alone, and asked now and then."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, select, update

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import webhooks
from afluente.store.statement import Statement, among

_encode = msgspec.json.Encoder().encode

_w = webhooks.c
_LOCK = Statement(
    select(_w.id, _w.failing_since, _w.slow_until, _w.probe_at, _w.body)
    .where(among(_w.id, "ids"))
    .order_by(_w.id)
    .with_for_update()
)
_PUT = Statement(
    update(webhooks)
    .where(_w.id == bindparam("key"))
    .values(failing_since=bindparam("new_failing"), slow_until=bindparam("new_slow"), probe_at=bindparam("new_probe"))
)
_LISTENING = Statement(select(_w.application_id).distinct())


class Faring(msgspec.Struct, frozen=True):
    """How an endpoint fares: since when nothing has arrived there, until when it wants to be left alone, and when the
    next message that was never tried is sent there to see whether it answers again."""

    failing_since: Instant | None = None
    slow_until: Instant | None = None
    probe_at: Instant | None = None


async def lock(writer: Writer, ids: Iterable[str]) -> dict[str, Faring]:
    """Take the turn at endpoints (and their lanes), in one order for everybody."""
    rows = await writer.all(_LOCK, ids=_encode(sorted(ids)).decode())
    return {str(row[0]): Faring(row[1], row[2], row[3]) for row in rows}


async def put(writer: Writer, endpoint_id: str, faring: Faring) -> None:
    """Keep how an endpoint fares."""
    await writer.run(
        _PUT,
        key=endpoint_id,
        new_failing=faring.failing_since,
        new_slow=faring.slow_until,
        new_probe=faring.probe_at,
    )


async def listening(reader: Reader) -> list[str]:
    """Return the applications that have an endpoint."""
    return [str(row[0]) for row in await reader.all(_LISTENING)]
