"""What every handler of this dialect is given, how it admits callers, how it says refusals and logs calls."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.flinks import refusals
from afluente.dialects.flinks.forms import guid_of
from afluente.dialects.flinks.institutions import Directory
from afluente.engine.access import admissions, applications, limits
from afluente.engine.access.applications import Application, Policy
from afluente.engine.access.recognised import Recognised
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Tokens
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.policies import policy

SYSTEM = refusals.SYSTEM


class TokenTimes(msgspec.Struct, frozen=True):
    """Lifetimes in seconds."""

    bearer: int


class Limits(msgspec.Struct, frozen=True):
    """Bounds of what may be asked; spans in seconds."""

    institutions: int
    calls_span: int


class Cards(msgspec.Struct, frozen=True):
    """What cards live by, in seconds."""

    night: int
    asked_within: int
    refreshed_within: int


class Sandbox(msgspec.Struct, frozen=True):
    """What stands for the sandbox application."""

    customer: str


class Numbers(msgspec.Struct, frozen=True):
    """`policy.toml`."""

    tokens: TokenTimes
    limits: Limits
    cards: Cards
    sandbox: Sandbox


def numbers() -> Numbers:
    """Read `policy.toml`."""
    return policy(__file__, Numbers)


def caller(call: Call) -> Application:
    """Return the application that `admit` found."""
    found: Application = call.grant
    return found


STANDS = {202: "progress", 203: "mfa.asked"}
"""What a status means in the log of calls, where nobody has said it better."""

_ANYBODYS = Policy()


@dataclass(frozen=True)
class House:
    """The dialect's own. `sandbox` is the sandbox application's id."""

    world: World
    tokens: Tokens
    sandbox: str
    numbers: Numbers = field(default_factory=numbers)
    recognised: Recognised = field(default_factory=Recognised)
    strikable: bool = True

    @cached_property
    def directory(self) -> Directory:
        """The institutions by their names and numbers."""
        return Directory(self.world.institutions.values())

    def error_id(self) -> str:
        """Name an error."""
        return self.world.ids.new()

    def admit(self, call: Call, access: str) -> Awaitable[None] | None:
        """Find the customer of the path. `access`: `open`; `session` (Authorize, which looks at its token itself);
        `secret` in the flinks-auth-key; `key` (x-api-key) and `bearer`, where the application's setting wants one."""
        # a path that nobody has names no customer either
        return self._admit(call, access) if "customer" in call.scope.get("path_params", {}) else None

    async def _admit(self, call: Call, access: str) -> None:
        id = guid_of(call.param("customer"))
        if id == self.numbers.sandbox.customer:
            id = self.sandbox
        found = await applications.find(self.world, id) if id is not None else None
        if found is None:
            raise Refused("request.unauthenticated.customer-unknown")
        if not found.policy.active:
            raise Refused("request.unauthenticated.disabled")
        call.application_id = found.id
        call.grant = found
        admission = found.policy.admission
        if access == "secret":
            given = call.header(b"flinks-auth-key")
            if (given or admission != "open") and not await self.knows(found, given):
                raise Refused("request.unauthenticated.keys")
        elif access in ("key", "bearer") and admission == "token-and-key":
            bearer = call.header(b"authorization").partition(" ")[2].strip()
            given = bearer if access == "bearer" else call.header(b"x-api-key") or bearer
            if not await self.knows(found, given):
                raise Refused("request.unauthenticated")
        if found.policy.calls_limit:
            span = self.numbers.limits.calls_span * SECOND
            await limits.spend(self.world, found.id, "calls", found.policy.calls_limit, span)

    async def knows(self, application: Application, secret: str) -> bool:
        """Whether a text is the application's secret, or a token that was given for it and is not over."""
        if not secret:
            return False
        return self._is_token(application, secret) or await self.recognised.opens(application, secret)

    def _is_token(self, application: Application, text: str) -> bool:
        if text.count(".") != 2:
            return False
        try:
            token = self.tokens.verify(text)
        except InvalidToken:
            return False
        over = self.world.now(application.id) >= token.expires_at
        return token.scope == "flinks-access" and token.application_id == application.id and not over

    async def redeem(self, call: Call, in_body: str | None) -> None:
        """Use up the token that opens a session, where the application's setting wants one.

        Raises `request.forbidden` where none was sent, and `request.unauthenticated.token` for a bad one.
        """
        application = caller(call)
        if application.policy.admission == "open":
            return
        token = call.header(b"flinks-auth-key") or in_body
        if not token:
            raise Refused("request.forbidden")
        await admissions.redeem(self.world, application.id, token)

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say a refusal in Flinks' words."""
        if call.grant is not None and "session_id" in refused.data:
            call.session_id = refused.data["session_id"]
        policy = caller(call).policy if call.grant is not None else _ANYBODYS
        return refusals.answer(self.world.catalogue, refused, policy.too_many_status)
