"""Ids that are derived, so that the same account and the same transaction keep theirs over every sync."""

from __future__ import annotations

from hashlib import blake2b


def derived_id(owner: str, kind: str, key: str) -> str:
    """Return the id of what `owner` knows as `key`: a UUID with version 4's bits, the same on every call.

    `owner` is itself a random id, so the result cannot be guessed from the institution's own key.
    """
    text = blake2b(f"{owner}|{kind}|{key}".encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
