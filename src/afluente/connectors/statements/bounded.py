"""Reading a file in a process of its own, with limits, so that no file can hurt the server."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
from pathlib import Path

import msgspec

from afluente.connectors.statements.records import MAX_BYTES, REFUSED, Refusal, StatementFile, Unreadable

_CHILD = "afluente.connectors.statements.child"
_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TZDIR", "PYTHONTZPATH", "SYSTEMROOT")
"""What the child sees of our environment: nothing that could be a secret."""


async def read_bounded(content: bytes, filename: str = "", *, memory_bytes: int, seconds: float) -> StatementFile:
    """Return what `read_statement` returns, read by a child process.

    The child has `memory_bytes` of address space and `seconds` of processor time, and is killed when `seconds` have
    passed on the wall clock. Raises `Unreadable` as `read_statement` does, and with `statement.too-complex` if the
    child dies or is killed.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(
            "statement.too-large", f"The file has {len(content):,} bytes; the most that is read is {MAX_BYTES:,}."
        )
    name = filename.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        _CHILD,
        str(memory_bytes),
        str(max(1, math.ceil(seconds))),
        name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a trace could quote the statement
        env=_environment(),
        start_new_session=True,  # with a group of its own, what it starts ends with it
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await child.communicate(content)
    except TimeoutError:
        raise Unreadable(
            "statement.too-complex", f"Reading the file took longer than {seconds:g} seconds and was stopped."
        ) from None
    finally:
        if child.returncode is None:
            _kill(child.pid)
            await child.communicate()  # reads what is left in the pipe, so that the process can be let go
    if child.returncode == 0:
        return msgspec.json.decode(output, type=StatementFile)
    if child.returncode == REFUSED:
        refusal = msgspec.json.decode(output, type=Refusal)
        unreadable = Unreadable(refusal.meaning, refusal.sentence, refusal.where, refusal.said)
        unreadable.signs = refusal.signs
        raise unreadable
    raise Unreadable("statement.too-complex", f"Reading the file needs too much: {_death(child.returncode)}.")


def _kill(child: int) -> None:
    """End the child and whatever it started."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        return


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    source = str(Path(__file__).resolve().parents[3])
    kept["PYTHONPATH"] = os.pathsep.join([source, *filter(None, [kept.get("PYTHONPATH")])])
    kept["PYTHONDONTWRITEBYTECODE"] = "1"
    return kept


def _death(status: int | None) -> str:
    """Say how the child ended: by a signal, or by itself."""
    if status is not None and status < 0:
        try:
            return f"the reader was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"the reader was ended by signal {-status}"
    return f"the reader gave up with status {status}"
