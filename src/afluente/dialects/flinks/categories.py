"""Flinks' categories, and the neutral name of a category that each stands for.

The sixteen primary ones are published, and so are a few of the others; the rest follows the published descriptions of
the primary ones. Some things are called otherwise when money comes in. Both countries have the same list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from afluente.catalogue.categories import Filing

ABOUT = {
    "Food and Dining": "Meals out, groceries and what is brought home",
    "Health": "Doctors, dentists, medicines and keeping fit",
    "Home": "Rent, mortgage, upkeep and furniture",
    "Income": "Pay, own work, benefits and what capital earns",
    "Travel": "Flights, hotels, cars and tickets",
    "Utilities": "Energy, water, telephone and internet",
    "Insurance": "Premiums of any kind",
    "Transfers and Adjustments": "Money that changes its place, cash, and what is given back",
    "Shopping": "Goods of any kind",
    "Entertainment": "Streaming, games, events and gambling",
    "Education": "Schools, courses, books and student loans",
    "Transportation": "Fuel, parking, upkeep of a car, rides",
    "Financial": "Fees, interest, loans, taxes and investments",
    "Personal": "Care, gifts, donations, subscriptions",
    "Business": "Office supplies, professional services, advertising",
    "Other": "What nothing is known of",
}
"""The primary categories in the published order, each with what is in it."""


class Category(msgspec.Struct, frozen=True):
    """A category with its subcategory, in the wire's words."""

    category: str
    subcategory: str


FILING = Filing(Path(__file__).with_name("categories.csv"), Category("Other", "Uncategorized"))


@cache
def listed() -> tuple[Mapping[str, Any], ...]:
    """Return every category with its subcategories, as the list of categories shows them."""
    below: dict[str, list[str]] = {name: [] for name in ABOUT}
    for pair in FILING.by_slug.values():
        for one in pair:
            if one.subcategory not in below[one.category]:
                below[one.category].append(one.subcategory)
    return tuple(
        {
            "PrimaryCategoryName": name,
            "Description": ABOUT[name],
            "SubCategories": [
                {"SubCategoryName": one, "Description": f"{one}: {ABOUT[name][:1].lower()}{ABOUT[name][1:]}"}
                for one in sorted(found)
            ],
        }
        for name, found in below.items()
    )
