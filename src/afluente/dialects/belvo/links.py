"""A connection as a link: its status, its object, and what is kept with it."""

from __future__ import annotations

import base64
import re
from typing import Any

from afluente.core.challenge import Posed
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.refusals import session_of
from afluente.dialects.belvo.render import timestamp

_EXTERNAL = re.compile(r"[A-Za-z0-9_-]{3,256}")
_WAITING = (State.ASKING, State.AWAITING)


def status(house: House, connection: Connection) -> str:
    """Return a link's status: it follows from what happened, and is stored nowhere."""
    if connection.state in _WAITING:
        return "unconfirmed" if connection.last_success_at is None else "token_required"
    if connection.last_success_at is None:
        return "unconfirmed"
    refused = connection.credentials_spent and connection.trigger is Trigger.SCHEDULE
    if refused or connection.failed_calls >= house.numbers.links.failed_calls:
        return "invalid"
    return "valid"


def lasting(term: str) -> Instant | None:
    """Return the span of a term in days (`300d`); None for a word such as `store`."""
    return int(term[:-1]) * DAY if term.endswith("d") and term[:-1].isdigit() else None


def user_id(house: House, institution: str, username: str) -> str:
    """Return the hash by which the same person at the same institution is recognised: 44 characters."""
    digest = house.world.vault.fingerprint(f"institution user:{institution}:{username}")
    return base64.b64encode(bytes.fromhex(digest)).decode()


def external_id(text: str | None) -> str | None:
    """Return the caller's id, None where it could be personal data."""
    if text is None or not _EXTERNAL.fullmatch(text):
        return None
    return text


def link(house: House, connection: Connection) -> dict[str, Any]:
    """Return the link object."""
    notes = connection.notes
    recurrent = notes.get("access_mode", "recurrent") == "recurrent"
    stored = "store" if recurrent else notes.get("credentials_storage", "365d")
    return {
        "id": connection.id,
        "institution": house.directory.face(connection.institution).name,
        "access_mode": notes.get("access_mode", "recurrent"),
        "last_accessed_at": None if connection.last_success_at is None else timestamp(connection.last_success_at),
        "created_at": timestamp(connection.created_at),
        "external_id": external_id(connection.external_user_id),
        "institution_user_id": notes.get("institution_user_id")
        or user_id(house, connection.institution, connection.id),
        "status": status(house, connection),
        "created_by": connection.application_id,
        "refresh_rate": "7d" if recurrent else None,
        "credentials_storage": stored,
        "fetch_resources": [word for word in notes.get("fetch_resources", "").split(",") if word],
        "stale_in": notes.get("stale_in", "365d"),
    }


def refuse_post(house: House, connection: Connection) -> None:
    """Raise `Refused` for a link that no data may be asked of: `request.connection.unconfirmed` or `.invalid`."""
    found = status(house, connection)
    if found == "unconfirmed":
        raise Refused("request.connection.unconfirmed")
    if found == "invalid":
        raise Refused("request.connection.invalid")


def refuse_expired(house: House, connection: Connection) -> None:
    """Raise `request.credentials.expired` where a link's credentials are not kept any more."""
    if connection.notes.get("access_mode") != "single":
        return
    storage = connection.notes.get("credentials_storage", "365d")
    lasts = lasting(storage)
    over = lasts is not None and house.world.now(connection.application_id) >= connection.created_at + lasts
    if over or storage == "nostore":
        raise Refused("request.credentials.expired")


def opened(connection: Connection, session: str) -> Posed | None:
    """Return the open question that a session names, if it is this connection's."""
    posed = connection.posed
    if posed is None or posed.answered or session_of(posed) != session.replace("-", "").lower():
        return None
    return posed


def open_session(connection: Connection, session: str) -> Posed:
    """Return the open question that a session names. Raises `request.mfa.expired` for any other."""
    posed = opened(connection, session)
    if posed is None:
        raise Refused("request.mfa.expired")
    return posed
