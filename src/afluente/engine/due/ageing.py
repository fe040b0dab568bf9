"""What the log of an application's calls, sessions and executions has goes once it is as old as its policy lets it be.

A connection's last executions stay with it, and all for as long as numbers are made of them. However long the log is
kept, what was spent of monthly budgets goes with the next look after the month, and visits to institutions with the
next one after they have ceased to count.
"""

from __future__ import annotations

from afluente.core.clock import DAY, Instant
from afluente.engine.institutions import health, quotas
from afluente.engine.world import Due, World
from afluente.store import ages, applications
from afluente.store.database import Reader

_AT_ONCE = 2_000
"""Rows that are deleted together: whoever writes meanwhile waits no longer than that takes."""


RUNS_KEPT: Instant = 31 * DAY
"""How long executions are kept at least: numbers over a month are made of them."""

LAST_RUNS = 20
"""How many of a connection's executions stay, however old they are: as many as an operator is shown."""


class OldLog:
    """Due times: when an application's log is looked at for what is old enough.

    They stand in its row, so that nobody looks at all of them: at once after its policy or its clock was changed, and
    then at the midnight at which the oldest of what is there comes of age, or all visits of today will count no more.
    """

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that fall due by `to`."""
        return [Due(*row) for row in await applications.log_due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Delete what is old enough, and say when to look again."""
        now, kept, removed, gone = world.now(id), 0, 0, _AT_ONCE
        while gone == _AT_ONCE:
            async with world.database.transaction() as writer:
                application = await applications.lock(writer, id)
                if application is None:
                    return removed > 0
                kept = application.policy.log_kept
                gone = max(
                    await quotas.forget(writer, id, now, _AT_ONCE), await health.forget(writer, id, now, _AT_ONCE)
                )
                looks = [_midnight(now + health.SPAN)]
                if application.policy.quotas:
                    looks.append(_midnight(quotas.next_month(now)))
                if kept:
                    gone = max(gone, await ages.remove(writer, id, now - kept, _AT_ONCE))
                    looks.append(await self._next(writer, id, now, kept))
                await applications.look_at_log(writer, id, min(looks))
            removed += gone
        if kept:
            removed += await self._remove_runs(world, id, now - max(kept, RUNS_KEPT))
        return removed > 0

    @staticmethod
    async def _next(reader: Reader, id: str, now: Instant, kept: Instant) -> Instant:
        oldest, run = await ages.oldest(reader, id), await ages.next_run(reader, id, now - max(kept, RUNS_KEPT))
        ages_at = [now + kept, *([oldest + kept] if oldest else ()), *([run + max(kept, RUNS_KEPT)] if run else ())]
        # what is not over yet, old as it may be, is looked at again the next day
        return max(_midnight(min(ages_at)), _midnight(now + 1))

    @staticmethod
    async def _remove_runs(world: World, id: str, until: Instant) -> int:
        """Delete executions that ended by then, but each connection's last ones; piece by piece, for many stay."""
        removed, after = 0, (-1, "")
        while old := await ages.old_runs(world.database, id, until, after, _AT_ONCE):
            async with world.database.transaction() as writer:
                removed += await ages.remove_runs(writer, [run for _, run in old], LAST_RUNS)
            after = old[-1]
        return removed


def _midnight(at: Instant) -> Instant:
    return -(-at // DAY) * DAY
