"""Calls that we make to addresses clients gave us: bounded in time and size, and never into our own network.

The name is resolved here, every address it has must be public, and the connection is made to the one that was looked
at, so that a name which answers differently a moment later leads nowhere else. The certificate is still checked
against the name. Redirects are not followed. What is needed to call is loaded at the first call.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from afluente.core.clock import SECOND, Instant
from afluente.core.outcome import Refused
from afluente.engine.telling import Answered
from afluente.web.addresses import check_address

if TYPE_CHECKING:
    from afluente.web.line import Line, Read

_SHOWN = 2_000
"""Characters of an answer that are kept."""

_LONGEST_HEADER = 500
_HEADERS = 50

_ORIGINS, _EACH = 64, 16
"""Origins to which connections are kept open, and how many to each."""

_KEPT_OPEN = 15.0
"""Seconds for which a connection is kept that nothing is sent over; many servers hang up soon after."""

_OK = 200
_PORTS = {"http": 80, "https": 443}
_IN_TARGETS = "/:?#[]@!$&'()*+,;=%~"
"""What an address may hold as it stands; all else is written in hexadecimal."""

_Origin = tuple[str, str, int]


class _NotConnected(Exception):
    """Nobody answers there, or not as who they should be; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Outgoing:
    """Sends messages, and fetches what lies somewhere. `relaxed`: any address will do, for what is on the same machine
    or network."""

    def __init__(self, *, relaxed: bool) -> None:
        self._relaxed = relaxed
        # by origin and not by address: names that share an address must not share a connection
        self._idle: OrderedDict[_Origin, list[tuple[Line, asyncio.TimerHandle]]] = OrderedDict()
        self._context: ssl.SSLContext | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: str, timeout: Instant) -> Answered:
        """Send one message and return what came back; `timeout` bounds all of it. Never raises."""
        from afluente.web.line import Broken

        try:
            async with asyncio.timeout(timeout / SECOND):
                return _told(await self._sent(url, headers, body))
        except TimeoutError:
            return Answered(error="timeout")
        except Refused as refused:
            return Answered(error=refused.meaning)
        except _NotConnected as missed:
            return Answered(error=missed.reason)
        except ssl.SSLError:
            return Answered(error="tls")
        except (Broken, OSError, ValueError):
            return Answered(error="broken")

    async def fetch(self, url: str, timeout: Instant, largest: int) -> tuple[str, bytes] | None:
        """Return what lies at an address, and of what type it is said to be; `timeout` bounds all of it. None where
        nothing does, or more than so many bytes. Never raises."""
        from afluente.web.line import Broken, asking

        try:
            async with asyncio.timeout(timeout / SECOND):
                address, origin, target = await self._placed(url)
                line = await self._connect(origin, address)
                try:
                    read = await line.send(asking(target, _named(origin)), largest + 1)
                finally:
                    line.close()
        except (Refused, _NotConnected, Broken, OSError, ValueError):
            return None
        if read.status != _OK or len(read.body) > largest:
            return None
        return dict(read.headers).get("content-type", ""), read.body

    async def _placed(self, url: str) -> tuple[str | None, _Origin, str]:
        """Return the address that a URL leads to, whose name that is, and what is asked for there. Raises `Refused`."""
        address = await check_address(url, self._relaxed)
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        return address, (parts.scheme, host, parts.port or _PORTS[parts.scheme]), _target(parts)

    async def _sent(self, url: str, headers: Mapping[str, str], body: str) -> Read:
        from afluente.web.line import Broken, request

        address, origin, target = await self._placed(url)
        message = request(target, _named(origin), headers, body.encode())
        line = self._unused(origin)
        if line is not None:
            try:
                return await self._over(line, origin, message)
            except Broken as broken:
                # the other end had hung up while nothing was sent, and this could not be seen yet
                if not broken.silent:
                    raise
        return await self._over(await self._connect(origin, address), origin, message)

    async def _over(self, line: Line, origin: _Origin, message: bytes) -> Read:
        try:
            read = await line.send(message)
        except BaseException:
            line.close()
            raise
        self._keep(line, origin, read.reusable)
        return read

    def _unused(self, origin: _Origin) -> Line | None:
        """Return a connection that is open and that nobody uses."""
        idle = self._idle.get(origin)
        while idle:
            line, expiry = idle.pop()
            expiry.cancel()
            if line.is_open:
                return line
            line.close()
        return None

    async def _connect(self, origin: _Origin, address: str | None) -> Line:
        """Return a new connection: to the address that was looked at, as the name."""
        scheme, host, port = origin
        secured = scheme == "https"
        context = self._trusting() if secured else None
        try:
            return await _open(address or host, port, context, host if secured else None)
        except ssl.SSLError:
            raise _NotConnected("tls") from None
        except TimeoutError:
            # the system's own, or the one that bounds all of it
            raise
        except OSError:
            raise _NotConnected("not-connected") from None

    def _trusting(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    def _keep(self, line: Line, origin: _Origin, reusable: bool) -> None:
        """Keep a connection for the next message, if it can take one and there is room."""
        idle = self._idle.setdefault(origin, [])
        self._idle.move_to_end(origin)
        if reusable and line.is_open and len(idle) < _EACH:
            idle.append((line, asyncio.get_running_loop().call_later(_KEPT_OPEN, line.close)))
        else:
            line.close()
        if len(self._idle) > _ORIGINS:
            _hang_up(self._idle.popitem(last=False)[1])

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            _hang_up(self._idle.popitem()[1])


async def _open(address: str, port: int, context: ssl.SSLContext | None, name: str | None) -> Line:
    from afluente.web.line import Line

    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, address, port, ssl=context, server_hostname=name)
    return line


def _hang_up(idle: list[tuple[Line, asyncio.TimerHandle]]) -> None:
    for line, expiry in idle:
        expiry.cancel()
        line.close()


def _target(parts: SplitResult) -> str:
    """Return what stands in a request's first line."""
    path = quote(parts.path or "/", safe=_IN_TARGETS)
    return f"{path}?{quote(parts.query, safe=_IN_TARGETS)}" if parts.query else path


def _named(origin: _Origin) -> str:
    """Return what a request calls the host."""
    scheme, host, port = origin
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _PORTS[scheme] else f"{shown}:{port}"


def _told(read: Read) -> Answered:
    """Return what is kept of an answer: somebody else's text, without what a database cannot hold."""
    headers: dict[str, str] = {}
    for name, value in read.headers[:_HEADERS]:
        both = f"{headers[name]}, {value}" if name in headers else value
        headers[name] = both[:_LONGEST_HEADER].replace("\0", "")
    body = read.body.decode("utf-8", "replace").replace("\0", "")[:_SHOWN]
    return Answered(status=read.status, headers=headers, body=body)
