"""What can happen to a connection, and what each system calls it.

    from afluente.catalogue import load
    catalogue = load()
    catalogue.meaning_of("klavi", "open-data", "414").retry.span
    catalogue.word("pluggy", "execution", "login.credentials.password").code

`explain` and `translate` answer the two everyday questions without a catalogue in hand. Nothing here needs a server.
"""

from __future__ import annotations

from afluente.catalogue.catalogue import Catalogue, Vocabulary, load
from afluente.catalogue.errors import CatalogueError, NoWord, UnknownName
from afluente.catalogue.explain import Explanation, Translation, explain, translate
from afluente.catalogue.records import UNEXPECTED, Meaning, Retry, Surface, Text, Word, ancestry

__all__ = [
    "UNEXPECTED",
    "Catalogue",
    "CatalogueError",
    "Explanation",
    "Meaning",
    "NoWord",
    "Retry",
    "Surface",
    "Text",
    "Translation",
    "UnknownName",
    "Vocabulary",
    "Word",
    "ancestry",
    "explain",
    "load",
    "translate",
]
