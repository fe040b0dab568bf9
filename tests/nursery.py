"""Processes of `python -m afluente` that need not load it first.

A start of Python with all that a server imports takes half a second of a processor, and the tests start hundreds. So
one process, the nursery, loads it once and forks a child for each that is wanted: a process of its own with the
environment, the folder and the outputs it was given, that runs the same `__main__` and can be killed like any other.

Children share what a start would draw anew: the seed of hashes is the nursery's. Tests for which that matters, or the
start itself, start the executable (`executed`).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import pkgutil
import runpy
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

SOURCE = Path(__file__).parents[1] / "src"
LONGEST = 1 << 16
"""Bytes of an order."""

ALSO = ("uvloop", "uvicorn", "jinja2", "rich.console", "rich.table", "joserfc.jwk", "joserfc.jwt")
"""What the package loads when it is first needed."""

UNLOADED = ("afluente.__main__", "afluente.quality.bulk", "afluente.connectors.statements")
"""What is not loaded beforehand: what runs as it is loaded, what starts threads, what servers never load themselves."""


class Order(NamedTuple):
    """A process that is wanted: what it is told, and where it runs."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str


class Child:
    """A forked process, as `subprocess.Popen` would have it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._turn = Lock()
        self.pid = int(self._line())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return with what it ended, None while it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return with what it ended. Raises subprocess.TimeoutExpired where it lives longer than these seconds."""
        if self.returncode is None and not self._is_told(timeout):
            raise subprocess.TimeoutExpired("afluente", timeout or 0)
        with self._turn:
            if self.returncode is None:
                self.returncode = int(self._line())
                self._channel.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _is_told(self, timeout: float | None) -> bool:
        try:
            return bool(select.select([self._channel], [], [], timeout)[0])
        except ValueError:
            # another thread was told just now, and has closed it
            return True

    def _line(self) -> str:
        told = b""
        while not told.endswith(b"\n"):
            more = b""
            with contextlib.suppress(ConnectionResetError):
                more = self._channel.recv(32)
            if not more:
                raise RuntimeError("the nursery has ended; why, it said on the error output")
            told += more
        return told.decode()


def executed(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: Any, errors: Any
) -> subprocess.Popen[bytes]:
    """Start `python -m afluente` itself."""
    command = [sys.executable, "-m", "afluente", *arguments]
    return subprocess.Popen(
        command, env=dict(environment), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
    )


def forked(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, output: Any, errors: Any) -> Child:
    """Have the nursery fork what `executed` would start."""
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(_nursery())
    order = Order(list(arguments), dict(environment), str(folder))
    socket.send_fds(channel, [json.dumps(order).encode() + b"\n"], [output.fileno(), errors.fileno()])
    return Child(channel)


launched = forked if hasattr(os, "pidfd_open") else executed
"""How tests start what they need a process of: forked, where the system tells of the end of a child like Linux does."""


@cache
def _nursery() -> str:
    """Start the nursery, which lives as long as this process, and return where it takes orders."""
    place = tempfile.mkdtemp(prefix="afluente-")
    address = f"{place}/orders"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(32)
        process = subprocess.Popen(
            # `-P`: the tests' folder is not where modules are looked for
            [sys.executable, "-P", __file__, str(listening.fileno())],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(SOURCE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listening.fileno()],
            start_new_session=True,
        )

    def end() -> None:
        with process:
            pass
        shutil.rmtree(place)

    atexit.register(end)
    return address


# ------------------------------------------------------------------------------- in the nursery's own process


def _load() -> None:
    """Load what servers load, and nothing that a fork could not take along."""
    for name in ALSO:
        import_module(name)
    package = import_module("afluente")
    for module in pkgutil.walk_packages(package.__path__, "afluente."):
        if not module.name.startswith(UNLOADED):
            import_module(module.name)
    gc.collect()
    # what is here now is shared with the children, as long as nobody touches it
    gc.freeze()


def _serve(listening: socket.socket) -> tuple[Order, list[int]]:
    """Fork a child for each order. Returns in the child alone, with its order and its outputs."""
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    waiting.register(listening, selectors.EVENT_READ)
    channels: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for key, _ in waiting.select():
            if key.fileobj is listening:
                channel, _ = listening.accept()
                order, outputs = _ordered(channel)
                if len(os.listdir("/proc/self/task")) > 1:
                    raise RuntimeError("a process with threads must not be forked")
                pid = os.fork()
                if not pid:
                    # nothing of ours stays open in it
                    for died, (_, other) in channels.items():
                        os.close(died)
                        other.close()
                    waiting.close()
                    channel.close()
                    listening.close()
                    return order, outputs
                for number in outputs:
                    os.close(number)
                channel.sendall(b"%d\n" % pid)
                died = os.pidfd_open(pid)
                channels[died] = pid, channel
                waiting.register(died, selectors.EVENT_READ)
            elif key.fileobj is sys.stdin:
                # whoever started us has ended
                for pid, _ in channels.values():
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            else:
                waiting.unregister(key.fileobj)
                pid, channel = channels.pop(key.fd)
                _, status = os.waitpid(pid, 0)
                os.close(key.fd)
                with channel, contextlib.suppress(BrokenPipeError):
                    channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _ordered(channel: socket.socket) -> tuple[Order, list[int]]:
    told, outputs, _, _ = socket.recv_fds(channel, LONGEST, 2)
    while not told.endswith(b"\n"):
        told += channel.recv(LONGEST)
    return Order(*json.loads(told)), outputs


def _become(order: Order, outputs: list[int]) -> None:
    """Be what `python -m afluente` would be, started like this."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, opened in enumerate((nothing, *outputs)):
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.path.insert(0, order.folder)
    sys.argv[1:] = order.arguments
    runpy.run_module("afluente", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _load()
    with socket.socket(fileno=int(sys.argv[1])) as _orders:
        _wanted = _serve(_orders)
    _become(*_wanted)
