"""Read the catalogue's files, and refuse what cannot be right.

Every refusal is a `CatalogueError` that names the file, the row and the reason, so that a mistake in a table stops
the start and never becomes a wrong answer to a client.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

import tomli

from afluente.catalogue.errors import CatalogueError
from afluente.catalogue.records import (
    ACTIONS,
    BLAMES,
    DATA,
    FIX_AT,
    RULES,
    UNEXPECTED,
    Meaning,
    Retry,
    Surface,
    Text,
    Word,
    ancestry,
    message_key,
)

_SPAN = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$")
_NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$")
_MEANING_FIELDS = {"blame", "retry", "action", "fix_at", "data"}
_PLAIN_RETRY = {"never", "after-user", "automatic"}
_ROW_FIELDS = {"surface", "code", "meaning", "also", "message", "by_message", "http", "source", "writes"}


Place = str | os.PathLike[str]
"""Where a file is. Paths stay strings here: importing pathlib costs as much as reading a vocabulary."""


def read_toml(path: Place) -> dict[str, Any]:
    """The parsed file. Raises CatalogueError when it is missing or is not TOML."""
    try:
        with open(path, "rb") as file:
            return tomli.load(file)
    except (OSError, ValueError) as fault:
        raise CatalogueError(os.path.basename(path), "whole file", str(fault)) from fault


def read_meanings(path: Place) -> Mapping[str, Meaning]:
    """All meanings of one file by name, in file order. Raises CatalogueError."""
    file = os.path.basename(path)
    meanings: dict[str, Meaning] = {}
    for name, row in read_toml(path).items():
        meanings[name] = _meaning(file, name, row)
    if UNEXPECTED not in meanings:
        raise CatalogueError(file, UNEXPECTED, "the meaning everything falls back to is missing")
    return MappingProxyType(meanings)


def _meaning(file: str, name: str, row: Any) -> Meaning:
    if not _NAME.match(name):
        raise CatalogueError(file, name, "a name is lower-case words joined by dots and hyphens")
    if not isinstance(row, dict) or set(row) != _MEANING_FIELDS:
        raise CatalogueError(file, name, f"a meaning has exactly the fields {', '.join(sorted(_MEANING_FIELDS))}")
    for field, allowed in (("blame", BLAMES), ("action", ACTIONS), ("fix_at", FIX_AT), ("data", DATA)):
        if row[field] not in allowed:
            known = ", ".join(sorted(allowed))
            raise CatalogueError(file, name, f"{field} = {row[field]!r} is not one of {known}")
    return Meaning(
        name=name,
        blame=row["blame"],
        retry=_retry(file, name, row["retry"]),
        action=row["action"],
        fix_at=row["fix_at"],
        data=row["data"],
    )


def _retry(file: str, name: str, value: Any) -> Retry:
    if isinstance(value, str) and value in _PLAIN_RETRY:
        return Retry(kind=cast(Any, value))
    if isinstance(value, dict):
        times = value.get("times")
        if times is None or (type(times) is int and times > 0):
            if value.keys() <= {"after", "times"} and (span := _span(value.get("after"))) is not None:
                return Retry(kind="after", span=span, times=times)
            if value.keys() <= {"at", "times"} and value.get("at") in RULES:
                return Retry(kind="at", rule=value["at"], times=times)
    raise CatalogueError(
        file,
        name,
        f"retry = {value!r} is not never, after-user, automatic, {{after = span}} or {{at = rule}} "
        f"(spans as PT24H, rules {', '.join(sorted(RULES))})",
    )


def _span(value: Any) -> timedelta | None:
    found = _SPAN.match(value) if isinstance(value, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def read_texts(path: Place, meanings: Mapping[str, Meaning]) -> Mapping[str, Text]:
    """The sentences of one language by meaning. Every meaning has an entry; `user` may be inherited by the dots.

    Raises CatalogueError for a meaning without a text and for a text of no meaning.
    """
    file = os.path.basename(path)
    table = read_toml(path)
    for name in table:
        if name not in meanings:
            raise CatalogueError(file, name, "a text for a meaning that does not exist")
    texts: dict[str, Text] = {}
    for name in meanings:
        row = table.get(name)
        if not isinstance(row, dict) or not isinstance(row.get("engineer"), str) or not row["engineer"]:
            raise CatalogueError(file, name, "this meaning has no text for the engineer")
        if not row.keys() <= {"user", "engineer"}:
            raise CatalogueError(file, name, "a text has the fields user and engineer")
        user = row.get("user") or _inherited(table, name)
        if user is None:
            raise CatalogueError(file, name, "this meaning has no text for the end user, nor has an ancestor")
        texts[name] = Text(user, row["engineer"])
    return MappingProxyType(texts)


def _inherited(table: Mapping[str, Any], name: str) -> str | None:
    for ancestor in ancestry(name)[1:-1]:
        user = table.get(ancestor, {}).get("user")
        if isinstance(user, str) and user:
            return user
    return None


def read_vocabulary(path: Place, meanings: Mapping[str, Meaning]) -> tuple[tuple[Surface, ...], tuple[Word, ...]]:
    """The surfaces and the words of one system, in file order. Raises CatalogueError."""
    file = os.path.basename(path)
    system = file.removesuffix(".toml")
    table = read_toml(path)
    surfaces = {name: _surface(file, name, head) for name, head in table.get("surfaces", {}).items()}
    if not surfaces:
        raise CatalogueError(file, "surfaces", "no surface is declared")
    words: list[Word] = []
    read: set[tuple[str, str, tuple[str | None, ...]]] = set()
    written: set[tuple[str, str, tuple[str | None, ...]]] = set()
    for number, row in enumerate(table.get("row", ()), start=1):
        word = _word(file, system, number, row, surfaces)
        label = row_label(word)
        for name in (word.meaning, *word.also):
            if name not in meanings:
                raise CatalogueError(file, label, f"resolves to no meaning: {name!r}")
        key = (word.surface, word.code, word.discriminator)
        if key in read:
            raise CatalogueError(file, label, "this code appears twice with the same discriminator")
        read.add(key)
        for name in (word.meaning, *word.also) if word.writes else ():
            way_back = (word.surface, name, word.discriminator)
            if way_back in written:
                raise CatalogueError(file, label, f"a second word to write for {name!r}")
            written.add(way_back)
        words.append(word)
    for surface in surfaces.values():
        if not surface.narrow and (surface.name, UNEXPECTED, (None,) * len(surface.discriminators)) not in written:
            raise CatalogueError(file, surface.name, f"this surface has no word for {UNEXPECTED!r}")
    if all(surface.narrow for surface in surfaces.values()):
        raise CatalogueError(file, "surfaces", f"no surface has a word for {UNEXPECTED!r}")
    return tuple(surfaces.values()), tuple(words)


def row_label(word: Word) -> str:
    """A row's key as errors and reports print it: `warning 001 (itau-pj, INVESTMENTS)`."""
    told = ", ".join(value for value in word.discriminator if value is not None)
    return f"{word.surface} {word.code or '-'}" + (f" ({told})" if told else "")


def _surface(file: str, name: str, head: Any) -> Surface:
    known = {"about", "discriminators", "fields", "narrow"}
    if not isinstance(head, dict) or not head.keys() <= known or not isinstance(head.get("about"), str):
        raise CatalogueError(file, f"surfaces.{name}", f"a surface has about, and may have {', '.join(sorted(known))}")
    return Surface(
        name=name,
        about=head["about"],
        discriminators=_strings(file, name, head.get("discriminators", [])),
        fields=_strings(file, name, head.get("fields", [])),
        narrow=head.get("narrow") is True,
    )


def _strings(file: str, row: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CatalogueError(file, row, f"a list of strings was expected, not {value!r}")
    return tuple(value)


def _word(file: str, system: str, number: int, row: Mapping[str, Any], surfaces: Mapping[str, Surface]) -> Word:
    label = f"row {number} ({row.get('surface')} {row.get('code')})"
    surface = surfaces.get(row.get("surface", ""))
    if surface is None:
        raise CatalogueError(file, label, f"surface is not one of {', '.join(surfaces)}")
    for field in ("code", "meaning"):
        if not isinstance(row.get(field), str):
            raise CatalogueError(file, label, f"{field} is missing")
    source = row.get("source")
    sources: Sequence[str] = [source] if isinstance(source, str) else _strings(file, label, source or [])
    if not sources:
        raise CatalogueError(file, label, "source is missing")
    extra: dict[str, object] = {}
    for field, value in row.items():
        if field in surface.fields:
            extra[field] = value
        elif field not in _ROW_FIELDS and field not in surface.discriminators:
            raise CatalogueError(file, label, f"the surface declares no field {field!r}")
    return Word(
        system=system,
        surface=surface.name,
        code=row["code"],
        meaning=row["meaning"],
        message=row.get("message", ""),
        http=row.get("http"),
        discriminator=tuple(_told(row, field) for field in surface.discriminators),
        extra=extra,
        source=tuple(sources),
        also=_strings(file, label, row.get("also", [])),
        writes=row.get("writes", True),
    )


def _told(row: Mapping[str, Any], field: str) -> str | None:
    """A row's value for one discriminator. The message discriminates only where the row says so."""
    if field == "message":
        return message_key(row.get("message")) if row.get("by_message") is True else None
    value = row.get(field)
    return value if value is None else str(value)
