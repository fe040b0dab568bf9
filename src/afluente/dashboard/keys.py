"""An application's keys, and changing its secret with a while in which both open."""

from __future__ import annotations

from afluente.core.outcome import Refused
from afluente.dashboard.cookies import Header
from afluente.dashboard.house import DashboardHouse, see
from afluente.dashboard.page import Desk
from afluente.engine.access import applications
from afluente.engine.access.applications import Application
from afluente.web.answers import Answer
from afluente.web.calls import Call

HERE = "/dashboard/keys"


async def show(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/keys`: the client id, the public key, and the secrets that open."""
    return await _page(house, call)


async def _page(
    house: DashboardHouse, call: Call, secret: str = "", more: tuple[tuple[bytes, bytes], ...] = ()
) -> Answer:
    application = await applications.find(house.world, call.application_id)
    if application is None:
        raise Refused("request.not-found")
    return Desk(house, call).answer(
        "keys.html.j2",
        live=False,
        more=more,
        place="keys",
        one=application,
        public=await applications.public_key(house.world, application.id),
        fixed=application.id == applications.sandbox_keys(house.world.vault)[0],
        overlaps=applications.OVERLAPS,
        secret=secret,
    )


async def rotate(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/keys/rotate`: make a new secret, shown this once; the old one opens for `overlap` more seconds.

    Every other session of this dashboard is over with it.
    """
    given = await house.form(call)
    text = given.get("overlap", "")
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 12):
        raise Refused("request.invalid", data={"detail": "overlap"})
    secret = await applications.rotate_secret(house.world, call.application_id, int(text))
    return await _page(house, call, secret, await _renewed(house, call))


async def retire(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/keys/retire`: let the old secret open no more."""
    await house.form(call)
    await applications.retire_former_secret(house.world, call.application_id)
    return see(HERE)


async def _renewed(house: DashboardHouse, call: Call) -> tuple[Header, ...]:
    application: Application | None = await applications.find(house.world, call.application_id)
    return () if application is None else house.session(call, application)
