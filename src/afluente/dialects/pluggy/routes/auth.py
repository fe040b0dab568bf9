"""Keys and connect tokens."""

from __future__ import annotations

import asyncio

import msgspec

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import forms
from afluente.dialects.pluggy.house import Grant, House
from afluente.engine.access import applications
from afluente.engine.records import reads
from afluente.web.addresses import check_address
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def authenticate(house: House, call: Call) -> Answer:
    """`POST /auth`: an API key for client id and secret."""
    body = await call.object()
    forms.known(body, ("clientId", "clientSecret", "nonExpiring"))
    client, secret = forms.string(body, "clientId"), forms.string(body, "clientSecret")
    forms.boolean(body, "nonExpiring")
    if client is None:
        raise Refused("request.invalid.missing-id", data={"field": "clientId"})
    if not forms.is_uuid(client):
        raise Refused("request.invalid.not-a-uuid", data={"field": "clientId"})
    if secret is None:
        raise Refused("request.invalid.not-a-string", data={"field": "clientSecret"})
    application = await applications.find(house.world, client.lower())
    call.named = application.id if application is not None else ""
    known = await asyncio.to_thread(applications.has_secret, application, secret)
    if application is None or not known:
        raise Refused("request.unauthenticated.keys")
    if not application.policy.active:
        raise Refused("request.unauthenticated.disabled")
    call.application_id = application.id
    now = house.world.now(application.id)
    key = house.tokens.issue(application.id, "application", now, house.numbers.tokens.api_key * SECOND)
    return json({"apiKey": key})


async def connect_token(house: House, call: Call) -> Answer:
    """`POST /connect_token`: a token for a widget."""
    body = await call.object()
    forms.known(body, ("itemId", "options", "clientUserId", "webhookUrl"))
    options = body.get("options")
    if options is None:
        options = {}
    if not isinstance(options, dict):
        raise forms.wrong("options", "an object")
    forms.known(
        options,
        (
            "clientUserId",
            "webhookUrl",
            "oauthRedirectUri",
            "oauthRedirectUrl",
            "avoidDuplicates",
            "products",
            "connectorSortAlphabetically",
        ),
    )
    item_id = forms.string(body, "itemId")
    if item_id is not None:
        if not forms.is_uuid(item_id):
            raise Refused("request.invalid.not-a-uuid", data={"field": "itemId"})
        item_id = item_id.lower()
        await reads.connection(house.world, call.application_id, item_id)
        call.connection_id = item_id
    forms.boolean(options, "connectorSortAlphabetically")
    webhook_url = forms.string(options, "webhookUrl") or forms.string(body, "webhookUrl")
    if webhook_url:
        await check_address(webhook_url, house.relaxed_addresses)
    grant = Grant(
        id=house.world.ids.new(),
        item_id=item_id,
        client_user_id=forms.string(options, "clientUserId") or forms.string(body, "clientUserId"),
        webhook_url=webhook_url,
        redirect_url=forms.address(options, "oauthRedirectUri") or forms.address(options, "oauthRedirectUrl"),
        avoid_duplicates=bool(forms.boolean(options, "avoidDuplicates")),
        products=forms.products(options),
    )
    sealed = house.world.vault.seal(msgspec.json.encode(grant), f"grant:{call.application_id}").hex()
    now, lasts = house.world.now(call.application_id), house.numbers.tokens.connect_token * SECOND
    return json({"accessToken": house.tokens.issue(call.application_id, "connect", now, lasts, sealed)})
