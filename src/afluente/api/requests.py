"""The log of what clients asked, of a dialect or here: each call with what came of it, in its system's words too."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.api import errors
from afluente.api.cursors import page_of, path_id, told
from afluente.api.house import ApiHouse
from afluente.catalogue import boards
from afluente.core.sessions import ClientCall
from afluente.engine.operating import requests
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.cursors import written

_WELL = ("success", "progress")
_FILTERS = ("system", "operation", "meaning", "status", "institution", "tag", "session_id")


async def list_calls(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/requests`: calls, newest first.

    `system`, `operation`, `meaning`, `status` (the dashboard's word), `institution` (a slug), `tag`, `session_id`,
    `from` and `to` choose; `size` and `after` (the `next` of a page) go through them.
    """
    page = page_of(call, _FILTERS, parts=3)
    found = await requests.calls(house.world, call.application_id, resolved(house, page))
    following = written((found[-1].at, found[-1].number, found[-1].id)) if len(found) == page.size else None
    return json({"requests": [shown(house, one) for one in found], "next": following})


async def get_call(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/requests/{id}`: one call, by the name of its error or its id.

    With what was asked, what came of it, whose doing that is, what to do, and the connection it was about. It was
    answered `at` an instant of the application's clock, and `took` milliseconds of the machine's.
    `details.fields` names what was wrong in a form, and keeps no value. `error` is all of a refusal
    that can be told, in the language of `locale` or of `Accept-Language`; null for what went well.
    """
    one = await requests.call(house.world, call.application_id, path_id(call))
    locale = errors.locale_of(house, call)
    whole = await errors.error(house, call, one.meaning, id=one.id, said=one.said, locale=locale)
    return json(
        {**shown(house, one), **_advice(house, call, one), "error": None if one.meaning.startswith(_WELL) else whole}
    )


def _advice(house: ApiHouse, call: Call, one: ClientCall) -> dict[str, Any]:
    known, world = house.world.meaning(one.meaning), house.world
    name = one.meaning if one.meaning in world.catalogue.meanings else known.name
    return {
        "blame": known.blame,
        "retry": str(known.retry),
        "action": known.action,
        "fix_at": known.fix_at,
        "message": world.catalogue.text(name, "en", "engineer"),
        "help": call.help(one.meaning),
    }


def shown(house: ApiHouse, one: ClientCall) -> dict[str, Any]:
    """Return a call as it is listed."""
    return {
        "id": one.id,
        "system": one.system,
        "operation": one.operation,
        "verb": one.verb or None,
        "path": one.path or None,
        "meaning": one.meaning,
        "http_status": one.status,
        "dashboard": dashboard(house, one.system, one.meaning),
        "at": told(one.at),
        "took": one.took,
        "session_id": one.session_id,
        "connection_id": one.connection_id,
        "details": one.details,
    }


def dashboard(house: ApiHouse, system: str, meaning: str) -> dict[str, str | None] | None:
    """Return the words that the system's own dashboard has for a meaning; None where it has no dashboard."""
    word = boards.word(house.world.catalogue, boards.STATUS, meaning, system)
    if word is None:
        return None
    return {"status": word.code, "code": str(word.extra.get("status")), "description": word.message}


def resolved(house: ApiHouse, page: requests.Page) -> requests.Page:
    """Return a page with the dashboard's word for a status turned into the meanings that it stands for."""
    filters = dict(page.filters)
    status = filters.pop("status", None)
    if isinstance(status, str):
        filters["meanings"] = meanings_of(house, status)
    return requests.Page(page.size, page.before, filters)


def meanings_of(house: ApiHouse, status: str) -> str:
    """Return, as a JSON list, the meanings for which a dashboard says this."""
    found = boards.meanings_of(house.world.catalogue, status)
    return msgspec.json.encode(sorted(set(found))).decode()
