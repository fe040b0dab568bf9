"""How SQLite goes about what is asked again and again: by an index, never row by row."""

from __future__ import annotations

import re
import sqlite3

import pytest

from afluente.store import connections, notices, sessions, snapshots, transactions
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


@pytest.mark.parametrize("statement", [transactions._HELD, transactions._DELETE, snapshots._DELETE])
def test_rows_of_a_list_of_ids_are_found_by_their_ids(statement: Statement) -> None:
    """A comparison of the whole condition with 1 would hide the index, and each sync read the whole table."""
    assert plan(statement)[0].startswith("SEARCH")


@pytest.mark.parametrize("statement", [connections._DUES.of_all, sessions._DUES.of_all, notices._DUES.of_all])
def test_what_is_due_is_found_by_its_time(statement: Statement) -> None:
    """Not among all that an application has, sorted."""
    assert re.match(r"SEARCH \w+ USING INDEX \w+_due ", plan(statement)[0])
