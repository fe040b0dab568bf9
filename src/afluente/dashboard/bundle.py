"""The diagnostic bundle of one connection: made of what is named here, so that nothing comes along unseen.

No credentials, answers, tokens, keys or headers are in it, no bodies of messages, nothing of what was read at the
institution (names, numbers, amounts, descriptions); what people or institutions wrote themselves is left out as well.
"""

from __future__ import annotations

from typing import Any

from afluente import __version__
from afluente.core.connections import Connection
from afluente.core.events import Event
from afluente.core.outcome import Finding
from afluente.core.sessions import ClientCall, ClientSession
from afluente.dashboard.trace import place
from afluente.engine.operating.board import Attempt, Delivery, Execution, Story
from afluente.engine.syncing.checks import Checked
from afluente.engine.world import World
from afluente.web.instants import instant, maybe_instant

FORMAT = 1
"""Counts up when a reader of bundles would have to be changed."""


def made(world: World, story: Story, checked: Checked) -> dict[str, Any]:
    """Return the bundle."""
    one = story.connection
    return {
        "format": FORMAT,
        "server": __version__,
        "madeAt": instant(world.now(one.application_id)),
        "clockStopped": one.application_id in world.stopped,
        "connection": _connection(world, one),
        "executions": [_execution(each) for each in story.executions],
        "events": [_event(each) for each in story.events],
        "sessions": [{**_session(each), "calls": [_call(call) for call in calls]} for each, calls in story.sessions],
        "calls": [_call(call) for call in story.alone],
        "findings": [_finding(each) for each in checked.findings],
        "findingsLeftOut": checked.left_out,
        "checkedAt": maybe_instant(checked.checked_at),
        "deliveries": [_delivery(each, attempts) for each, attempts in story.deliveries],
    }


def _meaning(world: World, name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    known = world.meaning(name)
    return {"name": name, "blame": known.blame, "action": known.action, "retry": str(known.retry), "data": known.data}


def _connection(world: World, one: Connection) -> dict[str, Any]:
    return {
        "id": one.id,
        "institution": one.institution,
        "state": str(one.state),
        "phase": str(one.phase),
        "outcome": _meaning(world, one.outcome),
        "trigger": str(one.trigger),
        "execution": one.execution_id,
        "attempt": one.attempt,
        "fetching": one.fetching,
        "question": None if one.posed is None else _question(one),
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
        "lastSuccessAt": maybe_instant(one.last_success_at),
        "lastEndedAt": maybe_instant(one.last_ended_at),
        "nextSyncAt": maybe_instant(one.next_sync_at),
        "syncDisabledAt": maybe_instant(one.sync_disabled_at),
        "consentExpiresAt": maybe_instant(one.consent_expires_at),
        "waitingUntil": _until(one),
        "refusedLogins": one.refused_logins,
        "failures": one.failures,
        "retries": one.retries,
        "credentialsSpent": one.credentials_spent,
        "products": [
            {
                "product": str(state.product),
                "updated": state.updated,
                "updatedAt": maybe_instant(state.updated_at),
                "outcome": state.outcome,
                "noticed": state.noticed,
            }
            for state in one.products
        ],
    }


def _until(one: Connection) -> str | None:
    return maybe_instant(one.waiting.until if one.waiting is not None else None)


def _question(one: Connection) -> dict[str, Any] | None:
    posed = one.posed
    if posed is None:
        return None
    asked = posed.challenge
    return {
        "kind": str(asked.kind),
        "name": asked.name,
        "position": posed.position,
        "expiresAt": instant(posed.expires_at),
        "answered": posed.answered,
    }


def _execution(one: Execution) -> dict[str, Any]:
    return {
        "id": one.id,
        "trigger": str(one.trigger),
        "standing": str(one.standing),
        "attempt": one.attempt,
        "asked": one.asked,
        "products": one.products,
        "outcome": one.outcome,
        "startedAt": instant(one.started_at),
        "endedAt": maybe_instant(one.ended_at),
        "fetched": [
            {"product": str(state.product), "updated": state.updated, "outcome": state.outcome} for state in one.fetched
        ],
    }


def _event(one: Event) -> dict[str, Any]:
    fact = one.fact
    return {
        "id": one.id,
        "sequence": one.sequence,
        "kind": str(one.kind),
        "at": instant(one.at),
        "execution": fact.execution_id,
        "session": fact.session_id or None,
        "trigger": fact.trigger,
        "product": fact.product,
        "meaning": fact.meaning,
        "count": fact.count,
    }


def _session(one: ClientSession) -> dict[str, Any]:
    return {
        "id": one.id,
        "system": one.system,
        "meaning": one.meaning,
        "stage": str(one.stage),
        "live": one.live,
        "answered": one.answered,
        "products": one.products,
        "fetched": one.fetched,
        "openedAt": instant(one.opened_at),
        "updatedAt": instant(one.updated_at),
        "dueAt": maybe_instant(one.due_at),
    }


def _call(one: ClientCall) -> dict[str, Any]:
    return {
        "id": one.id,
        "system": one.system,
        "operation": one.operation,
        "meaning": one.meaning,
        "status": one.status,
        "at": instant(one.at),
        "took": one.took,
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {"meaning": one.meaning, "accounts": one.accounts, "transactions": one.transactions}


def _delivery(one: Delivery, attempts: list[Attempt]) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "state": str(one.state),
        "event": one.content.event_id,
        "replay": one.content.replay,
        "bytes": len(one.content.body.encode()),
        "createdAt": instant(one.created_at),
        "dueAt": maybe_instant(one.due_at),
        "attempts": [_attempt(each) for each in attempts],
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": instant(one.at),
        "to": place(one.url).partition("://")[2].partition("/")[0],
        "status": one.status,
        "error": one.error,
        "took": one.took,
    }
