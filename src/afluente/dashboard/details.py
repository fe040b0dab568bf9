"""One connection, one execution, one session, one request; and the rows that a finding is about."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.accounts import Account
from afluente.core.outcome import Finding, Refused
from afluente.core.sessions import ClientSession
from afluente.dashboard import bundle, trace
from afluente.dashboard.house import DashboardHouse
from afluente.dashboard.page import Desk
from afluente.engine.operating import board, requests
from afluente.engine.outbox import endpoints
from afluente.engine.records import reads
from afluente.engine.records.reads import Filter
from afluente.engine.syncing import checks
from afluente.web import cursors
from afluente.web.answers import Answer
from afluente.web.calls import Call

_MOVEMENTS = 50


def path_id(call: Call) -> str:
    """Return the id in the path. Raises `request.not-found` for what no id can be."""
    id = call.param("id")
    if "\0" in id or len(id) > 64:
        raise Refused("request.not-found")
    return id


async def connection(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/connections/{id}`: one connection whole."""
    desk, id = Desk(house, call), path_id(call)
    told = await board.story(house.world, call.application_id, id)
    found = await checks.findings_of(house.world, call.application_id, id)
    accounts = await reads.records(house.world, call.application_id, Account, id)
    return desk.answer(
        "connection.html.j2",
        place="connections",
        one=told.connection,
        story=told,
        institution=house.world.institutions.get(told.connection.institution),
        accounts=accounts,
        checked=found,
        findings=_findings(desk, found.findings, {one.id: one.record.name for one in accounts}),
        steps=trace.whole(desk, told),
        urls={one.id: trace.place(one.url) for one in await endpoints.listed(house.world, call.application_id)},
        where=trace.place,
    )


async def execution(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/executions/{id}`: one execution, and the way from its login to the data."""
    desk = Desk(house, call)
    one = await board.execution(house.world, call.application_id, path_id(call))
    story = await board.story(house.world, call.application_id, one.connection_id)
    steps = trace.of_execution(desk, story, one)
    return desk.answer("execution.html.j2", place="connections", one=one, story=story, steps=steps)


async def session(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/sessions/{id}`: one session with its calls, its trace and the warnings on its data."""
    desk = Desk(house, call)
    one = await requests.session(house.world, call.application_id, path_id(call))
    return desk.answer("session.html.j2", place="sessions", one=one, **await _session(desk, one))


async def request(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/requests/{id}`: one call whole, with the trace of the session it belongs to."""
    desk = Desk(house, call)
    one = await requests.call(house.world, call.application_id, path_id(call))
    held: ClientSession | None = None
    if one.session_id is not None:
        try:
            held = await requests.session(house.world, call.application_id, one.session_id)
        except Refused:  # the log outlives the session
            held = None
    values: dict[str, Any] = {"calls": [], "steps": [], "findings": [], "story": None}
    if held is not None:
        values = await _session(desk, held)
    elif one.connection_id and await reads.known(house.world, call.application_id, one.connection_id) is not None:
        values["story"] = await board.story(house.world, call.application_id, one.connection_id)
        values["steps"] = trace.of_call(desk, values["story"], one)
        if not trace.failed(one):
            values["findings"] = await _warnings(desk, one.connection_id)
    return desk.answer("request.html.j2", place="requests", one=one, session=held, **values)


async def _session(desk: Desk, one: ClientSession) -> dict[str, Any]:
    world, application_id = desk.world, desk.call.application_id
    calls = await requests.calls_of(world, one.id)
    story, findings = None, []
    if one.connection_id is not None and await reads.known(world, application_id, one.connection_id) is not None:
        story = await board.story(world, application_id, one.connection_id)
        if one.fetched:
            findings = await _warnings(desk, one.connection_id)
    steps = trace.of_session(desk, story, one, calls)
    return {"calls": calls, "steps": steps, "findings": findings, "story": story}


async def _warnings(desk: Desk, connection_id: str) -> list[dict[str, Any]]:
    found = await checks.findings_of(desk.world, desk.call.application_id, connection_id)
    accounts = await reads.records(desk.world, desk.call.application_id, Account, connection_id)
    return _findings(desk, found.findings, {one.id: one.record.name for one in accounts})


def _findings(desk: Desk, found: tuple[Finding, ...], names: dict[str, str]) -> list[dict[str, Any]]:
    """Return findings with the dashboard's warning for each, and the names of the accounts they are about."""
    return [
        {
            "one": one,
            "warning": desk.warning(one.meaning),
            "sentence": desk.sentence(one.meaning),
            "accounts": [(id, names.get(id, "")) for id in one.accounts],
        }
        for one in found
    ]


async def account(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/accounts/{id}`: one account as it is stored, with its movements, newest first."""
    desk = Desk(house, call)
    place = cursors.read(desk.asked.get("after"))
    after = None if place is None else (int(place[0]), str(place[1]))
    page = await reads.transactions_behind(
        house.world, call.application_id, path_id(call), Filter(), _MOVEMENTS + 1, after
    )
    shown = page.entries[:_MOVEMENTS]
    last = shown[-1].stored if len(page.entries) > _MOVEMENTS else None
    following = cursors.written((last.record.occurred_at, last.id) if last is not None else None)
    return desk.answer(
        "account.html.j2",
        live=False,
        place="connections",
        stored=page.account,
        entries=[entry.stored for entry in shown],
        following=following,
    )


async def transaction(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/transactions/{id}`: one movement as it is stored: the row that a finding is about."""
    desk = Desk(house, call)
    page = await reads.transaction(house.world, call.application_id, path_id(call))
    stored = page.entries[0].stored
    told = {name: value for name, value in msgspec.to_builtins(stored.record).items() if value not in (None, {}, [])}
    return desk.answer(
        "transaction.html.j2", live=False, place="connections", stored=stored, account=page.account, told=told
    )


async def diagnosis(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/connections/{id}/bundle`: what somebody needs who is to find out what happened, and no secret."""
    id = path_id(call)
    story = await board.story(house.world, call.application_id, id)
    found = await checks.findings_of(house.world, call.application_id, id)
    body = msgspec.json.format(msgspec.json.encode(bundle.made(house.world, story, found)), indent=1)
    headers = (
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-disposition", f'attachment; filename="connection-{story.connection.id}.json"'.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    )
    return Answer(200, body, headers, shared=False)
