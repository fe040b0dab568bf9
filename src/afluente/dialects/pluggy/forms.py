"""What clients may send: queries and bodies read field by field, refused in the service's own manner.

A reader takes a field's name and its raw values and returns what the handler wants, or raises `Refused`. Lists come
comma-joined, bracket-indexed or repeated, according to the client; an empty value in a query means no filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from afluente.core.clock import DAY, Instant
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.pluggy.render import BY_TYPE
from afluente.web.calls import Call

Reader = Callable[[str, list[str]], Any]

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_INDEX = re.compile(r"\[\d*\]$")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_OTHER_PRODUCTS = frozenset(
    {"BROKERAGE_NOTE", "MOVE_SECURITY", "OPPORTUNITIES", "PORTFOLIO", "INCOME_REPORTS", "ACQUIRER_OPERATIONS"}
)
"""Product types that clients may ask for and that no institution here has."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:[^\x00-\x20\x7f\\]+", re.IGNORECASE)
_NO_PLACES = ("javascript:", "data:", "vbscript:", "file:", "blob:", "about:")
"""Schemes that run or show something and lead nowhere."""


def wrong(field: str, expected: str) -> Refused:
    """Return the refusal of a value that is not what it must be."""
    return Refused("request.invalid.value", data={"field": field, "expected": expected})


def is_uuid(value: str) -> bool:
    """Tell whether the text is a UUID."""
    return _UUID.fullmatch(value) is not None


def path_id(call: Call, name: str = "id") -> str:
    """Return the UUID in the path, lower-case. Raises `request.invalid.not-a-uuid`."""
    value = call.param(name)
    if not is_uuid(value):
        raise Refused("request.invalid.not-a-uuid", data={"field": name})
    return value.lower()


def path_number(call: Call) -> int:
    """Return the whole number in the path. Raises `request.invalid.value`."""
    value = call.param("id")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise wrong("id", "an integer number")
    return int(value)


def query(call: Call, readers: Mapping[str, Reader], ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return every declared field of the query, read. Raises `request.invalid.unknown-field` for others."""
    given: dict[str, list[str]] = {}
    for raw, value in call.query:
        name = _INDEX.sub("", raw)
        if name in readers:
            values = given.setdefault(name, [])
            if value:
                values.append(value)
        elif name not in ignored:
            raise Refused("request.invalid.unknown-field", data={"field": name[:100]})
    return {name: read(name, given.get(name, [])) for name, read in readers.items()}


def needed_id(name: str, values: list[str]) -> str:
    """A UUID that must be there."""
    if not values:
        raise Refused("request.invalid.missing-id", data={"field": name})
    return _id(name, values[-1])


def maybe_id(name: str, values: list[str]) -> str | None:
    """A UUID, or None."""
    return _id(name, values[-1]) if values else None


def _id(name: str, value: str) -> str:
    if not is_uuid(value):
        raise Refused("request.invalid.not-a-uuid", data={"field": name})
    return value.lower()


def ids(most: int) -> Reader:
    """Up to `most` UUIDs."""

    def read(name: str, values: list[str]) -> tuple[str, ...]:
        listed = words(name, values)
        if len(listed) > most:
            raise Refused("request.invalid.too-many-ids", data={"max": most})
        return tuple(_id(name, value) for value in listed)

    return read


def words(name: str, values: list[str]) -> tuple[str, ...]:
    """A list of words, however the client writes lists."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def text(name: str, values: list[str]) -> str | None:
    """Any text, or None."""
    return values[-1] if values else None


def flag(name: str, values: list[str]) -> bool | None:
    """True or false, or None."""
    if not values:
        return None
    if values[-1].lower() not in ("true", "false"):
        raise wrong(name, "a boolean value")
    return values[-1].lower() == "true"


def choice(*choices: str) -> Reader:
    """One of the words, or None."""

    def read(name: str, values: list[str]) -> str | None:
        if values and values[-1] not in choices:
            raise Refused("request.invalid.choice", data={"field": name, "choices": ", ".join(choices)})
        return values[-1] if values else None

    return read


def number(default: int, most: int | None = None) -> Reader:
    """A whole number from 1, also as `2.0`. One over `most` raises `request.invalid.page-size`."""

    def read(name: str, values: list[str]) -> int:
        if not values:
            return default
        # clients whose numbers are all floats send what they were given
        value = values[-1].removesuffix(".0")
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
            raise wrong(name, "a positive integer number")
        if most is not None and int(value) > most:
            raise Refused("request.invalid.page-size", data={"max": most})
        return int(value)

    return read


def moment(name: str, values: list[str]) -> Instant | None:
    """An instant: an ISO date-time, or a date at midnight UTC."""
    return None if not values else _instant(name, values[-1])


def end_of_day(name: str, values: list[str]) -> Instant | None:
    """The instant behind the last one that is meant: a date means the whole day."""
    if not values:
        return None
    return _instant(name, values[-1]) + (DAY if _DAY.fullmatch(values[-1]) else 1)


def _instant(name: str, value: str) -> Instant:
    try:
        # a plus sign in a query is a space once it is decoded
        parsed = datetime.fromisoformat(value.replace(" ", "+", 1) if "T" in value else value)
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        return (parsed - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise wrong(name, "a valid ISO 8601 date string") from None


# -- Bodies


def known(body: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise `request.invalid.unknown-field` for a field that is not among the names."""
    for name in body:
        if name not in names:
            raise Refused("request.invalid.unknown-field", data={"field": name[:100]})


def string(body: Mapping[str, Any], name: str, longest: int = 2_048) -> str | None:
    """Return a text of the body, None where it is absent or null. Raises `request.invalid.not-a-string`."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Refused("request.invalid.not-a-string", data={"field": name})
    if len(value) > longest:
        raise wrong(name, f"shorter than or equal to {longest} characters")
    return value


def address(body: Mapping[str, Any], name: str) -> str | None:
    """Return an address of the body that a browser may be sent to: a page's, or an app's own scheme."""
    value = string(body, name)
    if value and (not _ADDRESS.fullmatch(value) or value.lower().startswith(_NO_PLACES)):
        raise wrong(name, "a URL address")
    return value


def boolean(body: Mapping[str, Any], name: str) -> bool | None:
    """Return a truth value of the body, None where it is absent."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    if value in ("true", "false"):  # a form has no booleans
        return bool(value == "true")
    raise wrong(name, "a boolean value")


def products(body: Mapping[str, Any], name: str = "products") -> tuple[Product, ...] | None:
    """Return the products of the body, None where they are absent; those nobody here has are passed over."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise wrong(name, "an array of strings")
    for entry in value:
        if entry not in BY_TYPE and entry not in _OTHER_PRODUCTS:
            choices = ", ".join([*BY_TYPE, "BROKERAGE_NOTE", "MOVE_SECURITY"])
            raise Refused("request.invalid.choice", data={"field": f"each value in {name}", "choices": choices})
    return tuple(BY_TYPE[entry] for entry in value if entry in BY_TYPE)
