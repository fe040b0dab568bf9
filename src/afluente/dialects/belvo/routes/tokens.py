"""The login check, and the widget's tokens."""

from __future__ import annotations

import msgspec

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.belvo.forms import Form, path_id
from afluente.dialects.belvo.house import House, WidgetGrant
from afluente.dialects.belvo.links import external_id
from afluente.engine import reads
from afluente.security.tokens import InvalidToken
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
    external_id(form.text("external_id"))
    form.words("fetch_resources")
    form.done()
    if id is not None or password is not None:
        call.application_id = await house.authenticated(id or "", password or "")
    else:
        waiting = house.admit(call, "client")
        if waiting is not None:
            await waiting
    return await _issued(house, call, tuple(scope.strip() for scope in scopes.split(",") if scope.strip()), link_id)


async def create_for_link(house: House, call: Call) -> Answer:
    """`POST /api/links/{id}/token/`: the older address of the same."""
    form = await Form.of(call)
    scopes = form.text("scopes") or _SCOPES
    form.done()
    return await _issued(house, call, tuple(scopes.split(",")), path_id(call))


async def _issued(house: House, call: Call, scopes: tuple[str, ...], link_id: str | None) -> Answer:
    if link_id is not None:
        try:
            await reads.connection(house.world, call.application_id, link_id)
        except Refused:
            raise Refused("request.not-found") from None
    grant = msgspec.json.encode(WidgetGrant(scopes, link_id))
    return json(_pair(house, call.application_id, grant))


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
    if token.scope != "belvo-refresh" or house.world.now(token.application_id) >= token.expires_at:
        raise Refused("request.unauthenticated.widget-token")
    grant = msgspec.json.encode(house.granted(token))
    return json({"access": _pair(house, token.application_id, grant)["access"]})
