"""Tokens: the one that opens a session, and the one that stands for the secret."""

from __future__ import annotations

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.flinks.forms import Form, guid_of
from afluente.dialects.flinks.house import House, caller
from afluente.engine.access import admissions
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def generate(house: House, call: Call) -> Answer:
    """`POST GenerateAuthorizeToken`: a token that opens one session."""
    return json({"HttpStatusCode": 200, "Token": await admissions.issue(house.world, call.application_id)})


async def exchange(house: House, call: Call) -> Answer:
    """`POST Token`: a bearer token for the client's id and secret."""
    form = await Form.of(call)
    client, secret = form.text("client_id", required=True), form.text("secret", "client_secret", required=True)
    form.done()
    application = caller(call)
    whose = guid_of(client or "") or ""
    if whose == house.numbers.sandbox.customer:
        whose = house.sandbox
    if whose != application.id or not await house.knows(application, secret or ""):
        raise Refused("request.unauthenticated.keys")
    lasts = house.numbers.tokens.bearer
    now = house.world.now(application.id)
    token = house.tokens.issue(application.id, "flinks-access", now, lasts * SECOND)
    return json({"access_token": token, "expires_in": lasts})
