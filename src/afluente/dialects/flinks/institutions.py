"""Institutions as Flinks shows them: a number, a name that cards carry, titles in English and French.

Every institution of the world has a place here, so that a connection made through another dialect can be read; the
list that clients are given has those of Canada and the United States. `institutions.toml` has a row for those with a
published number.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from afluente.core.institutions import Institution

TABLE = Path(__file__).with_name("institutions.toml")
COUNTRIES = ("CA", "US")
"""Where the institutions are that clients are told of."""

_FREE_IDS = 900_000


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the table says of one institution; its comments say what each field is."""

    name: str
    id: int | None = None
    also: tuple[str, ...] = ()
    title: str | None = None
    fr: str | None = None
    routing: tuple[str, ...] = ()
    stored_answers: bool = True


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    first_free_id: int
    institutions: dict[str, Row]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """How one institution is shown: `name` is the Institution string, `title` the InstitutionName.

    `stored_answers` tells whether answers can be left for later logins, as they can in Canada but at some banks.
    """

    id: int
    name: str
    title: str
    french: str
    also: tuple[str, ...] = ()
    routing: tuple[str, ...] = ()
    stored_answers: bool = False


@cache
def table() -> Table:
    """Return the table of this package, read once."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)


def face(institution: Institution) -> Face:
    """Return how an institution is shown; one without a row by what its slug says."""
    told = table()
    row = told.institutions.get(institution.slug)
    if row is None:
        row = Row(name="".join(part[:1].upper() + part[1:] for part in institution.slug.split("-")))
    title = row.title or institution.name
    return Face(
        id=row.id if row.id is not None else told.first_free_id + crc32(row.name.encode()) % _FREE_IDS,
        name=row.name,
        title=title,
        french=row.fr or title,
        also=row.also,
        routing=row.routing,
        stored_answers=row.stored_answers and institution.country == "CA",
    )


class Directory:
    """The institutions of a world by Flinks' names and numbers. Raises ValueError where two would have the same."""

    def __init__(self, institutions: Iterable[Institution]) -> None:
        self._faces: dict[str, Face] = {}
        self._by_name: dict[str, Institution] = {}
        self._by_id: dict[int, Institution] = {}
        self._by_routing: dict[str, Institution] = {}
        # what two are called in the list is nobody's name
        self._by_title: dict[str, Institution | None] = {}
        for institution in institutions:
            shown = face(institution)
            if shown.id in self._by_id:
                raise ValueError(f"{institution.slug} and {self._by_id[shown.id].slug} have one number: {shown.id}")
            self._faces[institution.slug] = shown
            self._by_id[shown.id] = institution
            for name in (shown.name, *shown.also):
                other = self._by_name.setdefault(name.casefold(), institution)
                if other is not institution:
                    raise ValueError(f"{institution.slug} and {other.slug} have one name: {name}")
            for title in {shown.title.casefold(), shown.french.casefold()}:
                self._by_title[title] = None if title in self._by_title else institution
            for number in shown.routing:
                self._by_routing[number] = institution

    def named(self, name: str) -> Institution | None:
        """Return the institution of an Institution string, of a number written as text, or of a name that the list of
        institutions has for it alone; case makes no difference."""
        called = name.strip().casefold()
        found = self._by_name.get(called) or self._by_title.get(called)
        if found is None and name.isascii() and name.isdigit() and len(name) < 12:
            return self._by_id.get(int(name))
        return found

    def face(self, slug: str) -> Face:
        """Return how an institution is shown. Raises KeyError for a slug that is not of this world."""
        return self._faces[slug]

    def listed(self) -> Sequence[Institution]:
        """Return the institutions that clients are told of, in the order of their numbers."""
        return [self._by_id[id] for id in sorted(self._by_id) if self._by_id[id].country in COUNTRIES]

    def routed(self, number: str) -> Institution | None:
        """Return the institution of a routing number (nine digits, United States); None where nobody has it."""
        return self._by_routing.get(number)


def institution(known: Institution) -> dict[str, Any]:
    """Return one institution of the list (contract 2.12)."""
    shown = face(known)
    urls = [{"Type": "Main", "Url": known.url}] if known.url else []
    return {
        "Id": shown.id,
        "Localizations": [
            {"Language": "en", "Name": shown.title, "Urls": urls},
            {"Language": "fr", "Name": shown.french, "Urls": urls},
        ],
        "Status": "Enabled" if known.online else "Disabled",
        "Country": known.country,
    }


def routed(known: Institution) -> dict[str, Any]:
    """Return the institution of a routing number, with all of its numbers."""
    return institution(known) | {"RoutingNumbers": list(face(known).routing)}
