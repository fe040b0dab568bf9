"""What a movement's words say: their plain form, and the table of phrases by which movements are told apart."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

TABLE = Path(__file__).with_name("phrases.toml")

Words = tuple[str, ...]
"""A text's words in plain form: lower case, no accents, digits kept."""

_WORD = re.compile(r"[^\W_]+")
_CARD = re.compile(r"(?:final|ending|ending in|termina(?:da)? en|terminal|\*\*)\s*(\d{4})\b")

_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
"""Combining marks: what is left of an accent when its letter has been taken apart."""

Value = TypeVar("Value")


def words(text: str) -> Words:
    """Return a text's words: lower case, accents taken off, anything that is neither letter nor digit between them."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain).translate(_ACCENTS)
    return tuple(_WORD.findall(plain))


def document(text: str | None) -> str | None:
    """Return a tax number without its punctuation; None where nothing is left."""
    return "".join(letter for letter in text if letter.isalnum()).upper() or None if text else None


def gist(text: Words) -> str:
    """Return what stays the same from one month to the next: no numbers, dates, months and names of payment rails.

    Where only such words are there, the numbers alone go; where only numbers are there, they stay.
    """
    letters = [word for word in text if word.isalpha()]
    telling = [word for word in letters if word not in noise()]
    return " ".join(telling or letters or text)


def card_number(text: str) -> str | None:
    """Return the last four digits of the card a text names, or None: two cards' bills are two things."""
    found = _CARD.search(text.casefold())
    return found[1] if found else None


class Phrases(Generic[Value]):
    """A table of phrases; of several that are found in a text, the one whose value stands first in the table counts."""

    def __init__(self, rows: Iterable[tuple[str, Value]]) -> None:
        self._starting: dict[str, list[tuple[int, Words, Value]]] = {}
        for rank, (phrase, value) in enumerate(rows):
            row = tuple(phrase.split())
            self._starting.setdefault(row[0], []).append((rank, row, value))

    def find(self, text: Words) -> Value | None:
        """Return the value of the first phrase of the table that the text has, as whole words in a row."""
        best: tuple[int, Value] | None = None
        for rank, value in self._found(text):
            if best is None or rank < best[0]:
                best = (rank, value)
        return best[1] if best else None

    def every(self, text: Words) -> list[Value]:
        """Return the values of all phrases that the text has, in the table's order, each once."""
        return list(dict.fromkeys(value for _, value in sorted(self._found(text), key=lambda found: found[0])))

    def _found(self, text: Words) -> Iterator[tuple[int, Value]]:
        starting = self._starting
        for place, word in enumerate(text):
            for rank, row, value in starting.get(word, ()):
                if text[place : place + len(row)] == row:
                    yield rank, value


@cache
def table() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Return `phrases.toml`: subject, then value, then its phrases or categories."""
    with TABLE.open("rb") as file:
        return tomllib.load(file)


@cache
def noise() -> frozenset[str]:
    """Words that say how or when money moved, and not between whom."""
    return frozenset(word for group in table()["noise"].values() for word in group)


def phrases(subject: str) -> Phrases[str]:
    """Return a subject's phrases, each with the name it stands for."""
    return Phrases((phrase, value) for value, found in table()[subject].items() for phrase in found)


def by_category(subject: str) -> Mapping[str, str]:
    """Return a subject's categories (neutral dotted names), each with the name it stands for."""
    return {category: value for value, found in table()[subject].items() for category in found}


def nearest(category: str | None, known: Mapping[str, str]) -> str | None:
    """Return what a category stands for, or the nearest broader one; None where none of them is known."""
    while category:
        value = known.get(category)
        if value is not None:
            return value
        category = category.rpartition(".")[0]
    return None
