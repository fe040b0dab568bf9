"""Institutions: listed and shown, with how they have been doing for the application that asks."""

from __future__ import annotations

from afluente.core.outcome import Refused
from afluente.dialects.belvo import institutions, lists
from afluente.dialects.belvo.house import House
from afluente.engine.institutions import health
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

PATH = "/api/institutions/"


async def list_institutions(house: House, call: Call) -> Answer:
    """`GET /api/institutions/`."""
    down = await health.down(house.world, call.application_id)
    wires = [institutions.institution(known, known.slug in down) for known in house.directory.listed()]
    return lists.page(house, call, PATH, wires)


async def get_institution(house: House, call: Call) -> Answer:
    """`GET /api/institutions/{id}/`: by its number."""
    text = call.param("id")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused("request.not-found")
    found = house.directory.numbered(int(text))
    if found is None:
        raise Refused("request.not-found")
    return json(institutions.institution(found, found.slug in await health.down(house.world, call.application_id)))
