"""Pages as words in places: what a PDF's text and a scan's recognised text both become before they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

_SAME_LINE = 0.55
"""Of a word's height: by how much the middles of two words of one line may differ."""


class Word(msgspec.Struct, frozen=True):
    """Letters without a blank, and the box they stand in: points from the page's left and top."""

    text: str
    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """The height at which it stands."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        """How tall it is."""
        return max(self.bottom - self.top, 1.0)


class Sheet(msgspec.Struct, frozen=True):
    """One page; it counts from 1."""

    number: int
    width: float
    words: tuple[Word, ...]


class Line(msgspec.Struct, frozen=True):
    """Words that stand beside one another, from left to right."""

    page: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(word.text for word in self.words)

    @property
    def where(self) -> str:
        """A place that a person can look at."""
        told = self.text if len(self.text) <= 60 else f"{self.text[:59]}…"
        return f"page {self.page}, “{told}”"

    @property
    def middle(self) -> float:
        """The height at which it stands."""
        return self.words[0].middle

    @property
    def height(self) -> float:
        """How tall its first word is."""
        return self.words[0].height

    def phrases(self, gap: float = 0.9) -> list[tuple[Word, ...]]:
        """Return the words in groups that a wider blank parts; `gap` counts in heights of the words."""
        groups: list[list[Word]] = []
        for word in self.words:
            if groups and word.left - groups[-1][-1].right <= gap * word.height:
                groups[-1].append(word)
            else:
                groups.append([word])
        return [tuple(group) for group in groups]


def lines_of(sheets: Iterable[Sheet]) -> list[Line]:
    """Return the lines of all pages, in the order in which they are read."""
    return [line for sheet in sheets for line in _lines(sheet)]


def _lines(sheet: Sheet) -> list[Line]:
    found: list[list[Word]] = []
    for word in sorted(sheet.words, key=lambda word: (word.middle, word.left)):
        if found and abs(word.middle - found[-1][0].middle) <= _SAME_LINE * min(word.height, found[-1][0].height):
            found[-1].append(word)
        else:
            found.append([word])
    return [Line(sheet.number, tuple(sorted(words, key=lambda word: word.left))) for words in found]


def said(words: Sequence[Word]) -> str:
    """Return the text of some words."""
    return " ".join(word.text for word in words)


_CORE = r"(?:[0-9]{1,3}(?:[.,' ’\u00a0\u202f][0-9]{3})*|[0-9]+|)[.,][0-9]{2}"
_SIGN = r"[-+−–—]"
_COIN = r"(?:R\$|US\$|C\$|CA\$|\$|€|£|BRL|CAD|USD|EUR|MXN|COP)"
_AMOUNT = re.compile(
    rf"\(?{_SIGN}?{_COIN}?{_SIGN}?\(?{_CORE}\)?{_SIGN}?{_COIN}?(?:\(?[+-]\)|(?i:CR|DR|DB|C|D))?\)?\*?", re.ASCII
)
_BEFORE = re.compile(rf"{_SIGN}|{_SIGN}?{_COIN}{_SIGN}?")
_BEHIND = re.compile(rf"{_SIGN}|\([+-]\)|{_COIN}|(?i:CR|DR|DB|C|D)")
_GROUP = re.compile(rf"\(?{_SIGN}?{_COIN}?{_SIGN}?[0-9]{{1,3}}")
_REST = re.compile(r"[0-9]{3}(?:[.,][0-9]{2}.*)?")


class Money(msgspec.Struct, frozen=True):
    """An amount as it is printed, over one or several words of a line: `first` and `last` are their places."""

    text: str
    left: float
    right: float
    first: int
    last: int


def amounts_in(line: Line) -> list[Money]:
    """Return the amounts in a line: numbers with two decimals, with their signs, letters and currencies."""
    found: list[Money] = []
    at = 0
    words = line.words
    while at < len(words):
        end = _grouped(words, at)
        text = "".join(word.text for word in words[at : end + 1])
        if not _AMOUNT.fullmatch(text):
            at += 1
            continue
        first, last = at, end
        taken = found[-1].last if found else -1
        while first - 1 > taken and _near(words, first - 1, first) and _BEFORE.fullmatch(words[first - 1].text):
            first -= 1
        if last + 1 < len(words) and _near(words, last, last + 1) and _BEHIND.fullmatch(words[last + 1].text):
            coin = re.fullmatch(_COIN, words[last + 1].text)
            # a sign before the next amount is that one's
            follows = last + 2 < len(words) and _near(words, last + 1, last + 2, 0.5)
            if not coin and not (follows and re.fullmatch(_SIGN, words[last + 1].text)):
                last += 1
        told = " ".join(word.text for word in words[first : last + 1])
        found.append(Money(told.replace("*", ""), words[first].left, words[end].right, first, last))
        at = last + 1
    return found


def _grouped(words: Sequence[Word], at: int) -> int:
    """Return the last word of a number whose thousands are parted by blanks: `12 345,67`."""
    end = at
    if not _GROUP.fullmatch(words[at].text):
        return at
    while end + 1 < len(words) and _near(words, end, end + 1, 0.45) and _REST.fullmatch(words[end + 1].text):
        end += 1
        if not words[end].text.isdigit():
            return end
    return at


def _near(words: Sequence[Word], one: int, two: int, gap: float = 1.6) -> bool:
    return words[two].left - words[one].right <= gap * words[two].height
