"""Logging in and out, and choosing a language."""

from __future__ import annotations

import asyncio
from ipaddress import IPv6Address, ip_address
from typing import Any

from afluente.core.outcome import Refused
from afluente.dashboard.cookies import PREFIX, VISITOR
from afluente.dashboard.house import DashboardHouse, chosen_language, over, see
from afluente.dashboard.page import Desk
from afluente.engine.access import applications, tries
from afluente.engine.access.applications import Application
from afluente.web.answers import Answer
from afluente.web.calls import Call

_LONGEST = 2_000


async def show(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/login`: the form."""
    return _page(house, call)


def _page(house: DashboardHouse, call: Call, fault: str = "", status: int = 200, id: str = "") -> Answer:
    desk = Desk(house, call)
    text, header = house.visitor(call)
    more = (header,) if header is not None else ()
    return desk.answer(
        "login.html.j2",
        status,
        live=False,
        more=more,
        place="",
        fault=desk.t[fault] if fault else "",
        id=id,
        form=house.mark(text),
        next=_within(desk.asked.get("next", "")),
    )


async def log_in(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/login`: begin a session, where id and secret belong together."""
    if not house.is_visitor(call):
        return _page(house, call, "login_again", 400)
    given = await house.form(call, VISITOR)
    id, secret = _text(given, "id").strip().lower(), _text(given, "secret").strip()
    application = await applications.find(house.world, id) if id else None
    try:
        right = await _opens(house, call, application, secret)
    except Refused:
        call.note("dashboard login refused: too many", tried=id)
        return _page(house, call, "login_too_many", 429, id)
    if application is None or not right or not application.policy.active:
        call.note("dashboard login refused")
        return _page(house, call, "login_wrong", 403, id)
    return see(_within(_text(given, "next")) or f"{PREFIX}/connections", *house.session(call, application))


async def _opens(house: DashboardHouse, call: Call, application: Application | None, secret: str) -> bool:
    """Tell whether the secret is the application's; only wrong ones count. Raises `request.too-many`."""
    if application is None:
        return await asyncio.to_thread(applications.has_secret, None, secret)
    browser = house.known_browser(call, application)
    known, who = browser is not None, browser or house.world.vault.fingerprint(f"caller:{_network(call)}")[:32]
    counted = await tries.begin(house.world, application.id, who, known=known)
    right = await asyncio.to_thread(applications.has_secret, application, secret)
    if right:
        await tries.give_back(house.world, application.id, counted, known=known)
    return right


def _network(call: Call) -> str:
    """Return where a call comes from: of an IPv6 address the first 64 bits, since one household has all the rest."""
    client = call.scope.get("client")
    text = client[0] if client is not None else ""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or int(address) >> 64)
    return str(address)


async def log_out(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/logout`: end the session, here and wherever else its cookie may be."""
    await house.form(call)
    await house.end(call)
    return see(f"{PREFIX}/login", over(call))


async def choose_language(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/language/{locale}`: keep a language, and go back to where it was chosen."""
    locale = call.param("locale")
    if locale not in house.world.catalogue.locales:
        raise Refused("request.not-found.route")
    back = _within(dict(call.query).get("next", ""))
    return see(back or f"{PREFIX}/connections", chosen_language(call, locale))


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name, "")
    return value[:_LONGEST] if isinstance(value, str) and "\0" not in value else ""


def _within(address: str) -> str:
    """Return an address if it is one of the dashboard's own pages: nobody is sent elsewhere from here."""
    own = address == PREFIX or address.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    plain = address.isascii() and address.isprintable() and "\\" not in address and len(address) < 2_000
    return address if own and plain and not address.startswith(f"{PREFIX}//") else ""
