"""Forms with files, taken piece by piece: what arrives goes to files that have no name, and never all into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import msgspec

from afluente.core.outcome import Refused
from afluente.web.calls import Call

_IN_MEMORY = 1024 * 1024
"""Bytes of a part that are kept in memory; what is longer goes to a file that vanishes with the process."""

_FRAMES = 64 * 1024
"""Bytes that the form's own lines, and its texts, may take beside its files."""

_TEXTS = 20
"""Texts of a form that are looked at."""

Look = Callable[[Mapping[str, str]], None]
"""Is shown the texts that a form has in front of its files, before any file is taken; raises `Refused`."""


class Part(msgspec.Struct):
    """A file of a form: the name it was sent with, and its content to be read from the beginning."""

    name: str
    content: Any
    size: int = 0


class Bounds(msgspec.Struct, frozen=True):
    """How many files a form may have, how many bytes each, and all of them."""

    files: int
    each: int
    together: int


async def files_of(call: Call, field: str, bounds: Bounds, look: Look | None = None) -> list[Part]:
    """Return the files that a form has in parts named `field`. Whoever asks closes them.

    With `look`, its texts in front of them are looked at before the first file is taken, or at the end of a form that
    has none. Raises `request.invalid.malformed` for what is no such form, and `request.invalid.too-large` as soon as
    a bound is passed.
    """
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(call.header(b"content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise Refused("request.invalid.malformed", data={"detail": "the body is not a form with files"})
    taker = _Taker(field.encode(), bounds, look)
    try:
        parser = MultipartParser(boundary, taker.callbacks())  # type: ignore[arg-type]
        async for chunk in call.chunks(bounds.together + _FRAMES):
            parser.write(chunk)
        parser.finalize()
        if taker.open is not None or not taker.ended:
            raise Refused("request.invalid.malformed", data={"detail": "the form breaks off"})
        taker.seen()
    except ValueError:
        taker.close()
        raise Refused("request.invalid.malformed", data={"detail": "the body is not a form with files"}) from None
    except BaseException:
        taker.close()
        raise
    return taker.parts


class _Taker:
    """What the parser calls as it goes."""

    def __init__(self, field: bytes, bounds: Bounds, look: Look | None) -> None:
        self.field = field
        self.bounds = bounds
        self.look = look
        self.texts: dict[str, bytes] = {}
        self.text: str | None = None
        self.parts: list[Part] = []
        self.open: Part | None = None
        self.ended = False
        self.name, self.value = b"", b""
        self.disposition = b""
        self.together = 0

    def callbacks(self) -> dict[str, Any]:
        """Return them by the parser's names."""
        return {
            "on_part_begin": self.begin,
            "on_header_field": self.header_name,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_headers_finished": self.headers,
            "on_part_data": self.data,
            "on_part_end": self.part_end,
            "on_end": self.end,
        }

    def begin(self) -> None:
        self.name, self.value, self.disposition, self.open, self.text = b"", b"", b"", None, None

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self.name = (self.name + data[start:end])[:_FRAMES]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value = (self.value + data[start:end])[:_FRAMES]

    def header_end(self) -> None:
        if self.name.lower() == b"content-disposition":
            self.disposition = self.value
        self.name, self.value = b"", b""

    def headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self.disposition)
        if b"filename" not in options:
            self.text = options.get(b"name", b"").decode("utf-8", "replace") if len(self.texts) < _TEXTS else None
            return
        if options.get(b"name") != self.field:
            return
        self.seen()
        if len(self.parts) >= self.bounds.files:
            raise Refused(
                "request.invalid.value", data={"field": "file", "expected": f"at most {self.bounds.files} files"}
            )
        name = options[b"filename"].decode("utf-8", "replace").replace("\0", "")
        # who asked for the files closes them
        content: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.open = Part(name, content)
        self.parts.append(self.open)

    def data(self, data: bytes, start: int, end: int) -> None:
        if self.text is not None and self.look is not None:
            self.texts[self.text] = (self.texts.get(self.text, b"") + data[start:end])[:_FRAMES]
        if self.open is None:
            return
        self.open.size += end - start
        self.together += end - start
        if self.open.size > self.bounds.each or self.together > self.bounds.together:
            raise Refused("request.invalid.too-large")
        self.open.content.write(data[start:end])

    def part_end(self) -> None:
        self.open = self.text = None

    def seen(self) -> None:
        """Show the texts to whoever looks at them, once."""
        look, self.look = self.look, None
        if look is not None:
            look({name: value.decode("utf-8", "replace") for name, value in self.texts.items()})

    def end(self) -> None:
        self.ended = True

    def close(self) -> None:
        for part in self.parts:
            part.content.close()
