"""Documents as PDF: plain pages of lines, in the base64 that the wire carries them in."""

from __future__ import annotations

import base64
from collections.abc import Sequence

_LINES = 54
"""Lines on a page."""

_WIDTH = 96
"""Characters of a line."""


def pdf(title: str, lines: Sequence[str]) -> str:
    """Return a document with a title and lines, as PDF 1.4 in base64. Letters beyond Latin-1 become question marks."""
    told = [part for line in lines for part in _wrapped(line)]
    pages = [told[at : at + _LINES] for at in range(0, len(told), _LINES)] or [[]]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in enumerate(pages):
        text = _text([title, "", *page])
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {5 + 2 * number} 0 R>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(text), text))
    return base64.b64encode(_file(objects)).decode()


def _wrapped(line: str) -> list[str]:
    return [line[at : at + _WIDTH] for at in range(0, len(line), _WIDTH)] or [""]


def _text(lines: Sequence[str]) -> bytes:
    shown = (line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines)
    drawn = "".join(f"({line})Tj T*\n" for line in shown)
    return f"BT /F1 9 Tf 40 800 Td 13 TL\n{drawn}ET".encode("cp1252", errors="replace")


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
