"""Statement files, several at once: taken now, read behind the caller's back."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from afluente.api import sessions
from afluente.api.cursors import path_id
from afluente.api.house import ApiHouse
from afluente.catalogue.boards import STATUS, systems_with
from afluente.core.outcome import Refused
from afluente.core.sessions import ClientCall, ClientSession
from afluente.engine.files import uploads
from afluente.engine.operating import requests
from afluente.web import uploads as incoming
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def upload(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/uploads`: the files as the parts `file` of a form, up to 24 of 20 MB each, 180 MB together.

    In the query: `connection` (to add to one that is there), `user` (the client's own id of its user; the same user's
    files go together), `tag`, and `system`, in whose words the dashboard tells of it: one that has a dashboard if none
    is given.
    Answers 202 with the session and where to look.
    """
    given = dict(call.query)
    catalogue = house.world.catalogue
    system = given.get("system") or systems_with(catalogue, STATUS)[0]
    if system not in catalogue.systems:
        raise Refused("request.invalid.value", data={"field": "system", "expected": "a system's name"})
    if any(len(given.get(name, "")) > incoming.LONGEST for name in ("tag", "user", "connection")):
        raise Refused(
            "request.invalid.value", data={"field": "tag", "expected": f"at most {incoming.LONGEST} characters"}
        )
    session = await incoming.begin(
        house.world, call, system, given.get("tag"), given.get("user"), given.get("connection")
    )
    await requests.write(
        house.world,
        ClientCall(
            id=house.error_id(),
            application_id=call.application_id,
            system=system,
            operation="Upload",
            meaning=uploads.UPLOADED,
            status=202,
            at=session.opened_at,
            took=max(0, house.world.clock.now() - call.came_at),
            session_id=session.id,
            details={"files": str(len(uploads.papers_of(session)))},
        ),
    )
    return json(_shown(house, session), 202, location=f"{call.base_url}/api/uploads/{session.id}")


async def get_upload(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/uploads/{id}`: how far an upload is, and what has become of each file."""
    session = await requests.session(house.world, call.application_id, path_id(call))
    if not uploads.papers_of(session):
        raise Refused("request.not-found")
    return json(_shown(house, session))


def _shown(house: ApiHouse, session: ClientSession) -> dict[str, Any]:
    return {**sessions.shown(house, session), "files": [_file(house, paper) for paper in uploads.papers_of(session)]}


def _file(house: ApiHouse, paper: uploads.Paper) -> dict[str, Any]:
    refused = not paper.meaning.startswith(("success", "progress"))
    message = paper.sentence
    if refused and message is None:
        message = house.world.catalogue.text(house.world.meaning(paper.meaning).name, "en", "engineer")
    return {
        "name": paper.name,
        "size": paper.size,
        "meaning": paper.meaning,
        "message": message,
        "where": paper.where,
        "format": paper.format,
        "accounts": paper.accounts,
        "transactions": {"read": paper.read, "added": paper.added},
        "proved": paper.proved,
        "faults": [{"where": where, "what": what} for where, what in paper.faults],
        "warnings": list(paper.warnings),
        "signs": [to_builtins(sign) for sign in paper.signs],
    }
