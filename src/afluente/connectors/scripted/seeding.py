"""Chance that is the same everywhere: every draw is seeded by what it is about, never by the process or the hour."""

from __future__ import annotations

from hashlib import blake2b
from random import Random


def seed(*parts: object) -> int:
    """Return 64 bits that depend on the parts alone, equal in every process and on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def chance(*parts: object) -> Random:
    """Return a source of draws for what the parts name."""
    return Random(seed(*parts))


def digits(count: int, *parts: object) -> str:
    """Return `count` decimal digits for what the parts name."""
    return str(seed("digits", *parts) % 10**count).zfill(count)
