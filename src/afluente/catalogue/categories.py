"""Tables of categories: what a system calls the neutral, dotted names that movements are filed under."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec

Filed = TypeVar("Filed", bound=msgspec.Struct)
Entry = TypeVar("Entry")


def both_ways(table: Path, shape: type[Filed]) -> Mapping[str, tuple[Filed, Filed]]:
    """Read a table: by the neutral name in `slug` what money that goes out is filed under, and money that comes in.

    The columns are the fields of `shape`, and the same behind `inflow_` where money that comes in is called otherwise;
    where the first of those is empty it is not.
    """
    fields = shape.__struct_fields__
    found = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            out = shape(*(row[field] for field in fields))
            back = shape(*(row[f"inflow_{field}"] for field in fields)) if row[f"inflow_{fields[0]}"] else out
            found[row["slug"]] = (out, back)
    return MappingProxyType(found)


def nearest(known: Mapping[str, Entry], slug: str | None) -> Entry | None:
    """Return the entry of a neutral name, or of the nearest broader one that is known; None where there is none."""
    while slug:
        found = known.get(slug)
        if found is not None:
            return found
        slug = slug.rpartition(".")[0]
    return None
