"""A meaning among its kin, and each system's words for it: what a page or a terminal shows of one meaning."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.catalogue.catalogue import Catalogue
from afluente.catalogue.explain import Explanation, Translation
from afluente.catalogue.records import UNEXPECTED, Meaning, Word, ancestry


class Said(msgspec.Struct, frozen=True):
    """What one system says for a meaning.

    `own` are its words for this very meaning, in file order, those that are only understood among them. `nearest` is
    the word it says where it has none to say of its own: one that stands in, or the nearest ancestor's.
    """

    system: str
    own: tuple[Word, ...]
    nearest: Word | None


class Overview(msgspec.Struct, frozen=True):
    """One meaning whole. `ancestors` from the broadest to the nearest, `children` in file order, by name."""

    meaning: Meaning
    ancestors: tuple[str, ...]
    children: tuple[str, ...]
    said: tuple[Said, ...]


def overview(catalogue: Catalogue, name: str) -> Overview:
    """Everything the catalogue knows about one meaning. Raises UnknownName."""
    meaning = catalogue.meaning(name)
    return Overview(
        meaning,
        tuple(reversed(kin(catalogue, name))),
        tuple(other for other in catalogue.meanings if kin(catalogue, other)[:1] == (name,)),
        tuple(_said(catalogue, system, name) for system in catalogue.systems),
    )


def kin(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """The broader meanings that are written down, the nearest first; the root of all is left out."""
    return tuple(other for other in ancestry(name)[1:] if other in catalogue.meanings and other != UNEXPECTED)


def _said(catalogue: Catalogue, system: str, name: str) -> Said:
    vocabulary = catalogue.vocabulary(system)
    own = tuple(word for word in vocabulary.rows if word.meaning == name)
    has_own = any(word.writes for word in own)
    return Said(system, own, None if has_own else vocabulary.write_anywhere(name))


def told(catalogue: Catalogue, explanation: Explanation, translation: Translation | None = None) -> dict[str, Any]:
    """An answer as one flat record for JSON: the explanation's fields, the fields in plain words, the other word."""
    record: dict[str, Any] = {name: getattr(explanation, name) for name in explanation.__struct_fields__}
    record["in_words"] = catalogue.phrases(explanation.locale).of(explanation.meaning)
    record["translation"] = translation and {
        name: getattr(translation, name) for name in translation.__struct_fields__ if name != "source"
    }
    return record
