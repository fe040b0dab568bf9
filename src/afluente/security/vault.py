"""Sealing: AES-256-GCM in an envelope, with the id of the key in front, so that keys can be changed.

A sealed value is `1 | key id (4) | nonce (12) | wrapped data key (48) | nonce (12) | ciphertext`. The data key is
new for each value and is itself sealed by the master key; both are bound to what the value belongs to.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_ID, _NONCE, _WRAPPED = 4, 12, 48


class CannotOpen(Exception):
    """The value was sealed with a key that is not in the ring, belongs elsewhere, or was changed."""


class Vault:
    """Seals and opens. The first key of the ring seals; all of them open. Keys are 32 bytes."""

    def __init__(self, ring: Sequence[bytes]) -> None:
        if not ring or any(len(key) != 32 for key in ring):
            raise ValueError("the key ring needs at least one key, and every key 32 bytes")
        self._ring = {hashlib.sha256(key).digest()[:_ID]: AESGCM(key) for key in reversed(ring)}
        self._current = hashlib.sha256(ring[0]).digest()[:_ID]
        self._root = ring[-1]
        # its key is set up once, for it is asked for at every read
        self._recognise = hmac.new(self.derive("fingerprint"), digestmod=hashlib.sha256)

    def seal(self, value: bytes, belongs: str) -> bytes:
        """Return the sealed value; it opens only for the same `belongs`."""
        bound = belongs.encode()
        data_key, outer, inner = os.urandom(32), os.urandom(_NONCE), os.urandom(_NONCE)
        wrapped = self._ring[self._current].encrypt(outer, data_key, bound)
        return _VERSION + self._current + outer + wrapped + inner + AESGCM(data_key).encrypt(inner, value, bound)

    def open(self, sealed: bytes, belongs: str) -> bytes:
        """Return what was sealed, or raise `CannotOpen`."""
        bound, at = belongs.encode(), 1 + _ID
        key = self._ring.get(sealed[1:at])
        if sealed[:1] != _VERSION or key is None:
            raise CannotOpen("no key of the ring sealed this")
        outer, at = sealed[at : at + _NONCE], at + _NONCE
        wrapped, at = sealed[at : at + _WRAPPED], at + _WRAPPED
        try:
            data_key = key.decrypt(outer, wrapped, bound)
            return AESGCM(data_key).decrypt(sealed[at : at + _NONCE], sealed[at + _NONCE :], bound)
        except (InvalidTag, ValueError):  # ValueError: too short to hold its parts
            raise CannotOpen("it belongs elsewhere or was changed") from None

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the ring's first key sealed it."""
        return sealed[1 : 1 + _ID] == self._current

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that are the same for the same purpose as long as the ring's last key stays."""
        return hmac.new(self._root, purpose.encode(), hashlib.sha256).digest()

    def fingerprint(self, text: str) -> str:
        """Return a keyed digest (hex): equal texts are recognised, and nobody without the key can guess them."""
        keyed = self._recognise.copy()
        keyed.update(text.encode())
        return keyed.hexdigest()
