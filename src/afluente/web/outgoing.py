"""Calls that we make to addresses clients gave us: bounded in time and size, and never into our own network.

The name is resolved here, every address it has must be public, and the connection is made to the one that was looked
at, so that a name which answers differently a moment later leads nowhere else. The certificate is still checked
against the name. Redirects are not followed. The HTTP client is loaded at the first call.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections import OrderedDict
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from afluente.core.clock import SECOND, Instant
from afluente.core.outcome import Refused
from afluente.engine.telling import Answered
from afluente.web.addresses import check_address

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 16 * 1024
"""Bytes of an answer that are read; the rest is left."""

_SHOWN = 2_000
"""Characters of an answer that are kept."""

_LONGEST_HEADER = 500
_HEADERS = 50

_ORIGINS, _EACH = 64, 16
"""Origins to which connections are kept open, and how many to each."""

_Origin = tuple[str, str, int | None]


class Outgoing:
    """Sends messages. `relaxed`: any address will do, for receivers on the same machine or network.

    A message has a connection to itself: a pool that many share looks through all of them for each.
    """

    def __init__(self, *, relaxed: bool) -> None:
        self._relaxed = relaxed
        # by origin and not by address: names that share an address must not share a connection
        self._idle: OrderedDict[_Origin, list[httpx.AsyncHTTPTransport]] = OrderedDict()
        self._context: ssl.SSLContext | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: str, timeout: Instant) -> Answered:
        """Send one message and return what came back; `timeout` bounds all of it. Never raises."""
        import httpx

        try:
            async with asyncio.timeout(timeout / SECOND):
                return await self._sent(url, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            return Answered(error="timeout")
        except Refused as refused:
            return Answered(error=refused.meaning)
        except ssl.SSLError:
            return Answered(error="tls")
        except httpx.ConnectError as error:
            return Answered(error="tls" if _by_tls(error) else "not-connected")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError):
            return Answered(error="broken")

    async def _sent(self, url: str, headers: Mapping[str, str], body: str) -> Answered:
        import httpx

        parts = urlsplit(url)
        host = parts.hostname or ""
        target, extensions, more = url, {}, {"accept": "*/*", "accept-encoding": "identity", **headers}
        address = await check_address(url, self._relaxed)
        if address is not None:
            target = parts._replace(netloc=f"[{address}]" if ":" in address else address).geturl()
            extensions = {"sni_hostname": host}
            more["host"] = host
        request = httpx.Request("POST", target, headers=more, content=body.encode(), extensions=extensions)
        origin = (parts.scheme, host, parts.port)
        transport = self._transport(origin)
        try:
            answer = await transport.handle_async_request(request)
            read, whole = await _read(answer)
        except BaseException:
            await transport.aclose()
            raise
        await answer.aclose()
        await self._keep(origin, transport, whole)
        # what came back is somebody else's text: kept as text, without what a database cannot hold
        text = read[:LARGEST_ANSWER].decode("utf-8", "replace").replace("\0", "")[:_SHOWN]
        listed = list(answer.headers.items())[:_HEADERS]
        told = {name.lower(): value[:_LONGEST_HEADER].replace("\0", "") for name, value in listed}
        return Answered(status=answer.status_code, headers=told, body=text)

    def _transport(self, origin: _Origin) -> httpx.AsyncHTTPTransport:
        """Return one that nobody uses."""
        idle = self._idle.get(origin)
        if idle:
            return idle.pop()
        import httpx

        if find_spec("sniffio") is None:
            # httpx looks for it at every lock, and Python then at every folder; None says that it is not there
            sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
        if self._context is None and origin[0] == "https":
            self._context = httpx.create_ssl_context(trust_env=False)
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=15)
        return httpx.AsyncHTTPTransport(verify=self._context or False, trust_env=False, limits=limits)

    async def _keep(self, origin: _Origin, transport: httpx.AsyncHTTPTransport, whole: bool) -> None:
        """Keep a connection for the next message, if there is room and nothing was left unread on it."""
        idle = self._idle.setdefault(origin, [])
        self._idle.move_to_end(origin)
        if whole and len(idle) < _EACH:
            idle.append(transport)
        else:
            await transport.aclose()
        if len(self._idle) > _ORIGINS:
            _, oldest = self._idle.popitem(last=False)
            for each in oldest:
                await each.aclose()

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            _, idle = self._idle.popitem()
            for transport in idle:
                await transport.aclose()


async def _read(answer: httpx.Response) -> tuple[bytes, bool]:
    """Return the beginning of an answer's body, and whether that is all of it."""
    read = bytearray()
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= LARGEST_ANSWER:
            return bytes(read), False
    return bytes(read), True


def _by_tls(error: BaseException) -> bool:
    """Tell whether a connection failed because of its certificate or its encryption."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
