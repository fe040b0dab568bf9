"""Tokens: only what we signed, as we signed it, says anything."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.clock import DAY, HOUR, SECOND
from afluente.security.tokens import InvalidToken, Tokens

KEY = b"k" * 32
CLAIMS = {"clientId": "an application", "iat": 0, "exp": 9_999_999_999}
HEADER = {"alg": "HS256", "typ": "JWT", "kid": "application"}


def part(value: Any) -> str:
    """Return one part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def made(header: Any, claims: Any, key: bytes = KEY, digest: str = "sha256") -> str:
    """Return a token signed by hand."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.new(key, text.encode(), getattr(hashlib, digest)).digest())}"


def test_a_token_says_what_was_signed() -> None:
    """Application, scope, the second in which it ends, and what was sealed into it."""
    tokens = Tokens(KEY)
    token = tokens.verify(tokens.issue("an application", "connect", 5 * SECOND, HOUR, "sealed"))
    assert (token.application_id, token.scope, token.expires_at) == ("an application", "connect", 5 * SECOND + HOUR)
    assert token.sealed == "sealed"


def test_clients_can_read_the_payload() -> None:
    """A flat object with whole seconds: what client libraries decode without a key."""
    payload = Tokens(KEY).issue("an application", "application", 1_500, HOUR).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims == {"clientId": "an application", "iat": 1, "exp": 3_601}


def test_the_test_signs_as_we_do() -> None:
    """Or the refusals below would prove nothing."""
    assert Tokens(KEY).verify(made(HEADER, CLAIMS)).application_id == "an application"


FORGED = {
    "nothing": "",
    "dots": "..",
    "another key": made(HEADER, CLAIMS, b"x" * 32),
    "no key": made(HEADER, CLAIMS, b""),
    "no signature": made(HEADER, CLAIMS).rpartition(".")[0] + ".",
    "alg none": f"{part({**HEADER, 'alg': 'none'})}.{part(CLAIMS)}.",
    "alg None": f"{part({**HEADER, 'alg': 'None'})}.{part(CLAIMS)}.",
    "no alg": made({"typ": "JWT", "kid": "application"}, CLAIMS),
    "a longer digest": made({**HEADER, "alg": "HS512"}, CLAIMS, digest="sha512"),
    "a public key's algorithm": made({**HEADER, "alg": "RS256"}, CLAIMS),
    "a list as algorithm": made({**HEADER, "alg": ["HS256"]}, CLAIMS),
    "extensions that must be known": made({**HEADER, "crit": ["exp"]}, CLAIMS),
    "a payload not encoded": made({**HEADER, "b64": False, "crit": ["b64"]}, CLAIMS),
    "encrypted": f"{part({'alg': 'dir', 'enc': 'A128GCM'})}..{part(b'0' * 12)}.{part(b'a')}.{part(b'0' * 16)}",
    "a key of its own": made({**HEADER, "jwk": {"kty": "oct", "k": part(b'x' * 32)}}, CLAIMS, b"x" * 32),
    "claims that are none": made(HEADER, []),
    "claims without a client": made(HEADER, {"exp": 1}),
    "claims without an end": made(HEADER, {"clientId": "a"}),
    "an end that is none": made(HEADER, {"clientId": "a", "exp": "never"}),
    "an endless end": made(HEADER, b'{"clientId": "a", "exp": 1e999}'),
    "claims that are no JSON": made(HEADER, b"\xff"),
    "a header that is none": made([], CLAIMS),
    "a header without end": f"{part(b'[' * 100_000)}.{part(CLAIMS)}.{part(b'')}",
    "a number without end": made(b'{"alg": "HS256", "x": ' + b"1" * 10_000 + b"}", CLAIMS),
    "letters beyond": "é" * 100,
    "null bytes": "\0.\0.\0",
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_what_we_did_not_sign_says_nothing(how: str) -> None:
    """Forged in every way that libraries have fallen for, and refused the second time too."""
    tokens = Tokens(KEY)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            tokens.verify(FORGED[how])


@given(st.integers(0, 400), st.integers(0, 63))
def test_no_letter_of_a_token_can_be_changed(position: int, letter: int) -> None:
    """Header, payload and signature: another letter anywhere, and it is refused, unless it means the same bits."""
    tokens = Tokens(KEY)
    text = tokens.issue("an application", "application", 0, DAY)
    position %= len(text)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = text[:position] + alphabet[letter] + text[position + 1 :]
    try:
        read = tokens.verify(changed)
    except InvalidToken:
        return
    # the last letters of a part carry bits that decode to nothing
    assert read == tokens.verify(text)


def test_a_remembered_token_is_remembered_as_what_it_said() -> None:
    """Two tokens do not mix, and one that was refused is not remembered as good."""
    tokens = Tokens(KEY)
    first, second = (tokens.issue(name, "application", 0, DAY) for name in ("first", "second"))
    assert [tokens.verify(text).application_id for text in (first, second, first)] == ["first", "second", "first"]
    mixed = f"{second.rpartition('.')[0]}.{first.rpartition('.')[2]}"
    with pytest.raises(InvalidToken):
        tokens.verify(mixed)
