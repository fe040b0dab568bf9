"""Which lines of a printed statement are about which account: some banks print several accounts in one file.

Each then has a heading with its number, and its own table below it. The same number on every page is one account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from afluente.connectors.statements.calendars import written
from afluente.connectors.statements.columns import header_at
from afluente.connectors.statements.headings import number_below, number_in
from afluente.connectors.statements.sheets import Line, amounts_in

_MASKED = re.compile(r"[Xx*•].*[0-9]")
"""Signs in place of digits stand before the last ones; an X behind them all is a check digit."""

_FOLLOWS = 1.9
"""Heights of a line: by how much at most a line of a table goes on below the one above it."""


class Section(msgspec.Struct, frozen=True):
    """One account of several: `mark` is the place of the number within its heading, which begins `lines`."""

    number: str
    lines: tuple[Line, ...]
    heading: tuple[Line, ...]
    mark: int


class Sections(msgspec.Struct, frozen=True):
    """All accounts of a file, in their order, and what stands above the first of them."""

    preamble: tuple[Line, ...]
    every: tuple[Section, ...]


class _Mark(msgspec.Struct, frozen=True):
    """A number in a heading: the heading's first line, and the number's own."""

    start: int
    place: int
    number: str


class _Part(msgspec.Struct):
    """A mark and the first table behind it."""

    mark: _Mark
    table: int


def sections_of(lines: Sequence[Line]) -> Sections | None:
    """Return the accounts of a file that has several; None for one that has not, or does not tell them apart."""
    parts: list[_Part] = []
    for found in _parts(lines):
        if parts and _same(parts[-1].mark.number, found.mark.number):
            continue
        if any(_same(part.mark.number, found.mark.number) for part in parts):
            return None  # what goes back and forth between accounts is no list of them
        parts.append(found)
    if len(parts) < 2:
        return None
    ends = [*(part.mark.start for part in parts[1:]), len(lines)]
    return Sections(
        tuple(lines[: parts[0].mark.start]),
        tuple(
            Section(
                part.mark.number,
                tuple(lines[part.mark.start : end]),
                tuple(lines[part.mark.start : part.table]),
                part.mark.place - part.mark.start,
            )
            for part, end in zip(parts, ends, strict=True)
        ),
    )


def _parts(lines: Sequence[Line]) -> list[_Part]:
    """Return each table that has a number in a heading above it, behind the table before."""
    parts: list[_Part] = []
    marks: list[_Mark] = []
    above: Line | None = None
    free, place, tables = 0, 0, 0
    while place < len(lines):
        line = lines[place]
        if header := header_at(lines, place):
            if marks:
                # a heading may name other accounts before its own
                last = marks[-1]
                first = next(mark for mark in marks if _same(mark.number, last.number))
                parts.append(_Part(first, place))
            marks, tables = [], tables + 1
            place += header[1]
            above, free = lines[place - 1], place
            continue
        row = bool(amounts_in(line)) or (tables > 0 and written(line.words) is not None)
        if row or (tables > 0 and above is not None and _follows(above, line)):
            above, free = line, place + 1
        else:
            above = None
            if number := number_in([line]) or number_below(lines[place : place + 2]):
                marks.append(_Mark(free, place, number))
        place += 1
    return parts


def _follows(above: Line, line: Line) -> bool:
    """Say whether a line goes on with a table's last: no heading stands so near."""
    return line.page == above.page and 0 <= line.middle - above.middle <= _FOLLOWS * above.height


def _same(one: str, two: str) -> bool:
    """Say whether two numbers are one account's, which may be printed whole or with its last digits only."""
    shown = [re.sub(r"[^0-9]", "", number) for number in (one, two)]
    if any(_MASKED.search(number) for number in (one, two)):
        return shown[0][-4:] == shown[1][-4:]
    shorter, longer = sorted(shown, key=len)
    return longer.endswith(shorter)
