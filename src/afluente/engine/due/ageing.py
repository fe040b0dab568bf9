"""What the log of clients' calls and sessions has of an application goes once it is as old as the policy lets it be."""

from __future__ import annotations

from afluente.core.clock import DAY, Instant
from afluente.engine.world import Due, World
from afluente.store import ages, applications
from afluente.store.database import Reader

_AT_ONCE = 2_000
"""Rows that are deleted together: whoever writes meanwhile waits no longer than that takes."""


class OldLog:
    """Due times: when an application's log is looked at for what is old enough.

    They stand in its row, so that nobody looks at all of them: at once after its policy or its clock was changed, and
    then at the midnight at which the oldest of what is there comes of age.
    """

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that fall due by `to`."""
        return [Due(*row) for row in await applications.log_due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Delete what is old enough, and say when to look again."""
        now, removed, gone = world.now(id), 0, _AT_ONCE
        while gone == _AT_ONCE:
            async with world.database.transaction() as writer:
                application = await applications.lock(writer, id)
                if application is None:
                    return removed > 0
                kept = application.policy.log_kept
                gone = await ages.remove(writer, id, now - kept, _AT_ONCE) if kept else 0
                oldest = await ages.oldest(writer, id)
                # what is not over yet, old as it may be, is looked at again the next day
                look = max(_midnight(min(now, oldest or now) + kept), _midnight(now + 1))
                await applications.look_at_log(writer, id, look if kept else None)
            removed += gone
        return removed > 0


def _midnight(at: Instant) -> Instant:
    return -(-at // DAY) * DAY
