"""Ids that are derived, so that the same account and the same transaction keep theirs over every sync."""

from __future__ import annotations

from hashlib import blake2b

_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The digit that tells the variant of a UUID, by the digit that was there."""


def derived_id(owner: str, kind: str, key: str) -> str:
    """Return the id of what `owner` knows as `key`: a UUID with version 4's bits, the same on every call.

    `owner` is itself a random id, so the result cannot be guessed from the institution's own key.
    """
    text = blake2b(f"{owner}|{kind}|{key}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:]}"
