"""What an application's operators have people told in place of the catalogue's sentences, and who said so."""

from __future__ import annotations

import msgspec

from .clock import Instant


class Wording(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One edit of a meaning's sentences in one language: it stands until the next, and none is ever changed.

    `user` and `engineer` are the sentences, `help` the address of a page about it; what is None is the catalogue's.
    """

    id: str
    application_id: str
    meaning: str
    locale: str
    at: Instant
    author: str
    reason: str
    user: str | None = None
    engineer: str | None = None
    help: str | None = None
