"""A real HTTP server that takes webhooks, remembers them, and answers what it is told to."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 20.0
"""Seconds that a message may take to arrive before a test fails; it takes milliseconds."""


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.raw)


@dataclass(frozen=True)
class Reply:
    """What is answered; with a `gate` only once that is open."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    gate: threading.Event | None = None


class Receiver:
    """Takes every POST and GET. What a path answers is put in line for it; with an empty line it answers `usual`."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.usual: dict[str, Reply] = defaultdict(Reply)
        self.line: dict[str, deque[Reply]] = defaultdict(deque)
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # the answer goes out in two pieces, and the second must not wait for the first to be acknowledged
            disable_nagle_algorithm = True
            timeout = PATIENCE

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = receiver._take(Received(self.path, headers, raw))
                if reply.gate is not None:
                    reply.gate.wait(PATIENCE)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A sender that was killed has hung up."""

        self.server = Quiet(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def _take(self, received: Received) -> Reply:
        with self._news:
            self.got.append(received)
            self._news.notify_all()
            line = self.line[received.path]
            return line.popleft() if line else self.usual[received.path]

    def on(self, path: str) -> list[Received]:
        """Return what has arrived at a path."""
        with self._news:
            return [one for one in self.got if one.path == path]

    def wait(self, path: str, count: int) -> list[Received]:
        """Return what has arrived at a path once there is so much of it."""
        with self._news:
            there = self._news.wait_for(lambda: sum(one.path == path for one in self.got) >= count, PATIENCE)
        found = self.on(path)
        assert there, f"{len(found)} of {count} arrived at {path}"
        return found

    def until(self, path: str, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """Return what has arrived at a path once it is enough."""

        def there() -> bool:
            found = [one for one in self.got if one.path == path]
            return bool(found) and enough(found)

        with self._news:
            arrived = self._news.wait_for(there, PATIENCE)
        found = self.on(path)
        assert arrived, f"not enough: {[one.raw[:200] for one in found]}"
        return found

    def forget(self) -> None:
        """Forget what has arrived."""
        with self._news:
            self.got.clear()


@contextmanager
def listening() -> Iterator[Receiver]:
    """Start a receiver and stop it at the end."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
