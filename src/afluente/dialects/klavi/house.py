"""What every handler of these APIs is given, how callers are admitted, and how refusals are said."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.klavi import refusals
from afluente.dialects.klavi.institutions import Directory
from afluente.engine.access import applications, limits
from afluente.engine.access.applications import Application, Policy
from afluente.engine.access.recognised import Recognised
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Tokens
from afluente.security.vault import CannotOpen
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.policies import policy

SYSTEM = "klavi"

_CODES = (b"partner_code", b"partner-code", b"partnercode")
_TOKENS = (b"partner_token", b"partner-token", b"partnertoken")
"""How clients spell the two headers; case makes no difference."""

SIGNATURE = b"x-klavi-signature"

LONGEST_LINK = 5_000
"""Bytes of what a link is made with: its token stands in an address, and in every form of the page."""


class TokenTimes(msgspec.Struct, frozen=True):
    """Lifetimes in seconds."""

    access: int
    link: int


class ConsentNumbers(msgspec.Struct, frozen=True):
    """What consents live by: spans in seconds, how many may be in force, how many months one lasts."""

    redirect: int
    unattended: int
    live: int
    months: int


class TaskNumbers(msgspec.Struct, frozen=True):
    """What tasks are held to; spans in seconds."""

    wrong_logins: int
    frozen: int
    outage: int
    updates_span: int
    calls_span: int


class PageNumbers(msgspec.Struct, frozen=True):
    """Of how many steps on the page a partner is told in a minute: over links that it made, and over those that
    anybody makes."""

    told: int
    strangers: int


class ReportNumbers(msgspec.Struct, frozen=True):
    """How many seconds what is held of a consent may be old when a report over it is requested."""

    fresh: int


class Numbers(msgspec.Struct, frozen=True):
    """`policy.toml`."""

    tokens: TokenTimes
    consents: ConsentNumbers
    tasks: TaskNumbers
    page: PageNumbers
    reports: ReportNumbers


def numbers() -> Numbers:
    """Read `policy.toml`."""
    return policy(__file__, Numbers)


class Link(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a link was made with; its token holds it sealed, so nothing of it is stored. One that is `anybodys` was
    made by whoever opened the partner's address, and not by the partner."""

    id: str
    person: str | None = None
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    institution: str | None = None
    redirect_url: str | None = None
    callbacks: dict[str, str] = {}
    external: dict[str, Any] = {}
    connection_key: str | None = None
    app_link: str | None = None
    app_parameter: str | None = None
    anybodys: bool = False


@dataclass(frozen=True)
class House:
    """The dialect's own. `relaxed_addresses` takes any http address to call."""

    world: World
    tokens: Tokens
    relaxed_addresses: bool = False
    numbers: Numbers = field(default_factory=numbers)
    recognised: Recognised = field(default_factory=Recognised)
    strikable: bool = True

    @cached_property
    def directory(self) -> Directory:
        """The institutions by their codes."""
        return Directory(self.world.institutions)

    def error_id(self) -> str:
        """Name an error."""
        return self.world.ids.new()

    def admit(self, call: Call, access: str) -> Awaitable[None] | None:
        """Find out who calls. `access`: `open`, `partner` (code and token in two headers), `token` (a bearer that
        `/auth` gave out), `link` (a bearer that opens one link)."""
        if access == "open":
            return None
        if access == "partner":
            return self._partner(call)
        return self._bearer(call, access)

    async def _partner(self, call: Call) -> None:
        """Raises `request.unauthenticated.keys-missing`, `.disabled` and `.keys`, looked at in this order."""
        code, token = _first(call, _CODES), _first(call, _TOKENS)
        if not code or not token:
            raise Refused("request.unauthenticated.keys-missing")
        application = await self._named(code)
        call.named = application.id if application is not None else ""
        if application is not None and not application.policy.active:
            raise Refused("request.unauthenticated.disabled")
        call.application_id = await self.authenticated(application, token)

    async def _named(self, id: str) -> Application | None:
        return await applications.find(self.world, id.lower()) if "\0" not in id else None

    async def authenticated(self, application: Application | None, secret: str) -> str:
        """Return the id of an application whose secret this is. Raises `request.unauthenticated.keys`."""
        if not await self.recognised.opens(application, secret) or application is None:
            raise Refused("request.unauthenticated.keys")
        if self.recognised.is_newest(application, secret):
            await applications.keep_secret(self.world, application.id, secret)
        return application.id

    async def of_keys(self, call: Call, id: str, secret: str) -> str:
        """Return the application of an access key and its secret. Raises `request.unauthenticated.keys`."""
        application = await self._named(id)
        call.named = application.id if application is not None else ""
        found = await self.authenticated(application, secret)
        if application is None or not application.policy.active:
            raise Refused("request.unauthenticated.keys")
        return found

    async def _bearer(self, call: Call, access: str) -> None:
        """Raises `request.unauthenticated.token` for one that is none of these, is over, or whose partner was switched
        off, and `request.too-many`."""
        scheme, _, value = call.header(b"authorization").partition(" ")
        if scheme.lower() != "bearer":
            raise Refused("request.unauthenticated.token")
        try:
            token = self.tokens.verify(value.strip())
        except InvalidToken:
            raise Refused("request.unauthenticated.token") from None
        call.named = token.application_id
        wanted = "klavi-access" if access == "token" else "klavi-link"
        if token.scope != wanted or self.world.now(token.application_id) >= token.expires_at:
            raise Refused("request.unauthenticated.token")
        call.application_id = token.application_id
        await self.count_call(call, await self.active(token.application_id))
        if access == "link":
            call.grant = self._link(token.application_id, token.sealed or "")

    async def active(self, application_id: str) -> Policy:
        """Return what is set for an application. Raises `request.unauthenticated.token` where it is switched off."""
        application = await applications.find(self.world, application_id)
        if application is None or not application.policy.active:
            raise Refused("request.unauthenticated.token")
        return application.policy

    async def count_call(self, call: Call, policy: Policy) -> None:
        """Count a call where there is a limit. Raises `request.too-many`."""
        if policy.calls_limit:
            span = self.numbers.tasks.calls_span * SECOND
            await limits.spend(self.world, call.application_id, "calls", policy.calls_limit, span)

    def link_token(self, application_id: str, link: Link) -> str:
        """Return the token that opens a link. Raises `request.invalid` for one that says too much to stand in an
        address."""
        told = msgspec.json.encode(link)
        if len(told) > LONGEST_LINK:
            raise Refused("request.invalid", data={"field": "externalInfo", "expected": "shorter"})
        sealed = self.world.vault.seal(told, f"link:{application_id}").hex()
        now, lasts = self.world.now(application_id), self.numbers.tokens.link * SECOND
        return self.tokens.issue(application_id, "klavi-link", now, lasts, sealed)

    def opened(self, text: str, call: Call) -> tuple[str, Link]:
        """Return whose a link's token is, and what the link was made with. Raises `request.unauthenticated.token`."""
        try:
            token = self.tokens.verify(text)
        except InvalidToken:
            raise Refused("request.unauthenticated.token") from None
        call.named = token.application_id
        if token.scope != "klavi-link" or self.world.now(token.application_id) >= token.expires_at:
            raise Refused("request.unauthenticated.token")
        return token.application_id, self._link(token.application_id, token.sealed or "")

    def _link(self, application_id: str, sealed: str) -> Link:
        try:
            opened = self.world.vault.open(bytes.fromhex(sealed), f"link:{application_id}")
        except (CannotOpen, ValueError):
            raise Refused("request.unauthenticated.token") from None
        return msgspec.json.decode(opened, type=Link)

    async def policy(self, call: Call) -> Policy:
        """Return what is set for the calling application."""
        return await self.policy_of(call.application_id)

    async def policy_of(self, application_id: str) -> Policy:
        """Return what is set for an application."""
        application = await applications.find(self.world, application_id)
        return application.policy if application is not None else Policy()

    def check_signature(self, call: Call, policy: Policy, raw: bytes) -> None:
        """Look at the signature of a body, where the application signs. Raises `request.signature`."""
        if not policy.signed_requests:
            return
        made = hmac.new(_first(call, _TOKENS).encode("latin-1"), raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made.encode(), call.header(SIGNATURE).strip().lower().encode()):
            raise Refused("request.signature")

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal in Klavi's words."""
        return refusals.answer(self.world.catalogue, call, refused)


def _first(call: Call, names: tuple[bytes, ...]) -> str:
    return next((value for name in names if (value := call.header(name).strip())), "")
