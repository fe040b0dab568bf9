"""The life of a connection: states, events and one table. Neutral on purpose: no aggregator's words.

All that decides a connection's state lives in this file.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a connection stands."""

    SYNCING = "syncing"
    ASKING = "asking"
    AWAITING = "awaiting"
    STORING = "storing"
    FRESH = "fresh"
    PARTLY_FRESH = "partly-fresh"
    STALE = "stale"
    REFUSED = "refused"


class Event(StrEnum):
    """What can happen to it."""

    STARTED = "started"
    ASKED = "asked"
    SENT_ELSEWHERE = "sent-elsewhere"
    ANSWERED = "answered"
    COLLECTED = "collected"
    SUCCEEDED = "succeeded"
    SOME_PRODUCTS_FAILED = "some-products-failed"
    FAILED = "failed"
    CREDENTIALS_REFUSED = "credentials-refused"
    DEADLINE_PASSED = "deadline-passed"
    CONSENT_ENDED = "consent-ended"


RESTING = frozenset({State.FRESH, State.PARTLY_FRESH, State.STALE, State.REFUSED})
"""No execution is under way."""

RUNNING = frozenset(State) - RESTING

TABLE: dict[tuple[State, Event], State] = {
    **{(state, Event.STARTED): State.SYNCING for state in RESTING},
    **{(state, Event.CONSENT_ENDED): State.STALE for state in (*RESTING, State.ASKING, State.AWAITING)},
    (State.SYNCING, Event.ASKED): State.ASKING,
    (State.SYNCING, Event.SENT_ELSEWHERE): State.AWAITING,
    (State.ASKING, Event.ANSWERED): State.SYNCING,
    (State.AWAITING, Event.ANSWERED): State.SYNCING,
    (State.ASKING, Event.DEADLINE_PASSED): State.STALE,
    (State.AWAITING, Event.DEADLINE_PASSED): State.STALE,
    (State.SYNCING, Event.FAILED): State.STALE,
    (State.SYNCING, Event.CREDENTIALS_REFUSED): State.REFUSED,
    (State.SYNCING, Event.COLLECTED): State.STORING,
    (State.STORING, Event.COLLECTED): State.STORING,
    (State.STORING, Event.FAILED): State.STALE,
    (State.STORING, Event.SUCCEEDED): State.FRESH,
    (State.STORING, Event.SOME_PRODUCTS_FAILED): State.PARTLY_FRESH,
}


class NotPossible(Exception):
    """The event cannot happen in this state."""


def step(state: State, event: Event) -> State:
    """Return the state that follows, or raise `NotPossible`."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise NotPossible(f"{event} cannot happen while {state}") from None


def diagram() -> str:
    """Return the table as the text of a Mermaid state diagram: an arrow from state to state, with all its events."""
    arrows: dict[tuple[State, State], list[Event]] = {}
    for (state, event), following in TABLE.items():
        arrows.setdefault((state, following), []).append(event)
    lines = ["stateDiagram-v2", f"    [*] --> {_name(State.SYNCING)}: created"]
    lines += [
        f"    {_name(state)} --> {_name(following)}: {', '.join(events)}"
        for (state, following), events in sorted(arrows.items(), key=_place)
    ]
    return "\n".join(lines) + "\n"


def _place(arrow: tuple[tuple[State, State], list[Event]]) -> tuple[int, int]:
    states = list(State)
    (state, following), _ = arrow
    return states.index(state), states.index(following)


def _name(state: State) -> str:
    """Return the state as Mermaid takes it: a name without hyphens."""
    return state.replace("-", "_")
