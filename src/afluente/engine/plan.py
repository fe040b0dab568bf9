"""When a connection is tried again with nobody asking. A due time in its row, never a timer."""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.clock import Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import State
from afluente.engine.credentials import renewed
from afluente.engine.world import World
from afluente.store.applications import Policy


def next_sync(
    world: World, policy: Policy, institution: Institution, connection: Connection, now: Instant
) -> Connection:
    """Return the connection with its next automatic sync, or with none.

    Success, whole or partial, waits for the ordinary interval. A failure is tried again only where nobody has to do
    anything about it, as often and as far apart as the policy says; then the connection is dropped from the schedule.
    """
    possible = (
        policy.sync_every > 0
        and institution.unattended
        and not institution.mfa
        and not renewed(institution)
        and connection.sync_disabled_at is None
    )
    if not possible:
        return replace(connection, next_sync_at=None)
    if connection.state in (State.FRESH, State.PARTLY_FRESH):
        return replace(connection, next_sync_at=now + policy.sync_every, retries=0)
    waits_for_user = world.meaning(connection.outcome or "").retry.kind in ("after-user", "never")
    if waits_for_user:
        return replace(connection, next_sync_at=None)
    tried = connection.retries + 1 if connection.trigger is Trigger.SCHEDULE and connection.next_sync_at else 0
    if tried >= policy.retries:
        return replace(connection, next_sync_at=None, retries=tried)
    return replace(connection, next_sync_at=now + policy.retry_every, retries=tried)
