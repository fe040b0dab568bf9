"""Attributes: figures about a holder that lenders ask for by name.

Flinks' own library is not public; its names are followed where one is known. `reference()` says what each is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from afluente.analysis.history import Movement
from afluente.analysis.sight import Sight
from afluente.analysis.spans import Span, days_back
from afluente.dialects.flinks.attributes import business, overview, personal
from afluente.dialects.flinks.attributes.rows import BUSINESS, INCOME, LENDING, RISK, USER, WINDOWS, Attribute, Value

__all__ = ["PACKAGES", "Named", "Row", "evaluate", "library", "named", "package", "reference", "transactions"]

PACKAGES: Mapping[str, tuple[str | None, bool]] = {
    "GetIncomeAttributes": (INCOME, False),
    "GetCreditRiskAttributes": (RISK, False),
    "GetLendingAttributes": (LENDING, False),
    "GetUserAnalysisAttributes": (USER, False),
    "GetAllAttributes": (None, False),
    "GetBusinessAnalysisAttributes": (BUSINESS, True),
    "GetAllBusinessAttributes": (None, True),
}
"""The package (None: every attribute) and whether it is of companies, by the name in the path."""


class Named(msgspec.Struct, frozen=True):
    """An attribute under one of its names: over so many of the last days, or over all that are looked at."""

    name: str
    attribute: Attribute
    days: int | None

    def span(self, over: Span) -> Span:
        """Return the days it is reckoned over, of those that are looked at."""
        return over if self.days is None else days_back(over.last, self.days).within(over)


class Row(msgspec.Struct, frozen=True):
    """One line of the reference: an attribute with the names of its windows."""

    name: str
    about: str
    windows: tuple[str, ...]
    packages: tuple[str, ...]
    business: bool


@cache
def library(business_: bool) -> Mapping[str, Named]:
    """Return every attribute of persons, or of companies, by name, in the order of the tables."""
    found: dict[str, Named] = {}
    for attribute in _attributes(business_):
        for name, days in _names(attribute, business_):
            if name in found:
                raise ValueError(f"two attributes are called {name}")
            found[name] = Named(name, attribute, days)
    return found


def named(name: str) -> Named | None:
    """Return the attribute of a name, of persons or of companies; case makes no difference."""
    plain = name.strip().lower()
    return library(plain.endswith("_biz")).get(plain)


def package(name: str) -> tuple[Named, ...] | None:
    """Return the attributes of a package, None for a name that is none; case makes no difference."""
    found = next((told for known, told in PACKAGES.items() if known.lower() == name.strip().lower()), None)
    if found is None:
        return None
    wanted, companies = found
    return tuple(one for one in library(companies).values() if wanted is None or wanted in one.attribute.packages)


def evaluate(asked: Iterable[Named], seen: Sight, over: Span) -> dict[str, Value]:
    """Return the value of each attribute, by name. `over` are the days that are looked at."""
    return {one.name: one.attribute.value(seen, one.span(over)) for one in asked}


def transactions(asked: Named, seen: Sight, over: Span) -> list[Movement]:
    """Return the movements behind an attribute's value, oldest first."""
    return asked.attribute.movements(seen, asked.span(over))


def reference() -> tuple[Row, ...]:
    """Return what every attribute is, persons' first."""
    return tuple(
        Row(
            name=names[0],
            about=attribute.about,
            windows=tuple(names[1:]),
            packages=tuple(
                name
                for name, (wanted, of_companies) in PACKAGES.items()
                if of_companies is companies and (wanted is None or wanted in attribute.packages)
            ),
            business=companies,
        )
        for companies in (False, True)
        for attribute in _attributes(companies)
        for names in [[name for name, _ in _names(attribute, companies)]]
    )


def _attributes(companies: bool) -> tuple[Attribute, ...]:
    if not companies:
        return (*overview.ROWS, *personal.ROWS)
    return (*(one for one in overview.ROWS if BUSINESS in one.packages), *business.ROWS)


def _names(attribute: Attribute, companies: bool) -> list[tuple[str, int | None]]:
    ending = "_biz" if companies else ""
    windows = [(f"{attribute.name}_{days}_days{ending}", days) for days in WINDOWS] if attribute.windows else []
    return [(f"{attribute.name}{ending}", None), *windows]
