"""What an application may do only so often, counted on its own clock."""

from __future__ import annotations

from afluente.core.clock import SECOND, Clock, Instant
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import allowances, applications


async def spend(
    world: World, application_id: str, what: str, most: int, span: Instant, clock: Clock | None = None
) -> None:
    """Note that something is done now, at most so often in any span; on another `clock`, where that is not to stand.

    Raises `Refused` (`request.too-many`, `seconds` until it may be done again); what is refused is not counted.
    """
    now = (clock or world.clock_of(application_id)).now()
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        # a clock that was moved and let go again leaves instants behind that are still to come
        done = [at for at in await allowances.spent(writer, application_id, what) if now - span < at <= now]
        if len(done) >= most:
            raise Refused("request.too-many", data={"seconds": -(-(done[-most] + span - now) // SECOND)})
        await allowances.write(writer, application_id, what, [*done, now])
