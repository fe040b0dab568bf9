"""Clients' sessions: each with the status that a dashboard shows; one whole with its calls and its warnings."""

from __future__ import annotations

from typing import Any

from afluente.api.cursors import page_of, path_id, told
from afluente.api.house import ApiHouse
from afluente.api.requests import dashboard, resolved
from afluente.api.requests import shown as call_shown
from afluente.catalogue import Word, boards
from afluente.core.outcome import Refused
from afluente.core.sessions import ClientSession
from afluente.engine.operating import requests
from afluente.engine.syncing import checks
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.cursors import written

_FILTERS = ("system", "meaning", "status", "institution", "tag", "connection_id")


async def list_sessions(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/sessions`: sessions, newest first.

    `system`, `meaning`, `status` (the dashboard's word), `institution` (a slug), `tag`, `connection_id`, `from` and
    `to` choose; `size` and `after` (the `next` of a page) go through them.
    """
    page = page_of(call, _FILTERS)
    found = await requests.every_session(house.world, call.application_id, resolved(house, page))
    following = written((found[-1].opened_at, found[-1].id)) if len(found) == page.size else None
    return json({"sessions": [shown(house, one) for one in found], "next": following})


async def get_session(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/sessions/{id}`: one session with its calls, oldest first, and the warnings on its connection."""
    session = await requests.session(house.world, call.application_id, path_id(call))
    calls = await requests.calls_of(house.world, session.id)
    return json(
        {
            **shown(house, session),
            "calls": [call_shown(house, one) for one in calls],
            "warnings": await _warnings(house, session),
        }
    )


def shown(house: ApiHouse, session: ClientSession) -> dict[str, Any]:
    """Return a session as it is listed."""
    meaning = house.world.meaning(session.meaning)
    return {
        "id": session.id,
        "system": session.system,
        "meaning": session.meaning,
        "dashboard": dashboard(house, session.system, session.meaning),
        "said": session.said,
        "blame": meaning.blame,
        "action": meaning.action,
        "stage": session.stage,
        "institution": session.institution,
        "connection_id": session.connection_id,
        "live": session.live,
        "tag": session.tag,
        "products": session.products,
        "fetched": session.fetched,
        "opened_at": told(session.opened_at),
        "updated_at": told(session.updated_at),
        "due_at": None if session.due_at is None else told(session.due_at),
    }


async def _warnings(house: ApiHouse, session: ClientSession) -> list[dict[str, Any]]:
    """Return what is to be known of the connection's data, with the word that the system has for it, if any.

    None unless the session has brought or read some.
    """
    if session.connection_id is None or not session.fetched:
        return []
    try:
        found = await checks.findings_of(house.world, session.application_id, session.connection_id)
    except Refused:  # the connection is gone
        return []
    return [
        {
            "meaning": one.meaning,
            "code": None if (word := warning(house, session.system, one.meaning)) is None else word.code,
            "description": None if word is None else word.message,
            "accounts": one.accounts,
            "transactions": one.transactions,
            "expected": one.expected,
            "found": one.found,
            "said": one.said,
        }
        for one in found.findings
    ]


def warning(house: ApiHouse, system: str, meaning: str) -> Word | None:
    """Return the word that a system's dashboard has for a warning; None where it keeps silent."""
    return boards.word(house.world.catalogue, boards.WARNING, meaning, system)
