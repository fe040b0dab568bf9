"""Servers in processes of their own, kept on one core, and a small client to set them up with."""

from __future__ import annotations

import base64
import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from bench import load, machine

STARTING = 60.0
"""Seconds a start may take on a machine that is busy."""


class Running:
    """A server that answers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Return the status and the body of one answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            if body is not None:
                given["content-type"] = "application/json"
            connection.request(method, path, None if body is None else msgspec.json.encode(body), given)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Return the JSON of an answer that must be a 200. Raises RuntimeError for another."""
        status, answer = self.ask(method, path, body, **headers)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer[:500]!r}")
        return msgspec.json.decode(answer)

    def exchange(self, path: str, key: str, header: str = "x-api-key") -> load.Exchange:
        """Return a GET with the bytes it is answered with now. `header` is the one that carries the key."""
        head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n{header}: {key}\r\naccept: */*\r\n\r\n"
        status, body = self.ask("GET", path, **{header: key})
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:500]!r}")
        return load.Exchange(head.encode(), body)

    def under(self, exchanges: list[load.Exchange], **plan: Any) -> tuple[load.Result, float]:
        """Put the server under load; return what came of it and the processor time it took. Raises RuntimeError."""
        before = machine.cpu_seconds(self.pid)
        planned = load.Plan(self.port, exchanges, machine.cores()[0], **plan)
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"],
            input=msgspec.json.encode(planned),
            stdout=subprocess.PIPE,
            cwd=machine.ROOT,
            check=True,
        )
        result = msgspec.json.decode(done.stdout, type=load.Result)
        if result.wrong:
            raise RuntimeError(f"{result.wrong} of {result.requests} answers were wrong")
        return result, machine.cpu_seconds(self.pid) - before


class Sandbox:
    """The sandbox application of a running server, authenticated, and one bank connected."""

    def __init__(self, server: Running, printed: str) -> None:
        self.server = server
        id, secret = (re.findall(rf"client {name}\s+(\S+)", printed)[-1] for name in ("id", "secret"))
        self.key = server.json("POST", "/pluggy/auth", {"clientId": id, "clientSecret": secret})["apiKey"]
        self.basic = f"Basic {base64.b64encode(f'{id}:{secret}'.encode()).decode()}"

    def connect(self) -> str:
        """Connect the first bank, wait until it rests, and return the item's id."""
        parameters = {"user": "user-ok", "password": "password-ok"}
        body = {"connectorId": 2, "parameters": parameters}
        id = str(self.server.json("POST", "/pluggy/items", body, x_api_key=self.key)["id"])
        self.server.ask("POST", "/api/sandbox/settle", {}, x_api_key=self.key)
        status = self.get(f"/items/{id}")["status"]
        if status != "UPDATED":
            raise RuntimeError(f"the item is {status}")
        return id

    def get(self, path: str) -> Any:
        """Return the JSON of a path of the Pluggy dialect."""
        return self.server.json("GET", f"/pluggy{path}", x_api_key=self.key)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, database: str, port: int) -> dict[str, str]:
    """Return what a server is started with: nothing of ours but its settings, so bytecode is kept as usual."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(machine.ROOT / "src"),
        "AFLUENTE_PORT": str(port),
        "AFLUENTE_DATABASE": database,
        "AFLUENTE_KEY_FILE": str(folder / "key"),
        "AFLUENTE_PACE": "0",
    }


def ours() -> list[str]:
    """Return the command that `make run` starts the server with."""
    return [str(Path(sys.executable).parent / "afluente"), "serve"]


@contextmanager
def started(
    command: list[str], port: int, folder: Path, environment: dict[str, str], pinned: bool = True
) -> Iterator[Running]:
    """Run a server until the end of the block. What it prints goes to `printed.txt`."""
    with (folder / "printed.txt").open("ab") as output:
        with machine.on_core(machine.cores()[1]) if pinned else nullcontext():
            process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        try:
            until = time.monotonic() + STARTING
            while True:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"no server: {(folder / 'printed.txt').read_text()}")
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.001)
            yield Running(process, port)
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def afluente(folder: Path, database: str | None = None) -> Iterator[tuple[Running, Sandbox]]:
    """Run our server on SQLite, on the server's core, and authenticate."""
    port = free_port()
    url = database or f"sqlite:///{folder / 'afluente.db'}"
    with started(ours(), port, folder, environment(folder, url, port)) as server:
        yield server, Sandbox(server, (folder / "printed.txt").read_text())


@contextmanager
def bare(folder: Path, body: bytes) -> Iterator[Running]:
    """Run the bare Starlette route that answers these bytes, on the server's core."""
    port = free_port()
    (folder / "body").write_bytes(body)
    command = [sys.executable, "-m", "bench.bare", str(port), str(folder / "body")]
    (folder / "bare").mkdir(exist_ok=True)
    paths = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(machine.ROOT)}
    with started(command, port, folder / "bare", paths) as server:
        yield server
