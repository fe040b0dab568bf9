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
    known = [one for one in identities if isinstance(one, dict)] if isinstance(identities, list) else []
    return {
        "callbacks": addresses,
        "company": str(branding["company_name"])[:80] if branding.get("company_name") else None,
        "terms": terms if terms.startswith(("https://", "http://")) and is_place(terms) else None,
        "scheme": str(widget.get("color_scheme") or "").lower() or None,
        "accent": _accent(widget.get("theme")),
        "benefit": _benefit(branding),
        "document": next((str(one.get("number"))[:20] for one in known if one.get("type") == "CPF"), None),
    }


_ACCENT = "--color-primary-base"
_HEX = re.compile(r"#[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?")
_LONGEST = 600
"""Characters of a text of the caller's that is shown."""


def _accent(theme: object) -> str | None:
    """Return the main colour of a theme, where it names one."""
    entries = [one for one in theme if isinstance(one, dict)] if isinstance(theme, list) else []
    named = (str(one.get("value", "")) for one in entries if one.get("css_key") == _ACCENT)
    return next((value for value in named if _HEX.fullmatch(value)), None)


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
