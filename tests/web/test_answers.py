"""Answers: what goes over the wire says what it is and carries nobody else's lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from afluente.web.answers import Answer, json, page, redirect, text


async def sent(answer: Answer) -> tuple[dict[bytes, bytes], bytes]:
    """Return the headers and the body as a server would send them."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    await answer.send(send)
    return dict(messages[0]["headers"]), messages[1]["body"]


@pytest.mark.anyio
async def test_amounts_keep_all_their_digits() -> None:
    """A decimal is a number on the wire, and no float on the way there."""
    headers, body = await sent(json({"amount": Decimal("1234567890123456.10")}))
    assert body == b'{"amount":1234567890123456.10}'
    assert headers[b"content-length"] == b"%d" % len(body)


@pytest.mark.anyio
async def test_other_origins_may_read_answers_and_no_pages() -> None:
    """A page may show keys to whoever sits at the machine; a script from elsewhere must not read it there."""
    for answer in (json({}), text("a"), redirect("/")):
        assert (await sent(answer))[0][b"access-control-allow-origin"] == b"*"
    headers, _ = await sent(page("<p>"))
    assert b"access-control-allow-origin" not in headers
    assert b"default-src 'none'" in headers[b"content-security-policy"]


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("https://a.com/b?c=d&e=%20#f", b"https://a.com/b?c=d&e=%20#f"),
        ("/a\r\nset-cookie: x=y", b"/a%0D%0Aset-cookie:%20x=y"),
        ("/é\u2028", b"/%C3%A9%E2%80%A8"),
        ("app+scheme://back?x=[1]", b"app+scheme://back?x=[1]"),
    ],
)
def test_a_redirect_is_one_header(address: str, location: bytes) -> None:
    """Line ends, blanks and letters beyond ASCII are encoded; the rest stays as it was."""
    assert dict(redirect(address).headers)[b"location"] == location
