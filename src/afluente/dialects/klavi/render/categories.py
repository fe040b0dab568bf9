"""Klavi's categories in three levels, and the neutral name of a category that each stands for.

Klavi publishes no list. The names that were seen in delivered reports are kept, most of them on the first level; the
rest of `categories.csv` is ours, in the same spirit. A few things are called otherwise when money comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import msgspec

from afluente.catalogue.categories import both_ways, nearest

TABLE = Path(__file__).with_name("categories.csv")


class Category(msgspec.Struct, frozen=True):
    """A category on three levels, in the wire's words."""

    category: str
    subcategory: str
    third: str


UNKNOWN = Category("Outros", "Outros", "Outros")
"""What a movement is filed under whose category nobody told."""


@cache
def by_slug() -> Mapping[str, tuple[Category, Category]]:
    """The categories by neutral name: for money that goes out, and for money that comes in."""
    return both_ways(TABLE, Category)


@lru_cache(maxsize=1024)
def named(slug: str | None, *, inflow: bool) -> Category:
    """Return the category of a neutral name, or of the nearest broader one that is known, else `UNKNOWN`."""
    found = nearest(by_slug(), slug)
    return UNKNOWN if found is None else found[inflow]
