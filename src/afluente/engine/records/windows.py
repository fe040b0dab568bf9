"""From when on movements are read again: as far back as this connection's have come late, and now and then all of them.

Each update overlaps the one before it, for institutions list movements under days that have gone by. How late they do
is seen when they are stored: whoever's come later than most is read further back. What comes later still is found when
everything is read: once a quarter, and soon after the balances have said that something is missing. Where a month's
calls are counted the overlap stays what the cheap call covers, and everything is read on purpose, never by a retry, and
never with the last calls that are left.
"""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection, Reading
from afluente.core.institutions import Institution
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import quotas
from afluente.engine.records.storing import Moved, Written
from afluente.engine.world import World

WHOLE: Instant = 90 * DAY
"""How often everything is read though nothing is missed."""

MISSED: Instant = 3 * DAY
"""How soon everything is read again where the balances say that something is missing."""

MISSED_COUNTED: Instant = 7 * DAY
"""The same where a month's calls are counted."""

LONGEST: Instant = 60 * DAY
"""What is older than this when it comes is history that the institution shows now, and no late movement."""

REMEMBERED: Instant = 90 * DAY
"""How long a connection is read as far back as one of its movements was late."""

_MISMATCH = "product.transactions.balance-mismatch"
_LEFT = 3
"""Calls of a month that are left for those who ask for everything themselves."""


def overlap(world: World, connection: Connection) -> Instant:
    """Return how far before the last update the next one reads: half as far again as movements have been late."""
    institution = world.institutions.get(connection.institution)
    late = connection.reading.late
    if institution is None or institution.open_finance:
        return world.lookback
    return max(world.lookback, min(late + late // 2, LONGEST))


async def since(
    world: World, connection: Connection, institution: Institution, before: ProductState | None
) -> Instant | None:
    """Return from when on an update reads movements; None for all that there are. `before` is what is known of them."""
    if before is None or before.updated_at is None:
        return None
    now = world.now(connection.application_id)
    if connection.reading.whole_at is not None and not connection.failures:
        again = WHOLE
        if any(meaning.startswith(_MISMATCH) for meaning in before.noticed):
            again = MISSED_COUNTED if institution.open_finance else MISSED
        if now - connection.reading.whole_at >= again and await _may_cost(world, connection):
            return None
    return before.updated_at - overlap(world, connection)


async def _may_cost(world: World, connection: Connection) -> bool:
    """Tell whether there are calls to spare for all that there is."""
    history = f"{Product.TRANSACTIONS}/{quotas.HISTORY}"
    return all(one.left > _LEFT for one in await quotas.budgets(world, connection) if one.what == history)


def read(
    connection: Connection, before: ProductState | None, written: Written, *, whole: bool, anew: bool, now: Instant
) -> Reading:
    """Return what is known of a connection's reading once movements were stored: `whole` if all were read, `anew` if
    that was for accounts that were not held before, whose movements are not late."""
    known = connection.reading
    if now - known.late_at >= REMEMBERED:
        known = replace(known, late=0, late_at=0)
    if before is not None and before.updated_at is not None and not anew:
        late = max((_late(one, before.updated_at) for one in written.moved), default=0)
        if late and late >= known.late:
            known = replace(known, late=late, late_at=now)
    if whole:
        return replace(known, whole_at=now)
    # of those that were there before this was noted not all are due at once
    return known if known.whole_at is not None else replace(known, whole_at=now - _phase(connection))


def _late(moved: Moved, read_at: Instant) -> Instant:
    """Return how far before the last reading the earliest happened that this one has found."""
    late = max(read_at - moved.since, 0) if moved.since is not None else 0
    return late if late <= LONGEST else 0


def _phase(connection: Connection) -> Instant:
    return int(connection.id.replace("-", "")[:6] or "0", 16) % (WHOLE // DAY) * DAY
