"""Tables of categories: what a system calls the neutral, dotted names that movements are filed under."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

import msgspec

Filed = TypeVar("Filed", bound=msgspec.Struct)
Entry = TypeVar("Entry")


def nearest(known: Mapping[str, Entry], slug: str | None) -> Entry | None:
    """Return the entry of a neutral name, or of the nearest broader one that is known; None where there is none."""
    while slug:
        found = known.get(slug)
        if found is not None:
            return found
        slug = slug.rpartition(".")[0]
    return None


class Filing(Generic[Filed]):
    """What one system files movements under: a table read when it is first asked, and `unknown` for all the rest.

    The table's columns are `slug`, the fields of `unknown`, and the same behind `inflow_` where money that comes in is
    called otherwise; where the first of those is empty it is not.
    """

    def __init__(self, table: Path, unknown: Filed) -> None:
        self._table = table
        self.unknown = unknown

    @cached_property
    def by_slug(self) -> Mapping[str, tuple[Filed, Filed]]:
        """By the neutral name: what money that goes out is filed under, and money that comes in."""
        shape, fields = type(self.unknown), self.unknown.__struct_fields__
        found = {}
        with self._table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                out = shape(*(row[field] for field in fields))
                back = shape(*(row[f"inflow_{field}"] for field in fields)) if row[f"inflow_{fields[0]}"] else out
                found[row["slug"]] = (out, back)
        return MappingProxyType(found)

    def named(self, slug: str | None, *, inflow: bool) -> Filed:
        """Return the category of a neutral name, or of the nearest broader one that is known, else `unknown`."""
        known = self.by_slug
        found = known.get(slug or "") or nearest(known, slug)
        return self.unknown if found is None else found[inflow]
