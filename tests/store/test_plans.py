"""How SQLite goes about what is asked again and again: by an index, never row by row."""

from __future__ import annotations

import itertools
import re
import sqlite3

import pytest

from afluente.store import (
    ages,
    applications,
    clearings,
    connections,
    deliveries,
    events,
    memory,
    notices,
    queues,
    requests,
    sessions,
    snapshots,
    transactions,
)
from afluente.store.schema import ddl
from afluente.store.statement import Statement


def plan(statement: Statement) -> list[str]:
    """Return the steps in which SQLite runs a statement on a new database."""
    opened = sqlite3.connect(":memory:")
    for made in ddl("sqlite"):
        opened.execute(made)
    text, fixed = statement.sqlite
    values = dict.fromkeys(re.findall(r":(\w+)", text), "[]") | fixed
    return [str(row[3]) for row in opened.execute(f"EXPLAIN QUERY PLAN {text}", values)]


@pytest.mark.parametrize(
    "statement", [transactions._HELD, transactions._DELETE, transactions._DELETE_SOME, snapshots._DELETE]
)
def test_rows_of_a_list_of_ids_are_found_by_their_ids(statement: Statement) -> None:
    """A comparison of the whole condition with 1 would hide the index, and each sync read the whole table."""
    assert plan(statement)[0].startswith("SEARCH")


_SORTED = ("executions_of_application", "requests_of_connection", "requests_of_session", "sessions_of_connection")
"""The indexes that leave so few rows that they may be sorted."""


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queues._HEADS[True], "deliveries_tried"),
        (queues._HEADS[False], "deliveries_untried"),
        (queues._FIRSTS, "deliveries_tried"),
        (queues._FIRSTS, "deliveries_untried"),
        (queues._ENDPOINTS, "webhooks_due"),
        (deliveries._DROP, "deliveries_of_none"),
        (deliveries._PASSED, "deliveries_of_connection"),
        (deliveries._HAS_OPEN, "deliveries_of_lane"),
        (events._OWN, "events_of_connection"),
        (clearings._DUE_OF, "sqlite_autoindex_clearings_1"),
        (deliveries._FORGET, "deliveries_in_order"),
        (events._FORGET[0], "events_in_order"),
        (events._FORGET[1], "events_in_order"),
        (events._NAMING, "events_of_none"),
        (memory._WHO, "institution_memory_by_key"),
        (applications._LOG_DUES.of_all, "applications_by_log"),
        (requests._ABOUT, "requests_of_connection"),
        (requests._OF, "requests_of_session"),
        (sessions._OF, "sessions_of_connection"),
        (sessions._OPENED, "sessions_of_connection"),
        (requests._NEWEST._statement(frozenset({"connection_id", "since"}), True), "requests_of_connection"),
        (requests._NEWEST._statement(frozenset({"session_id"}), False), "requests_of_session"),
        (sessions._NEWEST._statement(frozenset({"connection_id", "until"}), True), "sessions_of_connection"),
        (requests._HOLDING["connection_id"], "requests_of_connection"),
        (requests._HOLDING["session_id"], "requests_of_session"),
        (ages._OLD_RUNS, "executions_of_application"),
        (ages._NEXT_RUN, "executions_of_application"),
    ],
)
def test_what_is_looked_for_again_and_again_has_its_index(statement: Statement, index: str) -> None:
    """Entered where the condition begins, and read in its order: what is not asked for is not looked at."""
    steps = plan(statement)
    assert [step for step in steps if re.search(rf"SEARCH \w+ USING (COVERING )?INDEX {index} ", step)], steps
    assert not [step for step in steps if re.match(r"SCAN (deliveries|events|executions|requests)\b", step)], steps
    assert index in _SORTED or not [step for step in steps if step == "USE TEMP B-TREE FOR ORDER BY"]


def test_whether_something_waits_in_a_lane_costs_the_same_however_much_it_is() -> None:
    """Counted in what SQLite does: whoever tells an endpoint something asks for each of the lanes."""
    opened = sqlite3.connect(":memory:")
    for made in ddl("sqlite"):
        opened.execute(made)
    text, fixed = deliveries._HAS_OPEN.sqlite
    done = list[int]()
    for size in (1, 2_000):
        opened.executemany(
            "INSERT INTO deliveries VALUES (?, 'a', 'e', 'lane', 1, 1, 'm', 'n', 'open', NULL, 0, 0, NULL, '{}')",
            [(f"{size}-{number}",) for number in range(size)],
        )
        did = itertools.count()
        opened.set_progress_handler(lambda did=did: next(did) < 0, 1)  # type: ignore[misc]
        found = opened.execute(text, fixed | {"endpoint_id": "e", "lanes": '["lane", "other"]'}).fetchall()
        opened.set_progress_handler(None, 0)
        assert found == [("lane",)]
        done.append(next(did))
    assert done[0] == done[1]


@pytest.mark.parametrize("statement", [connections._DUES.of_all, sessions._DUES.of_all, notices._DUES.of_all])
def test_what_is_due_is_found_by_its_time(statement: Statement) -> None:
    """Not among all that an application has, sorted."""
    assert re.match(r"SEARCH \w+ USING INDEX \w+_due ", plan(statement)[0])
