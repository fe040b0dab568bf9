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

COLUMNS = ("failing_since", "slow_until", "probe_at", "void_until")
_w = webhooks.c
_LOCK = Statement(
    select(_w.id, *(_w[name] for name in COLUMNS)).where(among(_w.id, "ids")).order_by(_w.id).with_for_update()
)
_PUT = Statement(
    update(webhooks).where(_w.id == bindparam("key")).values({name: bindparam(f"new_{name}") for name in COLUMNS})
)
_LISTENING = Statement(select(_w.application_id).distinct())


class Faring(msgspec.Struct, frozen=True):
    """How an endpoint fares: since when nothing has arrived there, until when it wants to be left alone, and when the
    next message that was never tried is sent there to see whether it answers again. Messages up to the number
    `void_until` are given up: it was switched off when they waited, or is."""

    failing_since: Instant | None = None
    slow_until: Instant | None = None
    probe_at: Instant | None = None
    void_until: int = 0

    def hold(self, *, tried: bool) -> Instant:
        """Return until when it is left alone with messages that were tried, or with those that were not."""
        return max(self.slow_until or 0, 0 if tried else self.probe_at or 0)


ALL = 2**62
"""The number of no message: all are before it."""


async def lock(writer: Writer, ids: Iterable[str]) -> dict[str, Faring]:
    """Take the turn at endpoints (and their lanes), in one order for everybody."""
    rows = await writer.all(_LOCK, ids=_encode(sorted(ids)).decode())
    return {str(row[0]): Faring(*row[1:]) for row in rows}


async def put(writer: Writer, endpoint_id: str, faring: Faring) -> None:
    """Keep how an endpoint fares."""
    await writer.run(_PUT, key=endpoint_id, **{f"new_{name}": getattr(faring, name) for name in COLUMNS})


async def listening(reader: Reader) -> list[str]:
    """Return the applications that have an endpoint."""
    return [str(row[0]) for row in await reader.all(_LISTENING)]
