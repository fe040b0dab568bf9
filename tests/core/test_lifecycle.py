"""The life of a connection: each cell of the table, and any walk through it."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from afluente.core.lifecycle import RESTING, RUNNING, TABLE, Event, NotPossible, State, diagram, step

TOOL = Path(__file__).parents[2] / "tools" / "lifecycle.py"

# Written out by hand, apart from the code's table: a state for each event, a dot where it cannot happen.
#                      syncing       asking     awaiting   storing       fresh      partly     stale      refused
WRITTEN = {
    "started":              ". .           .          .             syncing    syncing    syncing    syncing",
    "asked":                "asking        .          .          .          .          .          .          .",
    "sent-elsewhere":       "awaiting      .          .          .          .          .          .          .",
    "answered":             ".             syncing    syncing    .          .          .          .          .",
    "collected":            "storing       .          .          storing    .          .          .          .",
    "succeeded":            ".             .          .          fresh      .          .          .          .",
    "some-products-failed": ".             .          .          partly-fresh . . . .",
    "failed":               "stale         .          .          stale      .          .          .          .",
    "credentials-refused":  "refused       .          .          .          .          .          .          .",
    "deadline-passed":      ".             stale      stale      .          .          .          .          .",
    "consent-ended":        ".             stale      stale      .          stale      stale      stale      stale",
}  # fmt: skip


@pytest.mark.parametrize(("event", "state"), list(itertools.product(Event, State)))
def test_each_cell_is_what_is_written_here(event: Event, state: State) -> None:
    """Eighty-eight cells: each leads where it should, or cannot happen."""
    expected = dict(zip(State, WRITTEN[event].split(), strict=True))[state]
    if expected == ".":
        with pytest.raises(NotPossible, match=f"{event} cannot happen while {state}"):
            step(state, event)
    else:
        assert step(state, event) == expected


def test_a_connection_rests_or_runs() -> None:
    """Every state is one of the two, and only from rest can it be started."""
    assert set(State) == RESTING | RUNNING and not RESTING & RUNNING
    assert {state for state, event in TABLE if event is Event.STARTED} == RESTING


def test_no_state_is_a_dead_end_and_each_can_be_reached() -> None:
    """From wherever a connection is, it can come to every state again: none is stuck for good."""
    for start in State:
        reached, edge = {start}, {start}
        while edge:
            edge = {follows for (state, _), follows in TABLE.items() if state in edge} - reached
            reached |= edge
        assert reached == set(State)


class Life(RuleBasedStateMachine):
    """Any event at any moment: what is possible happens, what is not changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.SYNCING
        self.executions = 1
        self.ended = 0
        self.open_question = False

    @rule(event=st.sampled_from(Event))
    def happens(self, event: Event) -> None:
        """Let it happen, if it can."""
        before = self.state
        try:
            self.state = step(self.state, event)
        except NotPossible:
            assert (before, event) not in TABLE
            return
        if event is Event.STARTED:
            self.executions += 1
        if before in RUNNING and self.state in RESTING:
            self.ended += 1
        self.open_question = self.state in (State.ASKING, State.AWAITING)

    @precondition(lambda self: self.state in RUNNING)
    @rule()
    def can_be_ended(self) -> None:
        """Whatever runs can be brought to rest without luck: by its failure, or by its question's deadline."""
        event = Event.DEADLINE_PASSED if self.open_question else Event.FAILED
        assert step(self.state, event) is State.STALE

    @invariant()
    def one_execution_at_a_time(self) -> None:
        """There is one more begun than ended exactly while it runs."""
        assert self.executions - self.ended == (self.state in RUNNING)

    @invariant()
    def credentials_are_refused_only_while_they_are_used(self) -> None:
        """Nobody is blamed for what was not tried."""
        possible = (self.state, Event.CREDENTIALS_REFUSED) in TABLE
        assert possible == (self.state is State.SYNCING)


TestLife = Life.TestCase


def test_the_page_shows_the_table_of_the_code() -> None:
    """Drawn by the tool, and drawn again here; run `tools/lifecycle.py` after the table has changed."""
    spec = importlib.util.spec_from_file_location("lifecycle_tool", TOOL)
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = tool.PAGE.read_text("utf-8")
    assert tool.page(text) == text
    assert diagram() in text


def test_the_diagram_has_an_arrow_for_each_cell() -> None:
    """No cell is left out of the picture, and nothing is in it that the table does not have."""
    drawn = set()
    for line in diagram().splitlines()[2:]:
        state, _, rest = line.strip().partition(" --> ")
        follows, _, events = rest.partition(": ")
        drawn |= {(state, event, follows) for event in events.split(", ")}
    cells = {(s.replace("-", "_"), str(e), f.replace("-", "_")) for (s, e), f in TABLE.items()}
    assert drawn == cells
