"""Klavi's categories in three levels, and the neutral name of a category that each stands for.

Klavi publishes no list. The names that were seen in delivered reports are kept, most of them on the first level; the
rest of `categories.csv` is ours, in the same spirit. A few things are called otherwise when money comes in.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from afluente.catalogue.categories import Filing


class Category(msgspec.Struct, frozen=True):
    """A category on three levels, in the wire's words."""

    category: str
    subcategory: str
    third: str


FILING = Filing(Path(__file__).with_name("categories.csv"), Category("Outros", "Outros", "Outros"))
