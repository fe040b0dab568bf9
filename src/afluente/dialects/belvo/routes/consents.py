"""Consents of Open Finance: listed by the person's document, shown, and where the browser comes back from the bank."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import escape
from typing import Any

from afluente.core.documents import Consent
from afluente.core.holders import Holder
from afluente.core.outcome import Refused
from afluente.dialects.belvo import lists, render
from afluente.dialects.belvo.filters import Filters
from afluente.dialects.belvo.forms import path_id
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.readings import Reading
from afluente.dialects.belvo.routes.resources import readings
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.answers import Answer, json, page
from afluente.web.calls import Call

PATH = "/api/consents/"


async def list_consents(house: House, call: Call) -> Answer:
    """`GET /api/consents/`."""
    lists.filters(call, PATH)

    async def chunks() -> AsyncIterator[list[dict[str, Any]]]:
        async for reading in readings(house, call, Filters()):
            yield await _consents(house, call, reading)

    return await lists.gathered(house, call, PATH, chunks())


async def get_consent(house: House, call: Call) -> Answer:
    """`GET /api/consents/{id}/`."""
    id = path_id(call)
    stored = await reads.any_record(house.world, call.application_id, (Consent,), id)
    if stored is not None:
        async for reading in readings(house, call, lists.of_link(stored.connection_id)):
            for wire in await _consents(house, call, reading):
                if wire["id"] == id:
                    return json(lists.projected(call, PATH, wire))
    raise Refused("request.not-found")


async def _consents(house: House, call: Call, reading: Reading) -> list[dict[str, Any]]:
    if not reading.institution.open_finance:
        return []
    stored = await reading.records(Consent)
    if not stored:
        return []
    holder = next((one.record for one in await reading.records(Holder)), None)
    document = await reads.typed(house.world, call.application_id, reading.origin.link, "cpf")
    named = await reads.application_name(house.world, call.application_id)
    return [
        render.consent(
            one,
            reading.origin,
            reading.now,
            document=document or (holder.document if holder is not None else ""),
            organization=named,
            holder=holder,
        )
        for one in stored
    ]


_PAGE = """<!doctype html><html lang="pt-BR"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{sentence}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2733}}</style>
</head><body><p>{sentence}</p></body></html>"""


async def come_back(house: House, call: Call) -> Answer:
    """`GET /openfinance/callback/`: where the institution's page sends the browser back to (ours)."""
    given = dict(call.query)
    state, code = given.get("state", ""), given.get("code")
    answer = f"approved:{code}" if code else "rejected"
    try:
        await connections.come_back(house.world, state.partition(".")[0], state, answer)
    except Refused as refused:
        raise Refused(
            "request.mfa.expired" if refused.meaning.startswith("request.mfa") else "request.not-found"
        ) from None
    sentence = house.world.catalogue.text("consent.granted" if code else "consent.rejected", "pt-BR", "user")
    return page(_PAGE.format(sentence=escape(sentence)))
