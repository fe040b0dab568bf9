"""A page of a list, with absolute addresses of its neighbours that carry every filter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlencode


def page(
    results: Sequence[Any], count: int, address: str, query: Iterable[tuple[str, str]], number: int, size: int
) -> dict[str, Any]:
    """Return page `number` (from 1) of `count` objects, `size` to a page.

    `address` is the list's own, absolute and without a query; `query` what the client asked it with.
    """
    kept = [(name, value) for name, value in query if name != "page"]

    def at(other: int) -> str:
        asked = [*kept, ("page", str(other))] if other > 1 else kept
        return f"{address}?{urlencode(asked)}" if asked else address

    return {
        "count": count,
        "next": at(number + 1) if number * size < count else None,
        "previous": at(number - 1) if number > 1 else None,
        "results": results,
    }
