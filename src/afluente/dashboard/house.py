"""Who may look: whoever has logged in with an application's id and secret, at that application's own and nothing else.

A session is a signed token in a cookie that no script can read and no other site can have sent. It is over after some
hours, when its operator logs out, and as soon as the secret is another. Each form carries a mark that only its own
session has.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from afluente.core.clock import DAY, HOUR
from afluente.core.outcome import Refused
from afluente.dashboard.cookies import KNOWN, LANGUAGE, PREFIX, SESSION, VISITOR, Header, cookie, cookies
from afluente.dashboard.page import Desk, is_part
from afluente.engine.access import applications, endings
from afluente.engine.access.applications import Application
from afluente.engine.world import World
from afluente.security.tokens import InvalidToken, Token, Tokens
from afluente.web.answers import Answer
from afluente.web.calls import Call

LASTS = 12 * HOUR
"""How long a session is good."""

VISITS = 1 * HOUR
"""How long a login page may stand open before its form is sent."""

KNOWN_FOR = 180 * DAY
"""How long a browser that has logged in is known; each login begins that anew."""

_SCOPE, _VISITING, _KNOWING = "dashboard", "dashboard-visitor", "dashboard-known"
_STATUS = (
    ("request.unauthenticated", 401),
    ("request.forbidden", 403),
    ("request.not-found", 404),
    ("request.unsupported.method", 405),
    ("request.too-many", 429),
    ("request.invalid.too-large", 413),
    ("request", 400),
)


@dataclass(frozen=True)
class DashboardHouse:
    """The dashboard's own: `settle` waits until an application's executions have come to rest, `scenarios` lists what
    the sandbox can be told to do, in a language."""

    world: World
    tokens: Tokens
    settle: Callable[[str], Awaitable[None]]
    scenarios: Callable[[str], list[dict[str, str | None]]]

    @property
    def strikable(self) -> bool:
        """Never: faults are disarmed here."""
        return False

    def error_id(self) -> str:
        """Name an error."""
        return self.world.ids.new()

    async def admit(self, call: Call, access: str) -> None:
        """Find out whose session it is; `open` needs none. Raises `request.unauthenticated`."""
        if access == "open":
            return
        token = self._token(call, SESSION, _SCOPE)
        application = await applications.find(self.world, token.application_id) if token else None
        if token is None or application is None or not application.policy.active:
            raise Refused("request.unauthenticated.token")
        # over by both clocks: a stopped one that was moved must not lock out who moves it back
        if min(self.world.clock.now(), self.world.now(application.id)) >= token.expires_at:
            raise Refused("request.unauthenticated.token-expired")
        secret, _, session = (token.sealed or "").partition(".")
        if secret != self._of_secret(application):
            raise Refused("request.unauthenticated.token")
        if await endings.ended(self.world, application.id, session, token.expires_at):
            raise Refused("request.unauthenticated.token-expired")
        call.application_id, call.grant = application.id, application

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Send to the login whoever has none; say everything else on a page."""
        status = next((status for name, status in _STATUS if _is(refused.meaning, name)), 500)
        if status == 401:
            return to_login(call)
        return Desk(self, call).refusal(refused, status, error_id)

    # -- cookies -------------------------------------------------------------------------------------------------------

    def session(self, call: Call, application: Application) -> tuple[Header, Header]:
        """Return the headers that begin a session of an application, and by which the browser is known afterwards."""
        now = self.world.clock.now()
        # two sessions that begin in the same second are two all the same
        sealed = f"{self._of_secret(application)}.{self.world.ids.new()}"
        token = self.tokens.issue(application.id, _SCOPE, now, LASTS, sealed)
        known = self.tokens.issue(application.id, _KNOWING, now, KNOWN_FOR, sealed)
        return cookie(call, SESSION, token, LASTS), cookie(call, f"{KNOWN}{application.id}", known, KNOWN_FOR)

    def known_browser(self, call: Call, application: Application) -> str | None:
        """Name the browser, if it has logged in to the application with the secret as it is now."""
        token = self._token(call, f"{KNOWN}{application.id}", _KNOWING)
        if token is None or token.application_id != application.id or self.world.clock.now() >= token.expires_at:
            return None
        secret, _, browser = (token.sealed or "").partition(".")
        return browser if secret == self._of_secret(application) else None

    async def end(self, call: Call) -> None:
        """End the session that a call came in, for whoever may have its cookie."""
        token = self._token(call, SESSION, _SCOPE)
        if token is not None:
            session = (token.sealed or "").partition(".")[2]
            await endings.end(self.world, token.application_id, session, token.expires_at)

    def visitor(self, call: Call) -> tuple[str, Header | None]:
        """Return what marks a browser that has not logged in, and the header that does so where nothing did yet."""
        text = cookies(call).get(VISITOR, "")
        token = self._token(call, VISITOR, _VISITING)
        if token is not None and token.expires_at > self.world.clock.now() + VISITS // 2:
            return text, None
        text = self.tokens.issue(self.world.ids.new(), _VISITING, self.world.clock.now(), VISITS)
        return text, cookie(call, VISITOR, text, VISITS)

    def is_visitor(self, call: Call) -> bool:
        """Tell whether the browser has a login page of ours that still counts."""
        token = self._token(call, VISITOR, _VISITING)
        return token is not None and token.expires_at > self.world.clock.now()

    def mark(self, text: str) -> str:
        """Return what the forms of a session, or of a visitor, carry: it follows from their cookie and from our key."""
        return self.world.vault.fingerprint(f"dashboard form:{text}")

    async def form(self, call: Call, name: str = SESSION) -> dict[str, Any]:
        """Return what a form was filled in with. Raises `request.forbidden` for one that is not of this session."""
        given = await call.object()
        sent = given.pop("form", "")
        expected = self.mark(cookies(call).get(name, ""))
        elsewhere = call.header(b"sec-fetch-site") not in ("", "same-origin", "none")
        if elsewhere or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), expected.encode()):
            raise Refused("request.forbidden")
        return given

    def _of_secret(self, application: Application) -> str:
        return self.world.vault.fingerprint(f"dashboard secret:{application.secret_hash}")[:32]

    def _token(self, call: Call, name: str, scope: str) -> Token | None:
        try:
            token = self.tokens.verify(cookies(call).get(name, ""))
        except InvalidToken:
            return None
        return token if token.scope == scope else None


def to_login(call: Call) -> Answer:
    """Send to the login page, and from there back to what was asked for."""
    query = call.scope["query_string"].decode("latin-1")
    here = f"{call.path}?{query}" if query else call.path
    back = f"?next={quote(here, safe='')}" if call.method == "GET" and call.path != f"{PREFIX}/login" else ""
    if is_part(call):
        # the page itself goes there, not the part of it that was to be looked at anew
        return Answer(401, b"", ((b"hx-redirect", f"{PREFIX}/login".encode()),), shared=False)
    return see(f"{PREFIX}/login{back}")


def see(address: str, *more: Header) -> Answer:
    """Have the browser look at another page of ours."""
    headers = ((b"location", address.encode("latin-1", "ignore")), (b"cache-control", b"no-store"), *more)
    return Answer(303, b"", headers, shared=False)


def chosen_language(call: Call, locale: str) -> Header:
    """Return the header that keeps a language."""
    return cookie(call, LANGUAGE, locale, 365 * 24 * HOUR)


def over(call: Call) -> Header:
    """Return the header that ends a session."""
    return cookie(call, SESSION, "", 0)


def _is(meaning: str, name: str) -> bool:
    return meaning == name or meaning.startswith(name + ".")
