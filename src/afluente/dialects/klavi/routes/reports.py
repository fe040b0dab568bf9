"""Reports of Open Data that are asked for by CPF, and the deletion of what is kept of a person."""

from __future__ import annotations

from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.dialects.klavi import consents, envelopes, refusals, reports, sources, tasks
from afluente.dialects.klavi.forms import Form, wrong
from afluente.dialects.klavi.house import House
from afluente.dialects.klavi.routes.tasks import check_rights, version
from afluente.engine.connecting import connections
from afluente.engine.connecting import consents as ending
from afluente.engine.due import erasing
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_DELETED = "consent.deleted"


async def get_report(house: House, call: Call) -> Answer:
    """`GET /data/v1/reports`: the report of a type as it is now, from what was fetched last.

    In this order: `request.invalid`, `request.plan.not-included`, `request.too-many`, `request.not-found.person`,
    `request.not-found.deleted`.
    """
    form, policy = Form.of_query(call), await house.policy(call)
    cpf = _cpf(form)
    name = reports.type_named(form.text("report_type", "reportType", required=True, longest=64) or "")
    if name is None:
        raise wrong("report_type", f"one of {', '.join(reports.open_data())}")
    key = form.text("connection_key", "connectionKey", longest=64)
    wanted = version(form)
    check_rights(policy, (name,))
    await house.count_call(call, policy)
    connection = await _newest(house, call, cpf, name, key)
    return json(envelopes.settled(await envelopes.of_connection(house, connection, name, wanted)))


def _cpf(form: Form) -> str:
    cpf = form.person("cpf", "enquiry_cpf", "enquiryCpf", required=True)
    assert cpf is not None  # it is required
    return cpf


async def _newest(house: House, call: Call, cpf: str, name: str, key: str | None) -> Connection:
    """Return the person's connection with such a report that was refreshed last, or the one of the key: that may be
    made elsewhere."""
    found = [
        connection
        for connection in (*await _of_person(house, call, cpf), *await _made_elsewhere(house, call, cpf, key))
        if connection.last_success_at is not None
        and key in (None, tasks.connection_key(connection.id))
        and reports.is_made(name, house.world.institutions[connection.institution], connection.products)
    ]
    if found:
        return max(found, key=lambda connection: connection.last_success_at or 0)
    await _refuse_deleted(house, call, cpf)
    raise Refused("request.not-found.person")


async def _of_person(house: House, call: Call, cpf: str) -> list[Connection]:
    every = await reads.connections_of_user(house.world, call.application_id, cpf)
    return [found for found in every if (person := tasks.person(found)) is not None and person.cpf == cpf]


async def _made_elsewhere(house: House, call: Call, cpf: str, key: str | None) -> list[Connection]:
    """Return the connection of a key that no call of these APIs made, if it is this person's."""
    id = tasks.id_of_key(key) if key is not None else None
    found = await reads.known(house.world, call.application_id, id) if id is not None else None
    if found is None or tasks.person(found) is not None or consents.told(found) is not None:
        return []
    source = await sources.of(house, found, house.world.now(call.application_id))
    return [found] if source.document == cpf else []


async def _refuse_deleted(house: House, call: Call, cpf: str) -> None:
    if await erasing.is_buried(house.world, call.application_id, tasks.tag_of(house, cpf)):
        raise Refused("request.not-found.deleted")


async def delete_reports(house: House, call: Call) -> Answer:
    """`DELETE /data/v1/reports`: everything that is kept of a person goes, with the consents they gave.

    In this order: `request.invalid`, `request.too-many`, `request.not-found.person`, `request.not-found.deleted`.
    """
    form = Form.of_query(call)
    cpf = _cpf(form)
    await house.count_call(call, await house.policy(call))
    world, application_id = house.world, call.application_id
    own, (given, over) = await _of_person(house, call, cpf), await _consents_of(house, call, cpf)
    if not own and not given and not over:
        await _refuse_deleted(house, call, cpf)
        raise Refused("request.not-found.person")
    for connection in given:
        # what is being fetched with it is let go to its end, for there is something to erase only then
        await world.rest(application_id, connection.execution_id)
        await ending.end(world, application_id, connection.id, _DELETED, {consents.ENDED: _DELETED}, erase=True)
    for connection in (*own, *over):
        await connections.delete(world, application_id, connection.id, named=False)
    await erasing.bury(world, application_id, tasks.tag_of(house, cpf))
    return json(refusals.coded(world.catalogue, "open-data", reports.SUCCESS))


async def _consents_of(house: House, call: Call, cpf: str) -> tuple[list[Connection], list[Connection]]:
    """Return the consents in force, and those that are over and have left data."""
    now = house.world.now(call.application_id)
    every = await reads.connections_of_user(house.world, call.application_id, cpf)
    given = [found for found in every if consents.told(found) is not None]
    over = [one for one in given if not consents.is_live(one, now) and one.last_success_at is not None and one.products]
    return [one for one in given if consents.is_live(one, now)], over
