"""Scans and photographs: tesseract, where it is installed, recognises the letters; we read them as any other print."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from afluente.connectors.statements.records import Unreadable
from afluente.connectors.statements.sheets import Sheet, Word

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PICTURES = 24
"""Pages of one scan."""

_MOST_PIXELS = 40_000_000
"""Of one picture: an A3 page at 400 dots an inch has 31 million."""

_DOTS = 300
"""Dots an inch at which the pages of a PDF are drawn, if that stays within the pixels."""

_SURE = 20.0
"""Per cent: what tesseract is less sure of is left out."""

_SPOKEN = ("por", "eng", "spa", "fra")
_KINDS = (
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)


def picture_kind(content: bytes) -> str | None:
    """Return what kind of picture a file is, or None for one that is none that we take."""
    return next((kind for magic, kind in _KINDS if content.startswith(magic)), None)


def read_picture(content: bytes, kind: str) -> list[Sheet]:
    """Return the recognised pages of a picture. Raises `Unreadable`."""
    program = _program()
    return [_sheet(program, image, number) for number, image in enumerate(_frames(content, kind), 1)]


def read_pages(content: bytes, numbers: Sequence[int]) -> list[Sheet]:
    """Return the recognised pages of a PDF that have no text of their own. Raises `Unreadable`."""
    import pypdfium2  # type: ignore[import-untyped]

    program = _program()
    if len(numbers) > MOST_PICTURES:
        raise Unreadable("statement.too-complex", f"The PDF has more than {MOST_PICTURES} scanned pages.")
    document = pypdfium2.PdfDocument(content)
    sheets = []
    for number in numbers:
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(_DOTS / 72, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
        image: Image = page.render(scale=scale, grayscale=True).to_pil()
        sheets.append(_sheet(program, image, number))
    return sheets


def _program() -> str:
    found = shutil.which("tesseract")
    if found is None:
        raise Unreadable(
            "statement.scan",
            "The file is a picture of a statement, and this server has nothing that recognises letters: send the "
            "statement as it was downloaded (PDF, OFX or CSV), or have tesseract installed.",
        )
    return found


def _frames(content: bytes, kind: str) -> Iterator[Image]:
    """Yield the pictures of a file, each looked at for its size before it is unpacked."""
    from PIL import Image as images

    images.MAX_IMAGE_PIXELS = None  # our own bound is looked at first
    try:
        opened = images.open(io.BytesIO(content), formats=[kind])
        for number in range(getattr(opened, "n_frames", 1)):
            if number >= MOST_PICTURES:
                raise Unreadable("statement.too-complex", f"The picture has more than {MOST_PICTURES} pages.")
            opened.seek(number)
            width, height = opened.size
            if width * height > _MOST_PIXELS:
                raise Unreadable(
                    "statement.too-complex", f"The picture has {width * height:,} points; the most is {_MOST_PIXELS:,}."
                )
            yield opened.convert("L")
    except (Unreadable, MemoryError):
        raise
    except Exception:
        raise Unreadable("statement.truncated", f"The picture ({kind}) cannot be opened: it is cut off.") from None


def _sheet(program: str, image: Image, number: int) -> Sheet:
    packed = io.BytesIO()
    image.save(packed, "PNG", compress_level=1, dpi=(_DOTS, _DOTS))
    arguments = [program, "stdin", "stdout", "-l", _languages(program), "--psm", "6", "tsv"]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    # our own arguments, and no shell
    done = subprocess.run(  # noqa: S603
        arguments, input=packed.getvalue(), capture_output=True, check=False, env=environment
    )
    if done.returncode != 0:
        raise Unreadable("statement.scan", f"The letters of page {number} could not be recognised.", f"page {number}")
    return Sheet(number, image.width * 72 / _DOTS, tuple(_words(done.stdout.decode("utf-8", "replace"))))


def _languages(program: str) -> str:
    """Return those of the statements' languages that are installed."""
    done = subprocess.run([program, "--list-langs"], capture_output=True, check=False)  # noqa: S603
    there = done.stdout.decode("utf-8", "replace").split()
    return "+".join(name for name in _SPOKEN if name in there) or "eng"


def _words(table: str) -> Iterator[Word]:
    """Return the words in tesseract's table, each as tall as its line, in points."""
    lines: dict[tuple[str, ...], tuple[float, float]] = {}
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        try:
            place = tuple(row[name] for name in ("page_num", "block_num", "par_num", "line_num"))
            left, top, width, height = (float(row[name]) * 72 / _DOTS for name in ("left", "top", "width", "height"))
            if row["level"] == "4":
                lines[place] = (top, height)
            text = (row["text"] or "").strip()
            if row["level"] != "5" or not text or float(row["conf"]) < _SURE:
                continue
        except (KeyError, TypeError, ValueError):
            continue
        top, height = lines.get(place, (top, height))
        yield Word(text, left, left + width, top, top + height)
