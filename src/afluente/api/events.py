"""What happened, as a list to read along; who is told of it; and what became of every message."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from afluente.api.house import ApiHouse
from afluente.core.events import Event, EventKind, told
from afluente.core.outcome import Refused
from afluente.engine.outbox import delivery, endpoints, facts
from afluente.engine.outbox.endpoints import Webhook
from afluente.engine.outbox.facts import Attempt, Delivery, Selection
from afluente.engine.telling import Message, Teller
from afluente.web.addresses import check_address
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import instant, maybe_instant

SYSTEM = "afluente"
"""The system that tells events as they stand in `/api/events`."""

MOST = 20
"""Endpoints of one system."""

_LARGEST = 1_000
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,100}")
_SECRET = re.compile(r"[\x21-\x7e]{16,200}")
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,100}")
_FIXED = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type"})
_STATES = ("open", "delivered", "given-up")


def _wrong(detail: str) -> Refused:
    return Refused("request.invalid", data={"detail": detail})


def _number(call: Call, name: str, default: int, most: int) -> int:
    text = dict(call.query).get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19) or int(text) > most:
        raise _wrong(f"{name} must be a whole number from 0 to {most}")
    return int(text)


# -- events ------------------------------------------------------------------------------------------------------------


def teller() -> Teller:
    """Return what tells events as they are."""

    async def render(event: Event) -> list[Message]:
        body = msgspec.json.encode(shown(event)).decode()
        return [Message(name=str(event.kind), id=event.id, body=body)]

    return Teller(render=render)


def shown(event: Event) -> dict[str, Any]:
    """Return an event as it is read and sent; instants are as everywhere, what is not said is left out."""
    fact = told(event.fact)
    for name in ("at", "since", "until", "stored_at"):
        if name in fact:
            fact[name] = instant(fact[name])
    return {
        "id": event.id,
        "kind": str(event.kind),
        "connection": event.connection_id,
        "sequence": event.sequence,
        "at": instant(event.at),
        "fact": fact,
    }


async def list_events(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/events`: what happened behind a position, in order.

    - `after`: the last `position` that was read; without it the list begins with the oldest event that is kept.
    - `limit`: up to 1000, 100 if not given. `kind`: only those, separated by commas.

    `next` is what to send as `after` the next time; nothing is ever added before it.
    """
    after, limit = _number(call, "after", 0, 2**62), _number(call, "limit", 100, _LARGEST)
    kinds = [kind for kind in dict(call.query).get("kind", "").split(",") if kind]
    if unknown := set(kinds) - set(EventKind):
        raise _wrong(f"there is no kind {sorted(unknown)[0]!r}; the kinds are {', '.join(EventKind)}")
    found = await facts.behind(house.world, call.application_id, after, max(limit, 1), kinds)
    listed = [{"position": event.position, **shown(event)} for event in found]
    return json({"events": listed, "next": found[-1].position if found else after})


# -- endpoints ---------------------------------------------------------------------------------------------------------


def _endpoint(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "system": webhook.dialect,
        "url": webhook.url,
        "events": [webhook.event, *webhook.events],
        "headers": dict.fromkeys(webhook.headers, "…"),
        "ofConnections": webhook.of_connections,
        "createdAt": instant(webhook.created_at),
        "updatedAt": instant(webhook.updated_at),
        "disabledAt": maybe_instant(webhook.disabled_at),
        "reason": webhook.reason if webhook.disabled_at is not None else None,
        "rotatedUntil": maybe_instant(webhook.rotated_until),
    }


async def _with_secrets(house: ApiHouse, call: Call, webhook: Webhook) -> dict[str, Any]:
    """Add what its messages are signed with; an application's own secret cannot be read again here either."""
    world, id = house.world, call.application_id
    own = await endpoints.lent(world, id, replace(webhook, secrets=()))
    secrets = await endpoints.secrets_of(world, id, webhook, world.now(id))
    return {**_endpoint(webhook), "secrets": ["…" if secret == own else secret for secret in secrets]}


async def list_endpoints(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/endpoints`: every address that is told of events, those that a dialect's own API made too."""
    found = await endpoints.listed(house.world, call.application_id)
    return json({"endpoints": [_endpoint(webhook) for webhook in found]})


async def get_endpoint(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/endpoints/{id}`: one, with what its messages are signed with."""
    found = await endpoints.found(house.world, call.application_id, _id(call))
    return json(await _with_secrets(house, call, found))


async def create_endpoint(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/endpoints`: have an address told of what happens from now on.

    - `url`: where. Only public https addresses, unless the server was started to allow others.
    - `system`: in whose words (`afluente`, `pluggy`, `belvo`, `flinks`, `klavi`); `afluente` if not given.
    - `events`: names of messages, of what stands before their slash or dot, or `all`, which it is if not given.
    - `headers`: sent along, such as `Authorization`.
    - `secret`: what messages are signed with; one is made if none is given.
    """
    body = await call.object()
    system = body.get("system", SYSTEM)
    known = house.world.tellers
    if system not in known:
        raise _wrong(f"the systems are {', '.join(sorted(known))}")
    if set(body) - {"url", "system", "events", "headers", "secret"}:
        raise _wrong("an endpoint has url, system, events, headers and secret")
    url = await _url(house, body.get("url"))
    event, *more = _events(body.get("events", ["all"]))
    now, id = house.world.now(call.application_id), house.world.ids.new()
    webhook = Webhook(
        id=id,
        dialect=system,
        event=event,
        events=tuple(more),
        url=url,
        headers=_headers(body.get("headers", {})),
        secrets=(_secret(body["secret"]),) if "secret" in body else (),
        created_at=now,
        updated_at=now,
    )
    made = await endpoints.add(house.world, call.application_id, webhook, MOST)
    return json(await _with_secrets(house, call, made), 201)


async def change_endpoint(house: ApiHouse, call: Call) -> Answer:
    """`PATCH /api/endpoints/{id}`: change `url`, `events`, `headers`, or whether it is `enabled`."""
    body = await call.object()
    changes: dict[str, Any] = {}
    for name, value in body.items():
        match name:
            case "url":
                changes["url"] = await _url(house, value)
            case "events":
                event, *more = _events(value)
                changes |= {"event": event, "events": tuple(more)}
            case "headers":
                changes["headers"] = _headers(value)
            case "enabled" if isinstance(value, bool):
                changes["disabled_at"] = None if value else house.world.now(call.application_id)
            case _:
                raise _wrong("url, events, headers and enabled (true or false) can be changed")
    changed = await endpoints.change(house.world, call.application_id, _id(call), **changes)
    return json(_endpoint(changed))


async def rotate_secret(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/endpoints/{id}/rotate`: a new secret; for a day messages carry the signatures of both."""
    body = await call.object()
    secret = _secret(body["secret"]) if "secret" in body else None
    changed = await endpoints.rotate(house.world, call.application_id, _id(call), secret)
    return json(await _with_secrets(house, call, changed))


async def delete_endpoint(house: ApiHouse, call: Call) -> Answer:
    """`DELETE /api/endpoints/{id}`: it is told of nothing any more; its deliveries go with it."""
    await endpoints.remove(house.world, call.application_id, _id(call))
    return Answer(204, b"", ())


def _id(call: Call) -> str:
    id = call.param("id")
    if "\0" in id:
        raise Refused("request.not-found.webhook")
    return id


async def _url(house: ApiHouse, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2_000:
        raise Refused("request.webhook.url-invalid")
    await check_address(value, house.relaxed_addresses)
    return value


def _events(value: Any) -> list[str]:
    named = isinstance(value, list) and all(isinstance(name, str) and _NAME.fullmatch(name) for name in value)
    if not named or not 1 <= len(value) <= 50:
        raise _wrong("events is a list of names, or ['all']")
    return list(value)


def _headers(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > 20:
        raise _wrong("headers is an object of texts")
    for name, text in value.items():
        printable = isinstance(text, str) and text.isascii() and text.isprintable() and len(text) < 2_000
        if not _HEADER.fullmatch(name) or name.lower() in _FIXED or not printable:
            raise _wrong("headers is an object of texts that an HTTP header can have")
    return value


def _secret(value: Any) -> str:
    if not isinstance(value, str) or not _SECRET.fullmatch(value):
        raise _wrong("a secret is a text of 16 to 200 letters, figures and signs")
    if value.startswith("whsec_"):
        from base64 import b64decode

        try:
            b64decode(value.removeprefix("whsec_"), validate=True)
        except ValueError:
            raise _wrong("behind whsec_ stands base64") from None
    return value


# -- deliveries --------------------------------------------------------------------------------------------------------


def _delivery(one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "endpoint": one.endpoint_id,
        "connection": one.connection_id or None,
        "event": one.content.event_id,
        "kind": one.content.kind,
        "position": one.position,
        "message": one.message_id,
        "name": one.name,
        "state": str(one.state),
        "attempts": one.attempts,
        "status": one.content.status,
        "error": one.content.error,
        "replay": one.content.replay,
        "createdAt": instant(one.created_at),
        "dueAt": maybe_instant(one.due_at),
        "endedAt": maybe_instant(one.ended_at),
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": instant(one.at),
        "took": one.took,
        "url": one.url,
        "sent": one.sent,
        "status": one.status,
        "error": one.error,
        "answered": one.answered,
        "body": one.body,
    }


def _selection(given: dict[str, Any]) -> Selection:
    names = {"endpoint": "endpoint_id", "connection": "connection_id", "state": "state", "name": "name"}
    chosen: dict[str, Any] = {}
    for name, value in given.items():
        if name in names and isinstance(value, str) and "\0" not in value and len(value) <= 200:
            chosen[names[name]] = value
        elif name in ("after", "until") and isinstance(value, int) and not isinstance(value, bool):
            chosen[name] = max(0, min(value, 2**62))
        elif name == "ids" and isinstance(value, list) and all(isinstance(id, str) and "\0" not in id for id in value):
            chosen["ids"] = tuple(value[:_LARGEST])
        else:
            raise _wrong("deliveries are chosen by endpoint, connection, state, name, after, until and ids")
    if chosen.get("state", "open") not in _STATES:
        raise _wrong(f"the states are {', '.join(_STATES)}")
    return Selection(**chosen)


async def list_deliveries(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/deliveries`: every message to every endpoint, the newest first.

    - `endpoint`, `connection`, `state` (open, delivered, given-up), `name`: only those.
    - `before`: the `number` of the last one that was read; `limit`: up to 1000, 100 if not given.
    """
    given = {name: value for name, value in call.query if name not in ("before", "limit")}
    limit, before = max(_number(call, "limit", 100, _LARGEST), 1), _number(call, "before", 0, 2**62)
    found = await facts.listed(house.world, call.application_id, _selection(given), limit, before or None)
    following = found[-1].number if len(found) == limit else None
    return json({"deliveries": [_delivery(one) for one in found], "next": following})


async def get_delivery(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/deliveries/{id}`: one, with the message and every attempt: what was sent, what came back, when."""
    found = await facts.one(house.world, call.application_id, _id(call))
    if found is None:
        raise Refused("request.not-found")
    one, attempts = found
    return json({**_delivery(one), "body": one.content.body, "tried": [_attempt(each) for each in attempts]})


async def replay(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/deliveries/replay`: send messages again, in their order, with the ids they had.

    Chosen by `ids`, by the positions of events (behind `after`, up to and with `until`), and by `endpoint`,
    `connection`, `state` and `name`; all that is named must hold. What still waits is not sent twice.
    """
    body = await call.object()
    if not body:
        raise _wrong("say which: ids, after, until, endpoint, connection, state or name")
    count = await delivery.replay(house.world, call.application_id, _selection(body))
    return json({"replayed": count}, 202)
