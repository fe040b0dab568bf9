"""What the user typed: checked against the institution's fields, sealed, recognised again without being read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import msgspec

from afluente.core.institutions import Field, Institution
from afluente.core.outcome import Refused
from afluente.security.vault import Vault

LONGEST = 4_096
"""Characters of one value."""


ANSWER = "answer/"
"""Begins the names under which answers to questions are kept beside the credentials; they tell nobody apart."""


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


def seal(vault: Vault, connection_id: str, values: Mapping[str, str]) -> bytes:
    """Return the credentials as they are stored."""
    return vault.seal(msgspec.json.encode(dict(values)), f"credentials:{connection_id}")


def unseal(vault: Vault, connection_id: str, sealed: bytes | None) -> dict[str, str]:
    """Return the credentials as they were typed; none where none are kept."""
    if sealed is None:
        return {}
    return msgspec.json.decode(vault.open(sealed, f"credentials:{connection_id}"), type=dict[str, str])
