"""What the user typed: checked against the institution's fields, sealed, recognised again without being read.

New credentials are on trial until the institution has let them in. If it refuses them, those go on that it let in
before, and what it refused is not sent again as long as these are good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import msgspec
from msgspec.structs import replace

from afluente.core.institutions import Field, Institution
from afluente.core.outcome import Refused
from afluente.security.vault import Vault
from afluente.store import connections
from afluente.store.database import Reader, Writer

LONGEST = 4_096
"""Characters of one value."""


MOST_REFUSED = 20
"""How many credentials are known as refused beside good ones: the latest."""

ANSWER = "answer/"
"""Begins the names under which answers to questions are kept beside the credentials; they tell nobody apart."""


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What an institution said of credentials that it refused: a meaning, and its own sentence."""

    meaning: str
    said: str | None = None


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a connection's credentials, by neutral field name.

    `values` go to the next login. While they are on trial `proven` has those that were let in before them, empty where
    there are none; None where nothing is on trial. `refused` has what was said of those that were refused beside
    proven ones, by fingerprint.
    """

    values: dict[str, str] = {}
    proven: dict[str, str] | None = None
    refused: dict[str, Said] = {}


class RefusedBefore(Refused):
    """Credentials that are not sent, because they were refused. `then` is what the institution said of them."""

    def __init__(self, then: Refused) -> None:
        super().__init__("request.credentials.refused-before")
        self.then = then


class FieldFault(msgspec.Struct, frozen=True):
    """A field whose value is missing or does not match its rule."""

    field: Field
    missing: bool


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def fits(pattern: str | None, value: str) -> bool:
    """Tell whether a value is what an expression wants; without one everything is."""
    return len(value) <= LONGEST and (not pattern or _pattern(pattern).search(value) is not None)


def check(institution: Institution, values: Mapping[str, str]) -> None:
    """Raise `Refused` (`request.credentials.invalid`, the faults in `data["faults"]`) unless every rule is met."""
    faults = []
    for field in institution.fields:
        value = values.get(field.name, "")
        if not value:
            if not field.optional:
                faults.append(FieldFault(field, missing=True))
        elif not fits(field.pattern, value):
            faults.append(FieldFault(field, missing=False))
    if faults:
        named = tuple(fault.field.name for fault in faults)
        raise Refused("request.credentials.invalid", data={"faults": tuple(faults), "fields": named})


def renewed(institution: Institution) -> tuple[Field, ...]:
    """Return the fields whose values serve once."""
    return tuple(field for field in institution.fields if field.renewed)


def lasting(institution: Institution, values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that may be used again."""
    once = {field.name for field in renewed(institution)}
    return {name: value for name, value in values.items() if name not in once}


def fingerprint(vault: Vault, institution: Institution, values: Mapping[str, str]) -> str:
    """Return what tells that two connections have the same credentials at the same institution."""
    kept = sorted(pair for pair in lasting(institution, values).items() if not pair[0].startswith(ANSWER))
    return vault.fingerprint(msgspec.json.encode([institution.slug, kept]).decode())


def given(vault: Vault, institution: Institution, kept: Kept, values: dict[str, str], *, good: bool) -> Kept:
    """Return what is kept once these values are given: on trial, if they are others than those that were let in.

    `good` tells that those which are kept were let in, unless they are on trial themselves. Raises `RefusedBefore`.
    """
    proven = kept.proven if kept.proven is not None else kept.values if good else {}
    # what was refused may be right once nothing else is
    refused = kept.refused if proven else {}
    whose = fingerprint(vault, institution, values)
    if whose in refused:
        raise RefusedBefore(Refused(refused[whose].meaning, refused[whose].said))
    if whose == fingerprint(vault, institution, kept.values):
        return Kept(values, kept.proven, refused)
    if proven and whose == fingerprint(vault, institution, proven):
        return Kept(values, None, refused)
    return Kept(values, proven, refused)


def let_in(kept: Kept) -> Kept:
    """Return what is kept once its values were let in."""
    return replace(kept, proven=None)


def turned_away(vault: Vault, institution: Institution, kept: Kept, said: Said, *, again: bool) -> Kept | None:
    """Return what is kept once its values were refused on trial: those that were let in before. None where there are
    none. What was refused is not taken again, unless the institution wants it tried later (`again`)."""
    if not kept.proven:
        return None
    told = {} if again else {fingerprint(vault, institution, kept.values): said}
    known = dict([*kept.refused.items()][-MOST_REFUSED + 1 :])
    # what the user has left for questions to come is of no password
    answers = {name: value for name, value in kept.values.items() if name.startswith(ANSWER)}
    plain = {name: value for name, value in kept.proven.items() if not name.startswith(ANSWER)}
    return Kept({**plain, **answers}, refused={**known, **told})


def seal(vault: Vault, connection_id: str, kept: Kept) -> bytes:
    """Return the credentials as they are stored."""
    return vault.seal(msgspec.json.encode(kept), f"credentials:{connection_id}")


def unseal(vault: Vault, connection_id: str, sealed: bytes | None) -> Kept:
    """Return what is kept of a connection's credentials; no values where none are."""
    if sealed is None:
        return Kept()
    opened = msgspec.json.decode(vault.open(sealed, f"credentials:{connection_id}"), type=Kept | dict[str, str])
    # sealed before there were trials
    return opened if isinstance(opened, Kept) else Kept(opened)


async def read(reader: Reader, vault: Vault, connection_id: str) -> Kept:
    """Return what is kept of a connection's credentials."""
    return unseal(vault, connection_id, await connections.sealed_credentials(reader, connection_id))


async def write(writer: Writer, vault: Vault, institution: Institution, connection_id: str, kept: Kept) -> None:
    """Replace what is kept of a connection's credentials, and what it is recognised by."""
    whose = fingerprint(vault, institution, kept.values)
    await connections.seal_credentials(writer, connection_id, seal(vault, connection_id, kept), whose)
