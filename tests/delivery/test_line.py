"""What comes back over a connection: whole, in pieces, cut, or no answer; and when a connection is used again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from afluente.core.clock import SECOND
from afluente.engine.telling import Answered
from afluente.web.outgoing import Outgoing

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Speaker:
    """A server that answers each message with the next of its answers; behind one that is None it hangs up at once,
    and `closes` says after which answers it does."""

    def __init__(self, *answers: bytes | None, closes: bool = False) -> None:
        self.answers = list(answers)
        self.closes = closes
        self.connections = 0
        self.heads: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer until there is nothing to say."""
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                self.heads.append(head)
                answer = self.answers.pop(0)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
                if answer is None or self.closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def speaking(speaker: Speaker) -> AsyncIterator[Outgoing]:
    """Have the speaker heard; yield what sends to it."""
    server = await asyncio.start_server(speaker.serve, "127.0.0.1", 0)
    speaker.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
    sender = Outgoing(relaxed=True)
    try:
        yield sender
    finally:
        await sender.close()
        server.close()


async def heard(*answers: bytes | None, closes: bool = False) -> Answered:
    """Send one message and return what came of it."""
    speaker = Speaker(*answers, closes=closes)
    async with speaking(speaker) as sender:
        return await sender.post(speaker.url, {}, "{}", 2 * SECOND)


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, "ok"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", 200, "ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, "ok"),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, 200, "ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        (b"HTTP/1.0 500 Oh\r\nContent-Length: 0\r\n\r\n", 500, ""),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 302, ""),
    ],
)
async def test_an_answer_is_read_however_it_is_framed(answer: bytes, status: int, body: str) -> None:
    """By its length, in chunks, behind another that only announces it; and no redirect is followed."""
    answered = await heard(answer)
    assert (answered.status, answered.body, answered.error) == (status, body, None)


async def test_an_answer_that_nothing_bounds_ends_with_the_connection() -> None:
    """As in the first version of HTTP."""
    answered = await heard(b"HTTP/1.1 200 OK\r\nx-a: 1\r\nX-A: 2\r\n\r\nuntil the end", closes=True)
    assert (answered.status, answered.body) == (200, "until the end")
    assert answered.headers["x-a"] == "1, 2"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 100_000,
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nabc",
    ],
    ids=["silence", "no-http", "cut", "bad-chunk", "endless-head", "another-protocol"],
)
async def test_what_is_no_answer_is_told_as_broken(answer: bytes | None) -> None:
    """Nothing of it is believed, and it never raises."""
    answered = await heard(answer, closes=True)
    assert (answered.status, answered.error) == (None, "broken")


async def test_silence_is_waited_for_no_longer_than_was_said() -> None:
    """The bound is that of the whole call."""
    speaker = Speaker(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", OK)
    async with speaking(speaker) as sender:
        assert (await sender.post(speaker.url, {}, "{}", SECOND // 10)).error == "timeout"


async def test_a_connection_carries_one_message_after_another() -> None:
    """As long as both ends keep it open."""
    speaker = Speaker(OK, OK, OK)
    async with speaking(speaker) as sender:
        for _ in range(3):
            assert (await sender.post(speaker.url, {}, "{}", 2 * SECOND)).status == 200
    assert speaker.connections == 1


@pytest.mark.parametrize("answer", [OK, OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")])
async def test_a_connection_that_was_hung_up_is_made_anew(answer: bytes) -> None:
    """Whether that was announced or not: the message is sent over another one, and arrives once."""
    speaker = Speaker(answer, answer, answer, closes=True)
    async with speaking(speaker) as sender:
        for _ in range(3):
            assert (await sender.post(speaker.url, {}, "{}", 2 * SECOND)).status == 200
    assert (speaker.connections, len(speaker.heads)) == (3, 3)


@pytest.mark.parametrize(
    "headers",
    [{"x": "a\r\nhost: elsewhere"}, {"x": "a\nb"}, {"x\r\ny": "a"}, {"": "a"}, {"x y": "a"}, {"x": "é"}, {"x": "\0"}],
)
async def test_no_header_says_more_than_itself(headers: dict[str, str]) -> None:
    """What a client wants sent along cannot begin another header, and nothing leaves."""
    speaker = Speaker(OK)
    async with speaking(speaker) as sender:
        answered = await sender.post(speaker.url, headers, "{}", 2 * SECOND)
    assert (answered.status, answered.error, speaker.heads) == (None, "broken", [])


async def test_a_client_does_not_say_how_its_message_is_carried() -> None:
    """Length and host are ours; of one header in two spellings the last is sent."""
    speaker = Speaker(OK)
    own = {"Content-Length": "0", "HOST": "elsewhere", "transfer-encoding": "chunked", "x-a": "1", "X-A": "2"}
    async with speaking(speaker) as sender:
        assert (await sender.post(speaker.url, own, "{}", 2 * SECOND)).status == 200
    (head,) = speaker.heads
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /in http/1.1"
    assert lines.count("content-length: 2") == 1
    assert "host: elsewhere" not in lines
    assert [line for line in lines if line.startswith(("x-a", "transfer", "content-length"))] == [
        "x-a: 2", "content-length: 2"
    ]  # fmt: skip
