"""Sessions that were ended before their time: what is signed would open until it is over, wherever a copy of it is."""

from __future__ import annotations

from afluente.core.clock import Instant
from afluente.engine.world import World
from afluente.store import allowances, applications

_BEGINS, _SIZE = "session-ended/", 100


async def end(world: World, application_id: str, session: str, until: Instant) -> None:
    """Keep that a session which would last `until` is over; what is kept of those that are over anyway goes."""
    now = world.clock.now()
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        await allowances.forget(writer, application_id, _BEGINS, _named("", now), _SIZE)
        await allowances.write(writer, application_id, _named(session, until), [now])


async def ended(world: World, application_id: str, session: str, until: Instant) -> bool:
    """Tell whether a session that would last `until` was ended."""
    return bool(await allowances.spent(world.database, application_id, _named(session, until)))


def _named(session: str, until: Instant) -> str:
    return f"{_BEGINS}{until:015d}/{session}"
