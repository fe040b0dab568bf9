"""What the log of clients' calls and sessions has of an application goes once it is as old as the policy lets it be."""

from __future__ import annotations

from afluente.core.clock import DAY, Instant
from afluente.engine.world import Due, World
from afluente.store import ages, applications
from afluente.store.database import Reader

_AT_ONCE = 2_000
"""Rows that are deleted together: whoever writes meanwhile waits no longer than that takes."""


class OldLog:
    """Due times: the midnights at which calls and sessions are old enough, by application."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that fall due by `to`."""
        found = []
        for id, at in (await ages.oldest(reader, application_id)).items():
            if kept := await self._kept(reader, id):
                due = -(-(at + kept) // DAY) * DAY
                if due <= to:
                    found.append(Due(id, due, id))
        return sorted(found, key=lambda one: one.at)[:limit]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Delete what is old enough."""
        kept = await self._kept(world.database, id)
        if not kept:
            return False
        until, removed, gone = world.now(id) - kept, 0, _AT_ONCE
        while gone == _AT_ONCE:
            async with world.database.transaction() as writer:
                gone = await ages.remove(writer, id, until, _AT_ONCE)
            removed += gone
        return removed > 0

    @staticmethod
    async def _kept(reader: Reader, id: str) -> Instant:
        application = await applications.get(reader, id)
        return 0 if application is None else application.policy.log_kept
