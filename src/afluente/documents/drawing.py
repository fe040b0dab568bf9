"""Drawing a sheet on pages. This is the only module that knows the drawing library, and it loads it."""

from __future__ import annotations

import re
from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from afluente.documents.sheet import Line, Sheet, printable, shown

_MARGIN = 16.0
"""Millimetres left, right and above."""

_BOTTOM = 22.0
_ROW = 6.2
_LINE = 4.0
_MOST_LINES = 6
"""Lines of one movement's text; what is longer is cut, and shows it."""
_INK = (33, 37, 41)
_SOFT = (108, 117, 125)
_STRIPE = (246, 247, 249)
_RULE = (206, 212, 218)
_OWN_COLOR = (20, 60, 110)
_HEX = re.compile(r"#?([0-9A-Fa-f]{6})")


class Paper(FPDF):
    """The pages of one statement: the head of the first one, column titles on each, a foot with the page's number."""

    def __init__(self, sheet: Sheet, made_at: datetime) -> None:
        """Begin a document that was made at `made_at`, the only time that is written into it."""
        super().__init__(unit="mm", format="letter" if sheet.letter else "A4")
        self.sheet = sheet
        self.tint = _color(sheet.color)
        self.core_fonts_encoding = "cp1252"
        self.set_creation_date(made_at)
        self.set_title(printable(sheet.title))
        self.set_author(printable(sheet.institution))
        self.set_lang(sheet.language)
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, _BOTTOM)
        self.alias_nb_pages()
        money = 27.0
        self.widths = (24.0, self.epw - 24.0 - 3 * money, money, money, money)

    def header(self) -> None:
        """Print the institution's band, whole on the first page and thin on the others."""
        first = self.page_no() == 1
        height = 22.0 if first else 10.0
        self.set_fill_color(*self.tint)
        self.rect(0, 0, self.w, height, style="F")
        self.set_text_color(255, 255, 255)
        self.set_xy(_MARGIN, 0)
        self.set_font("Helvetica", "B", 16 if first else 9)
        self.cell(self.epw / 2, height, self._fitted(self.sheet.institution, self.epw / 2))
        self.set_font("Helvetica", "", 10 if first else 8)
        title = self._fitted(self.sheet.title, self.epw / 2)
        self.cell(self.epw / 2, height, title, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_text_color(*_INK)
        self.ln(6)
        if not first:
            self.columns()

    def footer(self) -> None:
        """Print what to do with the statement, and the page's number."""
        words = self.sheet.words
        self.set_y(-_BOTTOM + 6)
        self.set_draw_color(*_RULE)
        self.line(_MARGIN, self.get_y(), self.w - _MARGIN, self.get_y())
        self.set_font("Helvetica", "", 7.5)
        self.set_text_color(*_SOFT)
        self.cell(self.epw - 30, 8, printable(words.made))
        self.cell(30, 8, words.page.format(number=self.page_no(), count="{nb}"), align="R")
        self.set_text_color(*_INK)

    def columns(self) -> None:
        """Print the titles of the columns."""
        words = self.sheet.words
        names = (words.date, words.description, words.debit, words.credit, words.balance)
        self.set_font("Helvetica", "B", 8.5)
        self.set_draw_color(*self.tint)
        self.set_line_width(0.4)
        for place, (name, width) in enumerate(zip(names, self.widths, strict=True)):
            told = "" if place == 4 and self.sheet.closing is None else name
            self.cell(width, 7, told, border="B", align="R" if place > 1 else "L")
        self.ln(8)
        self.set_line_width(0.2)

    def opening(self) -> None:
        """Print whose account it is, of when, and its figures."""
        sheet, words = self.sheet, self.sheet.words
        top, half = self.get_y(), self.epw / 2
        self._told(words.holder, [(line, "") for line in sheet.holder], _MARGIN, half)
        left = self.get_y()
        days = f"{sheet.first.strftime(words.day)} {words.until} {sheet.last.strftime(words.day)}"
        facts = [(words.period, days), *sheet.facts]
        self.set_y(top)
        self._told("", facts, _MARGIN + half, half)
        self.set_y(max(left, self.get_y()) + 3)
        self._figures()
        self.columns()

    def _told(self, name: str, lines: list[tuple[str, str]], x: float, width: float) -> None:
        if name:
            self.set_x(x)
            self.set_font("Helvetica", "", 8)
            self.set_text_color(*_SOFT)
            self.cell(width, 5, name, new_x=XPos.LEFT, new_y=YPos.NEXT)
            self.set_text_color(*_INK)
        for label, value in lines:
            self.set_x(x)
            if value:
                self.set_font("Helvetica", "", 8)
                self.set_text_color(*_SOFT)
                self.cell(38, 5, f"{label}:")
                self.set_text_color(*_INK)
                self.set_font("Helvetica", "B", 9)
                self.cell(width - 38, 5, self._fitted(value, width - 38), new_x=XPos.LEFT, new_y=YPos.NEXT)
            else:
                self.set_font("Helvetica", "", 10)
                self.cell(width, 5, self._fitted(label, width), new_x=XPos.LEFT, new_y=YPos.NEXT)

    def _figures(self) -> None:
        sheet, words = self.sheet, self.sheet.words
        figures = [(words.credits, sheet.credits), (words.debits, sheet.debits)]
        if sheet.opening is not None and sheet.closing is not None:
            figures = [(words.opening, sheet.opening), *figures, (words.closing, sheet.closing)]
        width, top = self.epw / len(figures), self.get_y()
        self.set_fill_color(*_STRIPE)
        self.rect(_MARGIN, top, self.epw, 15, style="F")
        for place, (name, value) in enumerate(figures):
            self.set_xy(_MARGIN + place * width + 3, top + 2)
            self.set_font("Helvetica", "", 8)
            self.set_text_color(*_SOFT)
            self.cell(width - 4, 5, name, new_x=XPos.LEFT, new_y=YPos.NEXT)
            self.set_font("Helvetica", "B", 11)
            self.set_text_color(*_INK)
            self.cell(width - 4, 6, shown(sheet, value))
        self.set_xy(_MARGIN, top + 20)

    def row(self, line: Line, striped: bool) -> None:
        """Print one movement, its text on as many lines as it needs."""
        sheet = self.sheet
        self.set_font("Helvetica", "", 8.5)
        money = shown(sheet, abs(line.amount))
        text, *more = self._wrapped(line.text, self.widths[1] - 2)
        height = _ROW + len(more) * _LINE
        if self.will_page_break(height):
            self.add_page()
            self.set_font("Helvetica", "", 8.5)
        if striped:
            self.set_fill_color(*_STRIPE)
            self.rect(_MARGIN, self.get_y(), self.epw, height, style="F")
        cells = (
            line.day.strftime(sheet.words.day),
            text,
            money if line.amount < 0 else "",
            money if line.amount >= 0 else "",
            "" if line.balance is None else shown(sheet, line.balance),
        )
        for place, (told, width) in enumerate(zip(cells, self.widths, strict=True)):
            self.cell(width, _ROW, told, align="R" if place > 1 else "L")
        self.ln(_ROW)
        for told in more:
            self.set_x(_MARGIN + self.widths[0])
            self.cell(self.widths[1], _LINE, told, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def content(self) -> bytes:
        """Return the finished document."""
        return bytes(self.output())

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Return `text` in lines that fit the width in the font that is set; at least one."""
        lines = [""]
        for word in printable(text).split(" "):
            joined = f"{lines[-1]} {word}".strip()
            if self.get_string_width(joined) <= width - 2:
                lines[-1] = joined
            elif len(lines) == _MOST_LINES:
                lines[-1] = self._fitted(f"{joined}…", width)
                break
            elif lines[-1]:
                lines.append(self._fitted(word, width))
            else:
                lines[-1] = self._fitted(word, width)
        return lines

    def _fitted(self, text: str, width: float) -> str:
        """Return as much of `text` as the width holds in the font that is set."""
        told = printable(text)
        if self.get_string_width(told) <= width - 2:
            return told
        while told and self.get_string_width(f"{told}…") > width - 2:
            told = told[: max(0, min(len(told) - 1, int(len(told) * (width - 2) / self.get_string_width(told))))]
        return f"{told.rstrip()}…"


def draw(sheet: Sheet, made_at: datetime) -> Paper:
    """Return the pages of a sheet."""
    paper = Paper(sheet, made_at)
    paper.add_page()
    paper.opening()
    for number, line in enumerate(sheet.lines):
        paper.row(line, striped=number % 2 == 1)
    if not sheet.lines:
        paper.set_font("Helvetica", "I", 9)
        paper.cell(paper.epw, 10, printable(sheet.words.none), align="C")
    return paper


def _color(text: str) -> tuple[int, int, int]:
    """Return a colour dark enough for white letters: the institution's own where it is."""
    found = _HEX.fullmatch(text)
    if not found:
        return _OWN_COLOR
    red, green, blue = (int(found[1][place : place + 2], 16) for place in (0, 2, 4))
    light = (299 * red + 587 * green + 114 * blue) / 255_000
    if light <= 0.6:
        return red, green, blue
    return int(red * 0.45), int(green * 0.45), int(blue * 0.45)
