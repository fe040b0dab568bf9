"""What every handler of this dialect is given, and how it admits callers and says refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from afluente.core.clock import SECOND
from afluente.core.institutions import Institution, Kind
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.pluggy import connectors, refusals
from afluente.dialects.pluggy.render import ENCODER, Words
from afluente.engine.connecting.connections import UpdateRules
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Tokens
from afluente.security.vault import CannotOpen
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.policies import policy


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a connect token allows: `id` marks the items made with it; the rest are defaults for them."""

    id: str
    item_id: str | None = None
    client_user_id: str | None = None
    webhook_url: str | None = None
    redirect_url: str | None = None
    avoid_duplicates: bool = False
    products: tuple[Product, ...] | None = None


class TokenTimes(msgspec.Struct, frozen=True):
    """Lifetimes in seconds."""

    api_key: int
    connect_token: int
    statement: int


class Updates(msgspec.Struct, frozen=True):
    """When an update must wait; `wait` in seconds."""

    refused_logins: int
    wait: int
    failures: int


class Pages(msgspec.Struct, frozen=True):
    """Bounds of lists."""

    size: int
    webhooks_per_event: int
    client_user_id: int


class Numbers(msgspec.Struct, frozen=True):
    """`policy.toml`."""

    tokens: TokenTimes
    updates: Updates
    pages: Pages


def numbers() -> Numbers:
    """Read `policy.toml`."""
    return policy(__file__, Numbers)


@dataclass(frozen=True)
class House:
    """The dialect's own: words, tokens, numbers, and each institution as a connector, encoded once."""

    world: World
    tokens: Tokens
    words: Words
    relaxed_addresses: bool = False
    numbers: Numbers = field(default_factory=numbers)
    encoded: dict[str, msgspec.Raw] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)

    @property
    def strikable(self) -> bool:
        """Armed faults strike here."""
        return True

    @property
    def rules(self) -> UpdateRules:
        """When updates are refused."""
        updates = self.numbers.updates
        return UpdateRules(refused_logins=updates.refused_logins, wait=updates.wait * SECOND, failures=updates.failures)

    def connector(self, institution: Institution) -> msgspec.Raw:
        """Return the institution as Pluggy's connector, encoded."""
        known = self.encoded.get(institution.slug)
        if known is None:
            known = self.encoded[institution.slug] = msgspec.Raw(ENCODER.encode(connectors.connector(institution)))
        return known

    def listed(self) -> list[Institution]:
        """Return the institutions that are connectors here, by their number."""
        known = self.world.institutions.values()
        shown = [i for i in known if connectors.id_of(i.slug) is not None and i.kind is not Kind.STATEMENTS]
        return sorted(shown, key=lambda i: connectors.id_of(i.slug) or 0)

    def error_id(self) -> str:
        """Name an error."""
        return self.world.ids.new()

    def admit(self, call: Call, access: str) -> None:
        """Read the key. `access`: `open` (no key), `client` (an API key), `any` (a connect token too)."""
        if access == "open":
            return
        key = call.header(b"x-api-key")
        if not key:
            raise Refused("request.unauthenticated.token")
        try:
            token = self.tokens.verify(key)
        except InvalidToken:
            raise Refused("request.unauthenticated.token") from None
        if token.scope not in ("application", "connect"):
            raise Refused("request.unauthenticated.token")
        call.named = token.application_id
        if self.world.now(token.application_id) >= token.expires_at:
            raise Refused("request.unauthenticated.token-expired")
        call.application_id = token.application_id
        if token.scope == "connect":
            if access != "any":
                raise Refused("request.forbidden.scope")
            call.grant = self._grant(token.application_id, token.sealed or "")

    def opened(self, text: str, call: Call) -> tuple[str, Grant]:
        """Return whose a connect token is, and what it allows. Raises `Refused` for one that opens nothing."""
        try:
            token = self.tokens.verify(text)
        except InvalidToken:
            raise Refused("request.unauthenticated.token") from None
        if token.scope != "connect":
            raise Refused("request.unauthenticated.token")
        call.named = token.application_id
        if self.world.now(token.application_id) >= token.expires_at:
            raise Refused("request.unauthenticated.token-expired")
        return token.application_id, self._grant(token.application_id, token.sealed or "")

    def _grant(self, application_id: str, sealed: str) -> Grant:
        grant = self.grants.get(sealed)
        if grant is None:
            try:
                opened = self.world.vault.open(bytes.fromhex(sealed), f"grant:{application_id}")
            except CannotOpen:
                raise Refused("request.unauthenticated.token") from None
            if len(self.grants) > 10_000:
                self.grants.clear()
            grant = self.grants[sealed] = msgspec.json.decode(opened, type=Grant)
        return grant

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal in Pluggy's words."""
        return refusals.answer(self.world.catalogue, call, refused, error_id)


def page(results: list[Any], total: int | None = None, number: int = 1, size: int | None = None) -> Mapping[str, Any]:
    """Return a page; without a size everything is on the first one."""
    count = len(results) if total is None else total
    pages = 1 if size is None else -(-count // size)
    return {"page": number, "total": count, "totalPages": pages, "results": results}
