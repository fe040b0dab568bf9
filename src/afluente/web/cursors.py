"""Where a page of a list ends, as text that stands in an address."""

from __future__ import annotations

import base64
import binascii

from afluente.core.outcome import Refused
from afluente.engine.operating.board import Cursor


def written(place: Cursor | None) -> str:
    """Return the text of a place; empty for none."""
    if place is None:
        return ""
    return base64.urlsafe_b64encode(":".join(map(str, place)).encode()).decode().rstrip("=")


def read(text: str | None, parts: int = 2) -> Cursor | None:
    """Return the place that a text names: numbers, an instant first, and an id behind them; None for no text.

    Raises `request.invalid` for what is no place in a list whose places have so many parts.
    """
    if not text:
        return None
    try:
        *told, id = base64.urlsafe_b64decode(text.encode("ascii") + b"==").decode().split(":", parts - 1)
        numbers = [int(number) for number in told]
    except (ValueError, UnicodeError, binascii.Error):
        raise _wrong() from None
    if len(numbers) != parts - 1 or not all(0 <= one < 2**62 for one in numbers) or "\0" in id or len(id) > 64:
        raise _wrong()
    return *numbers, id


def _wrong() -> Refused:
    return Refused("request.invalid", data={"detail": "after must be the cursor of a page"})
