"""The reader in a process of its own: the same results, and limits that hold."""

import os
from pathlib import Path

import pytest

from afluente.connectors.statements import MAX_BYTES, Unreadable, read_bounded, read_statement
from tests.connectors.statements.expected import FILES
from tests.connectors.statements.making import movement, ofx

MEGABYTE = 1024 * 1024

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["bb.ofx", "mexico.csv"])
async def test_the_child_gives_what_the_reader_gives(name: str) -> None:
    """Amounts, instants and letters survive the way between the processes."""
    content = (FILES / name).read_bytes()
    assert await read_bounded(content, name, memory_bytes=256 * MEGABYTE, seconds=30) == read_statement(content, name)


async def test_a_refusal_comes_through_whole() -> None:
    """Meaning, sentence, place and the bank's own words."""
    content = (FILES / "error.ofx").read_bytes()
    with pytest.raises(Unreadable) as direct:
        read_statement(content)
    with pytest.raises(Unreadable) as bounded:
        await read_bounded(content, memory_bytes=256 * MEGABYTE, seconds=30)
    assert vars(bounded.value) == vars(direct.value)


async def test_a_file_that_needs_too_much_memory_ends_only_its_reader() -> None:
    """Thirty megabytes of movements do not fit into sixty-four."""
    content = ofx(movement(memo="x" * 200) * 100_000)
    with pytest.raises(Unreadable) as caught:
        await read_bounded(content, memory_bytes=64 * MEGABYTE, seconds=30)
    assert caught.value.meaning == "statement.too-complex"


async def test_a_file_that_takes_too_long_is_stopped() -> None:
    """The child is killed and gone when the call returns."""
    content = ofx(*(movement(fitid=str(number)) for number in range(100_000)))
    with pytest.raises(Unreadable) as caught:
        await read_bounded(content, memory_bytes=2048 * MEGABYTE, seconds=0.3)
    assert caught.value.meaning == "statement.too-complex"
    assert "0.3 seconds" in caught.value.sentence


async def test_a_file_that_is_too_long_starts_no_process() -> None:
    """It is refused before."""
    with pytest.raises(Unreadable) as caught:
        await read_bounded(b"\x00" * (MAX_BYTES + 1), memory_bytes=1, seconds=1)
    assert caught.value.meaning == "statement.too-large"


async def test_the_child_sees_none_of_our_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that took the reader over would find no secret in it."""
    spy = tmp_path / "python"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\nexit 1\n")
    spy.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(spy))
    monkeypatch.setitem(os.environ, "AFLUENTE_CANARY", "canary-4711")
    with pytest.raises(Unreadable):
        await read_bounded(b"x", memory_bytes=256 * MEGABYTE, seconds=30)
    assert "canary-4711" not in (tmp_path / "seen").read_text()


async def test_an_odd_file_name_harms_nothing() -> None:
    """Names come from outside too."""
    content = (FILES / "anzcc.ofx").read_bytes()
    read = await read_bounded(content, "-c\x00\ud800;.ofx", memory_bytes=256 * MEGABYTE, seconds=30)
    assert len(read.transactions) == 1
