"""What can come of a request, a login or a product: each carries a meaning, and no words of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

UNEXPECTED = "unexpected"
"""The meaning of a word we do not know; every vocabulary has it."""


class Refused(Exception):
    """An attempt that did not happen or did not succeed, with the meaning that says why.

    `meaning` is a name of the catalogue. `said` is the institution's own sentence, kept raw. `data` holds the
    figures a dialect may put into its words (a limit, an instant, a parameter's name). Two of them the log of calls
    keeps: `fields`, the names of what was wrong in a request (ours, never one that the client made up), and
    `connection_id`, the connection that stands in the way.
    """

    def __init__(self, meaning: str, said: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(meaning)
        self.meaning = meaning
        self.said = said
        self.data: Mapping[str, Any] = data or {}


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to know about a product that was, or was not, retrieved.

    `said` is the institution's own sentence. `account_key` names the account it concerns, if only one.

    What a check of stored data finds names our own ids instead: `accounts` and `transactions` are those it concerns,
    `expected` and `found` what should stand there and what does.
    """

    meaning: str
    said: str | None = None
    account_key: str | None = None
    data: dict[str, str] = {}
    accounts: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()
    expected: str | None = None
    found: str | None = None
