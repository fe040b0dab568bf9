"""Belvo's 16 categories and their subcategories, and the neutral name of a category that each stands for.

Belvo publishes its two lists but not which subcategory is below which category; the pairs of `categories.csv` follow
the order of the lists. A few things are called otherwise when money comes in: cash taken out is a withdrawal, cash
brought is a deposit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from afluente.catalogue.categories import both_ways, nearest

TABLE = Path(__file__).with_name("categories.csv")


class Category(msgspec.Struct, frozen=True):
    """A category with its subcategory, in the wire's words."""

    category: str
    subcategory: str


UNKNOWN = Category("Unknown", "Other")
"""What a movement is filed under whose category nobody told."""


@cache
def by_slug() -> Mapping[str, tuple[Category, Category]]:
    """The pairs by neutral name: for money that goes out, and for money that comes in."""
    return both_ways(TABLE, Category)


def named(slug: str | None, *, inflow: bool) -> Category:
    """Return the category of a neutral name, or of the nearest broader one that is known, else `UNKNOWN`."""
    found = nearest(by_slug(), slug)
    return UNKNOWN if found is None else found[inflow]
