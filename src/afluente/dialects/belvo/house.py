"""What every handler of this dialect is given, how it admits callers, and how it says refusals."""

from __future__ import annotations

import binascii
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.dialects.belvo import refusals
from afluente.dialects.belvo.forms import uuid_of
from afluente.dialects.belvo.institutions import Directory
from afluente.engine.access import applications
from afluente.engine.access.recognised import Recognised
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Token, Tokens
from afluente.security.vault import CannotOpen
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.pictures import Pictures
from afluente.web.policies import policy

OF_A_LINK = "read_links"
"""The scope of the one call that reads the link whose id is in its path."""


class TokenTimes(msgspec.Struct, frozen=True):
    """Lifetimes in seconds."""

    access: int
    refresh: int


class LinkNumbers(msgspec.Struct, frozen=True):
    """What links live by; `refresh_every`, `refresh_wait`, `set_within`, `sets_apart` in seconds."""

    failed_calls: int
    volume: int
    refresh_every: int
    refresh_wait: int
    set_within: int
    sets_apart: int
    fetch_resources: bool


class Deletes(msgspec.Struct, frozen=True):
    """How many deletes of each of these kinds (lists' paths) may be waited for in a minute."""

    minute: int
    kinds: tuple[str, ...]


class Pages(msgspec.Struct, frozen=True):
    """Lengths of lists."""

    size: int
    most: int


class Periods(msgspec.Struct, frozen=True):
    """Bounds of date spans, in days."""

    movements_days: int
    income_days: int


class Numbers(msgspec.Struct, frozen=True):
    """`policy.toml`."""

    tokens: TokenTimes
    links: LinkNumbers
    deletes: Deletes
    pages: Pages
    periods: Periods


def numbers() -> Numbers:
    """Read `policy.toml`."""
    return policy(__file__, Numbers)


class WidgetGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a widget's access token allows: the scopes, and the link of the update mode; the rest is what the widget is
    opened with: what to load, where the browser goes at the end (`success`, `exit`, `event`), how it looks."""

    scopes: tuple[str, ...]
    link_id: str | None = None
    external_id: str | None = None
    resources: tuple[str, ...] = ()
    storage: str | None = None
    stale: str | None = None
    callbacks: dict[str, str] = {}
    company: str | None = None
    terms: str | None = None
    terms_version: str | None = None
    scheme: str | None = None
    document: str | None = None
    company_document: str | None = None
    look: dict[str, str] = {}
    benefit: tuple[str, str] | None = None
    loss: str | None = None
    purpose: str | None = None
    permissions: tuple[str, ...] = ()
    icon: str | None = None
    logo: str | None = None


@dataclass(frozen=True)
class House:
    """The dialect's own."""

    world: World
    tokens: Tokens
    pictures: Pictures | None = None
    numbers: Numbers = field(default_factory=numbers)
    recognised: Recognised = field(default_factory=Recognised)
    strikable: bool = True

    @cached_property
    def directory(self) -> Directory:
        """The institutions by their names and numbers."""
        return Directory(self.world.institutions.values())

    def error_id(self) -> str:
        """Name an error: 32 hexadecimal digits."""
        return self.world.ids.new().replace("-", "")

    def admit(self, call: Call, access: str) -> Awaitable[None] | None:
        """Read HTTP Basic, or a widget's bearer. `access`: `open`, `client` (keys), or a scope: keys, or a bearer
        whose token has the scope."""
        if access == "open":
            return None
        scheme, _, value = call.header(b"authorization").partition(" ")
        if scheme.lower() == "bearer" and access != "client":
            self._bearer(call, value.strip(), access)
            return None
        value = value.strip()
        if scheme.lower() != "basic" or not value:
            raise Refused("request.unauthenticated.keys")
        return self._basic(call, value, access)

    async def _basic(self, call: Call, value: str, access: str) -> None:
        try:
            id, _, secret = binascii.a2b_base64(value, strict_mode=True).decode().partition(":")
        except ValueError:  # letters that base64 does not have, or bytes that are no text
            raise Refused("request.unauthenticated.keys") from None
        await self.authenticate(call, id, secret, uuid_of(call.param("id")) if access == OF_A_LINK else None)

    async def authenticate(self, call: Call, id: str, secret: str, link_id: str | None = None) -> None:
        """Find the application of a secret id and password; a link that the call is about is read in the same look.

        Raises `request.unauthenticated.keys`, and `request.unauthenticated.disabled` where they open nothing now.
        """
        found = connection = None
        if "\0" not in id:
            found, connection = await self._keys(id.lower(), link_id)
        call.named = found.id if found is not None else ""
        if not await self.recognised.opens(found, secret) or found is None:
            raise Refused("request.unauthenticated.keys")
        if not found.active:
            raise Refused("request.unauthenticated.disabled")
        call.application_id, call.connection = found.id, connection

    async def _keys(self, id: str, link_id: str | None) -> tuple[applications.Keys | None, Connection | None]:
        if link_id is None:
            return await applications.keys(self.world, id), None
        return await applications.keys_and_connection(self.world, id, link_id)

    def _bearer(self, call: Call, text: str, scope: str) -> None:
        call.application_id, grant = self.opened(text, call)
        if scope not in grant.scopes:
            raise Refused("request.forbidden")
        call.grant = grant

    def opened(self, text: str, call: Call) -> tuple[str, WidgetGrant]:
        """Return whose a widget token is, and what it allows. Raises `request.unauthenticated.widget-token`."""
        try:
            token = self.tokens.verify(text)
        except InvalidToken:
            raise Refused("request.unauthenticated.widget-token") from None
        call.named = token.application_id
        if token.scope != "belvo-access" or self.world.now(token.application_id) >= token.expires_at:
            raise Refused("request.unauthenticated.widget-token")
        return token.application_id, self.granted(token)

    def granted(self, token: Token) -> WidgetGrant:
        """Return what a widget's token allows. Raises `request.unauthenticated.widget-token` for another's."""
        try:
            opened = self.world.vault.open(bytes.fromhex(token.sealed or ""), f"widget:{token.application_id}")
        except (CannotOpen, ValueError):
            raise Refused("request.unauthenticated.widget-token") from None
        return msgspec.json.decode(opened, type=WidgetGrant)

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal in Belvo's words."""
        return refusals.answer(self.world.catalogue, call, refused, error_id)
