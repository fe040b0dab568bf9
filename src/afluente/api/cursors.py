"""Pages of lists: how many, behind what, between which instants."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from afluente.core.clock import Instant
from afluente.core.outcome import Refused
from afluente.engine.operating.requests import Page
from afluente.web.calls import Call

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USUAL, _MOST = 50, 500


def wrong(detail: str) -> Refused:
    """Return the refusal of a parameter."""
    return Refused("request.invalid", data={"detail": detail})


def page_of(call: Call, names: Sequence[str]) -> Page:
    """Read `size`, `after` (a cursor), `from`, `to` and these filters from the query. Raises `request.invalid`."""
    given = dict(call.query)
    unknown = set(given) - {"size", "after", "from", "to", *names}
    if unknown:
        raise wrong(
            f"there is no parameter {sorted(unknown)[0][:100]}; there are size, after, from, to, {', '.join(names)}"
        )
    filters: dict[str, str | Instant] = {name: given[name] for name in names if given.get(name)}
    for name, bound in (("from", "since"), ("to", "until")):
        if given.get(name):
            filters[bound] = _instant(given[name])
    size = given.get("size", str(_USUAL))
    if not (size.isascii() and size.isdigit() and len(size) < 7 and 1 <= int(size) <= _MOST):
        raise wrong(f"size must be a number from 1 to {_MOST}")
    return Page(int(size), _cursor(given["after"]) if given.get("after") else None, filters)


def path_id(call: Call) -> str:
    """Return the id in the path. Raises `request.not-found` for what no id can be."""
    id = call.param("id")
    if "\0" in id or len(id) > 64:
        raise Refused("request.not-found")
    return id


def cursor(at: Instant, id: str) -> str:
    """Return what names the place behind an entry."""
    return base64.urlsafe_b64encode(f"{at}:{id}".encode()).decode().rstrip("=")


def told(at: Instant) -> str:
    """Return an instant as ISO 8601 with milliseconds, in UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cursor(text: str) -> tuple[Instant, str]:
    try:
        decoded = base64.urlsafe_b64decode(text.encode("ascii") + b"==").decode()
        at, _, id = decoded.partition(":")
        found = int(at), id
    except (ValueError, UnicodeError, binascii.Error):
        raise wrong("after must be the cursor of a page") from None
    if not 0 <= found[0] < 2**62 or "\0" in id or len(id) > 64:
        raise wrong("after must be the cursor of a page")
    return found


def _instant(text: str) -> Instant:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise wrong("an instant is an ISO 8601 date-time, such as 2026-01-31T12:00:00Z") from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return max(0, (parsed - _EPOCH) // timedelta(milliseconds=1))
