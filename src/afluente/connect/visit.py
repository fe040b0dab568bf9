"""One visit to the connect page: what has been chosen and done so far, sealed into the page itself.

There is no cookie, which browsers would not give a frame on another site anyway. Each page carries the visit, sealed
with the server's key, and each form sends it back: nobody else can make one, so it is the token against forged
requests as well.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
from msgspec.structs import replace

from afluente.core.clock import Instant
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.security.vault import CannotOpen

OVER = "request.unauthenticated.widget-token"
"""The meaning of a visit that has lasted too long, or was never one."""

_LONGEST = 32_768
"""Characters of a sealed visit."""


class Visit(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`options` are the dialect's own: what the page was opened with.

    `parent` is the origin of the page around it, empty where there is none. `place` is the last view that was shown,
    `told` what the page around it has been told once and is not told again. `connection_id` is what is being
    connected, `session_id` the client's session it belongs to, where the system has those. `updating` says that the
    connection was there before. `failed` is the meaning of the last failure, `done` that it has come to a good end.
    `rounds` counts the logins. `behind` is the view that somebody was about to leave.
    """

    id: str
    application_id: str
    expires_at: Instant
    locale: str
    theme: str = ""
    parent: str = ""
    options: dict[str, str] = {}
    place: str = ""
    told: tuple[str, ...] = ()
    institution: str | None = None
    connection_id: str | None = None
    session_id: str | None = None
    updating: bool = False
    failed: str | None = None
    done: bool = False
    rounds: int = 0
    accounts: tuple[str, ...] = ()
    behind: str = ""

    def option(self, name: str) -> str:
        """Return one option; empty where it was not given."""
        return self.options.get(name, "")

    def flag(self, name: str, default: bool = False) -> bool:
        """Return one option as a truth value."""
        value = self.option(name).casefold()
        return value in ("true", "1", "yes") if value else default

    def words(self, name: str) -> tuple[str, ...]:
        """Return one option as a list of words."""
        return tuple(word for part in self.option(name).split(",") if (word := part.strip()))

    def saw(self, *told: str) -> Visit:
        """Return the visit with more that has been told."""
        return replace(self, told=(*self.told, *(one for one in told if one not in self.told)))


def seal(world: World, system: str, visit: Visit) -> str:
    """Return the visit as the pages of a system carry it; it opens at no other's, which admits in its own way."""
    return base64.urlsafe_b64encode(world.vault.seal(msgspec.json.encode(visit), f"visit:{system}")).decode()


def open_visit(world: World, system: str, text: str, *, lapsed: bool = False) -> Visit:
    """Return a visit that a form sent back, one that has `lapsed` too where it is only to be left.

    Raises `Refused` (`OVER`) for one that is none; with the `visit` itself for one that has lasted too long.
    """
    if not 0 < len(text) <= _LONGEST:
        raise Refused(OVER)
    try:
        opened = world.vault.open(base64.urlsafe_b64decode(text.encode("ascii")), f"visit:{system}")
        visit = msgspec.json.decode(opened, type=Visit)
    except (CannotOpen, ValueError, UnicodeError, binascii.Error):
        raise Refused(OVER) from None
    if not lapsed and world.now(visit.application_id) >= visit.expires_at:
        raise Refused(OVER, data={"locale": visit.locale, "visit": visit})
    return visit


def renewed(world: World, visit: Visit, lasts: Instant) -> Visit:
    """Return a visit that lasts from now on again: while somebody is at it, it does not run out."""
    return replace(visit, expires_at=world.now(visit.application_id) + lasts)
