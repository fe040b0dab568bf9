"""Institutions as Belvo shows them: an integer id, a name that links carry, the login form with its fields' wire names.

Every institution of the world is shown. `institutions.toml` has a row for those with a place in Belvo's numbering;
any other gets a name made of its slug and an id made of its name, the same in every run.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from afluente.core.challenge import Option
from afluente.core.institutions import Field, Institution
from afluente.core.products import Product

TABLE = Path(__file__).with_name("institutions.toml")

_FREE_IDS = 900_000
_TYPES = frozenset({"text", "number", "password", "select", "hidden"})
"""Kinds of input that the widget knows; a field of another kind is shown as text."""

_ASKS_TOKEN = {"name": "token_required", "description": "institution may need a token during link creation / login"}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the table says of one institution. `cnpj`: digits of the register that keeps its customers."""

    id: int
    name: str | None = None
    display_name: str | None = None
    website: str | None = None
    color: str | None = None
    cnpj: str | None = None


class Resource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a resource is made of, and where it is offered; no countries: in all of them."""

    products: tuple[Product, ...]
    open_finance: bool = False
    countries: tuple[str, ...] = ()

    def offered(self, institution: Institution) -> bool:
        """Whether an institution has it."""
        return (
            self.products[0] in institution.products
            and (institution.open_finance or not self.open_finance)
            and (institution.country in self.countries or not self.countries)
        )


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; its comments say what each part is."""

    pictures: str
    first_free_id: int
    types: dict[str, str]
    endings: dict[str, str]
    names: dict[str, str]
    labels: dict[str, str]
    resources: dict[str, Resource]
    institutions: dict[str, Row]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """How one institution is shown: what its links, accounts and consents repeat of it."""

    id: int
    name: str
    type: str
    display_name: str
    website: str | None
    color: str
    picture: str
    cnpj: str | None


@cache
def table() -> Table:
    """Return the table of this package, read once."""
    return msgspec.convert(tomllib.loads(TABLE.read_text("utf-8")), Table)


def face(institution: Institution) -> Face:
    """Return how an institution is shown; one without a row by what its slug and kind say."""
    told = table()
    row = told.institutions.get(institution.slug)
    name = _derived(institution) if row is None else row.name or institution.slug.replace("-", "_")
    row = row or Row(id=told.first_free_id + crc32(name.encode()) % _FREE_IDS)
    color = row.color or institution.color
    return Face(
        id=row.id,
        name=name,
        type=told.types.get(institution.kind, "bank"),
        display_name=row.display_name or institution.name,
        website=row.website or institution.url or None,
        color=color if color.startswith("#") else f"#{color or '000000'}",
        picture=f"{told.pictures}{name.partition('_')[0]}.svg",
        cnpj=row.cnpj,
    )


def name_of(institution: Institution) -> str:
    """Return the name that links carry."""
    return face(institution).name


def _derived(institution: Institution) -> str:
    """`<brand>_<country>_<ending>`, the brand without its dashes and with `of` before it where a consent opens it."""
    brand = institution.slug.removesuffix("-open-finance").replace("-", "")
    prefix = "of" if institution.open_finance else ""
    ending = table().endings.get(institution.kind, "retail")
    return f"{prefix}{brand}_{institution.country.lower()}_{ending}"


class Directory:
    """The institutions of a world by Belvo's names and ids. Raises ValueError where two would have the same."""

    def __init__(self, institutions: Iterable[Institution]) -> None:
        self._faces: dict[str, Face] = {}
        self._by_name: dict[str, Institution] = {}
        self._by_id: dict[int, Institution] = {}
        for institution in institutions:
            shown = face(institution)
            other = self._by_name.get(shown.name) or self._by_id.get(shown.id)
            if other is not None:
                raise ValueError(f"{institution.slug} and {other.slug} are shown alike: {shown.name}, {shown.id}")
            self._faces[institution.slug] = shown
            self._by_name[shown.name] = institution
            self._by_id[shown.id] = institution

    def named(self, name: str) -> Institution | None:
        """Return the institution of a Belvo name."""
        return self._by_name.get(name)

    def numbered(self, id: int) -> Institution | None:
        """Return the institution of a Belvo id."""
        return self._by_id.get(id)

    def face(self, slug: str) -> Face:
        """Return how an institution is shown. Raises KeyError for a slug that is not of this world."""
        return self._faces[slug]

    def listed(self) -> Iterator[Institution]:
        """Yield all institutions in the order of their ids."""
        for id in sorted(self._by_id):
            yield self._by_id[id]


def wire_names(fields: Iterable[Field]) -> dict[str, str]:
    """Return Belvo's name of each field of one form, by neutral name, in the form's order."""
    renamed = table().names
    listed = list(fields)
    taken: dict[str, str] = {}
    for field in listed:
        plain = field.name.replace("-", "_")
        wanted = renamed.get(field.name, plain)
        owned = {other.name.replace("-", "_") for other in listed if other.name not in renamed}
        free = wanted not in taken.values() and (wanted == plain or wanted not in owned)
        taken[field.name] = wanted if free else plain
    return taken


def neutral_values(institution: Institution, sent: Mapping[str, str]) -> dict[str, str]:
    """Return what a client sent by the neutral names of the institution's form; what it does not ask is left out."""
    names = wire_names(institution.fields)
    return {neutral: sent[wire] for neutral, wire in names.items() if wire in sent}


def validation(field: Field) -> str:
    """Return the expression that a value must match; without one of its own anything that is there does."""
    pattern = field.pattern
    if pattern is None:
        return "^.{0,}$" if field.optional else "^.{1,}$"
    return pattern if pattern.startswith("^") and pattern.endswith("$") else f"^(?:{pattern})$"


def form_field(field: Field, name: str, country: str) -> dict[str, Any]:
    """Return one field of the login form under its wire `name`; `optional` is there only where it is so."""
    wire: dict[str, Any] = {
        "name": name,
        "type": field.kind if field.kind in _TYPES else "text",
        "label": field.label,
        "validation": validation(field),
        "placeholder": field.placeholder,
        "validation_message": field.message or table().labels.get(country, "Invalid value"),
        "values": [_choice(option) for option in field.options],
    }
    if field.optional:
        wire["optional"] = True
    return wire


def _choice(option: Option) -> dict[str, Any]:
    return {
        "code": option.value,
        "label": option.label,
        "validation": "^.{1,}$",
        "validation_message": "",
        "placeholder": "",
    }


def resources(institution: Institution) -> list[str]:
    """Return the resources that can be asked of an institution, in alphabetical order."""
    return sorted(name for name, resource in table().resources.items() if resource.offered(institution))


def products_of(institution: Institution, names: Iterable[str]) -> tuple[Product, ...]:
    """Return the institution's products that resources are made of, in its order; one it does not offer adds none."""
    known = table().resources
    asked = [known[name] for name in names if name in known]
    wanted = {product for resource in asked if resource.offered(institution) for product in resource.products}
    return tuple(product for product in institution.products if product in wanted)


def institution(known: Institution, down: bool = False) -> dict[str, Any]:
    """Return the wire object of an institution; `down` says that nobody gets in just now."""
    shown = face(known)
    names = wire_names(known.fields)
    asks_more = known.mfa or any(field.renewed for field in known.fields)
    return {
        "id": shown.id,
        "name": shown.name,
        "type": shown.type,
        "website": shown.website,
        "display_name": shown.display_name,
        "country_code": known.country,
        "country_codes": [known.country],
        "primary_color": shown.color,
        "logo": shown.picture,
        "icon_logo": shown.picture,
        "text_logo": shown.picture,
        "code": None,
        "form_fields": [form_field(field, names[field.name], known.country) for field in known.fields],
        "features": [dict(_ASKS_TOKEN)] if asks_more and not known.open_finance else [],
        "resources": resources(known),
        "integration_type": "openfinance" if known.open_finance else "credentials",
        "status": "healthy" if known.online and not down else "down",
        "openbanking_information": None,
    }
