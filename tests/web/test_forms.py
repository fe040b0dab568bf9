"""Forms with files: what is taken of them, and that no more is read than their bounds allow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from afluente.core.outcome import Refused
from afluente.web.calls import Call
from afluente.web.forms import Bounds, files_of

pytestmark = pytest.mark.anyio

BOUNDS = Bounds(files=2, each=100, together=150)
HEAD = b'--x\r\ncontent-disposition: form-data; name="%s"; filename="%s"\r\n\r\n'


class Arriving:
    """A request whose body arrives in pieces; it counts those that were asked for."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        """Return the next piece."""
        self.asked += 1
        more = self.asked < len(self.pieces)
        return {"type": "http.request", "body": self.pieces[self.asked - 1], "more_body": more}

    def call(self) -> Call:
        """Return the call that takes it."""
        scope = {"method": "POST", "path": "/", "headers": [(b"content-type", b"multipart/form-data; boundary=x")]}
        return Call(None, scope, self.receive)  # type: ignore[arg-type]


def part(name: bytes, file: bytes, content: bytes) -> bytes:
    """Return one part."""
    return HEAD % (name, file) + content + b"\r\n"


async def taken(body: bytes, step: int = 1) -> list[tuple[str, bytes]]:
    """Return the files in a body that arrives so many bytes at a time."""
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    found = await files_of(Arriving(pieces).call(), "file", BOUNDS)
    told = []
    for one in found:
        one.content.seek(0)
        told.append((one.name, one.content.read()))
        one.content.close()
    return told


@pytest.mark.parametrize("step", [1, 7, 10_000])
async def test_files_come_out_as_they_went_in(step: int) -> None:
    """However the body is cut on its way; parts of other names are passed over."""
    content = b"a\r\n--\r\n-x\r\n" + bytes(range(64))
    body = part(b"file", b"a.csv", content) + part(b"other", b"b.csv", b"no") + part(b"file", b"c.csv", b"") + b"--x--"
    assert await taken(body + b"\r\n", step) == [("a.csv", content), ("c.csv", b"")]


@pytest.mark.parametrize(
    ("first", "meaning"),
    [
        (part(b"file", b"a", b" " * 101), "request.invalid.too-large"),
        (part(b"file", b"a", b" " * 90) + part(b"file", b"b", b" " * 61), "request.invalid.too-large"),
        (part(b"file", b"a", b"") * 2 + HEAD % (b"file", b"c"), "request.invalid.value"),
    ],
    ids=["one", "together", "count"],
)
async def test_nothing_is_read_behind_a_bound(first: bytes, meaning: str) -> None:
    """The rest of the body is not even asked for."""
    arriving = Arriving([first, b"more", b"and more"])
    with pytest.raises(Refused) as caught:
        await files_of(arriving.call(), "file", BOUNDS)
    assert (caught.value.meaning, arriving.asked) == (meaning, 1)


async def test_a_long_file_lies_outside_of_memory() -> None:
    """In a file without a name, which vanishes with the process."""
    wide = Bounds(files=1, each=3_000_000, together=3_000_000)
    body = part(b"file", b"a", b"x" * 2_000_000) + b"--x--\r\n"
    (found,) = await files_of(Arriving([body]).call(), "file", wide)
    with found.content as content:
        assert (found.size, content._rolled) == (2_000_000, True)


async def test_a_body_that_breaks_off_is_refused() -> None:
    """Half a file is none."""
    with pytest.raises(Refused) as caught:
        await taken(part(b"file", b"a", b"half")[:-1])
    assert caught.value.meaning == "request.invalid.malformed"
