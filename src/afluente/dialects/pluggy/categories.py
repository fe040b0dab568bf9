"""Pluggy's tree of categories: ids, English and Portuguese names, and the neutral name each stands for.

The table `categories.csv` holds it as the wire does, oddities included: the three kinds of financing name
their grandparent as parent, while their `parentDescription` is that of the node between. The neutral name
(`slug`) follows the true tree, so its dots are also the way to a broader category.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import msgspec

from afluente.catalogue.categories import nearest

TABLE = Path(__file__).with_name("categories.csv")


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """One category. `id` is Pluggy's digits, `slug` the neutral name; `parent_id` is what the wire says."""

    id: str
    slug: str
    description: str
    description_translated: str
    parent_id: str | None = None
    parent_description: str | None = None


@cache
def by_id() -> Mapping[str, Category]:
    """All categories by Pluggy's id, in the order of the wire."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    described = {row["slug"]: row["description"] for row in rows}
    return MappingProxyType(
        {
            row["id"]: Category(
                id=row["id"],
                slug=row["slug"],
                description=row["description"],
                description_translated=row["description_translated"],
                parent_id=row["parent_id"] or None,
                parent_description=described.get(row["slug"].rpartition(".")[0]),
            )
            for row in rows
        }
    )


@cache
def by_slug() -> Mapping[str, Category]:
    """All categories by neutral name."""
    return MappingProxyType({category.slug: category for category in by_id().values()})


def named(slug: str | None) -> Category | None:
    """Return the category of a neutral name, or of the nearest broader name that is known; None for none."""
    return nearest(by_slug(), slug)


def category(entry: Category) -> dict[str, str | None]:
    """Return the wire object of one category; a category of the first level has null parents."""
    return {
        "id": entry.id,
        "description": entry.description,
        "descriptionTranslated": entry.description_translated,
        "parentId": entry.parent_id,
        "parentDescription": entry.parent_description,
    }
