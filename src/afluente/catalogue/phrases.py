"""The behavioural fields in plain words, one file for each language. Programs act on the fields, people read these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, get_args

from afluente.catalogue.errors import CatalogueError
from afluente.catalogue.loader import Place, read_toml
from afluente.catalogue.records import ACTIONS, BLAMES, DATA, FIX_AT, RULES, Meaning, Retry, RetryKind

FIELDS: Final = ("blame", "retry", "action", "fix_at", "data")
"""The behavioural fields, in the order people are told them."""

_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "label": frozenset(FIELDS),
    "blame": BLAMES,
    "retry": frozenset(get_args(RetryKind)) - {"at"} | RULES | {"times", "minutes", "hours", "days"},
    "action": ACTIONS,
    "fix_at": FIX_AT,
    "data": DATA,
}


class Phrases:
    """One language's plain words for every value a behavioural field may have."""

    __slots__ = ("_table",)

    def __init__(self, table: Mapping[str, Mapping[str, Any]]) -> None:
        self._table = table

    def label(self, field: str) -> str:
        """What a field is called."""
        return str(self._table["label"][field])

    def of(self, meaning: Meaning) -> dict[str, str]:
        """Every behavioural field of a meaning in plain words, by the field's name."""
        told = {field: str(self._table[field][getattr(meaning, field)]) for field in FIELDS if field != "retry"}
        told["retry"] = self.retry(meaning.retry)
        return {field: told[field] for field in FIELDS}

    def retry(self, retry: Retry) -> str:
        """When to try again: "after 24 hours; 3 times at most, …"."""
        words = self._table["retry"]
        if retry.span is not None:
            said = words["after"].format(span=self._span(retry.span))
        else:
            said = words[retry.rule or retry.kind]
        return str(words["times"].format(retry=said, times=retry.times) if retry.times is not None else said)

    def _span(self, span: timedelta) -> str:
        """A span in days, hours or minutes; one day is told as 24 hours, which is what it is."""
        seconds = int(span.total_seconds())
        if seconds % 86_400 == 0 and seconds > 86_400:
            unit, length = "days", 86_400
        elif seconds % 3_600 == 0:
            unit, length = "hours", 3_600
        else:
            unit, length = "minutes", 60
        count = seconds // length
        one, many = self._table["retry"][unit]
        return f"{count} {one if count == 1 else many}"


def read_phrases(path: Place) -> Phrases:
    """Read one language's file. Raises CatalogueError where a value has no words, or words have no value."""
    file = os.path.basename(path)
    table = read_toml(path)
    for section, values in _WORDS.items():
        given = table.get(section)
        if not isinstance(given, dict) or given.keys() != values:
            differ = sorted(values ^ (given.keys() if isinstance(given, dict) else set()))
            raise CatalogueError(file, section, f"has words for other values than there are: {', '.join(differ)}")
    return Phrases(table)
