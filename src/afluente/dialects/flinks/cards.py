"""A card: a connection that this dialect shows, and what its answers say of it."""

from __future__ import annotations

from typing import Any

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.identity import derived_id
from afluente.core.institutions import Kind
from afluente.core.outcome import Refused
from afluente.dialects.flinks import render
from afluente.dialects.flinks.house import House
from afluente.engine.connecting.sessions import ClientSession
from afluente.engine.records import reads

MADE_HERE = "card"
"""The note that says that a connection was made by this dialect, and in which language."""

UNKNOWN = "request.not-found.connection.login"


def card_id(application_id: str, institution: str, username: str, language: str) -> str:
    """Return the LoginId: one for each user, however the name is written, institution and language."""
    return derived_id(application_id, "login", f"{institution}|{username.strip().casefold()}|{language}")


async def owned(house: House, application_id: str, id: str | None) -> Connection:
    """Return a card. Raises `request.not-found.connection.login`."""
    found = await reads.known(house.world, application_id, id) if id is not None else None
    if found is None:
        raise Refused(UNKNOWN, data={"details": {"LoginId": ["Invalid LoginId"]}})
    return found


async def login(house: House, connection: Connection) -> dict[str, Any]:
    """Return the Login object."""
    institution = house.world.institutions[connection.institution]
    name = institution.fields[0].name if institution.fields else ""
    typed = await reads.typed(house.world, connection.application_id, connection.id, name) if name else None
    scheduled = connection.sync_disabled_at is None and institution.kind is not Kind.STATEMENTS
    return render.login(connection, institution, typed or "", scheduled=scheduled)


async def envelope(house: House, session: ClientSession, connection: Connection) -> dict[str, Any]:
    """Return what every 200 of a session ends with."""
    face = house.directory.face(connection.institution)
    told: dict[str, Any] = {
        "InstitutionName": face.title,
        "Login": await login(house, connection),
        "InstitutionId": face.id,
        "Institution": face.name,
        "RequestId": session.id,
    }
    if session.tag is not None:
        told["Tag"] = session.tag
    return told


def refreshed_lately(house: House, connection: Connection, now: Instant) -> bool:
    """Whether the last good refresh is recent enough for another one at night."""
    last = connection.last_success_at
    return last is not None and now - last <= house.numbers.cards.refreshed_within * 1000
