"""Bodies as values: JSON and forms, without what no column takes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from afluente.core.outcome import Refused


def value(raw: bytes) -> Any:
    """Return JSON, None for nothing. Raises `Refused` (`request.invalid.malformed`)."""
    if not raw.strip():
        return None
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Refused("request.invalid.malformed") from None
    if b"\\u0000" in raw and _has_nul(found):
        raise Refused("request.invalid.malformed")
    return found


def pairs(raw: bytes) -> dict[str, str]:
    """Return a form's fields. Raises `Refused` (`request.invalid.malformed`)."""
    try:
        found = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise Refused("request.invalid.malformed") from None
    if any("\0" in name + value for name, value in found):
        raise Refused("request.invalid.malformed")
    return dict(found)


def _has_nul(value: Any) -> bool:
    """Look at every text in a JSON value. A loop, because values may be nested deeper than calls may be."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if "\0" in part:
                return True
        elif isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return False
