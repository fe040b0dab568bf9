"""What the project's files may not be, and may not hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
NOT_OURS = {
    *(".git", ".venv", ".cache", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"),
    *(".import_linter_cache", ".hypothesis", ".schemathesis", "node_modules", "build", "dist", "var", "data"),
}
VENDORED = {"vendor", "vendored"}
LONGEST = 500  # lines
NAMES_OF_NO_SUBJECT = {"util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"}

# Written with brackets so that this file does not find itself.
REGISTRY_ADDRESS = re.compile(r"--(?:extra-)?index-ur[l]|extra-index-ur[l]|--find-link[s]|registry\s*=\s*\"?http")
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:home|Users|root|work)/\w")
LEFT_OPEN = re.compile(r"\b(?:TOD[O]|FIXM[E]|NotImplementedErro[r])\b|pragma: no cove[r]")
# a turn given to others takes no time, and is no wait
SLEEP = re.compile(r"\bslee[p]\((?!0\))")


def files(*suffixes: str, under: str = ".") -> Iterator[Path]:
    """The project's own files, with one of these suffixes where any are given. Works without git."""
    for folder, folders, names in os.walk(PROJECT / under):
        folders[:] = sorted(name for name in folders if name not in NOT_OURS and not name.endswith(".egg-info"))
        for name in sorted(names):
            path = Path(folder, name)
            if not suffixes or path.suffix in suffixes:
                yield path


def named(path: Path) -> str:
    """A path as a person would say it."""
    return path.relative_to(PROJECT).as_posix()


def findings(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    """`file:line: text` for each line of a text file in which the pattern is found."""
    found: list[str] = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{named(path)}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(lines, start=1)
            if pattern.search(line)
        ]
    return found


def test_no_file_is_longer_than_a_person_reads_in_one_go() -> None:
    """A file above 500 lines has a second subject in it, and is split there."""
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files(".py", ".html", ".js", ".css")
        if not VENDORED & set(path.parts)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_file_is_named_after_its_subject() -> None:
    """A name that says nothing collects everything."""
    nameless = [
        named(path) for path in files(".py") if NAMES_OF_NO_SUBJECT & {path.stem, *path.relative_to(PROJECT).parts[:-1]}
    ]
    assert nameless == []


def test_no_test_waits_for_time_to_pass() -> None:
    """Tests hand the time in; one that pauses is slow on a good day and wrong on a bad one."""
    assert findings(SLEEP, files(".py", under="tests")) == []


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(REGISTRY_ADDRESS, id="address of a package registry"),
        pytest.param(MACHINE_PATH, id="path of somebody's machine"),
    ],
)
def test_no_file_knows_where_it_was_made(pattern: re.Pattern[str]) -> None:
    """Where packages come from and where the project lies is each machine's own business."""
    assert findings(pattern, files()) == []


def test_nothing_is_left_open_in_the_code() -> None:
    """What is not done is not started in the code: it is an entry in a list, outside."""
    assert findings(LEFT_OPEN, files(".py")) == []
