"""Runs the shell blocks of a page, in order, in one bash, and compares what they print with the page.

A block marked `sh` is run. A block marked `json` right after one holds what the last JSON it printed must contain: an
object may have more keys than the page shows, and "…" stands for anything; at the end of a list, for more of it.
Blocks marked otherwise are only read.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.server import Server

ROOT = Path(__file__).parents[2]
ANYTHING = "…"

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "--- block %d ---"
PRINTED_ID = "00000000-0000-4000-8000-000000000000"


@dataclass
class Block:
    """A shell block: where it stands, what it runs, what it must print, if the page says so."""

    line: int
    text: str
    expected: list[Any] = field(default_factory=list)


def blocks_of(page: str) -> list[Block]:
    """Return the shell blocks of a page, each with the answer printed below it."""
    found: list[Block] = []
    for fence in _FENCE.finditer(page):
        kind, text = fence.groups()
        line = page.count("\n", 0, fence.start()) + 1
        if kind == "sh":
            found.append(Block(line, text))
        elif kind == "json":
            assert found, f"line {line}: an answer without a request"
            found[-1].expected.append(json.loads(text))
    return found


def preamble() -> str:
    """Return what the how-to pages take for granted: the README's names and functions."""
    first = blocks_of((ROOT / "README.md").read_text("utf-8"))
    return "\n".join(block.text for block in first if "login()" in block.text or "call()" in block.text)


def run(blocks: list[Block], server: Server, before: str = "") -> list[str]:
    """Run the blocks against the server and return what each printed. Fails where one of them does."""
    script = ["set -eu -o pipefail", _told(before, server)]
    for number, block in enumerate(blocks):
        script += [f"echo; echo '{_MARK % number}'", _told(block.text, server)]
    done = subprocess.run(
        ["bash"],
        input="\n".join(script),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**server.environment, "no_proxy": "*", "HOME": str(server.folder)},
        timeout=120,
    )
    printed = re.split(r"\n--- block \d+ ---\n", done.stdout)[1:]
    reached = blocks[len(printed) - 1].line if printed else 0
    assert done.returncode == 0, f"the block of line {reached} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert not done.stderr.strip(), f"something was printed to the error output:\n{done.stderr[-2000:]}"
    return printed


def _told(text: str, server: Server) -> str:
    """Return the block with the server's address and keys where the page has examples."""
    id, secret = server.keys
    text = text.replace("http://127.0.0.1:8000", server.url).replace(
        ".venv/bin/afluente", f"{sys.executable} -m afluente"
    )
    return text.replace(f"ID={PRINTED_ID}", f"ID={id}").replace(f"SECRET={PRINTED_ID}", f"SECRET={secret}")


def last_json(printed: str) -> Any:
    """Return the last JSON value of what was printed."""
    decoder, at, found = json.JSONDecoder(), 0, None
    while at < len(printed):
        if printed[at] in "{[":
            found, at = decoder.raw_decode(printed, at)
        else:
            at += 1
    return found


def contains(found: Any, expected: Any, where: str = "$") -> list[str]:
    """Return where the found value does not contain the expected one."""
    if expected == ANYTHING:
        return []
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return [f"{where} is {found!r}, no object"]
        missing = [f"{where}.{key} is missing" for key in expected if key not in found]
        return missing + [
            wrong
            for key, value in expected.items()
            if key in found
            for wrong in contains(found[key], value, f"{where}.{key}")
        ]
    if isinstance(expected, list):
        shown = expected[:-1] if expected[-1:] == [ANYTHING] else expected
        exact = shown is expected
        if not isinstance(found, list) or len(found) < len(shown) or (exact and len(found) != len(shown)):
            return [f"{where} is {found!r}, not a list of {len(shown)}{'' if exact else ' or more'}"]
        return [
            wrong
            for number, (a, b) in enumerate(zip(found, shown, strict=False))
            for wrong in contains(a, b, f"{where}[{number}]")
        ]
    return [] if found == expected else [f"{where} is {found!r}, and the page says {expected!r}"]


def check(blocks: list[Block], printed: list[str]) -> None:
    """Fail where an answer is not what the page says."""
    wrong = [
        f"line {block.line}: {fault}"
        for block, text in zip(blocks, printed, strict=True)
        for expected in block.expected
        for fault in contains(last_json(text), expected)
    ]
    assert not wrong, "\n".join(wrong)
