"""Pictures that a page shows: of which kinds, and how long one is kept."""

from __future__ import annotations

import pytest

from afluente.core.clock import MINUTE, Instant, StoppedClock
from afluente.web.pictures import Pictures, answer, picture

PNG = b"\x89PNG\r\n\x1a\n..."
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("said", "content", "shown"),
    [
        ("image/png", PNG, "image/png"),
        ("image/svg+xml; charset=utf-8", b"\n " + SVG, "image/svg+xml"),
        ("IMAGE/JPEG", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("text/html", b"<html>", None),
        ("image/png", b"<html>", None),
        ("image/x-icon", b"\x00\x00\x01\x00", None),
        ("", PNG, None),
    ],
)
def test_what_is_said_to_be_a_picture_has_to_begin_like_one(said: str, content: bytes, shown: str | None) -> None:
    """Of the kinds that a page shows; anything else is none."""
    found = picture((said, content))
    assert (found.kind if found else None) == shown


def test_nothing_runs_in_a_picture_that_somebody_opens_alone() -> None:
    """Its own policy lets no script run, and no browser takes it for something else."""
    found = picture(("image/svg+xml", SVG))
    assert found is not None
    told = dict(answer(found).headers)
    assert told[b"content-security-policy"].startswith(b"default-src 'none';")
    assert told[b"content-security-policy"].endswith(b"sandbox")
    assert told[b"x-content-type-options"] == b"nosniff"


@pytest.mark.anyio
@pytest.mark.parametrize("lies", [("image/png", PNG), None])
async def test_a_picture_is_fetched_once_in_ten_minutes(lies: tuple[str, bytes] | None) -> None:
    """Whether there is one or not; and no more are kept than there is room for."""
    asked: list[str] = []
    clock = StoppedClock(1_700_000_000_000)

    async def fetch(url: str, timeout: Instant, largest: int) -> tuple[str, bytes] | None:
        asked.append(url)
        return lies

    pictures = Pictures(fetch, clock)
    first = await pictures.read("https://a.example/icon.png")
    assert (first is not None) == (lies is not None)
    assert await pictures.read("https://a.example/icon.png") == first
    assert len(asked) == 1
    clock.at += 10 * MINUTE
    await pictures.read("https://a.example/icon.png")
    assert len(asked) == 2
    for number in range(64):
        await pictures.read(f"https://a.example/{number}.png")
    await pictures.read("https://a.example/icon.png")
    assert asked.count("https://a.example/icon.png") == 3
