"""What goes back over the wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.types import Send

_encode = msgspec.json.Encoder(decimal_format="number").encode
JSON = ((b"content-type", b"application/json; charset=utf-8"),)
"""The headers of a JSON body that is encoded already."""

_ANYWHERE = (b"access-control-allow-origin", b"*")


class Answer:
    """A status, a body and headers beside those every answer has."""

    __slots__ = ("body", "headers", "shared", "status")

    def __init__(
        self, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = JSON, shared: bool = True
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers
        self.shared = shared
        """Whether pages of other origins may read it; what needs a key anyway may be read by all."""

    async def send(self, send: Send) -> None:
        """Send it whole."""
        length = (b"content-length", b"%d" % len(self.body))
        headers = [*self.headers, length, *((_ANYWHERE,) if self.shared else ())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json(value: Any, status: int = 200, **headers: str) -> Answer:
    """Return a JSON answer; Decimals become numbers with all their digits. Headers are given with underscores."""
    more = tuple((name.replace("_", "-").encode(), text.encode("latin-1")) for name, text in headers.items())
    return Answer(status, _encode(value), (*JSON, *more))


def text(value: str, media: str = "text/plain", status: int = 200) -> Answer:
    """Return a text answer."""
    return Answer(status, value.encode(), ((b"content-type", f"{media}; charset=utf-8".encode()),))


_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'"


def page(value: str, *, framed: bool = True) -> Answer:
    """Return an HTML page that loads nothing from anywhere, is kept nowhere, and is no other origin's to read; it
    stands in no frame unless it may be `framed`."""
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", _POLICY if framed else _POLICY + b"; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    )
    return Answer(200, value.encode(), headers, shared=False)


def redirect(address: str) -> Answer:
    """Send the browser elsewhere. What an address cannot hold as it stands is percent-encoded, line ends above all."""
    location = quote(address, safe="!#$%&'()*+,/:;=?@[]~")
    return Answer(302, b"", ((b"location", location.encode()), (b"cache-control", b"no-store")))
