"""Filters of lists: what stands in the address is what is looked for, so that a list can be sent to somebody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

from afluente.catalogue.boards import meanings_of
from afluente.core.clock import DAY, Instant
from afluente.core.outcome import Refused
from afluente.dashboard.page import Desk
from afluente.engine.operating.board import Wish
from afluente.web import cursors

SIZE = 50
"""Entries on a page."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONGEST = 200


class Asked(msgspec.Struct, frozen=True):
    """What a list is asked for. `id` is set where what was typed is the id of one entry, which is then shown alone."""

    wish: Wish
    given: dict[str, str]
    id: str | None = None


def asked(desk: Desk, names: tuple[str, ...], texts: tuple[str, ...], parts: int = 2) -> Asked:
    """Read a list's filters from the address: those in `names`, `status`, `from`, `to`, `text` and `after`.

    What is typed in as `text` is an id, the name of an institution or of a part of it, or else a value of one of the
    filters in `texts`. A place in the list has `parts` (see `cursors.read`). Raises `request.invalid` for what cannot
    be read.
    """
    given = {name: value.strip()[:_LONGEST] for name, value in desk.asked.items() if value.strip()}
    filters: dict[str, tuple[str, ...]] = {name: (given[name],) for name in names if name in given}
    meaning = "meaning" if "meaning" in names else "outcome"
    if named := given.get("meaning"):
        filters.pop("meaning", None)
        filters[meaning] = _family(desk, named)
    if status := given.get("status"):
        of_status = meanings_of(desk.catalogue, status)
        filters[meaning] = tuple(one for one in filters.get(meaning, of_status) if one in of_status)
    text = given.get("text", "")
    found_id = text.lower() if _ID.fullmatch(text.lower()) else None
    if text and found_id is None:
        slugs = _institutions(desk, text) if "institution" in names else ()
        if slugs and "institution" not in filters:
            filters["institution"] = slugs
        elif texts:
            filters[texts[0]] = (text,)
    since, until = _instant(given.get("from"), 0), _instant(given.get("to"), DAY)
    wish = Wish(filters=filters, since=since, until=until, size=SIZE, before=cursors.read(given.get("after"), parts))
    return Asked(wish, given, found_id)


def _family(desk: Desk, name: str) -> tuple[str, ...]:
    """Return a meaning with those that are narrower."""
    return tuple(one for one in desk.catalogue.meanings if one == name or one.startswith(name + ".")) or (name,)


def _institutions(desk: Desk, text: str) -> tuple[str, ...]:
    sought = text.casefold()
    every = desk.world.institutions.values()
    return tuple(one.slug for one in every if sought in one.name.casefold() or sought == one.slug)


def _instant(text: str | None, behind: Instant) -> Instant | None:
    """Read a date or a date-time; a date alone as an end means the end of that day."""
    if not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(text) from None
    at = (parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)) - _EPOCH
    return max(0, at // timedelta(milliseconds=1) + (behind if _DAY.fullmatch(text) else 0))


def _wrong(what: str) -> Refused:
    return Refused("request.invalid", data={"detail": f"cannot be read: {what[:100]}"})
