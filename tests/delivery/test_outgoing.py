"""Where messages may go: nowhere but the public internet, whatever a name says from one moment to the next."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any

import pytest

from afluente.core.clock import SECOND
from afluente.web import addresses, outgoing
from afluente.web.line import LARGEST_ANSWER, Line, Read
from afluente.web.outgoing import Outgoing
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


@dataclass(frozen=True)
class Reached:
    """A connection that would have been made, and what would have left over it."""

    address: str
    port: int
    context: ssl.SSLContext | None
    name: str | None
    sent: list[bytes]


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch) -> list[Reached]:
    """Every connection that would have been made; none is."""
    seen: list[Reached] = []

    class Nowhere(Line):
        async def send(self, message: bytes) -> Read:
            seen[-1].sent.append(message)
            return Read(200, [], b"ok", reusable=False)

    async def connect(address: str, port: int, context: ssl.SSLContext | None, name: str | None) -> Line:
        seen.append(Reached(address, port, context, name, []))
        return Nowhere()

    monkeypatch.setattr(outgoing, "_open", connect)
    return seen


async def send(url: str = URL, *, relaxed: bool = False) -> Any:
    """Send one message."""
    sender = Outgoing(relaxed=relaxed)
    answered = await sender.post(url, {"x-mine": "1"}, "{}", 5 * SECOND)
    await sender.close()
    return answered


async def test_the_address_that_was_looked_at_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch, reached: list[Reached]
) -> None:
    """A name is resolved once; what it answers the next moment (127.0.0.1) is never asked for."""
    names = Names(["93.184.216.34"], ["127.0.0.1"])
    monkeypatch.setattr(addresses, "_resolve", names)
    answered = await send()
    (one,) = reached
    assert (answered.status, names.asked) == (200, 1)
    assert (one.address, one.port, one.name) == ("93.184.216.34", 443, "hooks.example.org")
    assert one.context is not None
    assert one.context.verify_mode is ssl.CERT_REQUIRED
    assert one.context.check_hostname
    (message,) = one.sent
    assert message.startswith(b"POST /in?a=1 HTTP/1.1\r\nhost: hooks.example.org\r\n")


@pytest.mark.parametrize(
    "found",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], []],
)
async def test_a_name_with_one_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, reached: list[Reached], found: list[str]
) -> None:
    """Every address that a name has must be public, not only the first."""
    monkeypatch.setattr(addresses, "_resolve", Names(found))
    assert (await send()).error == "request.webhook.private-address"
    assert reached == []


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://10.0.0.1/", "https://localhost/", "file:///etc"])
async def test_what_is_no_public_address_is_not_even_resolved(reached: list[Reached], url: str) -> None:
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


async def fetch(url: str, largest: int = 1_000) -> Any:
    """Fetch what lies at an address, of this machine too."""
    return await Outgoing(relaxed=True).fetch(url, 5 * SECOND, largest)


async def test_what_lies_somewhere_is_fetched_up_to_a_bound(receiver: Receiver) -> None:
    """With the type that it is said to be of; what is larger, or is not there, is nothing."""
    receiver.usual["/a"] = Reply(200, {"content-type": "image/png"}, b"x" * 1_000)
    receiver.usual["/gone"] = Reply(404, {"content-type": "image/png"}, b"x")
    receiver.usual["/away"] = Reply(302, {"location": f"{receiver.url}/a"}, b"x")
    assert await fetch(f"{receiver.url}/a") == ("image/png", b"x" * 1_000)
    assert await fetch(f"{receiver.url}/a", largest=999) is None
    assert await fetch(f"{receiver.url}/gone") is None
    assert await fetch(f"{receiver.url}/away") is None
    assert await fetch("http://127.0.0.1:1/") is None


async def test_nothing_is_fetched_from_our_own_network(reached: list[Reached]) -> None:
    """The address is looked at as that of a message is."""
    for url in ("http://hooks.example.org/", "https://10.0.0.1/", "https://localhost/", "file:///etc/passwd"):
        assert await Outgoing(relaxed=False).fetch(url, SECOND, 1_000) is None
    assert reached == []
