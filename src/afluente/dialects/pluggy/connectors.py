"""Institutions as Pluggy's connectors: numbers, names, looks, and the login form with its fields' wire names.

An institution is listed only if `connectors.toml` has a row for its slug. One without a row can still be read, where
another dialect connected it: it is shown as it says itself, under a number of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from afluente.core.institutions import Field, Institution
from afluente.dialects.pluggy.render.products import product_types

TABLE = Path(__file__).with_name("connectors.toml")


UNLISTED_FROM, UNLISTED_COUNT = 20_000, 900_000
"""Where the numbers of institutions without a row lie: far from Pluggy's own."""

UNLISTED_IMAGE = "sandbox.svg"

TYPES = frozenset({"text", "password", "number", "image", "select"})
"""The credential types that every client accepts; a field of another kind is shown as text."""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Looks that several connectors share. `labels`: neutral field to caption."""

    image: str
    color: str
    url: str
    labels: dict[str, str] = {}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one institution is shown: as its look says, and where there is none as it says itself."""

    id: int
    look: str | None = None
    image: str | None = None
    name: str | None = None
    type: str | None = None
    reset_url: str | None = None


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `names`: neutral field to Pluggy's; `types`: kind of institution to connector type."""

    icons: str
    created_at: str
    updated_at: str
    names: dict[str, str]
    types: dict[str, str]
    looks: dict[str, Look]
    connectors: dict[str, Row]


def read(path: Path = TABLE) -> Table:
    """Read a table. Raises ValueError where it is malformed, or two rows have one id, or a row no looks."""
    with path.open("rb") as file:
        table = msgspec.convert(tomllib.load(file), Table)
    seen: dict[int, str] = {}
    for slug, row in table.connectors.items():
        other = seen.setdefault(row.id, slug)
        if other != slug:
            raise ValueError(f"{path.name}: {slug} and {other} both have id {row.id}")
        if row.look is None and row.image is None:
            raise ValueError(f"{path.name}: {slug} has neither a look nor an image")
        if row.look is not None and row.look not in table.looks:
            raise ValueError(f"{path.name}: {slug} has a look that is not there: {row.look}")
    return table


@cache
def table() -> Table:
    """Return the table of this package, read once."""
    return read()


@cache
def _slugs() -> Mapping[int, str]:
    return MappingProxyType({row.id: slug for slug, row in table().connectors.items()})


@cache
def _neutral() -> Mapping[str, str]:
    return MappingProxyType({wire: neutral for neutral, wire in table().names.items()})


def id_of(slug: str) -> int | None:
    """Return the connector's id of an institution, None for one that is not presented."""
    row = table().connectors.get(slug)
    return None if row is None else row.id


def number_of(slug: str) -> int:
    """Return the number under which an institution is shown: that of its row, or one that its slug alone decides."""
    row = table().connectors.get(slug)
    if row is not None:
        return row.id
    digest = blake2b(slug.encode(), digest_size=8).digest()
    return UNLISTED_FROM + int.from_bytes(digest, "big") % UNLISTED_COUNT


def slug_of(connector_id: int) -> str | None:
    """Return the institution of a connector's id, None for an id nobody has."""
    return _slugs().get(connector_id)


def wire_name(field: str) -> str:
    """Return Pluggy's name of a login field: `user` for `username`, most are the same."""
    return table().names.get(field, field)


def neutral_name(parameter: str) -> str:
    """Return the neutral name of a parameter that a client sent."""
    return _neutral().get(parameter, parameter)


def validation(field: Field) -> str | None:
    """Return the expression that clients search a value for; the record's own must match the value whole."""
    pattern = field.pattern
    if pattern is None:
        return None
    return pattern if pattern.startswith("^") and pattern.endswith("$") else f"^(?:{pattern})$"


def credential(field: Field, labels: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Return one field of the login form; `mfa` is there only on a value that must be renewed on each run."""
    wire: dict[str, Any] = {
        "label": labels.get(field.name, field.label),
        "name": wire_name(field.name),
        "type": field.kind if field.kind in TYPES else "text",
        "placeholder": field.placeholder,
    }
    pattern = validation(field)
    if pattern is not None:
        wire["validation"] = pattern
        wire["validationMessage"] = field.message or ""
    if field.renewed:
        wire["mfa"] = True
    wire["optional"] = field.optional
    return wire


def connector(
    institution: Institution, health_details: bool = False, rate: int | None = None, connections: int = 0
) -> dict[str, Any]:
    """Return the wire object of an institution, its keys in the order of the live service.

    `rate` (per cent of successful logins) and `connections` (how many) are those of the last six hours,
    shown with `health_details` only.
    """
    rows = table()
    row = rows.connectors.get(institution.slug) or Row(number_of(institution.slug), image=UNLISTED_IMAGE)
    look = Look(row.image or "", institution.color, institution.url)
    if row.look is not None:
        look = rows.looks[row.look]
    health: dict[str, Any] = {"status": "ONLINE" if institution.online else "OFFLINE", "stage": None}
    if health_details:
        health["details"] = {"connectionRateLast6Hours": rate, "connectionsLast6Hours": connections}
    asks_more = institution.mfa or any(field.renewed for field in institution.fields)
    wire: dict[str, Any] = {
        "id": row.id,
        "name": row.name or institution.name,
        "primaryColor": look.color.removeprefix("#"),
        "institutionUrl": look.url,
        "country": institution.country,
        "type": row.type or rows.types[institution.kind],
        "credentials": [credential(field, look.labels) for field in institution.fields],
        "imageUrl": rows.icons + (row.image or look.image),
        # A consent is given at the bank: live Open Finance connectors count it as oauth, not as MFA.
        "hasMFA": asks_more and not institution.open_finance,
        "oauth": institution.open_finance,
    }
    if row.reset_url is not None:
        wire["resetPasswordUrl"] = row.reset_url
    return wire | {
        "health": health,
        "products": product_types(institution.products),
        "createdAt": rows.created_at,
        "isSandbox": institution.sandbox,
        "isOpenFinance": institution.open_finance,
        "updatedAt": rows.updated_at,
        "supportsPaymentInitiation": False,
        "supportsScheduledPayments": False,
        "supportsSmartTransfers": False,
        "supportsBoletoManagement": False,
        "supportsAutomaticPix": False,
    }
