"""Belvo's 16 categories and their subcategories, and the neutral name of a category that each stands for.

Belvo publishes its two lists but not which subcategory is below which category; the pairs of `categories.csv` follow
the order of the lists. A few things are called otherwise when money comes in: cash taken out is a withdrawal, cash
brought is a deposit.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from afluente.catalogue.categories import Filing


class Category(msgspec.Struct, frozen=True):
    """A category with its subcategory, in the wire's words."""

    category: str
    subcategory: str


FILING = Filing(Path(__file__).with_name("categories.csv"), Category("Unknown", "Other"))
