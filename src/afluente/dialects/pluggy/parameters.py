"""Credentials as clients send them: an object of values by Pluggy's names, or one text encrypted for us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.core.outcome import Refused
from afluente.dialects.pluggy import forms
from afluente.dialects.pluggy.connectors import neutral_name
from afluente.engine.access import applications
from afluente.engine.world import World


def neutral(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the values by neutral name. Raises `request.invalid.value` for one that is neither text nor number."""
    values = {}
    for name, value in given.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise forms.wrong(f"parameters.{name[:60]}", "a string")
        values[neutral_name(name)] = str(value)
    return values


async def read(world: World, application_id: str, given: Any) -> dict[str, str]:
    """Return the credentials in `parameters`, decrypted if they came so. Raises `request.invalid.value`."""
    if isinstance(given, str):
        opened = await applications.decrypt(world, application_id, given)
        try:
            given = msgspec.json.decode(opened or b"")
        except msgspec.DecodeError:
            raise forms.wrong("parameters", "an object, or its JSON encrypted with your public key") from None
    if not isinstance(given, dict):
        raise forms.wrong("parameters", "an object")
    if any("\0" in str(value) for value in given.values()):
        raise Refused("request.invalid.malformed")
    return neutral(given)
