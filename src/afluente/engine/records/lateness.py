"""How late movements come to be listed, measured from what is stored: what the overlap of two readings has to cover.

Each update reads the days before the last one again (`windows.overlap`), for institutions list movements under days
that have gone by. A movement is late if it was stored by an update though it happened before the one before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

import msgspec

from afluente.core.accounts import Account
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection
from afluente.core.products import Product
from afluente.engine.records.windows import overlap
from afluente.engine.world import World
from afluente.store import executions, snapshots, transactions

_LAST = 5_000
"""Movements of an account that are looked at."""

_SPAN: Instant = 90 * DAY
"""How far back executions are looked at; of what was stored before nothing is known."""


class Lateness(msgspec.Struct, frozen=True):
    """`overlap` in days; `movements` came with updates, `late` of them so many days behind their own, and the last was
    stored at `newest` (None where none came)."""

    overlap: int
    movements: int
    late: dict[int, int]
    newest: Instant | None


async def measured(world: World, connection: Connection) -> Lateness:
    """Return how late a connection's movements came."""
    now = world.now(connection.application_id)
    runs = await executions.begun(world.database, connection.id, now - _SPAN, now)
    read = sorted(
        one.ended_at
        for one in runs
        if one.ended_at is not None
        and any(state.product is Product.TRANSACTIONS and state.updated for state in one.fetched)
    )
    found: list[tuple[Instant, Instant]] = []
    for account in await snapshots.of_connection(world.database, Account, connection.id):
        found += await transactions.added(world.database, account.id, _LAST)
    late = Counter[int]()
    for happened, stored in found:
        before = bisect_left(read, stored)
        if before and happened < read[before - 1]:
            late[-((happened - stored) // DAY)] += 1
    newest = max((stored for _, stored in found), default=None)
    return Lateness(overlap(world, connection) // DAY, len(found), dict(sorted(late.items())), newest)
