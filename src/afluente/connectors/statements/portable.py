"""PDF files: their words where they stand. The libraries are loaded with the first file."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from afluente.connectors.statements.printed import read_printed
from afluente.connectors.statements.records import StatementFile, Unreadable
from afluente.connectors.statements.scans import read_pages
from afluente.connectors.statements.sheets import Sheet, Word
from afluente.connectors.statements.traits import signs_of_making
from afluente.core.documents import Sign

if TYPE_CHECKING:
    from pdfplumber.page import Page

MOST_PAGES = 120
"""Pages of one file; a year of a busy account has fewer."""

_MOST_LETTERS, _MOST_OF_ALL = 30_000, 600_000
"""Letters on one page, of which the densest print has a fourth, and on all of them."""

_MOST_CONTENT = 6_000_000
"""Bytes of what draws one page, unpacked; each letter takes some twenty."""

_FEWEST_LETTERS = 12
"""A page with fewer is a picture, or blank."""

_COVERS = 0.5
"""Of a page: a picture that takes more is a scan."""


class Opened(msgspec.Struct, frozen=True):
    """A PDF's pages: those with text as words, the others by their number, and what its making tells."""

    sheets: tuple[Sheet, ...]
    pictures: tuple[int, ...]
    signs: tuple[Sign, ...] = ()


def is_pdf(content: bytes) -> bool:
    """Say whether the file claims to be a PDF: its mark may stand behind some bytes of others."""
    return b"%PDF-" in content[:1024]


def read_pdf(content: bytes) -> StatementFile:
    """Return the statement in a PDF; pages that are pictures are recognised where there is no text to read instead.

    Raises `Unreadable`, which has the signs of its making too.
    """
    opened = open_pdf(content)
    sheets, kind, warnings = list(opened.sheets), "pdf", list[str]()
    try:
        if opened.pictures:
            try:
                sheets = sorted([*sheets, *read_pages(content, opened.pictures)], key=lambda sheet: sheet.number)
                kind = "scan"
            except Unreadable as why:
                if not sheets or why.meaning != "statement.scan":
                    raise
                told = ", ".join(map(str, opened.pictures))
                warnings.append(
                    f"Pages left out because they are pictures, and nothing here recognises letters: {told}."
                )
        if not sheets:
            raise Unreadable("statement.empty", "The PDF's pages are empty.")
        return msgspec.structs.replace(read_printed(sheets, kind, warnings), signs=opened.signs)
    except Unreadable as why:
        why.signs = opened.signs
        if why.meaning == "statement.does-not-add-up":
            why.signs = (*why.signs, Sign("does-not-add-up", None, {"Found": why.sentence}))
        raise


def open_pdf(content: bytes) -> Opened:
    """Return a PDF's pages. Raises `Unreadable` for one that is broken, locked, or has too many pages or letters."""
    import pdfplumber
    from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfparser import PDFSyntaxError
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        if _count(content) == 0:
            raise Unreadable("statement.not-a-statement", "The PDF has no pages.")
        _count_letters(content)
        with pdfplumber.open(io.BytesIO(content), unicode_norm="NFKC") as document:
            sheets, pictures, digits = [], [], list[tuple[int, str]]()
            for number, page in enumerate(document.pages, 1):
                words = tuple(_words(page))
                if sum(len(word.text) for word in words) >= _FEWEST_LETTERS:
                    sheets.append(Sheet(number, float(page.width), words))
                elif _is_picture(page):
                    pictures.append(number)
                digits += [(number, str(char["fontname"])) for char in page.chars if char["text"].isdigit()]
                page.close()
            told = {str(name): value for name, value in (document.metadata or {}).items()}
            return Opened(tuple(sheets), tuple(pictures), signs_of_making(content, told, digits))
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise _locked() from None
    except PdfminerException as wrapped:
        if wrapped.args and isinstance(wrapped.args[0], (PDFPasswordIncorrect, PDFEncryptionError)):
            raise _locked() from None
        raise _broken() from None
    except PDFSyntaxError:
        raise _broken() from None
    except (Unreadable, MemoryError):
        raise
    except Exception:
        # what is written wrongly makes these libraries stumble in more ways than they have names for
        raise _broken() from None


def _count(content: bytes) -> int:
    """Return how many pages there are, if none is too much. The tree is walked, because its own count may be a lie."""
    from pdfminer.pdfdocument import PDFDocument
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser
    from pdfminer.pdftypes import stream_value

    count = 0
    for count, page in enumerate(PDFPage.create_pages(PDFDocument(PDFParser(io.BytesIO(content)))), 1):
        if count > MOST_PAGES:
            raise Unreadable(
                "statement.too-complex", f"The PDF has more than {MOST_PAGES} pages; a statement has fewer."
            )
        if sum(len(stream_value(part).get_data()) for part in page.contents) > _MOST_CONTENT:
            where = f"page {count}"
            raise Unreadable("statement.too-complex", f"Page {count} holds more than a page can show.", where)
    return count


def _count_letters(content: bytes) -> None:
    """Refuse pages with more letters than print has, told by a library that counts them in no time."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        return  # the other library says what is wrong with it
    every = 0
    for number in range(len(document)):
        letters = document[number].get_textpage().count_chars()
        every += letters
        if letters > _MOST_LETTERS or every > _MOST_OF_ALL:
            where = f"page {number + 1}"
            raise Unreadable("statement.too-complex", f"Up to {where} there are more letters than print has.", where)


def _words(page: Page) -> Iterator[Word]:
    upright = page.filter(_upright)
    for word in upright.extract_words(x_tolerance_ratio=0.18, y_tolerance=2.5, keep_blank_chars=False):
        if text := re.sub(r"[\x00-\x1f\u200b\ufeff]", "", word["text"]).strip():
            yield Word(text, float(word["x0"]), float(word["x1"]), float(word["top"]), float(word["bottom"]))


def _upright(thing: dict[str, Any]) -> bool:
    """Leave out what is printed up a margin."""
    return thing["object_type"] != "char" or bool(thing.get("upright", True))


def _is_picture(page: Page) -> bool:
    area = float(page.width) * float(page.height)
    return any(
        abs((image["x1"] - image["x0"]) * (image["bottom"] - image["top"])) >= _COVERS * area for image in page.images
    )


def _locked() -> Unreadable:
    return Unreadable("statement.protected", "The PDF is protected by a password: save it without one.")


def _broken() -> Unreadable:
    return Unreadable("statement.truncated", "The PDF cannot be opened: it is cut off, or is none.")
