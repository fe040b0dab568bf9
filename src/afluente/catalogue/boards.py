"""What dashboards say: the status of a request and the warnings on data, in the words of the system that has them."""

from __future__ import annotations

from functools import lru_cache

from afluente.catalogue.catalogue import Catalogue
from afluente.catalogue.errors import NoWord
from afluente.catalogue.records import Word

STATUS, WARNING = "dashboard", "warning"
"""The surfaces of a vocabulary that a dashboard has."""


def systems_with(catalogue: Catalogue, surface: str) -> tuple[str, ...]:
    """Return the systems whose dashboard has words on this surface."""
    return tuple(system for system in catalogue.systems if surface in catalogue.vocabulary(system).surfaces)


def word(catalogue: Catalogue, surface: str, meaning: str, system: str | None = None) -> Word | None:
    """Return the word that a system has for a meaning, None where it keeps silent; without a system, the word of the
    one whose dashboard has that surface."""
    having = systems_with(catalogue, surface)
    chosen = system if system is not None else next(iter(having), None)
    if chosen is None or chosen not in having:
        return None
    try:
        return catalogue.word(chosen, surface, meaning)
    except NoWord:
        return None


@lru_cache(maxsize=4)
def statuses(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Return every status that a dashboard shows, with the meanings that it stands for."""
    found: dict[str, list[str]] = {}
    for system in systems_with(catalogue, STATUS):
        for meaning in catalogue.meanings:
            found.setdefault(catalogue.word(system, STATUS, meaning).code, []).append(meaning)
    return {code: tuple(dict.fromkeys(meanings)) for code, meanings in sorted(found.items())}


def meanings_of(catalogue: Catalogue, status: str) -> tuple[str, ...]:
    """Return the meanings for which a dashboard shows a status, in capitals or not; none for what is no status."""
    sought = status.casefold()
    return tuple(name for code, names in statuses(catalogue).items() if code.casefold() == sought for name in names)
