"""How long a start takes, from exec to the first 200 on a new empty database, and what the idle server holds."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import machine, servers
from bench.report import Figure, Section, spread

MB = 1_000_000


def section(rounds: int) -> Section:
    """Start ours and the bare route in turns, each time on a new database, and read the idle memory."""
    made = Section("starting", "Starting, and idle memory", "python -m bench starting")
    ours: list[float] = []
    theirs: list[float] = []
    held: list[float] = []
    bare_held: list[float] = []
    took: list[float] = []
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        for turn in range(rounds + 1):
            folder = Path(name) / str(turn)
            folder.mkdir()
            (folder / "body").write_bytes(b"{}")
            port = servers.free_port()
            url = f"sqlite:///{folder / 'afluente.db'}"
            one = _start(servers.ours(), servers.environment(folder, url, port), folder, port, "/")
            port = servers.free_port()
            paths = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(machine.ROOT)}
            command = [sys.executable, "-m", "bench.bare", str(port), str(folder / "body")]
            other = _start(command, paths, folder, port, "/pluggy/items/1")
            if turn:  # the first one warms the file cache and leaves bytecode where there was none
                ours.append(one[0])
                took.append(one[1])
                held.append(one[2] / MB)
                theirs.append(other[0])
                bare_held.append(other[2] / MB)
        used = _used(Path(name))
    middle = statistics.median
    made.figures += [
        Figure(
            "exec of `afluente serve` to the first 200, new empty SQLite database",
            spread(ours, "{:.2f}", " s"),
            "a bare Starlette route: " + spread(theirs, "{:.2f}", " s"),
            f"{middle(ours) / middle(theirs):.1f}",
            "≤ 0.6 s",
            middle(ours) <= 0.6,
        ),
        Figure("processor time of it", spread(took, "{:.2f}", " s")),
        Figure(
            "resident memory, idle after it",
            spread(held, "{:.1f}", " MB"),
            "a bare Starlette route: " + spread(bare_held, "{:.1f}", " MB"),
            f"{middle(held) / middle(bare_held):.1f}",
            "≤ 80 MB",
            middle(held) <= 80,
        ),
        Figure("the same after one bank was connected and read", f"{used / MB:.1f} MB"),
    ]
    made.notes.append(
        f"{rounds} starts of each in turns, after one that is not counted; the first 200 is the front page's. Memory "
        "is `VmRSS` a second after the first answer; a MB is a million bytes."
    )
    return made


def _start(
    command: list[str], environment: dict[str, str], folder: Path, port: int, path: str
) -> tuple[float, float, int]:
    """Return seconds to the first 200, processor seconds until then, and resident bytes a second later."""
    began = time.perf_counter()
    with (folder / "printed.txt").open("ab") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n".encode()
        while True:
            if process.poll() is not None or time.perf_counter() - began > servers.STARTING:
                raise RuntimeError(f"no server: {(folder / 'printed.txt').read_text()}")
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                    connection.sendall(request)
                    answer = connection.recv(64)
                break
            except OSError:
                time.sleep(0.002)
        seconds, busy = time.perf_counter() - began, machine.cpu_seconds(process.pid)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path}: {answer!r}")
        time.sleep(1)
        return seconds, busy, machine.resident_bytes(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _used(folder: Path) -> int:
    with servers.afluente(folder) as (server, sandbox):
        item = sandbox.connect()
        for account in sandbox.get(f"/accounts?itemId={item}")["results"]:
            sandbox.get(f"/v2/transactions?accountId={account['id']}")
        return machine.resident_bytes(server.pid)
