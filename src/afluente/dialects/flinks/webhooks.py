"""Events in Flinks' words: what a session asked for is sent when it is there, as the call would answer it (contract 6).

Receivers compute the signature over the bytes or over the JSON that they write anew, so bodies are compact and their
keys stand in one order: `ResponseType`, `HttpStatusCode`, the rest.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, EventKind
from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.flinks import cards, readings, render
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.dialects.flinks.routes import data
from afluente.engine.connecting import sessions
from afluente.engine.connecting.sessions import ClientSession
from afluente.engine.records import reads
from afluente.engine.telling import Message, Plan, Teller

_PLAN = Plan(own=(30 * MINUTE,) * 9, timeout=10 * SECOND)

_OPERATIONS = ("GetAccountsSummary", "GetAccountsDetail", "GetStatements")

_encode = msgspec.json.Encoder(decimal_format="number").encode


def teller(house: House) -> Teller:
    """Return what the engine needs to tell events in Flinks' words."""

    async def render_event(event: Event) -> Sequence[Message]:
        return [
            Message(name=str(told["ResponseType"]), id=_id(event, told), body=_encode(told).decode())
            for told in await _told(house, event)
        ]

    return Teller(render=render_event, plan=_PLAN, sign=sign)


def sign(body: str, secrets: Sequence[str], at: Instant) -> Mapping[str, str]:
    """Return the header that a delivery is known by: base64 of an HMAC-SHA256 over the body's bytes."""
    if not secrets:
        return {}
    digest = hmac.new(secrets[0].encode(), body.encode(), sha256).digest()
    return {"flinks-authenticity-key": base64.b64encode(digest).decode()}


def _id(event: Event, told: Mapping[str, Any]) -> str:
    return derived_id(event.id, SYSTEM, str(told["ResponseType"]))


async def _told(house: House, event: Event) -> list[dict[str, Any]]:
    if event.kind is not EventKind.CONNECTION_UPDATED or not event.fact.session_id:
        return []
    connection = await reads.known(house.world, event.application_id, event.connection_id or "")
    try:
        session = await sessions.session_of(house.world, event.application_id, event.fact.session_id)
    except Refused:
        return []
    if connection is None or session.system != SYSTEM:
        return []
    arrived = {name for name, outcome in event.fact.products.items() if outcome == "success"}
    told = [await _kyc(house, session, connection)] if Product.HOLDER in arrived else []
    for operation in _OPERATIONS:
        kept = session.notes.get(operation)
        if kept is None:
            continue
        wants = msgspec.json.decode(kept, type=data.Wants)
        needed, _ = data.products_of(operation, wants)
        # what came with an earlier execution was told then
        if arrived.intersection(needed):
            told.append({"ResponseType": operation, **await data.shown(house, session, connection, operation, wants)})
    return told


async def _kyc(house: House, session: ClientSession, connection: Connection) -> dict[str, Any]:
    owner = await readings.owner(house, connection)
    return {
        "ResponseType": "KYC",
        "HttpStatusCode": 200,
        "Holders": [render.holder(holder) for holder in owner.holders],
        "Login": await cards.login(house, connection),
        "Institution": house.directory.face(connection.institution).name,
        "RequestId": session.id,
    }
