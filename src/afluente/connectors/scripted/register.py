"""The institutions of the invented bank, read from `institutions.toml` and `logins.toml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import tomli

from afluente.core.institutions import Field, Institution, Kind
from afluente.core.products import Product

HERE = Path(__file__).parent
CONNECTOR = "scripted"

_TABLES = ("fields", "shapes", "ranges", "defaults", "groups")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """How a login goes: see the head of `logins.toml`."""

    steps: tuple[str, ...]
    asks: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    unattended: bool = True
    guests: bool = False
    asks_users: bool = False
    token: str = r"12345\d"


@cache
def scripts() -> dict[str, Script]:
    """Return the login scripts by name."""
    return msgspec.convert(tomli.loads((HERE / "logins.toml").read_text("utf-8")), dict[str, Script])


@cache
def institutions() -> tuple[Institution, ...]:
    """Return all institutions, in file order."""
    tables: dict[str, dict[str, Any]] = tomli.loads((HERE / "institutions.toml").read_text("utf-8"))
    fields = {key: msgspec.convert({"name": key, **row}, Field) for key, row in tables["fields"].items()}
    shapes = {key: tuple(fields[name] for name in row) for key, row in tables["shapes"].items()}
    ranges = {key: tuple(Product(name) for name in row) for key, row in tables["ranges"].items()}
    rows = {slug: row for slug, row in tables.items() if slug not in _TABLES}
    for group in tables["groups"].values():
        rows |= {slug: {**group["defaults"], **row} for slug, row in group["institutions"].items()}
    return tuple(_institution(slug, {**tables["defaults"], **row}, shapes, ranges) for slug, row in rows.items())


def _institution(
    slug: str,
    row: dict[str, Any],
    shapes: dict[str, tuple[Field, ...]],
    ranges: dict[str, tuple[Product, ...]],
) -> Institution:
    script = scripts()[row["script"]]
    fields = shapes[row.pop("fields")]
    asks = script.asks_users or ("questions" in script.steps and (script.asks or script.otherwise))
    return Institution(
        slug=slug,
        kind=Kind(row.pop("kind")),
        connector=CONNECTOR,
        fields=fields,
        products=ranges[row.pop("products")],
        mfa=bool(asks) or any(field.renewed for field in fields),
        open_finance="consent" in script.steps,
        unattended=row.pop("unattended", True) and script.unattended,
        **row,
    )
