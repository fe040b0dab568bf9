"""The login check, and the widget's tokens."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.belvo.forms import Form, path_id
from afluente.dialects.belvo.house import House, WidgetGrant
from afluente.dialects.belvo.links import external_id
from afluente.engine.records import reads
from afluente.security.tokens import InvalidToken
from afluente.web.addresses import is_place
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_SCOPES = "read_institutions,write_links"


async def check(house: House, call: Call) -> Answer:
    """`GET /api/`: whether the keys are right."""
    return json(
        {"api": "belvo", "links": f"{call.base_url}/api/links/", "institutions": f"{call.base_url}/api/institutions/"}
    )


async def create(house: House, call: Call) -> Answer:
    """`POST /api/token/`: an access token for the widget, and one to refresh it with. The body carries the keys."""
    form = await Form.of(call)
    id, password = form.text("id"), form.text("password")
    scopes = form.text("scopes") or _SCOPES
    link_id = form.uuid("link_id")
    external = external_id(form.text("external_id"))
    resources = form.words("fetch_resources")
    widget = _widget(form)
    told = WidgetGrant(
        tuple(scope.strip() for scope in scopes.split(",") if scope.strip()),
        link_id,
        external_id=external,
        resources=resources or (),
        storage=form.text("credentials_storage"),
        stale=form.term("stale_in"),
        **widget,
    )
    form.done()
    if id is not None or password is not None:
        await house.authenticate(call, id or "", password or "")
    else:
        waiting = house.admit(call, "client")
        if waiting is not None:
            await waiting
    return await _issued(house, call, told)


def _widget(form: Form) -> dict[str, Any]:
    """Return what a token says of the widget that is opened with it; what nobody here heeds is passed over."""
    given = form.values.get("widget")
    widget = given if isinstance(given, dict) else {}
    callbacks, branding, consent = (
        part if isinstance(part := widget.get(name), dict) else {} for name in ("callback_urls", "branding", "consent")
    )
    addresses = {name: str(callbacks[name]) for name in ("success", "exit", "event") if callbacks.get(name)}
    for name, address in addresses.items():
        if not is_place(address):
            form.wrong(f"widget.callback_urls.{name}", "request.invalid.value", detail="Enter a valid URL.")
    terms = str(branding.get("company_terms_url") or consent.get("terms_and_conditions_url") or "")
    identities = consent.get("identification_info")
    permissions = consent.get("permissions")
    known = [one for one in identities if isinstance(one, dict)] if isinstance(identities, list) else []
    return {
        "callbacks": addresses,
        "company": _text(branding, "company_name", 80),
        "terms": terms if _is_link(terms) else None,
        "terms_version": _text(branding, "company_terms_version", 40),
        "scheme": str(widget.get("color_scheme") or "").lower() or None,
        "look": _look(widget.get("theme"), branding),
        "benefit": _benefit(branding),
        "loss": _text(branding, "opportunity_loss", _LONGEST),
        "purpose": _text(consent, "purpose", _LONGEST) or _text(widget, "purpose", _LONGEST),
        "permissions": tuple(str(one)[:40] for one in permissions[:20]) if isinstance(permissions, list) else (),
        "document": _document(known, "CPF"),
        "company_document": _document(known, "CNPJ"),
        "icon": _picture(branding, "company_icon"),
        "logo": _picture(branding, "company_logo"),
    }


_COLOURS = {
    "--color-primary-base": "accent",
    "--color-primary-base-dark": "accent-dark",
    "--nav-bar-title-color": "bar-title",
    "--nav-bar-title-color-dark": "bar-title-dark",
    "--nav-bar-icon-color": "bar-icon",
    "--nav-bar-icon-color-dark": "bar-icon-dark",
    "--nav-bar-background-color": "bar",
    "--nav-bar-background-color-dark": "bar-dark",
    "--nav-bar-border-color": "bar-line",
    "--nav-bar-border-color-dark": "bar-line-dark",
}
"""Colours of a theme (contract 9.5) by the sheet's own names for them."""

_HEX = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_LONGEST = 600
"""Characters of a text of the caller's that is shown."""


def _text(part: dict[str, Any], name: str, longest: int) -> str | None:
    return str(part[name])[:longest] if part.get(name) else None


def _is_link(text: str) -> bool:
    return text.startswith(("https://", "http://")) and is_place(text)


def _picture(branding: dict[str, Any], name: str) -> str | None:
    """Return where a picture lies; whether there is one is seen when a page shows it."""
    url = str(branding.get(name) or "")
    return url if len(url) <= _LONGEST and _is_link(url) else None


def _document(known: list[dict[str, Any]], kind: str) -> str | None:
    return next((str(one.get("number"))[:20] for one in known if one.get("type") == kind), None)


def _look(theme: object, branding: dict[str, Any]) -> dict[str, str]:
    """Return the colours that a theme names, and that of the ground around the widget."""
    entries = [one for one in theme if isinstance(one, dict)] if isinstance(theme, list) else []
    named = [(_COLOURS.get(str(one.get("css_key"))), str(one.get("value", ""))) for one in entries]
    named.append(("paper", str(branding.get("overlay_background_color") or "")))
    return {name: value for name, value in named if name is not None and _HEX.fullmatch(value)}


def _benefit(branding: dict[str, Any]) -> tuple[str, str] | None:
    """Return what the caller says its users gain, as a heading and a text."""
    header, content = (str(branding.get(f"company_benefit_{part}") or "")[:_LONGEST] for part in ("header", "content"))
    return (header, content) if header or content else None


async def create_for_link(house: House, call: Call) -> Answer:
    """`POST /api/links/{id}/token/`: the older address of the same."""
    form = await Form.of(call)
    scopes = form.text("scopes") or _SCOPES
    form.done()
    return await _issued(house, call, WidgetGrant(tuple(scopes.split(",")), path_id(call)))


async def _issued(house: House, call: Call, grant: WidgetGrant) -> Answer:
    if grant.link_id is not None:
        try:
            await reads.connection(house.world, call.application_id, grant.link_id)
        except Refused:
            raise Refused("request.not-found") from None
        call.connection_id = grant.link_id
    return json(_pair(house, call.application_id, msgspec.json.encode(grant)))


def _pair(house: House, application_id: str, grant: bytes) -> dict[str, str]:
    sealed = house.world.vault.seal(grant, f"widget:{application_id}").hex()
    now, times = house.world.now(application_id), house.numbers.tokens
    issue = house.tokens.issue
    return {
        "access": issue(application_id, "belvo-access", now, times.access * SECOND, sealed),
        "refresh": issue(application_id, "belvo-refresh", now, times.refresh * SECOND, sealed),
    }


async def refresh(house: House, call: Call) -> Answer:
    """`POST /api/token/refresh/`: a new access token while the widget is open."""
    form = await Form.of(call)
    text = form.text("refresh", required=True)
    form.done()
    try:
        token = house.tokens.verify(text or "")
    except InvalidToken:
        raise Refused("request.unauthenticated.widget-token") from None
    call.named = token.application_id
    if token.scope != "belvo-refresh" or house.world.now(token.application_id) >= token.expires_at:
        raise Refused("request.unauthenticated.widget-token")
    grant = msgspec.json.encode(house.granted(token))
    return json({"access": _pair(house, token.application_id, grant)["access"]})
