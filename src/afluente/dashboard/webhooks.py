"""Who is told of what happens, every message with its attempts, and sending again."""

from __future__ import annotations

import json

from afluente.core.outcome import Refused
from afluente.dashboard.details import path_id
from afluente.dashboard.filters import SIZE
from afluente.dashboard.house import DashboardHouse, see
from afluente.dashboard.page import Desk
from afluente.dashboard.trace import place
from afluente.engine.outbox import delivery, endpoints, facts
from afluente.engine.outbox.facts import Selection
from afluente.web.answers import Answer
from afluente.web.calls import Call

STATES = ("open", "delivered", "given-up")

_AT_ONCE = 10_000


async def show(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/webhooks`: endpoints and messages, newest first; `endpoint`, `state`, `connection` and `name`
    choose."""
    desk = Desk(house, call)
    before = desk.asked.get("after", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise Refused("request.invalid", data={"detail": "after"})
    chosen = _selection(desk.asked)
    found = await facts.listed(house.world, call.application_id, chosen, SIZE + 1, int(before or 0) or None)
    known = await endpoints.listed(house.world, call.application_id)
    shown = found[:SIZE]
    return desk.answer(
        "webhooks.html.j2",
        live=not before,
        place="webhooks",
        endpoints=known,
        urls={one.id: place(one.url) for one in known},
        entries=shown,
        following=str(shown[-1].number) if len(found) > SIZE else "",
        states=STATES,
        given=desk.asked,
        filtered=chosen != Selection(),
        sent=desk.asked.get("sent", "") if desk.asked.get("sent", "").isdigit() else "",
        where=place,
    )


async def one(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/deliveries/{id}`: one message, with what was sent and what came back at each attempt."""
    desk = Desk(house, call)
    found = await facts.one(house.world, call.application_id, path_id(call))
    if found is None:
        raise Refused("request.not-found")
    known = {webhook.id: webhook for webhook in await endpoints.listed(house.world, call.application_id)}
    webhook = known.get(found[0].endpoint_id)
    return desk.answer(
        "delivery.html.j2",
        place="webhooks",
        one=found[0],
        attempts=found[1],
        webhook=webhook,
        url=place(webhook.url) if webhook is not None else "",
        body=_pretty(found[0].content.body),
        where=place,
    )


async def replay(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/webhooks/replay`: send messages again: one by its `id`, or all that the filters choose."""
    given = await house.form(call)
    id = given.get("id", "")
    if isinstance(id, str) and id and "\0" not in id:
        chosen = Selection(ids=(id,))
    else:
        chosen = _selection({name: value for name, value in given.items() if isinstance(value, str)})
        if chosen == Selection():
            raise Refused("request.invalid", data={"detail": "say which messages"})
    count = await delivery.replay(house.world, call.application_id, chosen, _AT_ONCE)
    return see(f"/dashboard/webhooks?sent={count}")


def _selection(given: dict[str, str]) -> Selection:
    state = given.get("state", "")
    if state and state not in STATES:
        raise Refused("request.invalid", data={"detail": "state"})
    chosen = {name: given.get(name, "")[:200] or None for name in ("endpoint", "connection", "name")}
    return Selection(chosen["endpoint"], chosen["connection"], state or None, chosen["name"])


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
