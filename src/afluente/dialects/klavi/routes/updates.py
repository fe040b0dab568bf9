"""The auto-update service: a connection refreshed with nobody present, where its user has allowed it."""

from __future__ import annotations

from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.dialects.klavi import refusals, tasks
from afluente.dialects.klavi.forms import Form
from afluente.dialects.klavi.house import House
from afluente.dialects.klavi.routes.tasks import again, autoupdate, check_rights, count_update, refuse_outage
from afluente.dialects.klavi.tasks import Person
from afluente.engine.connecting import tasks as engine
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

SERVICE = "autoupdate"
"""What an application's rights call this service."""

_FORMAT = "request.invalid.format"
_KEYS = ("connectionKey", "connection_key")
_FLAGS = ("allowAutoUpdate", "allow_autoupdate", "allowAutoupdate")


async def update(house: House, call: Call) -> Answer:
    """`POST /autoupdate_sync`: the reports of a connection anew; they arrive by webhook.

    In this order: `request.plan.not-included`, `request.invalid.format` for what is no JSON or of a wrong type,
    `request.invalid`, `request.forbidden.auto-update`. What then stands in the way of the update itself is said in the
    words of tasks.
    """
    raw, policy = await call.body(), await house.policy(call)
    check_rights(policy, (SERVICE,))
    form = Form.of_body(raw, malformed=_FORMAT)
    key, allowed = form.find(*_KEYS), form.find(*_FLAGS)
    if not isinstance(key, str | None) or not isinstance(allowed, bool | str | None):
        raise Refused(_FORMAT)
    connection, person = await _named(house, call, key)
    if autoupdate(form) is not True or not person.autoupdate:
        raise Refused("request.invalid" if allowed is None else "request.forbidden.auto-update")
    institution = house.world.institutions[connection.institution]
    if not institution.unattended:
        raise Refused("request.forbidden.auto-update")
    try:
        house.check_signature(call, policy, raw)
        await refuse_outage(house, call.application_id, institution)
        await count_update(house, call.application_id, policy, connection.id)
        order = again(house, institution, connection.id, person)
        task = await engine.begin(house.world, call.application_id, order)
        call.session_id = task.id
    except Refused as refused:
        call.refuse(refused, house.error_id())
        return json(refusals.coded(house.world.catalogue, "open-data", refused.meaning))
    return json(refusals.coded(house.world.catalogue, "auto-update", "success", task.id))


async def _named(house: House, call: Call, key: str | None) -> tuple[Connection, Person]:
    """Return the connection of a key, and whose it is. Raises `request.invalid`."""
    id = tasks.id_of_key(key or "")
    connection = await reads.known(house.world, call.application_id, id) if id else None
    person = tasks.person(connection) if connection is not None else None
    if connection is None or person is None:
        raise Refused("request.invalid")
    call.connection_id = connection.id
    return connection, person
