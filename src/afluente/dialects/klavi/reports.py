"""Which reports there are, what each is made from, and how one went."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from afluente.core.institutions import Institution
from afluente.core.products import Product, ProductState

PREFIXES = {"personal": "pf_", "business": "pj_"}
"""How the names of reports over consents begin, for persons and for companies."""

ALL = "all"
"""Stands for every report there is."""

SUCCESS = "success"
EMPTY = "success.empty"
SOURCES_MISSING = "success.partial.sources-missing"


class Made(msgspec.Struct, frozen=True):
    """One row of the tables: what a report is made from, at which levels it is asked for, where alone it exists, and
    under which name its contents stand in it."""

    needs: tuple[Product, ...]
    levels: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    container: str = ""
    version: str = "V1"


@cache
def open_data() -> Mapping[str, Made]:
    """Return the reports of Open Data, by name."""
    return _table("report_types.toml")


@cache
def open_finance() -> Mapping[str, Made]:
    """Return the reports over consents, by their names without a prefix."""
    return _table("products.toml")


def _table(name: str) -> Mapping[str, Made]:
    text = Path(__file__).with_name(name).read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Made])


def type_named(name: str) -> str | None:
    """Return the report type of a name, however its letters are cased; None where there is none."""
    lower = name.strip().lower()
    return lower if lower in open_data() else None


def offered(institution: Institution) -> tuple[str, ...]:
    """Return the report types that an institution has something for."""
    return tuple(
        name
        for name, made in open_data().items()
        if (not made.only or institution.slug in made.only) and set(made.needs) <= set(institution.products)
    )


def is_made(name: str, institution: Institution, held: Iterable[ProductState]) -> bool:
    """Tell whether a connection has a report of a type: the institution has something for it, and it was asked for
    all that the report is made from, whatever came of that."""
    return name in offered(institution) and set(open_data()[name].needs) <= {state.product for state in held}


def fetched_for(names: Iterable[str]) -> tuple[Product, ...]:
    """Return what has to be fetched for reports of Open Data; the holder always, by whom the rest is verified."""
    needed = {product for name in names for product in open_data()[name].needs} | {Product.HOLDER}
    return tuple(product for product in Product if product in needed)


def product_named(name: str, kind: str, level: str) -> str | None:
    """Return a requested report's name without its prefix; None for one that is not asked for at this level.

    `kind` is `personal` or `business`; a name with the other one's prefix is none.
    """
    prefix = PREFIXES[kind]
    bare = name.removeprefix(prefix)
    made = open_finance().get(bare)
    return bare if made is not None and level in made.levels else None


def products_of(kind: str, level: str) -> tuple[str, ...]:
    """Return the full names of every report of a level."""
    return tuple(PREFIXES[kind] + name for name, made in open_finance().items() if level in made.levels)


def outcome(made: Made, states: Mapping[Product, ProductState]) -> str:
    """Return the meaning of how a report went: that of the first of its products which failed, or else the first
    thing that is to be known of one of them or of the holder, or else success."""
    told = [states[product] for product in made.needs if product in states]
    for state in told:
        if state.outcome is not None:
            return state.outcome
    for state in (*told, *(states[product] for product in _OF_ALL if product in states)):
        for finding in state.findings:
            return finding.meaning
    return SUCCESS


_OF_ALL = (Product.HOLDER,)
"""What every report names: whose it is."""
