"""Pages of lists: how many, behind what, between which instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from afluente.core.clock import Instant
from afluente.core.outcome import Refused
from afluente.engine.operating.requests import Page
from afluente.web import cursors
from afluente.web.calls import Call

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USUAL, _MOST = 50, 500


def wrong(detail: str) -> Refused:
    """Return the refusal of a parameter."""
    return Refused("request.invalid", data={"detail": detail})


def page_of(call: Call, names: Sequence[str], parts: int = 2) -> Page:
    """Read `size`, `after` (a cursor of so many parts), `from`, `to` and these filters from the query.

    Raises `request.invalid`.
    """
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
    return Page(int(size), cursors.read(given.get("after"), parts), filters)


def path_id(call: Call) -> str:
    """Return the id in the path. Raises `request.not-found` for what no id can be."""
    id = call.param("id")
    if "\0" in id or len(id) > 64:
        raise Refused("request.not-found")
    return id


def told(at: Instant) -> str:
    """Return an instant as ISO 8601 with milliseconds, in UTC."""
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _instant(text: str) -> Instant:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise wrong("an instant is an ISO 8601 date-time, such as 2026-01-31T12:00:00Z") from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return max(0, (parsed - _EPOCH) // timedelta(milliseconds=1))
