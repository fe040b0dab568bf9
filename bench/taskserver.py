"""The server as it is, but that it notes when a bank gave its last answer: `python -m bench.taskserver FILE`.

FILE then holds two numbers as text: how many products banks have given, and when the last of them was handed over, in
seconds of monotonic time. It is written beside the answer, which costs some ten microseconds.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from afluente.connectors import scripted


def note_answers(path: Path) -> None:
    """Have every product that is fetched noted in the file."""
    fetch, count = scripted.ScriptedConnector.fetch, 0
    file = os.open(path, os.O_WRONLY | os.O_CREAT)

    async def noted(self: Any, *asked: Any) -> Any:
        nonlocal count
        fetched = await fetch(self, *asked)
        count += 1
        os.pwrite(file, f"{count:>12} {time.monotonic():>24.6f}".encode(), 0)
        return fetched

    scripted.ScriptedConnector.fetch = noted  # type: ignore[method-assign, assignment]


def answers(path: Path) -> tuple[int, float]:
    """Return what the file says."""
    count, at = path.read_text().split()
    return int(count), float(at)


if __name__ == "__main__":
    from afluente.cli import cli

    note_answers(Path(sys.argv.pop(1)))
    cli(["serve"])
