"""One connection to an address that messages are sent to, kept open from one message to the next.

A general client spends a millisecond on each message; this one sends a POST or a GET, reads the answer's head and the
beginning of its body, and nothing else. It is parsed by what parses requests here too. An answer's head is bounded.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import Any

import httptools
import msgspec

LARGEST_ANSWER = 16 * 1024
"""Bytes of an answer's body that are read; the rest is left."""

_LARGEST_HEAD = 64 * 1024
_MOST_CHUNKED = 4
"""How much more than its body is read of an answer in all, chunks' heads among it."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_NOT_IN_VALUES = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search


class Broken(Exception):
    """What came back is no answer, or ended too early. `silent`: nothing came back at all."""

    def __init__(self, silent: bool = False) -> None:
        super().__init__()
        self.silent = silent


class Read(msgspec.Struct, frozen=True):
    """An answer: its status, its headers with small letters, the beginning of its body. `reusable` tells whether the
    connection can take another message: nothing was left unread, and neither end closes it."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    reusable: bool


def asking(target: str, host: str) -> bytes:
    """Return a GET as it goes over the wire."""
    return f"GET {target} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\naccept-encoding: identity\r\n\r\n".encode("ascii")


def request(target: str, host: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a POST as it goes over the wire. Raises ValueError for headers that no HTTP can carry."""
    # one of each name, whatever its letters: the last
    named = {name.lower(): (name, value) for name, value in headers.items()}
    lines = [f"POST {target} HTTP/1.1", f"host: {host}", "accept: */*", "accept-encoding: identity"]
    for key, (name, value) in named.items():
        if _NAME(name) is None or _NOT_IN_VALUES(value) is not None:
            raise ValueError("a header that cannot be sent")
        if key not in _OURS:
            lines.append(f"{name}: {value}")
    lines.append(f"content-length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("ascii") + body


_OURS = frozenset({"host", "accept", "accept-encoding", "content-length", "transfer-encoding", "connection", "expect"})
"""Headers that say how a message is carried: they are the line's, whatever a client wants sent along."""


class Line(asyncio.Protocol):
    """Carries one message at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._closed = False
        self._answer: asyncio.Future[Read] | None = None
        self._largest = LARGEST_ANSWER
        self._begin()

    def _begin(self) -> None:
        self._parser: Any = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._in_head = True
        self._received = 0

    @property
    def is_open(self) -> bool:
        """Whether it can take a message, as far as is known."""
        return not self._closed and not self._transport.is_closing()

    async def send(self, message: bytes, largest: int = LARGEST_ANSWER) -> Read:
        """Send a message and return the answer, of whose body no more than so many bytes are read. Raises `Broken`, and
        ssl's errors."""
        self._largest = largest
        self._answer = asyncio.get_running_loop().create_future()
        self._begin()
        self._transport.write(message)
        try:
            return await self._answer
        finally:
            self._answer = None

    def close(self) -> None:
        """Hang up, at once."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    # -- what asyncio calls --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take a piece of the answer; on a line that nobody waits at, it is the end of it."""
        if self._answer is None or self._answer.done():
            self.close()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(Broken())
            return
        if self._in_head and self._received > _LARGEST_HEAD:
            self._fail(Broken())
        elif self._received > _MOST_CHUNKED * self._largest + _LARGEST_HEAD:
            self._end(reusable=False)

    def eof_received(self) -> None:
        """Let the transport close."""

    def connection_lost(self, error: Exception | None) -> None:
        """End what is being read: an answer that nothing bounds ends so."""
        self._closed = True
        if self._answer is None or self._answer.done():
            return
        unbounded = not any(name in ("content-length", "transfer-encoding") for name, _ in self._headers)
        if error is None and not self._in_head and unbounded:
            self._end(reusable=False)
        else:
            self._fail(error if isinstance(error, ssl.SSLError) else Broken(silent=not self._received))

    # -- what the parser calls -----------------------------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body, until it is enough."""
        self._body += body
        if len(self._body) >= self._largest:
            self._end(reusable=False)

    def on_message_complete(self) -> None:
        """Hand the answer over; one that only says that another follows is left out."""
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            self._in_head = True
            return
        self._end(reusable=self._parser.should_keep_alive())

    def _end(self, reusable: bool) -> None:
        if self._answer is not None and not self._answer.done():
            body = bytes(self._body[: self._largest])
            self._answer.set_result(Read(self._parser.get_status_code(), self._headers, body, reusable))

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
