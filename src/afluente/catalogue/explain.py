"""Two questions anybody can ask: what does this code mean, and what would another system have said?

Both are pure look-ups over the packaged catalogue; an unknown code is an answer (`unexpected`), not an error.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from afluente.catalogue.catalogue import Catalogue, Vocabulary
from afluente.catalogue.errors import UnknownName
from afluente.catalogue.records import UNEXPECTED, Meaning, Word, message_key


class Explanation(msgspec.Struct, frozen=True):
    """What one word of one system means.

    `system`, `code` and `message` are kept as they were given. `known` is false when the catalogue has no row for
    them; `meaning` is then `unexpected` and `word` is None. `user` and `engineer` are the sentences in `locale`.
    """

    system: str
    code: str
    message: str | None
    known: bool
    word: Word | None
    meaning: Meaning
    user: str
    engineer: str
    locale: str


class Translation(msgspec.Struct, frozen=True):
    """The nearest word another system has for the same meaning.

    `exact` is false when only a neighbour of the meaning has a word there, as a rule an ancestor; `reached` names it.
    """

    source: Explanation
    to: str
    word: Word
    exact: bool
    reached: str


@functools.cache
def packaged() -> Catalogue:
    """The catalogue that comes with the package, its files read as they are first needed."""
    return Catalogue()


def explain(
    system: str,
    *,
    code: str,
    message: str | None = None,
    locale: str = "en",
    surface: str | None = None,
    catalogue: Catalogue | None = None,
    **told: str,
) -> Explanation:
    """What `code` of `system` means, whose turn it is, and the sentences for people in `locale`.

    `message` is the text that came with the code: some systems reuse one code and only the text tells. `told` are
    further discriminators (`institution`, `product`, `phase`); `surface` says where the code was seen, else all are
    looked through. Raises UnknownName for a system, language, surface or discriminator that does not exist.
    """
    if catalogue is None and not told:
        return _remembered(system, code, message, locale, surface)
    return _explain(catalogue or packaged(), system, code, message, locale, surface, told)


@functools.lru_cache(maxsize=2048)
def _remembered(system: str, code: str, message: str | None, locale: str, surface: str | None) -> Explanation:
    """The packaged catalogue's answer. The same questions come again and again; old ones make room for new ones."""
    return _explain(packaged(), system, code, message, locale, surface, {})


def _explain(
    book: Catalogue,
    system: str,
    code: str,
    message: str | None,
    locale: str,
    surface: str | None,
    told: Mapping[str, str],
) -> Explanation:
    word = _find(book.vocabulary(system), code, message, surface, told)
    name = word.meaning if word is not None else UNEXPECTED
    language = book.locale(locale)
    text = book.texts(language)[name]
    return Explanation(
        system, code, message, word is not None, word, book.meanings[name], text.user, text.engineer, language
    )


def _find(
    vocabulary: Vocabulary, code: str, message: str | None, surface: str | None, told: Mapping[str, str]
) -> Word | None:
    for name in told:
        if name not in vocabulary.discriminators:
            raise UnknownName(f"discriminator of {vocabulary.system}", name, sorted(vocabulary.discriminators))
    if surface is not None:
        vocabulary.surface(surface)
        places = [surface]
    else:
        places = [
            name
            for name in vocabulary.surfaces_of(code)
            if told.keys() <= set(vocabulary.surfaces[name].discriminators)
        ]
    for place in places:
        names = vocabulary.surfaces[place].discriminators
        if names:
            given = tuple(
                _message(vocabulary, place, code, message) if name == "message" else told.get(name) for name in names
            )
        else:
            given = ()
        found = vocabulary.read(place, code, given)
        if found is not None:
            return found
    return None


def _message(vocabulary: Vocabulary, surface: str, code: str, message: str | None) -> str | None:
    """The message as a discriminator; one that was cut off with dots stands for the only one that begins so."""
    if message is not None and message.endswith(("…", "...")):
        begun = vocabulary.begun(surface, code, message_key(message.rstrip("….")) or "")
        if begun is not None:
            return begun
    return message_key(message)


def translate(
    system: str,
    *,
    code: str,
    to: str,
    message: str | None = None,
    locale: str = "en",
    surface: str | None = None,
    catalogue: Catalogue | None = None,
    **told: str,
) -> Translation:
    """The word `to` has for what `code` of `system` means, or the nearest when it has none of its own.

    The other arguments are those of `explain`. Raises UnknownName for a system, language, surface or discriminator
    that does not exist.
    """
    if catalogue is None and not told:
        return _remembered_translation(system, code, message, locale, surface, to)
    book = catalogue or packaged()
    return _translation(book, _explain(book, system, code, message, locale, surface, told), to)


@functools.lru_cache(maxsize=2048)
def _remembered_translation(
    system: str, code: str, message: str | None, locale: str, surface: str | None, to: str
) -> Translation:
    return _translation(packaged(), _remembered(system, code, message, locale, surface), to)


def _translation(book: Catalogue, source: Explanation, to: str) -> Translation:
    word = book.vocabulary(to).write_anywhere(source.meaning.name)
    return Translation(source, to, word, word.exact, word.meaning)


def forget() -> None:
    """Forget the answers that were given, as if nobody had asked yet. The catalogue itself is kept."""
    _remembered.cache_clear()
    _remembered_translation.cache_clear()
