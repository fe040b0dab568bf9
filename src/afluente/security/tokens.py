"""Tokens that we hand out: JSON Web Tokens, signed with a key derived from the master key.

The payload is a flat object of scalars with whole-number times in seconds, which every client library can read.
"""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.clock import SECOND, Instant

_KEPT = 10_000
"""Verified tokens that are remembered; then the memory begins anew."""


class Token(msgspec.Struct, frozen=True):
    """What a valid token says. `scope` is `application` or `connect`; `sealed` what only we can read of it."""

    application_id: str
    scope: str
    expires_at: Instant
    sealed: str | None = None


class InvalidToken(Exception):
    """It is malformed, or signed by somebody else, or over."""


class Tokens:
    """Issues and verifies. A token verified once is remembered, for verifying costs more than all else in a read."""

    def __init__(self, key: bytes) -> None:
        self._secret = key
        self._key: Any = None
        self._verified: dict[str, Token] = {}

    def _oct(self) -> Any:
        if self._key is None:
            from joserfc.jwk import OctKey

            self._key = OctKey.import_key(self._secret)
        return self._key

    def issue(self, application_id: str, scope: str, now: Instant, lasts: Instant, sealed: str | None = None) -> str:
        """Return a signed token that lasts `lasts` milliseconds from `now`."""
        from joserfc import jwt

        claims: dict[str, Any] = {
            "clientId": application_id,
            "iat": now // SECOND,
            "exp": (now + lasts) // SECOND,
        }
        if sealed is not None:
            claims["data"] = sealed
        return jwt.encode({"alg": "HS256", "typ": "JWT", "kid": scope}, claims, self._oct())

    def verify(self, text: str) -> Token:
        """Return what the token says, without looking at the time. Raises `InvalidToken`."""
        token = self._verified.get(text)
        if token is None:
            token = self._read(text)
            if len(self._verified) >= _KEPT:
                self._verified.clear()
            self._verified[text] = token
        return token

    def _read(self, text: str) -> Token:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            decoded = jwt.decode(text, self._oct(), algorithms=["HS256"])
            claims = decoded.claims
            return Token(
                str(claims["clientId"]),
                str(decoded.header.get("kid")),
                int(claims["exp"]) * SECOND,
                claims.get("data"),
            )
        except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise InvalidToken(type(error).__name__) from None
