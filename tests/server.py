"""A real server in a process of its own, and a client that speaks to it over HTTP.

Time never has to be waited for: the scripted institutions take none, and `settle` answers when nothing runs any more.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import nursery
from tests.nursery import SOURCE

TLS = httpx.create_ssl_context()
"""For clients, though none of them speaks TLS: each would read all the world's authorities for one of its own."""
PORTS = range(20_000, 32_000)
"""Below those that the system gives to whoever calls: one of those may be taken before a server listens on it. Of those
below these a browser refuses some."""
_ports = islice(cycle(PORTS), os.getpid() * 7919 % len(PORTS), None)
STARTING = 30.0
"""Seconds a start may take on a machine that is busy; it takes less than one."""


class Server:
    """One running server. It can be killed and started again on the same data."""

    launch: Callable[..., subprocess.Popen[bytes] | nursery.Child] = staticmethod(nursery.launched)
    """How a process of it comes to be; `Executed` is started as people start it."""

    def __init__(self, folder: Path, database: str, **settings: str) -> None:
        self.folder = folder
        self.database = database
        self.settings = settings
        self.port = free_port()
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | nursery.Child | None = None
        self.clients: list[Client] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return when it answers. Raises RuntimeError with its log if it does not."""
        with self.log.open("ab") as output:
            self.process = self.launch(["serve"], self.environment, self.folder, output, output)
        until = time.monotonic() + STARTING
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                # refused at once as long as nobody listens, so this does not spin hot for long
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                self.process_wait(0.02)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")

    def process_wait(self, seconds: float) -> None:
        """Wait for the process to end, at most so long."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def kill(self) -> None:
        """End it as a crash would: SIGKILL."""
        self.stop(signal.SIGKILL)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it, and return when it is gone."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(20)
        self.process = None

    @property
    def keys(self) -> tuple[str, str]:
        """The sandbox application's client id and secret, as the server printed them."""
        return found_keys(self.log.read_text())

    def client(self) -> Client:
        """Return a client that has authenticated."""
        return Client(self)

    @property
    def environment(self) -> dict[str, str]:
        """What the server, and any other command on the same data, is told."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(SOURCE),
            "AFLUENTE_PORT": str(self.port),
            "AFLUENTE_DATABASE": self.database,
            "AFLUENTE_KEY_FILE": str(self.folder / "key"),
            "AFLUENTE_PACE": "0",
            "AFLUENTE_LOG": "json",
            **{f"AFLUENTE_{name.upper()}": value for name, value in self.settings.items()},
        }

    def run(self, *arguments: str) -> str:
        """Run another command on the same data and return what it printed."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            code = self.launch(arguments, self.environment, self.folder, output, errors).wait(STARTING)
            for printed in (output, errors):
                printed.seek(0)
            assert code == 0, errors.read().decode()
            return output.read().decode()

    def other_client(self, name: str = "another") -> Client:
        """Return a client of a new application, made with the command line."""
        keys = found_keys(self.run("application", "add", name))
        return Client(self, keys=keys)


class Executed(Server):
    """A server whose processes load everything themselves, as for whoever starts one by hand."""

    launch = staticmethod(nursery.executed)


class Client:
    """Speaks Pluggy's words to a server, and Afluente's own to its sandbox."""

    def __init__(self, server: Server, key: str | None = None, keys: tuple[str, str] | None = None) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=30, verify=TLS)
        server.clients.append(self)
        self.keys = keys or server.keys
        self.key = key or self.authenticate(*self.keys)

    def authenticate(self, id: str, secret: str) -> str:
        """Return an API key."""
        answer = self.http.post("/pluggy/auth", json={"clientId": id, "clientSecret": secret})
        answer.raise_for_status()
        return str(answer.json()["apiKey"])

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call a path of the Pluggy dialect with the API key."""
        headers = {"x-api-key": self.key, **options.pop("headers", {})}
        return self.http.request(method, f"/pluggy{path}", headers=headers, **options)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a path that must answer 200."""
        answer = self.call("GET", path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def own(self, method: str, path: str, **options: Any) -> Any:
        """Call Afluente's own API and return its JSON."""
        answer = self.http.request(method, f"/api{path}", headers={"x-api-key": self.key}, **options)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def connect(self, connector: int, user: str = "user-ok", password: str = "password-ok", **more: Any) -> Any:
        """Create an item, wait until it rests or asks, and return it as it is then."""
        parameters = more.pop("parameters", None) or {"user": user, "password": password}
        answer = self.call("POST", "/items", json={"connectorId": connector, "parameters": parameters, **more})
        assert answer.status_code == 200, answer.text
        return self.settled(answer.json()["id"])

    def settled(self, item_id: str) -> Any:
        """Return an item when nothing of this application runs any more."""
        self.settle()
        return self.get(f"/items/{item_id}")

    def settle(self) -> None:
        """Return when no execution runs any more."""
        self.own("POST", "/sandbox/settle")

    def update(self, item_id: str, **body: Any) -> Any:
        """Update an item, wait, and return it as it is then."""
        answer = self.call("PATCH", f"/items/{item_id}", json=body)
        assert answer.status_code == 200, answer.text
        return self.settled(item_id)

    def answer(self, item_id: str, **values: str) -> Any:
        """Answer the open question, wait, and return the item as it is then."""
        answer = self.call("POST", f"/items/{item_id}/mfa", json=values)
        assert answer.status_code == 200, answer.text
        return self.settled(item_id)

    def advance(self, span: str) -> str:
        """Stop the application's clock if it runs, move it on, and return what time it is then."""
        return str(self.own("POST", "/sandbox/clock", json={"advance": span})["now"])

    def arm(self, meaning: str, **where: Any) -> None:
        """Arm a fault."""
        self.own("POST", "/sandbox/faults", json={"meaning": meaning, **where})

    def policy(self, **settings: Any) -> None:
        """Change what is set for the application."""
        self.own("PATCH", "/application", json=settings)

    def reset(self) -> None:
        """Bring the sandbox application back to how it was made, but for its connections."""
        self.own("DELETE", "/sandbox/faults")
        self.own("DELETE", "/sandbox/clock")
        self.policy(update_every=0, sync_every=0, retries=5, retry_every=3600, connections_limit=0,
                    updates_disabled=False, listing=True, institutions={}, admission="open", too_many_status=401,
                    active=True, rights=None, calls_limit=0, updates_limit=0, signed_requests=False,
                    sealed_reports=False, regulated=False, quotas=False, origins=[])  # fmt: skip


def found_keys(printed: str) -> tuple[str, str]:
    """Return the client id and secret that were printed last."""
    id, secret = (re.findall(rf"client {name}\s+(\S+)", printed)[-1] for name in ("id", "secret"))
    return id, secret


def free_port() -> int:
    """Return a port that nobody listens on just now, and that no client is given in the meantime."""
    while True:
        port = next(_ports)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(
    folder: Path, database: str | None = None, kind: type[Server] = Server, **settings: str
) -> Iterator[Server]:
    """Start a server and stop it at the end."""
    server = kind(folder, database or f"sqlite:///{folder / 'afluente.db'}", **settings)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        for client in server.clients:
            client.close()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on SQLite for all tests that leave nothing behind but connections of their own."""
    with running(tmp_path_factory.mktemp("server"), private_webhooks="1") as server:
        yield server


def connections_of(server: Server) -> set[str]:
    """Return the ids of all connections on a server that keeps them in SQLite."""
    with closing(sqlite3.connect(server.database.removeprefix("sqlite:///"), timeout=30)) as opened:
        return {row[0] for row in opened.execute("SELECT id FROM connections")}


@pytest.fixture
def client(shared_server: Server) -> Iterator[Client]:
    """A client of the shared server. What a test connects is deleted behind it, and the rest put back.

    A connection that is left waiting would refuse the same credentials to whatever test comes next.
    """
    before = connections_of(shared_server)
    client = shared_server.client()
    yield client
    client.key = client.authenticate(*shared_server.keys)
    client.settle()
    client.reset()
    for id in connections_of(shared_server) - before:
        client.call("DELETE", f"/items/{id}")
    client.close()


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Server]:
    """A server of the test's own, on SQLite and on PostgreSQL in turn."""
    with running(tmp_path, database_url, private_webhooks="1") as server:
        yield server
