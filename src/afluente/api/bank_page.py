"""The scripted institution's own page, where a consent is given: any login is taken, and may tell it what to do."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from afluente.api.house import ApiHouse
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.engine.records import reads
from afluente.web.answers import Answer, page, redirect
from afluente.web.calls import Call

_PAGE = """<!doctype html><html lang="{locale}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2733}}
label{{display:block;margin:1rem 0 .25rem}}input{{width:100%;padding:.6rem;font:inherit;box-sizing:border-box}}
button{{font:inherit;padding:.6rem 1.2rem;margin:1.5rem .5rem 0 0;cursor:pointer}}</style></head><body>
<h1>{name}</h1><p>{lead}</p>
<form method="post"><input type="hidden" name="state" value="{state}"><input type="hidden" name="back" value="{back}">
<label for="user">{user}</label><input id="user" name="user" value="{usual}" autocomplete="off">
<label for="password">{password}</label><input id="password" name="password" type="password" autocomplete="off">
<button name="decision" value="approve">{approve}</button>
<button name="decision" value="reject">{reject}</button></form></body></html>"""

_BRAZILIAN = {
    "locale": "pt-BR",
    "lead": "Um aplicativo pede acesso aos seus dados por 12 meses.",
    "user": "Usuário",
    "usual": "user-ok",
    "password": "Senha",
    "approve": "Autorizar",
    "reject": "Rejeitar",
}
_OTHERS = {
    "locale": "en",
    "lead": "An application asks to read your data.",
    "user": "Username",
    "usual": "Greatday_nomfa",
    "password": "Password",
    "approve": "Allow",
    "reject": "Decline",
}
"""What the page says; the user that is named already is one with whom all goes well."""


async def show(house: ApiHouse, call: Call) -> Answer:
    """`GET /sandbox-bank/authorize`: the sandbox bank's page, where the user gives a consent or refuses it."""
    given = dict(call.query)
    state, back = given.get("state", ""), given.get("redirect_uri") or house.usual_back()
    asking = await _institution(house, state)
    told = _BRAZILIAN if asking.country == "BR" else _OTHERS
    hidden = {"state": escape(state, quote=True), "back": escape(back, quote=True)}
    return page(_PAGE.format(name=escape(asking.name), **hidden, **told))


async def decide(house: ApiHouse, call: Call) -> Answer:
    """`POST /sandbox-bank/authorize`: sends the browser back to the dialect, with the login or with the refusal."""
    form = await call.object()
    state, back = str(form.get("state", "")), str(form.get("back", ""))
    await _institution(house, state)
    if not house.comes_back(back):
        raise Refused("request.invalid", data={"detail": "that is no address of ours to return to"})
    if form.get("decision") == "approve":
        return redirect(f"{back}?state={quote(state)}&code={quote(str(form.get('user') or 'user-ok'))}")
    return redirect(f"{back}?state={quote(state)}&error=access_denied")


async def _institution(house: ApiHouse, state: str) -> Institution:
    found = await reads.asked(house.world, state.partition(".")[0], state)
    return house.world.institutions[found.institution]
