"""The way from a login to the data, step by step: what was asked, what happened, and who was told what."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from afluente.core.clock import Instant
from afluente.core.events import Event, EventKind
from afluente.core.sessions import ClientCall, ClientSession
from afluente.dashboard.page import Desk
from afluente.engine.operating.board import Attempt, Delivery, Execution, Story

_THERE = frozenset(
    {
        EventKind.CONNECTION_ASKED,
        EventKind.CONNECTION_LOGGED_IN,
        EventKind.PRODUCT_COLLECTED,
        EventKind.PRODUCT_FAILED,
    }
)
"""What happens at the institution; the rest happens here."""


_WANTED = frozenset(
    {
        EventKind.CONNECTION_CREATED,
        EventKind.CONNECTION_LOGGED_IN,
        EventKind.CONNECTION_UPDATED,
        EventKind.CONNECTION_FAILED,
    }
)
"""Where it is of interest who wanted it; what lies between is wanted by the same."""


class Step(msgspec.Struct, frozen=True):
    """One step. `who` is `client`, `institution`, `server` or `endpoint`; `bad` tells of what failed; `notes`
    are small facts."""

    at: Instant
    who: str
    what: str
    meaning: str = ""
    said: str = ""
    notes: tuple[str, ...] = ()
    link: str = ""
    bad: bool = False


def whole(desk: Desk, story: Story) -> list[Step]:
    """Return every step that is known of a connection, newest first."""
    return _steps(desk, story, story.asked, story.events)


def of_session(desk: Desk, story: Story | None, session: ClientSession, calls: Sequence[ClientCall]) -> list[Step]:
    """Return the steps of one session, oldest first; `story` is its connection's, None where that is gone."""
    events = [one for one in story.events if one.fact.session_id == session.id] if story is not None else []
    opened = Step(session.opened_at, "client", str(desk.t["opened"]), notes=(session.system,))
    return [opened, *_steps(desk, story, calls, events)[::-1]]


def of_execution(desk: Desk, story: Story, execution: Execution) -> list[Step]:
    """Return the steps of one execution, oldest first."""
    events = [one for one in story.events if one.fact.execution_id == execution.id]
    until = execution.ended_at
    within = {one.fact.session_id for one in events}
    calls = [
        call
        for call in story.asked
        if (call.session_id is None or call.session_id in within)
        and call.at >= execution.started_at
        and (until is None or call.at - call.took <= until)
    ]
    return _steps(desk, story, calls, events)[::-1]


def of_call(desk: Desk, story: Story, one: ClientCall) -> list[Step]:
    """Return what happened to a connection from when a call came until the next one about it did, oldest first."""
    since = one.at - one.took
    later = [call.at - call.took for call in story.asked if call.at > one.at]
    until = min(later, default=None)
    events = [each for each in story.events if each.at >= since and (until is None or each.at < until)]
    return _steps(desk, story, [one], events)[::-1]


def _steps(desk: Desk, story: Story | None, calls: Sequence[ClientCall], events: Sequence[Event]) -> list[Step]:
    told = {one.id for one in events}
    sent = [pair for pair in story.deliveries if pair[0].content.event_id in told] if story is not None else []
    placed: list[tuple[tuple[int, int, int], Step]] = []
    placed += [((one.at - one.took, 0, one.number), _call(desk, one)) for one in calls]
    placed += [((one.at, 1, one.sequence), _event(desk, one)) for one in events]
    placed += [((tried.at, 2, one.number), _attempt(desk, one, tried)) for one, attempts in sent for tried in attempts]
    return [step for _, step in sorted(placed, key=lambda pair: pair[0], reverse=True)]


def _call(desk: Desk, call: ClientCall) -> Step:
    """Return a call as the step that it was when it came: what it brought about lies behind it."""
    took = f"{desk.t['took']} {call.took} ms" if call.took else ""
    return Step(
        call.at - call.took,
        "client",
        call.operation,
        call.meaning,
        notes=(call.system, f"HTTP {call.status}", took),
        link=f"/dashboard/requests/{call.id}",
        bad=failed(call),
    )


def failed(call: ClientCall) -> bool:
    """Tell whether a call came to nothing; some systems say so in the body of an answer that HTTP calls good."""
    return call.status >= 400 or call.meaning.partition(".")[0] not in ("success", "progress", "mfa", "statement")


def _event(desk: Desk, event: Event) -> Step:
    fact = event.fact
    notes = [desk.operation(fact.product)] if fact.product else []
    if fact.count is not None:
        notes.append(str(desk.t["record" if fact.count == 1 else "records"]).format(count=fact.count))
    if fact.trigger and event.kind in _WANTED:
        wanted = str(desk.t["triggers"].get(fact.trigger, fact.trigger))
        notes.append(f"{desk.t['trigger']}{desk.t['colon']} {wanted}")
    return Step(
        event.at,
        "institution" if event.kind in _THERE else "server",
        str(desk.t["events"].get(str(event.kind), event.kind)),
        fact.meaning or "",
        fact.said or "",
        tuple(notes),
        bad=str(event.kind).endswith(".failed") or str(event.kind).endswith("disabled"),
    )


def _attempt(desk: Desk, delivery: Delivery, attempt: Attempt) -> Step:
    answered = f"HTTP {attempt.status}" if attempt.status is not None else attempt.error or ""
    arrived = attempt.status is not None and 200 <= attempt.status < 300
    return Step(
        attempt.at,
        "endpoint",
        delivery.name,
        notes=(place(attempt.url), str(desk.t["attempt"]).format(number=attempt.number), answered),
        link=f"/dashboard/deliveries/{delivery.id}",
        bad=not arrived,
    )


def place(url: str) -> str:
    """Return where an address is, without anything in it that could let somebody in."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else ""
