"""Finding a meaning by whatever somebody has in hand: a name, a code of any system, part of a sentence."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from afluente.catalogue.catalogue import Catalogue

LONGEST = 300
"""Characters of a question that are looked at; a longer one is cut."""


def search(catalogue: Catalogue, question: str, system: str | None = None) -> list[str]:
    """The names of the meanings in which every word of the question occurs, the best first.

    Names, codes and texts of the systems are looked through, and the sentences in every language; capitals, accents
    and the shape of apostrophes make no difference. With `system` only meanings that system has a word for are found,
    and only its words are looked through. No question finds all. Raises UnknownName for a system nobody knows.
    """
    wanted = _plain(question[:LONGEST].rstrip(".… "))
    parts = wanted.split()
    if not parts and system is None:
        return list(catalogue.meanings)
    found: list[tuple[int, int, str]] = []
    for place, (name, codes, words, sentences) in enumerate(_index(catalogue, system)):
        if system is not None and not codes:
            continue
        whole = f"{name}\n{words}\n{sentences}"
        if all(part in whole for part in parts):
            found.append((_rank(wanted, name, codes, words), place, name))
    return [name for _, _, name in (sorted(found) if parts else found)]


def _rank(wanted: str, name: str, codes: frozenset[str], words: str) -> int:
    if wanted == name or wanted in codes:
        return 0
    if wanted in name:
        return 1
    return 2 if wanted in words else 3


@lru_cache(maxsize=16)
def _index(catalogue: Catalogue, system: str | None) -> list[tuple[str, frozenset[str], str, str]]:
    """Each meaning's name, codes, systems' words and sentences, ready to be compared. Made when first asked for."""
    if system is not None:
        catalogue.vocabulary(system)
    systems = catalogue.systems if system is None else (system,)
    rows = [word for name in systems for word in catalogue.vocabulary(name).rows]
    by_meaning: dict[str, list[tuple[str, str]]] = {}
    for word in rows:
        by_meaning.setdefault(word.meaning, []).append((word.code, word.message))
    index = []
    for name in catalogue.meanings:
        said = by_meaning.get(name, [])
        texts = [catalogue.texts(locale)[name] for locale in catalogue.locales]
        sentences = "\n".join(f"{text.user}\n{text.engineer}" for text in texts)
        # a code may be empty on the wire; the word is there all the same
        codes = frozenset(_plain(code) for code, _ in said)
        words = "\n".join(f"{code}\n{message}" for code, message in said)
        index.append((name, codes, _plain(words), _plain(sentences)))
    return index


def _plain(text: str) -> str:
    """Text without capitals, accents and typographic apostrophes."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))
