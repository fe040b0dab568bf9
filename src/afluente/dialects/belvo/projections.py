"""Which keys of an object a client wants: `fields` and `omit` of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from afluente.dialects.belvo.filters import tables


class Projection(msgspec.Struct, frozen=True):
    """Which keys of an object a client wants: `fields` alone, where there are any, and none of `omit`."""

    fields: frozenset[str] = frozenset()
    omit: frozenset[str] = frozenset()

    def of(self, wire: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is wanted of an object, in its own order; the object itself where that is everything."""
        if not self.fields and not self.omit:
            return wire
        return {
            key: value
            for key, value in wire.items()
            if (not self.fields or key in self.fields) and key not in self.omit
        }


_WHOLE = Projection()


def projection(path: str, query: Sequence[tuple[str, str]]) -> Projection:
    """Return which keys are wanted of the objects of a list, or of one of its objects."""
    if not query or not tables()[path].projection:
        return _WHOLE
    given = dict(query)
    return Projection(_keys(given.get("fields", "")), _keys(given.get("omit", "")))


def _keys(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
