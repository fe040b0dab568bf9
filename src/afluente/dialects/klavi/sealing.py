"""Reports whose sensitive values only the partner can read: each is a JWE that opens with the partner's secret.

The service offers AES-256 with the secret and publishes neither mode nor padding. Here a value is an encrypted token in
compact form (RFC 7516): `alg` is `dir`, `enc` is `A256GCM`, and the key is the SHA-256 of the secret's letters. The
nonce follows from the report and the value, so a report that is made again has the same bytes, no two values share a
nonce, and one value looks different in every report.
"""

from __future__ import annotations

import base64
import hmac
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAMES = frozenset(
    {
        "accountHolder", "birthDate", "cardHolder", "civilName", "cpfNumber", "cpfVerified", "documentNumber",
        "enquiryCpf", "holderName", "partieCnpjCpf", "socialName",
    }
)  # fmt: skip
"""What is sensitive by its name: who a person is, and their tax number. Companies' own numbers are public."""

_WHOLE = "contacts"
"""Of what stands under it every text is sensitive but those that only say which kind it is."""
_KINDS = frozenset({"type", "country", "countryCallingCode"})

_NONCE, _TAG = 12, 16


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


_HEADER = _base64(msgspec.json.encode({"alg": "dir", "enc": "A256GCM"}))


def key_of(secret: str) -> bytes:
    """Return the key that a partner's secret stands for."""
    return sha256(secret.encode()).digest()


def sealed(report: dict[str, Any], secret: str, report_id: str) -> dict[str, Any]:
    """Return a report with its sensitive texts encrypted; the one that was handed in stays as it is."""
    key = key_of(secret)
    made: dict[str, str] = {}
    close = partial(_token, AESGCM(key), key, report_id)

    def text(value: str) -> str:
        if value not in made:
            made[value] = close(value)
        return made[value]

    def looked(value: Any, name: str, within: bool) -> Any:
        within = within or name == _WHOLE
        if isinstance(value, dict):
            return {own: looked(one, own, within) for own, one in value.items()}
        if isinstance(value, list):
            return [looked(one, name, within) for one in value]
        sensitive = name in NAMES or (within and name not in _KINDS)
        return text(value) if sensitive and isinstance(value, str) else value

    return {name: value if name == _ECHO else looked(value, name, False) for name, value in report.items()}


_ECHO = "externalInfo"
"""The partner's own words, which come back as they were sent."""


def _token(cipher: AESGCM, key: bytes, report_id: str, value: str) -> str:
    raw = value.encode()
    nonce = hmac.digest(key, f"{report_id}|{value}".encode(), "sha256")[:_NONCE]
    closed = cipher.encrypt(nonce, raw, _HEADER.encode())
    return ".".join((_HEADER, "", _base64(nonce), _base64(closed[:-_TAG]), _base64(closed[-_TAG:])))
