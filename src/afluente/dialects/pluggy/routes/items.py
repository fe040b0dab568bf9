"""Connections, as items."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from afluente.core.clock import Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.documents import Resource
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.pluggy import connectors, forms, parameters, render
from afluente.dialects.pluggy.house import Grant, House, page
from afluente.dialects.pluggy.routes.connectors import institution_of
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.addresses import check_address
from afluente.web.answers import Answer, json, redirect
from afluente.web.calls import Call

_CREATE = (
    "connectorId",
    "parameters",
    "webhookUrl",
    "clientUserId",
    "oauthRedirectUri",
    "oauthRedirectUrl",
    "products",
    "avoidDuplicates",
)
_UPDATE = ("id", "parameters", "webhookUrl", "clientUserId", "products", "oauthRedirectUri", "oauthRedirectUrl")


def shown(house: House, call: Call, connection: Connection) -> Answer:
    """Answer with an item."""
    call.connection_id = connection.id
    if connection.state in RUNNING:
        call.meaning = "mfa.asked" if connection.posed is not None else "progress"
    connector = house.connector(house.world.institutions[connection.institution])
    return json(render.item(connection, connector, house.words, call.origin))


async def _item(house: House, call: Call) -> Connection:
    connection = await reads.connection(house.world, call.application_id, forms.path_id(call))
    _within(call.grant, connection)
    call.connection_id = connection.id
    return connection


def _within(grant: Grant | None, connection: Connection) -> None:
    if grant is not None and connection.opened_by != grant.id and connection.id != grant.item_id:
        raise Refused("request.forbidden.scope")


async def get_item(house: House, call: Call) -> Answer:
    """`GET /items/{id}`."""
    return shown(house, call, await _item(house, call))


async def never_listed(house: House, call: Call) -> Answer:
    """`GET /items`: the service lists no items there."""
    raise Refused("request.unsupported.listing")


async def list_items(house: House, call: Call) -> Answer:
    """`GET /v2/items`: the application's items by cursor, where its plan has the list."""
    wanted = forms.query(call, {"clientUserId": forms.text, "connectorId": forms.text, "after": forms.text})
    longest = house.numbers.pages.client_user_id
    if wanted["clientUserId"] and len(wanted["clientUserId"]) > longest:
        raise forms.wrong("clientUserId", f"shorter than or equal to {longest} characters")
    slug = None
    if wanted["connectorId"] is not None:
        if not (wanted["connectorId"].isascii() and wanted["connectorId"].isdigit()):
            raise forms.wrong("connectorId", "an integer number")
        slug = connectors.slug_of(int(wanted["connectorId"][:9])) or ""
    size = house.numbers.pages.size
    after = _item_cursor(wanted["after"]) if wanted["after"] else (-1, "")
    found = await reads.connections_page(
        house.world, call.application_id, size + 1, after, wanted["clientUserId"], slug
    )
    following = None
    if len(found) > size:
        last = found[size - 1]
        token = base64.urlsafe_b64encode(f"{last.created_at}|{last.id}".encode()).decode()
        following = f"?after={token}"
    results = [
        render.item(c, house.connector(house.world.institutions[c.institution]), house.words, call.origin)
        for c in found[:size]
    ]
    return json({"results": results, "next": following})


def _item_cursor(text: str) -> tuple[Instant, str]:
    try:
        at, id = base64.urlsafe_b64decode(text.encode()).decode().split("|")
        if not forms.is_uuid(id) or len(at) > 15:
            raise ValueError
        return int(at), id
    except (ValueError, binascii.Error, UnicodeError):
        raise Refused("request.invalid.cursor") from None


async def create_item(house: House, call: Call) -> Answer:
    """`POST /items`."""
    body = await call.object()
    grant: Grant = call.grant or Grant(id="")
    webhook_url = await _webhook_url(house, body)
    forms.known(body, _CREATE)
    number = body.get("connectorId")
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 10:
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise forms.wrong("connectorId", "an integer number")
    options = _options(body)
    avoid = forms.boolean(body, "avoidDuplicates")
    institution = institution_of(house, number)
    if body.get("parameters") is None:
        raise Refused("request.credentials.not-given")
    values = await parameters.read(house.world, call.application_id, body["parameters"])
    wanted = connections.Wanted(
        institution=institution.slug,
        credentials=values,
        products=options["products"] or grant.products or tuple(Product),
        trigger=Trigger.USER if call.grant else Trigger.CLIENT,
        external_user_id=options["user"] or grant.client_user_id,
        webhook_url=webhook_url or grant.webhook_url,
        redirect_url=options["redirect"] or grant.redirect_url,
        opened_by=grant.id or None,
        avoid_duplicates=grant.avoid_duplicates if avoid is None else avoid,
    )
    return shown(house, call, await connections.create(house.world, call.application_id, wanted))


async def update_item(house: House, call: Call) -> Answer:
    """`PATCH /items/{id}`: run it again, with new values for what is given."""
    connection = await _item(house, call)
    body = await call.object()
    webhook_url = await _webhook_url(house, body)
    given = body.get("parameters")
    loose = {name: value for name, value in body.items() if name not in _UPDATE}
    if given is None and loose:
        # an older manner: the values at the top level
        fields = house.world.institutions[connection.institution].fields
        forms.known(loose, tuple(connectors.wire_name(field.name) for field in fields))
        given = loose
    else:
        forms.known(body, _UPDATE)
    options = _options(body)
    values = None if given is None else await parameters.read(house.world, call.application_id, given)
    changes = connections.Changes(
        credentials=values or None,
        products=options["products"],
        trigger=Trigger.USER if call.grant else Trigger.CLIENT,
        external_user_id=options["user"],
        webhook_url=webhook_url,
        redirect_url=options["redirect"],
    )
    updated = await connections.update(house.world, call.application_id, connection.id, changes, house.rules)
    return shown(house, call, updated)


async def _webhook_url(house: House, body: Mapping[str, Any]) -> str | None:
    url = forms.string(body, "webhookUrl")
    if url:
        await check_address(url, house.relaxed_addresses)
    return url or None


def _options(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "products": forms.products(body),
        "user": forms.string(body, "clientUserId"),
        "redirect": forms.address(body, "oauthRedirectUri") or forms.address(body, "oauthRedirectUrl"),
    }


async def delete_item(house: House, call: Call) -> Answer:
    """`DELETE /items/{id}`."""
    id = forms.path_id(call)
    await connections.delete(house.world, call.application_id, id)
    call.connection_id = id
    return json({"count": 1})


async def send_mfa(house: House, call: Call) -> Answer:
    """`POST /items/{id}/mfa`: the answer to `parameter`, by its name."""
    connection = await _item(house, call)
    body = await call.object()
    values = {}
    for name, value in body.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Refused("request.invalid.not-a-string", data={"field": name[:100]})
        values[name] = str(value)[:4_096]
    answered = await connections.answer(house.world, call.application_id, connection.id, values)
    return shown(house, call, answered)


async def disable_sync(house: House, call: Call) -> Answer:
    """`PATCH /items/{id}/disable-auto-sync`."""
    connection = await _item(house, call)
    return shown(house, call, await connections.disable_sync(house.world, call.application_id, connection.id))


async def list_resources(house: House, call: Call) -> Answer:
    """`GET /items/{id}/resources`: what the consent declares."""
    size = house.numbers.pages.size
    statuses = ("AVAILABLE", "UNAVAILABLE", "TEMPORARILY_UNAVAILABLE", "PENDING_AUTHORISATION")
    wanted = forms.query(
        call, {"page": forms.number(1), "pageSize": forms.number(size, size), "status": forms.choice(*statuses)}
    )
    connection = await _item(house, call)
    found = await reads.records(house.world, call.application_id, Resource, connection.id)
    wires = [render.resource(stored) for stored in found]
    wires = [wire for wire in wires if wanted["status"] in (None, wire["status"])]
    first = (wanted["page"] - 1) * wanted["pageSize"]
    return json(page(wires[first : first + wanted["pageSize"]], len(wires), wanted["page"], wanted["pageSize"]))


async def come_back(house: House, call: Call) -> Answer:
    """The institution's page sends the browser here; then it goes to the client's own address, if there is one."""
    given = dict(call.query)
    state = given.get("state", "")
    item_id = state.partition(".")[0]
    answer = f"approved:{given['code']}" if given.get("code") else "rejected"
    connection = await connections.come_back(house.world, item_id, state, answer)
    if not connection.redirect_url:
        told = f"itemId={item_id}"
        if answer == "rejected":
            told = f"message={quote(house.words.ending('consent.rejected').message)}"
        return redirect(f"{call.base_url}/oauthCallback.html?{told}")
    place, hash_, fragment = connection.redirect_url.partition("#")
    mark = "&" if "?" in place else "?"
    return redirect(f"{place}{mark}itemId={item_id}{hash_}{fragment}")
