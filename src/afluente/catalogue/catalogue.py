"""The catalogue: words in, a meaning, words out.

Look-ups go through tables built once for each file. Files are read when they are first needed; `load` reads all of
them at once, which is what a server does at its start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

import msgspec

from afluente.catalogue.errors import NoWord, UnknownName
from afluente.catalogue.loader import Place, read_meanings, read_texts, read_vocabulary
from afluente.catalogue.phrases import Phrases, read_phrases
from afluente.catalogue.records import UNEXPECTED, Meaning, Surface, Text, Word, ancestry, fill

HERE = os.path.dirname(os.path.abspath(__file__))
Audience = Literal["user", "engineer"]
_Told = tuple[str | None, ...]
_Rows = dict[_Told, Word]


class Vocabulary:
    """All words of one system, found by code or by meaning.

    `rows` are in file order. Codes and meanings are exact; discriminators named in the surface narrow the choice.
    """

    __slots__ = ("_any", "_by_code", "_by_meaning", "_surfaces_of", "discriminators", "rows", "surfaces", "system")

    def __init__(self, system: str, surfaces: tuple[Surface, ...], rows: tuple[Word, ...]) -> None:
        self.system = system
        self.surfaces: Mapping[str, Surface] = {surface.name: surface for surface in surfaces}
        self.discriminators = frozenset(name for surface in surfaces for name in surface.discriminators)
        self.rows = rows
        self._by_code: dict[tuple[str, str], _Rows] = {}
        self._by_meaning: dict[tuple[str, str], _Rows] = {}
        self._surfaces_of: dict[str, list[str]] = {}
        self._any: dict[str, Word] = {}
        for word in rows:
            self._by_code.setdefault((word.surface, word.code), {})[word.discriminator] = word
            places = self._surfaces_of.setdefault(word.code, [])
            if word.surface not in places:
                places.append(word.surface)
            if word.writes:
                self._by_meaning.setdefault((word.surface, word.meaning), {})[word.discriminator] = word
                for name in word.also:
                    stand_in = msgspec.structs.replace(word, exact=False)
                    self._by_meaning.setdefault((word.surface, name), {})[word.discriminator] = stand_in

    def surface(self, name: str) -> Surface:
        """The declared surface of that name. Raises UnknownName."""
        try:
            return self.surfaces[name]
        except KeyError:
            raise UnknownName(f"surface of {self.system}", name, self.surfaces) from None

    def told(self, surface: str, given: Mapping[str, str | None]) -> _Told:
        """Discriminators in the surface's order, None where not given. Raises UnknownName for one it lacks."""
        names = self.surface(surface).discriminators
        for name in given:
            if name not in names:
                raise UnknownName(f"discriminator of {self.system} {surface}", name, names)
        return tuple(given.get(name) for name in names)

    def read(self, surface: str, code: str, told: _Told) -> Word | None:
        """The row a word of the wire belongs to, or None when no row can be told for certain."""
        rows = self._by_code.get((surface, code))
        if rows is None:
            return None
        found = rows.get(told)
        return found if found is not None else _closest(rows, told, guess=len(rows) == 1)

    def begun(self, surface: str, code: str, beginning: str) -> str | None:
        """The one message discriminator of this code that begins so, or None when none or several do."""
        place = self.surfaces[surface].discriminators.index("message")
        keys = {told[place] for told in self._by_code.get((surface, code), ())}
        found = [key for key in keys if key is not None and key.startswith(beginning)]
        return found[0] if len(found) == 1 else None

    def surfaces_of(self, code: str) -> list[str]:
        """The surfaces on which this code is a word, in file order."""
        return self._surfaces_of.get(code, [])

    def write(self, surface: str, meaning: str, told: _Told) -> Word | None:
        """The word of the nearest of the meaning and its ancestors, or None on a narrow surface that has none."""
        rows = self._by_meaning.get((surface, meaning))
        if rows is not None and (exact := rows.get(told)) is not None:
            return exact
        for name in ancestry(meaning):
            rows = self._by_meaning.get((surface, name))
            found = _closest(rows, told, guess=True) if rows is not None else None
            if found is not None:
                return found if name == meaning else msgspec.structs.replace(found, exact=False)
        return None

    def write_anywhere(self, meaning: str) -> Word:
        """The nearest word over all surfaces; the first declared surface wins among equals."""
        found = self._any.get(meaning)
        if found is None:
            found = self._any[meaning] = self._nearest(meaning)
        return found

    def _nearest(self, meaning: str) -> Word:
        for name in ancestry(meaning):
            for surface in self.surfaces.values():
                rows = self._by_meaning.get((surface.name, name))
                nothing: _Told = (None,) * len(surface.discriminators)
                found = _closest(rows, nothing, guess=True) if rows is not None else None
                if found is not None:
                    return found if name == meaning else msgspec.structs.replace(found, exact=False)
        raise NoWord(f"{self.system} has no word for {meaning}")


def _closest(rows: _Rows, told: _Told, *, guess: bool) -> Word | None:
    """The row that contradicts nothing told and agrees with most of it.

    Without `guess` a row is taken only when everything it asks for was told; with it the row that asks for the least
    beyond that wins, and the first in the file among equals.
    """
    best: Word | None = None
    best_rank = (-1, 0)
    for key, word in rows.items():
        agreed = missing = 0
        for wanted, given in zip(key, told, strict=True):
            if wanted is None:
                continue
            if given is None:
                missing += 1
            elif wanted == given:
                agreed += 1
            else:
                break
        else:
            if (missing == 0 or guess) and (agreed, -missing) > best_rank:
                best, best_rank = word, (agreed, -missing)
    return best


class Catalogue:
    """Meanings, sentences and vocabularies of one directory.

    Raises CatalogueError when a file that is needed cannot be accepted, UnknownName for a name nobody declared.
    """

    __slots__ = ("_phrases", "_texts", "_vocabularies", "directory", "locales", "meanings", "systems")

    def __init__(self, directory: Place = HERE) -> None:
        self.directory = os.fspath(directory)
        self.meanings: Mapping[str, Meaning] = read_meanings(self._file("meanings"))
        self.systems = _names(os.path.join(self.directory, "vocabularies"))
        self.locales = _names(os.path.join(self.directory, "texts"))
        self._vocabularies: dict[str, Vocabulary] = {}
        self._texts: dict[str, Mapping[str, Text]] = {}
        self._phrases: dict[str, Phrases] = {}

    def _file(self, *names: str) -> str:
        return os.path.join(self.directory, *names) + ".toml"

    def meaning(self, name: str) -> Meaning:
        """The meaning of that name. Raises UnknownName."""
        try:
            return self.meanings[name]
        except KeyError:
            raise UnknownName("meaning", name, self.meanings) from None

    def vocabulary(self, system: str) -> Vocabulary:
        """All words of a system. Raises UnknownName, and CatalogueError when its file is wrong."""
        found = self._vocabularies.get(system)
        if found is None:
            if system not in self.systems:
                raise UnknownName("system", system, self.systems)
            surfaces, rows = read_vocabulary(self._file("vocabularies", system), self.meanings)
            found = self._vocabularies[system] = Vocabulary(system, surfaces, rows)
        return found

    def word(self, system: str, surface: str, meaning: str, **told: str | None) -> Word:
        """What this system says for a meaning: its own word, or the nearest ancestor's with `exact` false.

        `told` are discriminators of the surface (`institution="itau-pj"`). Raises NoWord on a narrow surface.
        """
        vocabulary = self.vocabulary(system)
        found = vocabulary.write(surface, meaning, vocabulary.told(surface, told))
        if found is None:
            raise NoWord(f"{system} has no word for {meaning} on {surface}")
        return found

    def read(self, system: str, surface: str, code: str, **told: str | None) -> Word | None:
        """The row of a word that came over the wire, or None when it is unknown."""
        vocabulary = self.vocabulary(system)
        return vocabulary.read(surface, code, vocabulary.told(surface, told))

    def meaning_of(self, system: str, surface: str, code: str, **told: str | None) -> Meaning:
        """What a word that came over the wire means; `unexpected` when it is unknown."""
        word = self.read(system, surface, code, **told)
        return self.meanings[word.meaning if word is not None else UNEXPECTED]

    def locale(self, tag: str) -> str:
        """The catalogue's language for a tag: itself, or one that shares its first part. Raises UnknownName."""
        if tag in self.locales:
            return tag
        first = tag.replace("_", "-").partition("-")[0].lower()
        for known in self.locales:
            if known.partition("-")[0] == first:
                return known
        raise UnknownName("language", tag, self.locales)

    def texts(self, locale: str) -> Mapping[str, Text]:
        """All sentences of one language by meaning. Raises UnknownName, and CatalogueError when the file is wrong."""
        found = self._texts.get(locale)
        if found is None:
            known = self.locale(locale)
            found = self._texts.get(known)
            if found is None:
                found = self._texts[known] = read_texts(self._file("texts", known), self.meanings)
        return found

    def phrases(self, locale: str) -> Phrases:
        """The behavioural fields in one language's plain words. Raises UnknownName, and CatalogueError."""
        known = self.locale(locale)
        found = self._phrases.get(known)
        if found is None:
            found = self._phrases[known] = read_phrases(self._file("phrases", known))
        return found

    def text(self, meaning: str, locale: str, audience: Audience, **params: object) -> str:
        """One sentence, with its placeholders filled from `params`. Raises UnknownName."""
        sentences = self.texts(locale).get(self.meaning(meaning).name)
        assert sentences is not None  # read_texts refuses a language that lacks one
        return fill(sentences.user if audience == "user" else sentences.engineer, params)


def _names(folder: str) -> tuple[str, ...]:
    """The names of a folder's tables, in order of the alphabet; none when there is no such folder."""
    files = os.listdir(folder) if os.path.isdir(folder) else ()
    return tuple(sorted(file.removesuffix(".toml") for file in files if file.endswith(".toml")))


def load(directory: Place = HERE) -> Catalogue:
    """Read and check every file of a catalogue. Raises CatalogueError at the first that cannot be accepted."""
    catalogue = Catalogue(directory)
    for locale in catalogue.locales:
        catalogue.texts(locale)
        catalogue.phrases(locale)
    for system in catalogue.systems:
        catalogue.vocabulary(system)
    return catalogue
