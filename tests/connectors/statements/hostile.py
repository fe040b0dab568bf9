"""Files that are made to hurt whoever reads them, each small and valid enough to be tried."""

import zlib
from collections.abc import Callable

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "ha">%s]>
<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST><STMTTRN><MEMO>&z;</MEMO></STMTTRN></BANKTRANLIST></STMTRS>
</STMTTRNRS></BANKMSGSRSV1></OFX>""" % b"".join(
    b'<!ENTITY %c "%s">' % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(25)
)


def document(objects: list[bytes]) -> bytes:
    """Return a PDF of some objects, the first of which is its catalogue."""
    out, places = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def page_of(stream: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    """Return a PDF of one page that is drawn by a stream, packed as it says."""
    return document(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>",
            b"<</Length %d/Filter%s>>stream\n%s\nendstream" % (len(stream), filters, stream),
        ]
    )


def flate_bomb(megabytes: int = 3_000) -> bytes:
    """Return a page that unpacks to gigabytes: packed twice, it is a few kilobytes."""
    blanks = b" " * 1_000_000
    pack = zlib.compressobj(9, wbits=-15)
    block = pack.compress(blanks) + pack.flush(zlib.Z_FULL_FLUSH)  # begins and ends on a byte, and needs no other
    total = 1
    for _ in range(megabytes):
        total = zlib.adler32(blanks, total)
    inner = b"\x78\xda" + block * megabytes + pack.flush() + total.to_bytes(4, "big")
    return page_of(zlib.compress(inner, 9), b"[/FlateDecode/FlateDecode]")


def letters(count: int) -> bytes:
    """Return a page of so many letters."""
    return page_of(zlib.compress(b"BT /F1 8 Tf 9 TL " + b"(%s)Tj T* " % (b"x" * 90) * (count // 90) + b"ET"))


def pages(count: int) -> bytes:
    """Return a PDF of so many pages, all alike."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(count))
    return document(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
            *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"] * count,
        ]
    )


def nested(depth: int = 30) -> bytes:
    """Return a page that draws a form ten times, which draws another ten times, and so on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 4>>stream\n/X Do\nendstream",
    ]
    for number in range(5, 5 + depth):
        inside = b"/Resources<</XObject<</X %d 0 R>>>>" % (number + 1) if number < 4 + depth else b""
        drawn = b"/X Do " * 10
        objects.append(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length %d>>stream\n%s\nendstream"
            % (inside, len(drawn), drawn)
        )
    return document(objects)


def endless_tree() -> bytes:
    """Return a PDF whose tree of pages holds itself."""
    return document([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99>>"])


FILES: dict[str, Callable[[], bytes]] = {
    "a PDF of gigabytes": flate_bomb,
    "a PDF of 10,000 pages": lambda: pages(10_000),
    "a PDF that is none": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 40,
    "a page of a million letters": lambda: letters(1_000_000),
    "a tree without end": endless_tree,
    "entities without end": lambda: LAUGHS,
}
"""By what they are, how they are made; each is refused within moments."""

FORMULAS = (
    b"Data;Descricao;Valor\n"
    b"01/02/2026;=cmd|' /C calc'!A0;10,00\n"
    b"02/02/2026;+SUM(A1:A9);-5,00\n"
    b'03/02/2026;"@HYPERLINK(""http://example.invalid"")";-1,00\n'
    b"04/02/2026;-2+3;-2,50\n"
)
"""A statement whose descriptions a spreadsheet would run."""
