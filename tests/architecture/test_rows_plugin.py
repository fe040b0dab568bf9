"""The count of shown rows is honest: it takes a test that ran and passed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SUITE = """
import pytest

@pytest.mark.row("klavi.open-data.200")
def test_passes():
    pass

@pytest.mark.row("klavi.open-data.201")
def test_fails():
    assert False

@pytest.mark.row("klavi.open-data.202")
def test_is_skipped():
    pytest.skip("not today")
"""
STATES = {
    "klavi.open-data.200": "shown",
    "klavi.open-data.201": "FAILS",
    "klavi.open-data.202": "skipped",
    "klavi.open-data.203": "not shown",
}


def run_pytest(folder: Path, suite: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a suite of its own, with the plugin, in a process of its own."""
    (folder / "test_suite.py").write_text(suite, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = row\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.rows_plugin", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_only_a_test_that_passed_shows_its_row(tmp_path: Path) -> None:
    """A failing test and a skipped one carry their rows, and show nothing."""
    run_pytest(tmp_path, SUITE)

    table = run_pytest(tmp_path, SUITE, "--rows").stdout

    lines = {row: next(line for line in table.splitlines() if f" {row} " in line) for row in STATES}
    assert {row: line.partition(row)[0].strip() for row, line in lines.items()} == STATES
    assert "all          1 of 195 shown" in table.splitlines()
    assert json.loads((tmp_path / ".rows-shown.json").read_text())["passed"] == ["klavi.open-data.200"]


def test_what_was_shown_by_a_test_that_is_gone_counts_no_more(tmp_path: Path) -> None:
    """The record of an earlier run does not outlive the test it speaks of."""
    run_pytest(tmp_path, SUITE)

    table = run_pytest(tmp_path, "def test_nothing():\n    pass\n", "--rows").stdout

    assert "all          0 of 195 shown" in table.splitlines()


def test_an_id_that_is_not_in_the_table_stops_the_collection(tmp_path: Path) -> None:
    """A misspelt id would be a fact that nobody shows and everybody believes in."""
    result = run_pytest(tmp_path, SUITE.replace("klavi.open-data.200", "klavi.open-data.2000"))

    assert result.returncode != 0
    assert "there is no row 'klavi.open-data.2000'" in result.stdout + result.stderr
    assert "passed" not in result.stdout
