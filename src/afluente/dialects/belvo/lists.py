"""Lists: filtered, projected, and handed out page by page with absolute addresses of the neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from afluente.core.outcome import Refused
from afluente.dialects.belvo.filters import Condition, Filters, read
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.projections import Projection, projection
from afluente.dialects.belvo.render import ENCODER
from afluente.dialects.belvo.render import page as render_page
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


class Asked(msgspec.Struct, frozen=True):
    """Which page, from 1, and how long pages are."""

    number: int
    size: int

    @property
    def skip(self) -> int:
        """How many objects lie before it."""
        return (self.number - 1) * self.size


def asked(house: House, call: Call) -> Asked:
    """Return the page a client asks for. Raises `request.not-found` for a number that is none.

    A size that is none is as good as none given, and one beyond the greatest is the greatest, as Belvo's framework
    has it.
    """
    query, pages = dict(call.query), house.numbers.pages
    number, size = query.get("page", "1"), query.get("page_size", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and int(number) > 0):
        raise Refused("request.not-found")
    known = size.isascii() and size.isdigit() and 0 < len(size) < 10 and int(size) > 0
    return Asked(int(number), min(int(size), pages.most) if known else pages.size)


def filters(call: Call, path: str) -> Filters:
    """Return what the list at a path (with its last slash) is filtered by. Raises `FieldsRefused`."""
    return read(path, call.query)


def of_link(id: str) -> Filters:
    """Return the filter that leaves one link."""
    return Filters((Condition("link", "is", ("link",), "uuid", (id,)),))


def envelope(call: Call, path: str, wanted: Asked, count: int, results: Sequence[Any]) -> Answer:
    """Answer with a page of results that are projected already. Raises `request.not-found` behind the last page."""
    if wanted.number > 1 and wanted.skip >= count:
        raise Refused("request.not-found")
    return json(render_page(results, count, f"{call.base_url}{path}", call.query, wanted.number, wanted.size))


async def gathered(
    house: House,
    call: Call,
    path: str,
    chunks: AsyncIterable[Iterable[Mapping[str, Any]]],
    conditions: Filters | None = None,
) -> Answer:
    """Answer with a page of what comes in pieces; only the page itself is kept.

    `conditions` are those that are still to be met, where some are met already.
    """
    wanted, wish = asked(house, call), projection(path, call.query)
    if conditions is None:
        conditions = filters(call, path)
    results: list[Any] = []
    count = 0
    async for chunk in chunks:
        for wire in chunk:
            if not conditions.matches(wire):
                continue
            if wanted.skip <= count < wanted.skip + wanted.size:
                results.append(encoded(wish, wire))
            count += 1
    return envelope(call, path, wanted, count, results)


def encoded(wish: Projection, wire: Mapping[str, Any]) -> msgspec.Raw:
    """Return what is wanted of an object as it goes over the wire, which takes less room than what it is made from."""
    return msgspec.Raw(ENCODER.encode(wish.of(wire)))


def page(house: House, call: Call, path: str, wires: Iterable[Mapping[str, Any]]) -> Answer:
    """Answer with a page of objects that are at hand."""
    wanted, conditions, wish = asked(house, call), filters(call, path), projection(path, call.query)
    found = [wire for wire in wires if conditions.matches(wire)]
    shown = [wish.of(wire) for wire in found[wanted.skip : wanted.skip + wanted.size]]
    return envelope(call, path, wanted, len(found), shown)


def projected(call: Call, path: str, wire: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a client wants of one object of a list."""
    query = call.query
    return projection(path, query).of(wire) if query else wire
