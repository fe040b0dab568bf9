"""The catalogue over HTTP: what a code means, and every meaning as a record."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from afluente.api.house import ApiHouse
from afluente.catalogue import Catalogue, Meaning, UnknownName, explain, translate
from afluente.catalogue.overview import overview, told
from afluente.catalogue.search import search
from afluente.core.outcome import Refused
from afluente.engine.operating import wordings
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.languages import language

_QUESTION = ("system", "code", "message", "locale", "surface", "to")


def _wrong(sentence: str) -> Refused:
    return Refused("request.invalid.choice", data={"sentence": sentence})


async def explain_code(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/explain`: what a code of one of the four systems means, whose turn it is, and what to tell the user.

    - `system`, `code`: what was said, and by which system.
    - `message`: the text that came with it; some codes are told apart by it alone. Its beginning and `…` will do.
    - `locale`: the language of the sentences, in place of the request's `Accept-Language`.
    - `surface`: where the code was seen, for one that is used in several places.
    - `institution`, `product`, `phase` and whatever else tells apart the words of that system.
    - `to`: another system, whose nearest word is then under `translation`.

    With a key, the sentences are as the application has them. A code that nobody knows is the meaning `unexpected`,
    with `known` false. A name that does not exist is refused with those that do.
    """
    given = dict(call.query)
    catalogue = house.world.catalogue
    _admit(house, call)
    for name in ("system", "code"):
        if name not in given:
            known = f"; the systems are {', '.join(catalogue.systems)}" if name == "system" else ""
            raise Refused("request.invalid.required", data={"sentence": f"{name} is missing{known}"})
    try:
        question = _question(call, catalogue, given)
        # a catalogue that is handed in remembers no question: strangers must not fill the memory with theirs
        explanation = explain(given["system"], catalogue=catalogue, **question)
        to = given.get("to")
        translation = translate(given["system"], to=to, catalogue=catalogue, **question) if to else None
    except UnknownName as unknown:
        raise _wrong(str(unknown)) from None
    edited = await wordings.worded(house.world, call.application_id, explanation.meaning.name, explanation.locale)
    sentences = {"user": edited.user, "engineer": edited.engineer} if edited.edit is not None else {}
    page = edited.help or call.help(explanation.meaning.name)
    return json({**told(catalogue, explanation, translation), **sentences, "help": page})


def _admit(house: ApiHouse, call: Call) -> None:
    """Find out who calls, where a key came along: sentences may be the application's own. One that does not open is
    as good as none."""
    with suppress(Refused):
        house.admit(call, "client")


def _question(call: Call, catalogue: Catalogue, given: dict[str, str]) -> dict[str, Any]:
    """The arguments of `explain` but for the system. Raises UnknownName for a parameter the system does not have."""
    apart = catalogue.vocabulary(given["system"]).discriminators - {"message"}
    more = {name: value for name, value in given.items() if name not in _QUESTION}
    for name in more:
        if name not in apart:
            raise UnknownName("parameter", name, (*_QUESTION, *sorted(apart)))
    return {
        "code": given["code"],
        "message": given.get("message"),
        "locale": language(call, catalogue, given.get("locale")),
        "surface": given.get("surface") or None,
        **more,
    }


async def list_meanings(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/meanings`: all meanings, or those in which every word of `q` occurs; `system` narrows to its words."""
    given = dict(call.query)
    catalogue = house.world.catalogue
    _admit(house, call)
    try:
        locale = language(call, catalogue, given.get("locale"))
        names = search(catalogue, given.get("q", ""), given.get("system") or None)
    except UnknownName as unknown:
        raise _wrong(str(unknown)) from None
    return json({"locale": locale, "meanings": [await _meaning(house, call, name, locale) for name in names]})


async def get_meaning(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/meanings/{name}`: one meaning whole, with its kin, its sentences, and each system's words for it."""
    catalogue = house.world.catalogue
    _admit(house, call)
    name = call.param("name")
    try:
        whole = overview(catalogue, name)
    except UnknownName:
        raise Refused("request.not-found", data={"sentence": f"there is no meaning named {name[:200]!r}"}) from None
    return json(
        {
            **_fields(whole.meaning),
            "texts": {locale: await _texts(house, call, name, locale) for locale in catalogue.locales},
            "ancestors": whole.ancestors,
            "children": whole.children,
            "systems": {said.system: {"own": said.own, "nearest": said.nearest} for said in whole.said},
            "help": call.help(name),
        }
    )


def _fields(meaning: Meaning) -> dict[str, Any]:
    return {field: getattr(meaning, field) for field in meaning.__struct_fields__}


async def _meaning(house: ApiHouse, call: Call, name: str, locale: str) -> dict[str, Any]:
    told = await _texts(house, call, name, locale)
    return {**_fields(house.world.catalogue.meanings[name]), **told, "help": call.help(name)}


async def _texts(house: ApiHouse, call: Call, name: str, locale: str) -> dict[str, str]:
    told = await wordings.worded(house.world, call.application_id, name, locale)
    return {"user": told.user, "engineer": told.engineer}
