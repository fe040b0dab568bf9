"""What reading a statement gives, and what is raised where nothing can be read."""

from __future__ import annotations

import msgspec

from afluente.core.accounts import Account, Transaction
from afluente.core.documents import Sign
from afluente.core.holders import Holder

MAX_BYTES = 64 * 1024 * 1024
"""The longest file that is looked at."""

REFUSED = 3
"""The exit status of a reading process that wrote a `Refusal`."""


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One movement, or one part of the file, that could not be read; the rest was.

    `where` is a place a person can look at ("line 43, FITID 2000957249"); `what` is a sentence in English.
    """

    where: str
    what: str
    account_key: str | None = None


class StatementFile(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A statement that was read. `format` is `ofx-1`, `ofx-2`, `csv`, `pdf` or `scan`; `encoding` what the bytes
    really were (of a document its format again).

    `warnings` are sentences in English about what was guessed or left out; `organisation` is who made the file,
    `holders` whose names a printed one names as its accounts' owners, `signs` what tells that somebody else changed it;
    `proved` says that the movements of a printed statement were held against its balances.
    A `Transaction` key begins with its account's key, and is the same each time the movement is read.
    """

    format: str
    encoding: str
    accounts: tuple[Account, ...]
    transactions: tuple[Transaction, ...]
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()
    organisation: str | None = None
    holders: tuple[Holder, ...] = ()
    signs: tuple[Sign, ...] = ()
    proved: bool = False


class Unreadable(Exception):
    """Nothing of the file can be imported.

    `meaning` is a name of the catalogue (`statement.truncated`, …), `sentence` says in English what is wrong and
    where, `where` is the place alone if there is one, `said` is the bank's own message in the file, if any, and
    `signs` are what the making of a document tells.
    """

    def __init__(self, meaning: str, sentence: str, where: str | None = None, said: str | None = None) -> None:
        super().__init__(sentence)
        self.meaning = meaning
        self.sentence = sentence
        self.where = where
        self.said = said
        self.signs: tuple[Sign, ...] = ()


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """An `Unreadable` on its way from one process to another."""

    meaning: str
    sentence: str
    where: str | None = None
    said: str | None = None
    signs: tuple[Sign, ...] = ()
