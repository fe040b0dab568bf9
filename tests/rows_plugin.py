"""Which of the documented facts in `rows.csv` a test shows.

A test carries the facts it shows: `@pytest.mark.row("klavi.open-data.200")`, also on one parameter of many.
An id that is not in the table stops the collection. Each run notes in `.rows-shown.json` how the tests it ran
ended; `pytest --rows` runs nothing and prints the table with what the last runs showed.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

TABLE = Path(__file__).with_name("rows.csv")
RECORD = ".rows-shown.json"
PROPERTY = "rows"
WORSE = ("passed", "skipped", "failed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--rows`."""
    parser.addoption(
        "--rows",
        action="store_true",
        help="run nothing; print which rows of rows.csv tests show, and which not",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the part that keeps state."""
    config.pluginmanager.register(RowsShown(config), "rows-shown")


class RowsShown:
    """Checks the ids at collection, follows the outcomes, writes the record.

    Under pytest-xdist the ids travel with the reports as user properties, and only the controller writes.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.record = config.rootpath / RECORD
        self.is_worker = hasattr(config, "workerinput")
        self.table = _table()
        self.rows_of_test: dict[str, list[str]] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the rows of each test; refuse an id that the table does not have."""
        faults: list[str] = []
        for item in items:
            ids = list(dict.fromkeys(str(row) for mark in item.iter_markers("row") for row in mark.args))
            faults += [f"{item.nodeid}: there is no row {row!r}" for row in ids if row not in self.table]
            if ids:
                self.rows_of_test[item.nodeid] = ids
                item.user_properties.append((PROPERTY, ids))
        if faults:
            raise pytest.UsageError("\n".join([*faults, f"row ids are those of {TABLE.name}"]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test shows its rows where set-up, call and tear-down all pass: a skip does not."""
        ids = dict(report.user_properties).get(PROPERTY)
        if not isinstance(ids, list):
            return
        outcome = "failed" if hasattr(report, "wasxfail") else report.outcome
        worst = max(self.outcomes.get(report.nodeid, "passed"), outcome, key=WORSE.index)
        self.outcomes[report.nodeid] = worst
        self.rows_of_test[report.nodeid] = ids

    def pytest_sessionfinish(self) -> None:
        """Write how the tests ended; those that this run did not touch keep what was last noted of them."""
        if self.is_worker or not self.outcomes:
            return
        tests = _read(self.record)
        for nodeid, outcome in self.outcomes.items():
            tests[nodeid] = {"rows": self.rows_of_test[nodeid], "outcome": outcome}
        passed = sorted({row for test in tests.values() if test["outcome"] == "passed" for row in test["rows"]})
        text = json.dumps({"passed": passed, "tests": dict(sorted(tests.items()))}, indent=1)
        self.record.write_text(text + "\n", encoding="utf-8")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """With `--rows`, print the table in place of running anything."""
        if not session.config.getoption("--rows"):
            return None
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        for line in _report(self.table, self.rows_of_test, _read(self.record)):
            session.config.get_terminal_writer().line(line)
        return True


def _table() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def _read(record: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(record.read_text(encoding="utf-8"))["tests"])
    except (OSError, ValueError, KeyError):
        return {}


def _report(table: dict[str, dict[str, str]], carried: dict[str, list[str]], record: dict[str, Any]) -> Iterable[str]:
    """Lines of the table.

    A row is shown where a test that is there now carries it and passed when last run, and where none that
    carries it failed.
    """
    ended: dict[str, set[str]] = {}
    for nodeid, ids in carried.items():
        last = record.get(nodeid)
        known = last is not None and set(ids) <= set(last["rows"])
        for row in ids:
            ended.setdefault(row, set()).add(last["outcome"] if known else "not run")
    states = {row: _state(ended.get(row, set())) for row in table}
    width = max(len(row) for row in table)
    for row, facts in table.items():
        yield f"{states[row]:<10} {row:<{width}}  {' '.join(facts['says'].split())[:70]}".rstrip()
    yield ""
    systems = Counter(facts["system"] for facts in table.values())
    shown = Counter(facts["system"] for row, facts in table.items() if states[row] == "shown")
    for system, count in systems.items():
        yield f"{system:<10} {shown[system]:>3} of {count:>3} shown"
    yield f"{'all':<10} {shown.total():>3} of {len(table):>3} shown"
    if unrun := sum(state == "not run" for state in states.values()):
        yield f"{unrun} more are marked, but their tests have not run since: make test"


def _state(ended: set[str]) -> str:
    for outcome, state in (("failed", "FAILS"), ("passed", "shown"), ("not run", "not run")):
        if outcome in ended:
            return state
    return "skipped" if ended else "not shown"
