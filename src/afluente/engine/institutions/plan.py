"""When a connection is tried again with nobody asking. A due time in its row, never a timer."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from afluente.catalogue import Meaning
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Rhythm, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import State
from afluente.engine.institutions import freezes
from afluente.engine.institutions.credentials import renewed
from afluente.engine.institutions.quotas import next_month
from afluente.engine.world import World
from afluente.store.applications import Policy


def next_sync(
    world: World,
    policy: Policy,
    institution: Institution,
    connection: Connection,
    now: Instant,
    visited: bool = True,
) -> Connection:
    """Return the connection with its next automatic sync, or with none.

    Success, whole or partial, waits for the ordinary interval: the connection's own, its institution's or its
    application's. A failure is tried again where that can help with
    nobody present (a consent that was never given cannot be), as often and as far apart as the policy says; then
    the connection is dropped from the schedule. What says nothing of the credentials that are kept, a refusal of
    others or a login that had to rest and was not sent (not `visited`), leaves the schedule as it was.
    """
    every = policy.institutions.get(institution.slug, policy.sync_every)
    rhythm = connection.rhythm or Rhythm(every)
    possible = (
        rhythm.every > 0
        and institution.unattended
        and all(field.optional for field in renewed(institution))
        and connection.sync_disabled_at is None
        and (connection.last_success_at is not None or not institution.open_finance)
    )
    if not possible:
        return replace(connection, next_sync_at=None)
    if connection.state in (State.FRESH, State.PARTLY_FRESH):
        return replace(connection, next_sync_at=rhythm.after(now), retries=0)
    meaning = world.meaning(connection.outcome or "")
    if meaning.name.startswith("product.quota-spent"):
        return replace(connection, next_sync_at=next_month(now))
    if connection.refused_on_trial or not (visited or connection.last_success_at is None):
        rest = freezes.span_of(meaning, now) or 0
        stands = connection.next_sync_at
        kept = stands is not None and stands > now + rest
        return connection if kept else replace(connection, next_sync_at=rhythm.after(now + rest))
    if connection.credentials_spent or not _may_help(meaning):
        return replace(connection, next_sync_at=None)
    if rhythm.at is not None:
        return replace(connection, next_sync_at=rhythm.after(now))
    # nothing is tried while a freeze lasts
    freeze = meaning.retry.span // timedelta(milliseconds=1) if meaning.retry.span else 0
    # a sync that was due anyway is no retry, and neither is what a client asked for
    retried = connection.trigger is Trigger.SCHEDULE and connection.failures > 1
    tried = connection.retries + 1 if retried else 0
    if tried >= policy.retries:
        return replace(connection, next_sync_at=None, retries=tried)
    return replace(connection, next_sync_at=now + max(policy.retry_every, freeze), retries=tried)


def _may_help(meaning: Meaning) -> bool:
    """Tell whether trying again with nobody present can end otherwise.

    What the user mends at the institution is noticed only by trying; but a locked account is not knocked at.
    """
    if meaning.retry.kind in ("automatic", "after"):
        return True
    at_institution = meaning.retry.kind == "after-user" and meaning.fix_at == "institution"
    return at_institution and meaning.action != "unlock-at-institution"
