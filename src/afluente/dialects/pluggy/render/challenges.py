"""An open question on an item: `parameter` for what is typed in, `userAction` for what is done elsewhere."""

from __future__ import annotations

from typing import Any

from afluente.core.challenge import TYPED, Ask, Posed
from afluente.web.instants import instant

LIVE_REDIRECT = "oauth"
"""The type that the live service gives to a redirect. The Python client refuses the whole item for it."""

SAFE_REDIRECT = "text"
"""A documented type for the same parameter, which every official client reads."""

PREFIX = "/pluggy"
"""Where the dialect lives on the common port."""

BACK = "/items/oauth/callback"
"""Where the institution's own page sends the browser back to, inside the dialect."""

_ACTIONS = {Ask.QR: "qr", Ask.APPROVAL: "authorize-access"}


def is_parameter(posed: Posed) -> bool:
    """Tell whether the question is shown as `parameter`: a typed one, or a redirect."""
    return posed.challenge.kind in TYPED or posed.challenge.kind is Ask.REDIRECT


def parameter(posed: Posed, base_url: str, redirect_type: str = SAFE_REDIRECT) -> dict[str, Any]:
    """Return the credential object of a typed question or of a redirect.

    `base_url` is our own origin, no slash at its end; `redirect_type` is what a redirect calls its type.
    """
    asked = posed.challenge
    if asked.kind is Ask.REDIRECT:
        return {
            "name": "oauthCode",
            "label": "Oauth Code",
            "type": redirect_type,
            "optional": False,
            "instructions": asked.instructions or asked.label,
            "data": redirect_url(posed, base_url),
            "expiresAt": instant(posed.expires_at),
        }
    wire: dict[str, Any] = {
        "name": asked.name,
        "label": asked.label,
        "type": asked.kind.value,
        "placeholder": asked.placeholder or "",
        "optional": False,
    }
    if asked.pattern is not None:
        wire["validation"] = asked.pattern
    if asked.instructions is not None:
        wire["instructions"] = asked.instructions
    if asked.options or asked.kind is Ask.SELECT:
        wire["options"] = [{"value": option.value, "label": option.label} for option in asked.options]
    if asked.image is not None:
        wire["data"] = asked.image
    wire["expiresAt"] = instant(posed.expires_at)
    return wire


def redirect_url(posed: Posed, base_url: str) -> str:
    """Return where the user goes for a redirect, absolute, with the question's id as `state`."""
    url = posed.challenge.url or "/"
    address = base_url + url if url.startswith("/") else url
    return f"{address}{'&' if '?' in address else '?'}state={posed.id}"


def user_action(posed: Posed) -> dict[str, Any]:
    """Return the action of a QR code or an approval; a QR code's content is in `attributes`."""
    asked = posed.challenge
    wire: dict[str, Any] = {"instructions": asked.instructions or asked.label, "type": _ACTIONS[asked.kind]}
    if asked.payload is not None:
        wire["attributes"] = {"data": asked.payload}
    wire["expiresAt"] = instant(posed.expires_at)
    return wire
