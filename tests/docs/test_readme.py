"""The README's requests work when they are pasted, and answer what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import shell
from tests.server import Executed, Server, running

README = shell.ROOT / "README.md"
HOW_TO = sorted((shell.ROOT / "docs" / "how-to").glob("*.md"))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this module's own: its clock is moved and its faults are armed."""
    with running(tmp_path_factory.mktemp("docs"), kind=Executed, private_webhooks="1") as server:
        yield server


@pytest.fixture(scope="module")
def pasted(started: Server) -> tuple[list[shell.Block], list[str]]:
    """The README's blocks and what each printed: all in one shell, as a newcomer would paste them."""
    blocks = shell.blocks_of(README.read_text("utf-8"))
    return blocks, shell.run(blocks, started)


@pytest.mark.journey
def test_every_request_of_the_readme_answers_what_is_printed_below_it(
    pasted: tuple[list[shell.Block], list[str]],
) -> None:
    """The whole journey, block by block."""
    blocks, printed = pasted
    shell.check(blocks, printed)
    assert sum(bool(block.expected) for block in blocks) >= 6


@pytest.mark.journey
def test_the_clock_of_the_readme_really_moves_a_day(pasted: tuple[list[shell.Block], list[str]]) -> None:
    """The item that was updated by itself is a day younger than when its client updated it."""
    printed = [shell.last_json(text) for text in pasted[1]]
    moved = next(answer["now"] for answer in printed if isinstance(answer, dict) and answer.get("stopped"))
    item = next(answer for answer in printed if isinstance(answer, dict) and answer.get("nextAutoSyncAt"))
    assert item["createdAt"][:10] < moved[:10]
    assert item["createdAt"] < item["lastUpdatedAt"] <= moved < item["nextAutoSyncAt"]


@pytest.mark.journey
@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_every_request_of_a_how_to_page_answers_what_is_printed_below_it(page: Path, started: Server) -> None:
    """Each page on its own, after the README's first lines."""
    blocks = shell.blocks_of(page.read_text("utf-8"))
    shell.check(blocks, shell.run(blocks, started, before=shell.preamble()))


@pytest.mark.journey
def test_the_example_for_the_python_client_connects_a_bank(started: Server) -> None:
    """It is run as it stands, but for address and keys."""
    page = (shell.ROOT / "docs" / "how-to" / "use-the-official-clients.md").read_text("utf-8")
    example, _ = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    example = example.replace("http://127.0.0.1:8000", started.url)
    for name, value in zip(("client_id", "client_secret"), started.keys, strict=True):
        example = example.replace(f'{name}="{shell.PRINTED_ID}"', f'{name}="{value}"')
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1] == "UPDATING"


@pytest.mark.journey
def test_the_example_for_belvos_python_client_reads_accounts(started: Server) -> None:
    """It is run as it stands, but for address and keys."""
    page = (shell.ROOT / "docs" / "how-to" / "use-the-official-clients.md").read_text("utf-8")
    _, example = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    example = example.replace("http://127.0.0.1:8000", started.url)
    for value in started.keys:
        example = example.replace(shell.PRINTED_ID, value, 1)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "CHECKING_ACCOUNT" in done.stdout


def test_the_make_targets_that_pages_name_exist() -> None:
    """A page that says `make something` names a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (shell.ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    pages = [shell.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")] + HOW_TO
    for page in pages:
        named = set(re.findall(r"(?:`|\$ )(?:\w+=\S+ )*make ([a-z-]+)", page.read_text("utf-8")))
        assert named <= targets, f"{page.name} names {sorted(named - targets)}"
