"""Real and realistic exports: what each gives stands beside it, in words a person has read."""

from pathlib import Path

import pytest

from afluente.connectors.statements import read_statement
from tests.connectors.statements.expected import SUFFIX, expected, statements, summary

READ = [path for path in statements() if path.name != "error.ofx"]
WIDE = "mexico.csv"  # in UTF-16, where a line end is two bytes


@pytest.mark.parametrize("path", statements(), ids=lambda path: path.name)
def test_a_file_gives_what_is_written_beside_it(path: Path) -> None:
    """Accounts, currency, count, sum, first and last movement, faults and warnings, or the refusal."""
    assert summary(path) == expected(path)


def test_no_expectation_is_left_without_its_file() -> None:
    """An expected result whose statement is gone would be read by nobody."""
    folder = statements()[0].parent
    assert sorted(path.name for path in folder.glob(f"*{SUFFIX}")) == [f"{path.name}{SUFFIX}" for path in statements()]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_reading_a_file_twice_gives_equal_records(path: Path) -> None:
    """Nothing in a result depends on when or how often the file was read."""
    content = path.read_bytes()
    first, second = read_statement(content, path.name), read_statement(content, path.name)
    assert first == second
    assert len({movement.key for movement in first.transactions}) == len(first.transactions)


@pytest.mark.parametrize("ending", [b"\r\n", b"\r"], ids=["crlf", "cr"])
@pytest.mark.parametrize("path", [path for path in READ if path.name != WIDE], ids=lambda path: path.name)
def test_line_ends_change_nothing(path: Path, ending: bytes) -> None:
    """Banks send the ends of every system there ever was."""
    content = path.read_bytes()
    turned = content.replace(b"\r\n", b"\n").replace(b"\n", ending)
    assert read_statement(turned, path.name) == read_statement(content, path.name)
