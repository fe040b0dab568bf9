"""From bytes to text. A file's header often lies about its encoding, so the bytes are asked first."""

from __future__ import annotations

import codecs
import re

import msgspec

from afluente.connectors.statements.records import Unreadable

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet (XLSX)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document (XLS, DOC)"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"GIF8", "an image (GIF)"),
    (b"Rar!", "an archive (RAR)"),
    (b"7z\xbc\xaf", "an archive (7z)"),
    (b"{\\rtf", "a text document (RTF)"),
)
_DECLARED = re.compile(rb"CHARSET\s*:\s*([A-Za-z0-9_-]+)|encoding\s*=\s*[\"']([A-Za-z0-9_-]+)", re.IGNORECASE)
_WESTERN = frozenset({"cp1252", "iso8859-1", "ascii", "utf-8", "utf-16", "utf-32"})
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


class Decoded(msgspec.Struct, frozen=True):
    """The file as text: line ends are single newlines, no byte order mark."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def decode(content: bytes) -> Decoded:
    """Return the text in `content`. Raises `Unreadable` for an empty file and for one that is not text."""
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        size = f"{len(content)} bytes, all of them blank" if content else "0 bytes"
        raise Unreadable("statement.empty", f"The file is empty ({size}).")
    for magic, kind in _KINDS:
        if content.startswith(magic):
            raise Unreadable(
                "statement.not-a-statement",
                f"The file is {kind}, not a bank statement: export the statement as PDF, OFX or CSV.",
            )
    text, encoding, warnings = _text(content)
    control = _CONTROL.findall(text)
    if len(control) > 8 and len(control) * 100 > len(text):
        first = _CONTROL.search(text)
        where = f"character {first.start() + 1}" if first else "the beginning"
        raise Unreadable(
            "statement.not-a-statement", f"The file is not text: it has control characters from {where} on.", where
        )
    if control:
        text = _CONTROL.sub(" ", text)
        warnings = (*warnings, f"{len(control)} control characters were read as blanks.")
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), encoding, warnings)


def _text(content: bytes) -> tuple[str, str, tuple[str, ...]]:
    for bom, name in _BOMS:
        if content.startswith(bom):
            return _sure(content[len(bom) :], name)
    if wide := _wide(content):
        return _sure(content, wide)
    try:
        text = content.decode("utf-8")
        return text, "ascii" if text.isascii() else "utf-8", ()
    except UnicodeDecodeError as wrong:
        first = wrong.start
    # A UTF-8 file whose bank cut a name in the middle of a letter is still UTF-8: most of its letters are right.
    loose = content.decode("utf-8", "surrogateescape")
    stray = len(re.findall("[\udc80-\udcff]", loose))
    letters = len(re.findall("[\u00a0-\U0010ffff]", loose)) - stray
    if letters > stray:
        where = f"byte {first + 1}"
        return (
            content.decode("utf-8", "replace"),
            "utf-8",
            (f"{stray} bytes are not valid UTF-8, the first at {where}: they were replaced.",),
        )
    if declared := _declared(content):
        try:
            return content.decode(declared), declared, ()
        except (UnicodeDecodeError, LookupError):
            pass
    try:
        return content.decode("cp1252"), "cp1252", ()
    except UnicodeDecodeError:
        return content.decode("latin-1"), "iso-8859-1", ()


def _sure(content: bytes, name: str) -> tuple[str, str, tuple[str, ...]]:
    """Decode what is surely `name`, replacing what is broken in it."""
    try:
        return content.decode(name), name, ()
    except UnicodeDecodeError as wrong:
        warning = f"Byte {wrong.start + 1} on is not valid {name.upper()}: what is broken was replaced."
        return content.decode(name, "replace"), name, (warning,)


def _wide(content: bytes) -> str | None:
    """Return the UTF-16 flavour of a file without a byte order mark: Latin text has a zero in every second byte."""
    head = content[:400]
    pairs = len(head) // 2
    if pairs < 8:
        return None
    if head[1::2].count(0) > pairs * 0.8:
        return "utf-16-le"
    return "utf-16-be" if head[0::2].count(0) > pairs * 0.8 else None


def _declared(content: bytes) -> str | None:
    """Return the codec the header names, if it is another than the Western ones that are tried anyway."""
    found = _DECLARED.search(content[:2000])
    if not found:
        return None
    word = (found[1] or found[2]).decode("ascii")
    name = f"cp{word}" if word.isdigit() and len(word) <= 4 else word
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    # `_is_text_encoding` is CPython's own mark of codecs such as hex or zlib, which are no character sets.
    return None if codec.name in _WESTERN or not getattr(codec, "_is_text_encoding", True) else codec.name
