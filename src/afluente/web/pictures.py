"""Pictures of clients' that pages show: fetched by the server, so that a browser asks no host of somebody else's.

They are fetched through the guarded client, bounded in time and size; what is no picture of a kind that a page may
show is none. A picture that was fetched is kept for a while, and so is that there was none.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec

from afluente.core.clock import MINUTE, SECOND, Clock, Instant
from afluente.web.answers import Answer

LARGEST = 128 * 1024
"""Bytes of a picture; a larger one is not shown."""

TIMEOUT: Instant = 3 * SECOND
_KEPT: Instant = 10 * MINUTE
_MOST = 64
"""Pictures that are kept at once."""

_SHOWN_AS = {
    "image/svg+xml": (b"<", b"\xef\xbb\xbf<"),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF8",),
    "image/webp": (b"RIFF",),
}
"""How the contents of each kind begin."""

_HEADERS = (
    # a drawing may have a script in it, which runs in no page that shows it as a picture, and must not alone either
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"private, max-age=600"),
)

Fetch = Callable[[str, Instant, int], Awaitable["tuple[str, bytes] | None"]]
"""Fetches an address within a span, up to so many bytes: the kind that it is said to be of, and its contents."""


class Picture(msgspec.Struct, frozen=True):
    """A picture, and as what it is shown."""

    kind: str
    content: bytes


class Pictures:
    """Fetches pictures and keeps those it was asked for lately."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, tuple[Instant, Picture | None]] = OrderedDict()

    async def read(self, url: str) -> Picture | None:
        """Return the picture of an address; None where there is none that a page may show."""
        now = self._clock.now()
        until, known = self._kept.get(url, (0, None))
        if now < until:
            return known
        found = picture(await self._fetch(url, TIMEOUT, LARGEST))
        self._kept[url] = now + _KEPT, found
        self._kept.move_to_end(url)
        if len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return found


def picture(fetched: tuple[str, bytes] | None) -> Picture | None:
    """Return what was fetched as a picture, if it is one of a kind that it is said to be of."""
    if fetched is None:
        return None
    kind, content = fetched[0].partition(";")[0].strip().lower(), fetched[1]
    begins = _SHOWN_AS.get(kind, ())
    return Picture(kind, content) if content.lstrip()[:16].startswith(begins) else None


def answer(shown: Picture) -> Answer:
    """Return a picture as an answer that nothing runs in."""
    return Answer(200, shown.content, ((b"content-type", shown.kind.encode()), *_HEADERS))
