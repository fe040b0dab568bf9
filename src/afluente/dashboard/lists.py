"""The three lists: connections, clients' sessions, clients' calls."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from afluente.catalogue.boards import statuses
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.dashboard import trace
from afluente.dashboard.filters import Asked, asked
from afluente.dashboard.house import DashboardHouse, see
from afluente.dashboard.page import Desk
from afluente.engine.operating import board, requests
from afluente.engine.operating.board import Found
from afluente.engine.records import reads
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.cursors import written

OWN = "afluente"
"""The system of our own paths, whose calls are in the log as well."""

_UNDASHED = re.compile(r"[0-9a-f]{32}")
"""How some systems name an error."""


async def connections(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/connections`: connections with their present state, newest first.

    `state`, `institution`, `meaning` (with those that are narrower), `status` (a dashboard's word), `from` and `to`
    (when it was made), `text` (an id, an institution's name, or the client's name for its user) choose.
    """
    desk = Desk(house, call)
    wanted = asked(desk, ("state", "institution"), ("user",))
    if wanted.id is not None and await reads.known(house.world, call.application_id, wanted.id):
        return see(f"/dashboard/connections/{wanted.id}")
    found = await board.connections_of(house.world, call.application_id, wanted.wish)
    return _listed(desk, "connections", wanted, found, states=[str(state) for state in State])


async def sessions(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/sessions`: clients' sessions in every system, newest first; see `connections` for the filters.

    `system` chooses as well; `text` is an id, an institution's name, or the client's tag.
    """
    desk = Desk(house, call)
    wanted = asked(desk, ("institution", "system", "tag", "meaning"), ("tag",))
    if wanted.id is not None:
        try:
            await requests.session(house.world, call.application_id, wanted.id)
        except Refused:
            if await reads.known(house.world, call.application_id, wanted.id):
                return see(f"/dashboard/connections/{wanted.id}")
        else:
            return see(f"/dashboard/sessions/{wanted.id}")
    found = await board.sessions_of(house.world, call.application_id, wanted.wish)
    return _listed(desk, "sessions", wanted, found)


async def calls(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/requests`: what clients asked, newest first; see `connections` for the filters.

    `system` and `operation` choose as well; `text` is the id of a request, of a session or of a connection, or an
    operation.
    """
    desk = Desk(house, call)
    wanted = asked(desk, ("system", "operation", "meaning"), ("operation",), parts=3)
    text = wanted.given.get("text", "").lower()
    if wanted.id is not None or _UNDASHED.fullmatch(text):
        try:
            await requests.call(house.world, call.application_id, text)
        except Refused:
            known = await reads.known(house.world, call.application_id, text)
            about = {"session_id" if known is None else "connection_id": (text,)}
            wanted = Asked(msgspec.structs.replace(wanted.wish, filters={**_named(wanted), **about}), wanted.given)
        else:
            return see(f"/dashboard/requests/{text}")
    found = await board.calls_of(house.world, call.application_id, wanted.wish)
    return _listed(desk, "requests", wanted, found, failed=trace.failed)


def _named(wanted: Asked) -> dict[str, tuple[str, ...]]:
    """Return the filters without what was typed as an id."""
    return {name: values for name, values in wanted.wish.filters.items() if name != "operation"}


def _listed(desk: Desk, place: str, wanted: Asked, found: Found[Any], **values: Any) -> Answer:
    return desk.answer(
        f"{place}.html.j2",
        live=wanted.wish.before is None,
        place=place,
        entries=found.entries,
        short=found.short,
        following=written(found.following),
        given=wanted.given,
        filtered=any(name not in ("after", "live", "seen", "lang") for name in wanted.given),
        institutions=sorted((one.title, one.slug) for one in desk.world.institutions.values()),
        statuses=list(statuses(desk.catalogue)),
        meanings=list(desk.catalogue.meanings),
        systems=(*desk.catalogue.systems, OWN),
        **values,
    )
