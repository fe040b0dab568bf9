"""What the user's browser goes through for a consent: our page, the institution's, and back to the partner."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import msgspec

from afluente.core.clock import SECOND
from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.dialects.klavi import consents
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.house import House
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.web.answers import Answer, page, redirect
from afluente.web.calls import Call

REDIRECT = "/data/v1/consents/redirect"
CALLBACK = "/data/v1/consents/callback"

_PAGE = """<!doctype html><html lang="pt-BR"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2733}}
button{{font:inherit;padding:.6rem 1.2rem;margin:1.5rem .5rem 0 0;cursor:pointer}}</style></head><body>
<h1>{name}</h1><p>{sentence}</p>
<form method="post"><input type="hidden" name="state" value="{state}">
<button name="decision" value="approve">Concordar</button>
<button name="decision" value="reject">Recusar</button></form></body></html>"""

_ASKED = "Para continuar, autorize o uso dos seus dados pelo aplicativo {name}, conforme a LGPD."


async def begin(house: House, call: Call) -> Answer:
    """`GET /data/v1/consents/redirect`: shows what the data is used for. It opens once, within a minute.

    Raises `consent.invalid` for an address that was used or is too old.
    """
    state = dict(call.query).get("state", "")
    connection = await _waiting(house, state)
    now = house.world.now(connection.application_id)
    late = now >= connection.created_at + house.numbers.consents.redirect * SECOND
    if late or consents.REDIRECTED in connection.notes:
        raise Refused("consent.invalid")
    left = {consents.REDIRECTED: str(now)}
    await connections.keep_notes(house.world, connection.application_id, connection.id, left)
    named = await reads.application_name(house.world, connection.application_id)
    institution = house.world.institutions[connection.institution]
    sentence = _ASKED.format(name=named)
    return page(_PAGE.format(name=escape(institution.name), sentence=escape(sentence), state=escape(state, quote=True)))


async def decide(house: House, call: Call) -> Answer:
    """`POST /data/v1/consents/redirect`: sends the user on to the institution, or back to where they came from."""
    form = await call.object()
    state = str(form.get("state", ""))
    connection = await _waiting(house, state)
    posed = connection.posed
    if posed is None or consents.REDIRECTED not in connection.notes:
        raise Refused("consent.invalid")
    if form.get("decision") != "approve":
        return await _back(house, connection, state, "rejected")
    now = house.world.now(connection.application_id)
    await connections.keep_notes(house.world, connection.application_id, connection.id, {consents.LEFT: str(now)})
    there = posed.challenge.url or "/"
    address = f"{call.origin}{there}" if there.startswith("/") else there
    told = urlencode({"state": state, "redirect_uri": f"{call.scope.get('root_path', '')}{CALLBACK}"})
    return redirect(f"{address}{'&' if '?' in address else '?'}{told}")


async def come_back(house: House, call: Call) -> Answer:
    """`GET /data/v1/consents/callback`: where the institution's page sends the browser back to (ours)."""
    given = dict(call.query)
    state, code = given.get("state", ""), given.get("code")
    connection = await _waiting(house, state)
    return await _back(house, connection, state, f"approved:{code}" if code else "rejected")


async def _back(house: House, connection: Connection, state: str, answer: str) -> Answer:
    said = consents.told(connection)
    try:
        await connections.come_back(house.world, connection.id, state, answer)
    except Refused:
        raise Refused("consent.invalid") from None
    if said is None:
        raise Refused("request.not-found.consent")
    return redirect(_home(said, connection, answer == "rejected"))


def _home(said: Told, connection: Connection, rejected: bool) -> str:
    """Return the partner's address with what became of the consent; over its app where it has one."""
    values = {
        "link_id": said.link,
        "consent_id": connection.id,
        "external_info": msgspec.json.encode(said.external).decode(),
        "external_track_id": said.track,
    }
    if rejected:
        values |= {"error": "access_denied", "error_description": "The user did not authorise the access"}
    home = _with(said.redirect_url, values)
    if said.app_link is None or said.app_parameter is None:
        return home
    return _with(said.app_link, {said.app_parameter: home})


def _with(address: str, values: dict[str, str]) -> str:
    front, mark, fragment = address.partition("#")
    return f"{front}{'&' if '?' in front else '?'}{urlencode(values)}{mark}{fragment}"


async def _waiting(house: House, state: str) -> Connection:
    try:
        if "\0" in state:
            raise Refused("request.not-found.consent")
        found = await reads.asked(house.world, state.partition(".")[0], state)
    except Refused:
        raise Refused("consent.invalid") from None
    if consents.told(found) is None:
        raise Refused("request.not-found.consent")
    return found
