"""What went wrong, told whole: what a system's own wire has no room for is looked up here by the request's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afluente.api.house import ApiHouse
from afluente.catalogue import Meaning, UnknownName
from afluente.core.outcome import Refused
from afluente.engine.operating import wordings
from afluente.engine.operating.wordings import Wording
from afluente.web.calls import Call
from afluente.web.instants import instant
from afluente.web.languages import language


def locale_of(house: ApiHouse, call: Call) -> str:
    """Return the language of sentences: `locale`, else what the request accepts. Raises `request.invalid.choice`."""
    try:
        return language(call, house.world.catalogue, dict(call.query).get("locale"))
    except UnknownName as unknown:
        raise Refused("request.invalid.choice", data={"sentence": str(unknown)}) from None


async def error(
    house: ApiHouse, call: Call, name: str, *, id: str | None, said: str | None, locale: str
) -> dict[str, Any]:
    """Return the error object of an outcome.

    - `code` never changes its meaning; `blame` is the class of cause.
    - `retry` and `action` are advice for programs (`span` in seconds), `fixAt` is where, `data` what is still good.
    - `user`, `engineer`: sentences in `locale`. `edited`: by whom and why they are not the catalogue's.
    - `help` documents it, `requestId` is what support asks for, `said` the institution's own words or code.
    - `provoke` is how to bring it about in the sandbox.
    """
    meaning = house.world.meaning(name)
    told = await wordings.worded(house.world, call.application_id, name, locale)
    return {
        "code": name,
        "blame": meaning.blame,
        "retry": retry(meaning),
        "action": meaning.action,
        "fixAt": meaning.fix_at,
        "data": meaning.data,
        "user": told.user,
        "engineer": told.engineer,
        "locale": locale,
        "help": told.help or call.help(name),
        "requestId": id,
        "said": said,
        "edited": None if told.edit is None else edited(told.edit),
        "provoke": _provoking(name),
    }


def retry(meaning: Meaning) -> dict[str, Any]:
    """Return when the same may be tried again, for programs."""
    told = meaning.retry
    return {
        "kind": told.kind,
        "span": None if told.span is None else int(told.span.total_seconds()),
        "rule": told.rule,
        "times": told.times,
    }


def edited(wording: Wording) -> dict[str, Any]:
    """Return who edited the sentences of a meaning, when and why, and what stands since."""
    return {
        "at": instant(wording.at),
        "author": wording.author,
        "reason": wording.reason,
        "locale": wording.locale,
        "user": wording.user,
        "engineer": wording.engineer,
        "help": wording.help,
    }


def _provoking(name: str) -> Mapping[str, Any]:
    """Return the body for `POST /api/sandbox/faults` that brings a meaning about."""
    asked = name.startswith(("request", "server"))
    return {"meaning": name, "operation": "http"} if asked else {"meaning": name}
