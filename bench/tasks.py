"""Tasks of Open Data: how long from the bank's last answer to the last report at a receiver, and a thousand at once."""

from __future__ import annotations

import base64
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from stdnum.br import cpf

from bench import machine, servers, taskserver
from bench.receiver import Arrived, Receiver, receiving
from bench.report import Figure, Section, spread

BANK = "341"
HUNDREDS = 50
SOON, LARGEST = 150.0, 300.0
"""Milliseconds and megabytes that are promised."""

MB = 1_000_000
_PATIENCE = 900.0
_QUIET = 0.4
"""Seconds without a report after which there are none to come."""


def section(rounds: int, tasks: int = 1_000) -> Section:
    """Measure one task after the other, then many at once."""
    made = Section("tasks", "Tasks of Klavi: reports after the bank's last answer", "python -m bench tasks")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name, receiving() as receiver:
        _one_by_one(made, Path(name), receiver, rounds)
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name, receiving() as receiver:
        _at_once(made, Path(name), receiver, tasks)
    made.notes.append(
        "The server is a process of its own on one core, with SQLite; the receiver is another on the other core and "
        "answers at once. The bank takes no time for its answers, but what it makes up is made in the server."
    )
    return made


class _Partner:
    """Calls as the sandbox application."""

    def __init__(self, server: servers.Running, folder: Path, receiver: Receiver) -> None:
        self.server = server
        sandbox = servers.Sandbox(server, (folder / "printed.txt").read_text())
        id, _, secret = base64.b64decode(sandbox.basic.partition(" ")[2]).decode().partition(":")
        self._keys = {"partner_code": id, "partner_token": secret}
        told = {"system": "klavi", "events": ["reports"], "url": f"{receiver.url}/reports"}
        status, answer = server.ask("POST", "/api/endpoints", told, x_api_key=sandbox.key)
        if status >= 300:
            raise RuntimeError(f"no endpoint: {status} {answer[:300]!r}")

    def begin(self, serial: int, username: str) -> str:
        """Begin a task with all reports there are; return its trace id."""
        body = {
            "cpf": _person(serial),
            "institution": BANK,
            "credentials": {"username": username, "password": "password-ok"},
            "products": ["all"],
        }
        status, answer = self.server.ask("POST", "/klavi/data/v1/tasks", body, **self._keys)
        told: Any = msgspec.json.decode(answer)
        if status != 200 or told["code"] != 200:
            raise RuntimeError(f"the task was not taken: {told}")
        return str(told["traceId"])


def _person(serial: int) -> str:
    digits = f"{100_000_000 + serial * 613:09}"
    return digits + str(cpf._calc_check_digits(digits))


def _running(folder: Path) -> Any:
    port = servers.free_port()
    settings = servers.environment(folder, f"sqlite:///{folder / 'afluente.db'}", port)
    settings |= {"AFLUENTE_PRIVATE_WEBHOOKS": "1", "PYTHONPATH": f"{machine.ROOT / 'src'}:{machine.ROOT}"}
    command = [sys.executable, "-m", "bench.taskserver", str(folder / "answers")]
    return servers.started(command, port, folder, settings)


def _one_by_one(made: Section, folder: Path, receiver: Receiver, rounds: int) -> None:
    first, last, cpu = [], [], []
    count = size = 0
    with _running(folder) as server:
        partner = _Partner(server, folder, receiver)
        for turn in range(rounds + 1):
            before = len(receiver.arrived().at)
            used = machine.cpu_seconds(server.pid)
            partner.begin(turn, f"user-ok-perf-{HUNDREDS}x")
            arrived = _all(receiver, before + 1)
            answered = taskserver.answers(folder / "answers")[1]
            if turn:
                first.append((min(arrived.at[before:]) - answered) * 1_000)
                last.append((max(arrived.at[before:]) - answered) * 1_000)
                cpu.append((machine.cpu_seconds(server.pid) - used) * 1_000)
            count, size = len(arrived.at) - before, sum(arrived.sizes[before:])
    middle = sorted(last)[len(last) // 2]
    what = f"{count} reports ({size / MB:.1f} MB) over {100 * HUNDREDS:,} movements: from the bank's last answer to "
    made.figures += [
        Figure(what + "the last of them", spread(last, unit=" ms"), "", "", f"≤ {SOON:g} ms", middle <= SOON),
        Figure(what + "the first", spread(first, unit=" ms")),
        Figure("processor time of such a task, the bank's own with it", spread(cpu, unit=" ms")),
    ]


def _all(receiver: Receiver, least: int) -> Arrived:
    """Return what has arrived when nothing more comes."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        time.sleep(0.05)
        arrived = receiver.arrived()
        if len(arrived.at) >= least and time.monotonic() - arrived.at[-1] > _QUIET:
            return arrived
    raise RuntimeError("the reports did not come")


def _at_once(made: Section, folder: Path, receiver: Receiver, tasks: int) -> None:
    with _running(folder) as server:
        partner = _Partner(server, folder, receiver)
        partner.begin(0, "person+0")
        each = len(_all(receiver, 1).at)
        used, began = machine.cpu_seconds(server.pid), time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            traces = set(pool.map(lambda number: partner.begin(number, f"person+{number}"), range(1, tasks + 1)))
        taken = time.monotonic() - began
        until = began + _PATIENCE
        while len((arrived := receiver.arrived()).at) < each * (tasks + 1) and time.monotonic() < until:
            time.sleep(0.5)
        span = max(arrived.at) - began
        peak = _peak(server.pid) / MB
        cpu = machine.cpu_seconds(server.pid) - used
    different = len(set(arrived.ids))
    whole = different == each * (tasks + 1) and len(traces) == tasks
    made.figures += [
        Figure(
            f"{tasks:,} tasks at once on one process: reports that arrived, of {each} for each task",
            f"{different - each:,}",
            f"{len(arrived.at) - each:,} deliveries",
            "",
            "none lost",
            whole,
        ),
        Figure(
            f"{tasks:,} tasks at once: the most memory", f"{peak:.0f} MB", "", "", f"< {LARGEST:g} MB", peak < LARGEST
        ),
        Figure(
            f"{tasks:,} tasks at once: until the last report was there",
            f"{span:.0f} s",
            f"all taken after {taken:.1f} s; processor time {cpu:.0f} s, the bank's own with it",
        ),
    ]


def _peak(pid: int) -> int:
    """Return the most a process ever had resident, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
