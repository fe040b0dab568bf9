"""How alike two names, addresses, telephones are, from 0 to 1: what a client was told against what a bank has.

Texts are compared in plain form (no case, no accents, no punctuation), words in any order. Shortenings that everybody
uses are one with what they stand for: St and Street, Ave and avenue, the short forms of first names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from afluente.analysis import texts
from afluente.analysis.figures import ONE, ZERO, ratio

TABLE = Path(__file__).with_name("matching.toml")
_SHORT_NAME = Decimal("0.9")
"""A first name against its short form."""

_INITIAL = Decimal("0.8")
_NEAR = Decimal("1.6")
"""The power that likeness is raised to where texts are not the same: two small differences weigh more than one."""

_LONGER = Decimal("0.9")
"""A postal code that goes on behind the other's end."""

_LEFT_OUT = Decimal("0.95")
"""What is left of a match when one side has words the other has not, once for each."""


def names(told: str, held: str) -> Decimal:
    """Return how alike two names are; a middle name that one side leaves out costs little."""
    return _words(_plain(told), _plain(held), _name_words)


def addresses(told: str, held: str) -> Decimal:
    """Return how alike two street addresses are."""
    return _words(_full(told), _full(held), _similar)


def places(told: str, held: str) -> Decimal:
    """Return how alike two cities are, or two provinces: a province may be told by its code or by its name."""
    known = _table()["province"]
    first, second = (known.get(" ".join(texts.words(text)), " ".join(texts.words(text))) for text in (told, held))
    return _similar(first, second)


def codes(told: str, held: str) -> Decimal:
    """Return how alike two postal codes are: letters and digits alone count, place by place."""
    first, second = ("".join(texts.words(text)) for text in (told, held))
    if not first or not second:
        return ZERO
    same = sum(one == other for one, other in zip(first, second, strict=False))
    alike = (Decimal(same) / min(len(first), len(second))) ** _NEAR
    return ratio(alike if len(first) == len(second) else alike * _LONGER)


def phones(told: str, held: str) -> Decimal:
    """Return how alike two telephones are: by their digits, the country's code left out where one side has none."""
    first, second = ("".join(letter for letter in text if letter.isdigit()) for text in (told, held))
    if not first or not second:
        return ZERO
    if len(first) != len(second):
        short, long = sorted((first, second), key=len)
        if long.endswith(short) and len(long) - len(short) <= 3 and len(short) >= 7:
            return ratio(ONE)
    return _similar(first, second)


def emails(told: str, held: str) -> Decimal:
    """Return how alike two addresses of e-mail are; case makes no difference."""
    return _similar(told.strip().casefold(), held.strip().casefold())


def best(scores: Iterable[Decimal]) -> Decimal:
    """Return the highest of several comparisons; zero of none."""
    return max(scores, default=ZERO)


def _similar(first: str, second: str) -> Decimal:
    if first == second:
        return ratio(ONE) if first else ZERO
    return ratio(Decimal(str(SequenceMatcher(None, first, second, autojunk=False).ratio())) ** _NEAR)


def _plain(text: str) -> tuple[str, ...]:
    dropped = _table()["titles"]
    return tuple(word for word in texts.words(text) if word not in dropped)


def _full(text: str) -> tuple[str, ...]:
    known = _table()["address"]
    return tuple(known.get(word, word) for word in texts.words(text))


def _name_words(first: str, second: str) -> Decimal:
    if first == second:
        return ONE
    short = _table()["first_name"]
    if short.get(first, first) == short.get(second, second):
        return _SHORT_NAME
    if 1 in (len(first), len(second)) and first[0] == second[0]:
        return _INITIAL
    return _similar(first, second)


def _words(first: Sequence[str], second: Sequence[str], alike: Callable[[str, str], Decimal]) -> Decimal:
    """Return how alike two lists of words are: each of the shorter is laid beside the one it is most like.

    What is left over costs by its number; a pair that is less than half alike has nothing in common.
    """
    short, long = sorted((list(first), list(second)), key=len)
    if not short:
        return ZERO
    found = ZERO
    pairs = sorted(
        ((alike(one, other), place, at) for place, one in enumerate(short) for at, other in enumerate(long)),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    used_short: set[int] = set()
    used_long: set[int] = set()
    for worth, place, at in pairs:
        if place not in used_short and at not in used_long:
            used_short.add(place)
            used_long.add(at)
            found += worth if worth >= Decimal("0.5") else ZERO
    return ratio(found / len(short) * _LEFT_OUT ** (len(long) - len(short)))


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """The table's words, each with what it stands for."""
    read = tomllib.loads(TABLE.read_text("utf-8"))
    return {
        subject: {word: meant for meant, found in rows.items() for word in (*found, meant)}
        for subject, rows in read.items()
    }
