"""The one entrance: which format a file is in, and who reads it."""

from __future__ import annotations

from afluente.connectors.statements.delimited import read_csv
from afluente.connectors.statements.encodings import decode
from afluente.connectors.statements.ofx import is_ofx, read_ofx
from afluente.connectors.statements.portable import is_pdf, read_pdf
from afluente.connectors.statements.printed import read_printed
from afluente.connectors.statements.records import MAX_BYTES, StatementFile, Unreadable
from afluente.connectors.statements.scans import picture_kind, read_picture

_OTHERS = (
    (("<!doctype html", "<html"), "a web page (HTML): the bank's site may have answered with a login page"),
    (("!type:", "!account"), "a QIF file, which is not read"),
    ((":20:", "{1:"), "a SWIFT message (MT940), which is not read"),
    (("{", "["), "JSON, which is not read"),
    (("<?xml", "<"), "XML, but not OFX"),
)


def read_statement(content: bytes, filename: str = "") -> StatementFile:
    """Return what the statement file in `content` holds; `filename` helps only to tell a card from an account.

    Pure: the same bytes give the same result. Raises `Unreadable`, and nothing else, whatever the bytes are.
    """
    if len(content) > MAX_BYTES:
        raise Unreadable(
            "statement.too-large", f"The file has {len(content):,} bytes; the most that is read is {MAX_BYTES:,}."
        )
    if is_pdf(content):
        return read_pdf(content)
    if kind := picture_kind(content):
        return read_printed(read_picture(content, kind), "scan")
    decoded = decode(content)
    if is_ofx(decoded.text):
        return read_ofx(decoded)
    head = decoded.text[:500].lstrip().lower()
    for beginnings, kind in _OTHERS:
        if head.startswith(beginnings):
            raise Unreadable("statement.not-a-statement", f"The file is {kind}: export the statement as OFX or CSV.")
    if filename.lower().endswith((".ofx", ".qfx")):
        raise Unreadable("statement.not-a-statement", "The file is named as OFX, but has no OFX tag in it.")
    return read_csv(decoded, filename)
