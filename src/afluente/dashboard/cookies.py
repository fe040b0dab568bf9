"""Cookies: what no script can read, and no other site can have sent."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from afluente.core.clock import Instant
from afluente.web.calls import Call

PREFIX = "/dashboard"
"""Where the dashboard lies; its cookies are sent nowhere else."""

SESSION, VISITOR, LANGUAGE = "afluente_dashboard", "afluente_visitor", "afluente_language"
"""A session, a browser that is about to log in, and a language that was chosen."""

KNOWN = "afluente_known_"
"""The beginning of what a browser keeps of each application that it has logged in to; the client id follows."""

Header = tuple[bytes, bytes]


def cookies(call: Call) -> dict[str, str]:
    """Return the cookies that came along; none where they cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(call.header(b"cookie")).items()}
    except CookieError:
        return {}


def cookie(call: Call, name: str, value: str, lasts: Instant) -> Header:
    """Return the header that sets a cookie; one that lasts no time is taken away."""
    secure = "; Secure" if call.scope.get("scheme") == "https" else ""
    told = f"{name}={value}; Path={PREFIX}; Max-Age={lasts // 1_000}; HttpOnly; SameSite=Strict{secure}"
    return b"set-cookie", told.encode()
