"""Where messages may go: nowhere but the public internet, whatever a name says from one moment to the next."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from afluente.core.clock import SECOND
from afluente.web import addresses
from afluente.web.outgoing import LARGEST_ANSWER, Outgoing
from tests.delivery.receiver import Receiver, Reply

pytestmark = pytest.mark.anyio

URL = "https://hooks.example.org/in?a=1"


class Names:
    """A resolver that answers what it is told, one answer after another."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str) -> list[str]:
        """Return the next answer."""
        self.asked += 1
        return self.answers.pop(0)


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """Every request that would have left; nothing does."""
    seen: list[httpx.Request] = []

    async def handle(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, request=request, stream=httpx.ByteStream(b"ok"))

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)
    return seen


async def send(url: str = URL, *, relaxed: bool = False) -> Any:
    """Send one message."""
    outgoing = Outgoing(relaxed=relaxed)
    answered = await outgoing.post(url, {"x-mine": "1"}, "{}", 5 * SECOND)
    await outgoing.close()
    return answered


async def test_the_address_that_was_looked_at_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, reached: list[httpx.Request]
) -> None:
    """A name is resolved once; what it answers the next moment (127.0.0.1) is never asked for."""
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    monkeypatch.setattr(addresses, "_resolve", names)
    answered = await send()
    (request,) = reached
    assert (answered.status, names.asked) == (200, 1)
    assert str(request.url) == "https://93.184.216.34/in?a=1"
    assert request.headers["host"] == "hooks.example.org"
    assert request.extensions["sni_hostname"] == "hooks.example.org"


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], []],
)
async def test_a_name_with_one_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, reached: list[httpx.Request], found: list[str]
) -> None:
    """Every address that a name has must be public, not only the first."""
    monkeypatch.setattr(addresses, "_resolve", Names(found))
    assert (await send()).error == "request.webhook.private-address"
    assert reached == []


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://10.0.0.1/", "https://localhost/", "file:///etc"])
async def test_what_is_no_public_address_is_not_even_resolved(reached: list[httpx.Request], url: str) -> None:
    """Plain http, numbers and inner names are refused as they stand."""
    assert (await send(url)).error.startswith("request.webhook.")
    assert reached == []


async def test_an_answer_is_cut(receiver: Receiver) -> None:
    """However much comes back, little is read and less is kept; bytes that are no text harm nothing."""
    receiver.usual["/"] = Reply(200, body=b"\0\xff" + b"x" * 20 * LARGEST_ANSWER)
    answered = await send(receiver.url + "/", relaxed=True)
    assert (answered.status, len(answered.body)) == (200, 2_000)
    assert "\0" not in answered.body


async def test_nobody_there_is_an_answer_too() -> None:
    """A refused connection is told by name."""
    assert (await send("http://127.0.0.1:1/", relaxed=True)).error == "not-connected"
