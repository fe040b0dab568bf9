"""The sentences of a meaning, as an application's people are told them, and who edited them."""

from __future__ import annotations

from typing import Any

from afluente.api.errors import edited
from afluente.api.house import ApiHouse
from afluente.catalogue import UnknownName
from afluente.core.outcome import Refused
from afluente.engine.operating import wordings
from afluente.engine.operating.wordings import Wording
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_LONGEST = {"author": 200, "reason": 1_000, "user": 1_000, "engineer": 1_000, "help": 2_000, "locale": 20}
_REQUIRED = ("author", "reason", "locale")


def _name(house: ApiHouse, call: Call) -> str:
    name = call.param("name")
    if name not in house.world.catalogue.meanings:
        raise Refused("request.not-found", data={"sentence": f"there is no meaning named {name[:200]!r}"})
    return name


async def list_texts(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/meanings/{name}/texts`: the sentences in each language, and the last hundred edits, newest first."""
    return json(await _texts(house, call, _name(house, call)))


async def edit_texts(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/meanings/{name}/texts`: have people told something else from now on, in one language.

    - `locale`: which. `author`, `reason`: who wants it and why; both are kept, and can be read for ever.
    - `user`, `engineer`: the sentences, `help`: the address of a page about it (http or https). What is left out is as
      the catalogue has it: an edit without any of them takes back those before.

    It holds for this application alone, wherever the sentences are told: errors by their id, connections, findings,
    codes that are explained. What programs act on cannot be edited.
    """
    name = _name(house, call)
    given = await _given(call)
    try:
        locale = house.world.catalogue.locale(given["locale"])
    except UnknownName as unknown:
        raise Refused("request.invalid.choice", data={"sentence": str(unknown)}) from None
    wording = Wording(
        id=house.world.ids.new(),
        application_id=call.application_id,
        meaning=name,
        locale=locale,
        at=house.world.now(call.application_id),
        author=given["author"],
        reason=given["reason"],
        user=given.get("user"),
        engineer=given.get("engineer"),
        help=given.get("help"),
    )
    await wordings.edit(house.world, wording)
    return json(await _texts(house, call, name), 201)


async def _given(call: Call) -> dict[str, str]:
    body = await call.object()
    for name, value in body.items():
        if name not in _LONGEST:
            raise Refused("request.invalid", data={"detail": f"an edit has {', '.join(_LONGEST)}"})
        text = value if isinstance(value, str) and value.isprintable() else ""
        if not text.strip() or len(text) > _LONGEST[name]:
            raise Refused("request.invalid", data={"detail": f"{name} is a text of 1 to {_LONGEST[name]} letters"})
    if missing := [name for name in _REQUIRED if name not in body]:
        raise Refused("request.invalid.required", data={"sentence": f"{missing[0]} is missing"})
    if not body.get("help", "https://").startswith(("https://", "http://")):
        raise Refused("request.invalid", data={"detail": "help is an address that begins with https:// or http://"})
    return body


async def _texts(house: ApiHouse, call: Call, name: str) -> dict[str, Any]:
    world, told = house.world, {}
    for locale in world.catalogue.locales:
        found = await wordings.worded(world, call.application_id, name, locale)
        told[locale] = {
            "user": found.user,
            "engineer": found.engineer,
            "help": found.help or call.help(name),
            "edited": None if found.edit is None else edited(found.edit),
        }
    history = await wordings.history(world, call.application_id, name)
    return {"meaning": name, "texts": told, "edits": [edited(one) for one in history]}
