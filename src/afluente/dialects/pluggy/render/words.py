"""The catalogue's words for Pluggy, remembered: a server says the same few thousands of times a second."""

from __future__ import annotations

import msgspec

from afluente.catalogue import Catalogue, NoWord, Word

SYSTEM = "pluggy"
LOGIN = "LOGIN"
"""What the warning table calls the phase before any product."""


class Ending(msgspec.Struct, frozen=True):
    """How an execution ended, in Pluggy's words; `status` is the item's."""

    code: str
    status: str
    message: str


class Words:
    """Pluggy's words by meaning. Build one for a catalogue and keep it; look-ups fill it."""

    __slots__ = ("_catalogue", "_endings", "_login", "_running", "_warnings")

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._endings: dict[str, Ending] = {}
        self._login: dict[tuple[str, str], Word | None] = {}
        self._running: dict[str, tuple[str, str]] = {}
        self._warnings: dict[tuple[str, str, str], Word | None] = {}

    def running(self, meaning: str) -> tuple[str, str]:
        """Return item status and `executionStatus` of a run that goes on. Raises NoWord for other meanings."""
        found = self._running.get(meaning)
        if found is None:
            word = self._catalogue.word(SYSTEM, "progress", meaning)
            found = self._running[meaning] = (str(word.extra["status"]), word.code)
        return found

    def ending(self, meaning: str) -> Ending:
        """Return code, item status and default message of a meaning; one without a word is unexpected."""
        found = self._endings.get(meaning)
        if found is None:
            word = self._catalogue.word(SYSTEM, "execution", meaning)
            found = self._endings[meaning] = Ending(word.code, str(word.extra["status"]), word.message)
        return found

    def warning(self, meaning: str, institution: str, product: str) -> Word | None:
        """Return the warning of a meaning on a product (a ProductType, or LOGIN), None where there is none."""
        key = (meaning, institution, product)
        if key not in self._warnings:
            told = {"institution": institution, "product": product}
            try:
                self._warnings[key] = self._catalogue.word(SYSTEM, "warning", meaning, **told)
            except NoWord:
                self._warnings[key] = None
        return self._warnings[key]

    def login_warning(self, meaning: str, institution: str) -> Word | None:
        """Return the warning that an institution has for a login that ended with this meaning, if any."""
        key = (meaning, institution)
        if key not in self._login:
            word = self.warning(meaning, institution, LOGIN)
            told = word is not None and word.exact and LOGIN in word.discriminator
            self._login[key] = word if told else None
        return self._login[key]
