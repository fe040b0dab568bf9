"""What a user connects on the page: a consent, with the time for which it is given, or a login with credentials."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from afluente.connect.visit import Visit
from afluente.core.challenge import Option
from afluente.core.connections import Connection
from afluente.core.institutions import Field, Institution
from afluente.core.outcome import Refused
from afluente.dialects.klavi import reports, tasks
from afluente.dialects.klavi.forms import cpf_of
from afluente.dialects.klavi.house import House, Link
from afluente.dialects.klavi.routes.tasks import again as order_again
from afluente.dialects.klavi.routes.tasks import count_update, first_order, refuse_outage
from afluente.dialects.klavi.tasks import Person
from afluente.engine.connecting import tasks as engine
from afluente.engine.connecting.tasks import Order
from afluente.engine.institutions.credentials import FieldFault

MONTHS, AUTOUPDATE, CPF = "months", "autoupdate", "cpf"
"""What the page asks for beside an institution's own fields: for how long, whether with nobody present, and who."""

_TWELVE, _ENDLESS = "12", "0"
_YES, _NO = "yes", "no"

_CPF = Field(name=CPF, label="CPF", kind="number", pattern=r"^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$")


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Return `words.toml`, by language."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


def fields(visit: Visit, institution: Institution) -> tuple[Field, ...]:
    """Return what the page asks for: of a consent how long it lasts, of a login whose it is and whether it may be
    used again with nobody present; of an update what serves once, until that has failed."""
    own, said = institution.fields, words()[visit.locale]
    if visit.updating:
        once = tuple(field for field in own if field.renewed)
        return own if visit.rounds or not once else once
    if institution.open_finance:
        return (*own, _choice(MONTHS, said[MONTHS], {_TWELVE: said["twelve"], _ENDLESS: said["endless"]}))
    named = own if any(field.name == CPF for field in own) else (_CPF, *own)
    if not institution.unattended:
        return named
    return (*named, _choice(AUTOUPDATE, said[AUTOUPDATE], {_YES: said["yes"], _NO: said["no"]}))


def _choice(name: str, label: str, options: Mapping[str, str]) -> Field:
    offered = tuple(Option(value, label) for value, label in options.items())
    return Field(name=name, label=label, kind="select", options=offered)


def months(house: House, values: Mapping[str, str]) -> int:
    """Return for how many months a consent is given; 0 without an end."""
    chosen = values.get(MONTHS)
    return int(chosen) if chosen in (_TWELVE, _ENDLESS) else house.numbers.consents.months


def person(values: Mapping[str, str]) -> str:
    """Return whose CPF was typed, as digits. Raises `request.credentials.invalid` for one whose digits are wrong."""
    found = cpf_of(values.get(CPF, ""))
    if found is None:
        faults = (FieldFault(_CPF, missing=not values.get(CPF)),)
        raise Refused("request.credentials.invalid", data={"faults": faults, "fields": (CPF,)})
    return found


def connection_id(visit: Visit, institution: Institution, values: Mapping[str, str]) -> str:
    """Return the id of the connection that a task with these values is for. Raises `request.credentials.invalid`."""
    username = values.get(institution.fields[0].name, "") if institution.fields else ""
    return tasks.connection_id(visit.application_id, institution.slug, person(values), username)


async def begin(house: House, visit: Visit, link: Link, institution: Institution, values: dict[str, str]) -> Visit:
    """Begin a task with what was typed; every report that the institution has something for comes by webhook.

    Raises `Refused` as a task that is begun over the API is refused.
    """
    own = {field.name for field in institution.fields}
    named = Person(
        cpf=person(values),
        institution=house.directory.face(institution.slug).code,
        autoupdate=values.get(AUTOUPDATE) == _YES,
        reports=await _allowed(house, visit.application_id, institution),
        query=link.external,
    )
    typed = {name: value for name, value in values.items() if name in own}
    return await _begun(house, visit, first_order(house, visit.application_id, institution, named, typed))


async def update(house: House, visit: Visit, connection: Connection, values: dict[str, str] | None) -> Visit:
    """Begin another task of a connection, with the credentials that are kept or with new ones. Raises `Refused`."""
    known = tasks.person(connection)
    if known is None:
        raise Refused("request.not-found.connection")
    institution = house.world.institutions[connection.institution]
    typed = {name: value for name, value in (values or {}).items() if name not in (MONTHS, AUTOUPDATE)}
    if CPF not in {field.name for field in institution.fields}:
        typed.pop(CPF, None)
    if visit.updating:
        policy = await house.policy_of(visit.application_id)
        await count_update(house, visit.application_id, policy, connection.id)
    return await _begun(house, visit, order_again(house, institution, connection.id, known, typed or None))


async def _begun(house: House, visit: Visit, order: Order) -> Visit:
    await refuse_outage(house, visit.application_id, order.institution)
    task = await engine.begin(house.world, visit.application_id, order)
    return replace(visit, connection_id=order.connection_id, session_id=task.id)


async def _allowed(house: House, application_id: str, institution: Institution) -> tuple[str, ...]:
    """Return the reports of an institution that the application may have. Raises `request.plan.not-included`."""
    rights = (await house.policy_of(application_id)).rights
    found = tuple(name for name in reports.offered(institution) if rights is None or name in rights)
    if not found:
        raise Refused("request.plan.not-included")
    return found
