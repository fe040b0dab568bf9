"""Tasks of Open Data: begun with a person's credentials, answered, looked at. What comes of them arrives by webhook."""

from __future__ import annotations

from typing import Any

from afluente.core.clock import SECOND
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.dialects.klavi import envelopes, refusals, reports, tasks
from afluente.dialects.klavi.forms import Form, wrong
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.dialects.klavi.tasks import Ordered, Person
from afluente.engine.access import limits
from afluente.engine.access.applications import Policy
from afluente.engine.connecting import tasks as engine
from afluente.engine.connecting.connections import UpdateRules
from afluente.engine.connecting.tasks import Order, Progress
from afluente.engine.institutions import health
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_FORMAT = "login.credentials.format"
_OFFLINE = "request.institution.offline"
_RUNNING = "success"
"""What is said of a task that has been taken, and is not over."""


async def begin_task(house: House, call: Call) -> Answer:
    """`POST /data/v1/tasks`: log in and fetch; the answer has the `traceId` that the rest is asked for with.

    In this order: `request.signature`, `request.invalid`, rights, `request.too-many`, `login.credentials.format`,
    `request.institution.offline`, `request.connection.updates-spent`, what the login must rest for.
    """
    raw, policy = await call.body(), await house.policy(call)
    house.check_signature(call, policy, raw)
    form = Form.of_body(raw)
    names = _reports(form)
    check_rights(policy, names or ())
    await house.count_call(call, policy)
    key = form.text("connectionKey", "connection_key", longest=64)
    order = await (_update(house, call, form, names, key) if key else _first(house, call, form, names))
    await refuse_outage(house, call.application_id, order.institution)
    if key is not None:
        await count_update(house, call.application_id, policy, order.connection_id)
    task = await engine.begin(house.world, call.application_id, order)
    call.session_id, call.connection_id = task.id, task.connection_id
    return json(refusals.coded(house.world.catalogue, "open-data", _RUNNING, task.id))


def _reports(form: Form) -> tuple[str, ...] | None:
    """Return the report types that are wanted, None for all. Raises `request.invalid` for an unknown one."""
    given = form.texts("products", "report_type", "reportType", "reports")
    if given is None or reports.ALL in (name.lower() for name in given):
        return None
    found = tuple(dict.fromkeys(reports.type_named(name) or "" for name in given))
    if not found or "" in found:
        raise wrong("products", f"of {', '.join(reports.open_data())}")
    return found


async def _first(house: House, call: Call, form: Form, names: tuple[str, ...] | None) -> Order:
    code = form.text("institution", "institutionCode", "institution_id", "institution_code", required=True, longest=16)
    institution = house.directory.open_data(code or "")
    if institution is None:
        raise wrong("institution", "the code of an institution")
    cpf = form.person("cpf", "enquiry_cpf", "personalTaxId", required=True, meaning=_FORMAT)
    assert cpf is not None  # it is required
    values = _credentials(form)
    wanted = names or reports.offered(institution)
    query = form.object("query_param", "queryParam") or {}
    person = Person(
        cpf=cpf,
        institution=code or "",
        autoupdate=autoupdate(form) or False,
        reports=wanted,
        query=query,
        version=version(form),
    )
    return first_order(house, call.application_id, institution, person, values)


def first_order(
    house: House, application_id: str, institution: Institution, person: Person, values: dict[str, str]
) -> Order:
    """Return the order of a task with what a user typed, by neutral name. Raises `login.credentials.format` where the
    login's first field is empty: it says who they are there."""
    username = values.get(institution.fields[0].name, "") if institution.fields else ""
    if not username:
        raise Refused(_FORMAT)
    id = tasks.connection_id(application_id, institution.slug, person.cpf, username)
    return _order(house, institution, id, person, values)


async def _update(house: House, call: Call, form: Form, names: tuple[str, ...] | None, key: str) -> Order:
    id = tasks.id_of_key(key)
    connection = await reads.known(house.world, call.application_id, id) if id else None
    person = tasks.person(connection) if connection is not None else None
    if connection is None or person is None:
        raise wrong("connectionKey", "the key of a connection")
    call.connection_id = connection.id
    values, allowed = _credentials(form), autoupdate(form)
    institution = house.world.institutions[connection.institution]
    changed = Person(
        cpf=person.cpf,
        institution=person.institution,
        autoupdate=person.autoupdate if allowed is None else allowed,
        reports=names or person.reports,
        query=form.object("query_param", "queryParam") or person.query,
        version=version(form) if form.find(*_VERSION) is not None else person.version,
    )
    return _order(house, institution, connection.id, changed, values or None)


def _order(
    house: House, institution: Institution, connection_id: str, person: Person, credentials: dict[str, str] | None
) -> Order:
    numbers = house.numbers.tasks
    fetched = tuple(p for p in reports.fetched_for(person.reports) if p in institution.products)
    ordered = Ordered(reports=person.reports, query=person.query, version=person.version)
    return Order(
        system=SYSTEM,
        connection_id=connection_id,
        institution=institution,
        products=fetched,
        credentials=credentials,
        user=person.cpf,
        rules=UpdateRules(refused_logins=numbers.wrong_logins, wait=numbers.frozen * SECOND),
        tag=tasks.tag_of(house, person.cpf),
        notes=tasks.notes_of(tasks.ORDERED, ordered),
        connection_notes=tasks.notes_of(tasks.PERSON, person),
    )


def again(
    house: House,
    institution: Institution,
    connection_id: str,
    person: Person,
    credentials: dict[str, str] | None = None,
) -> Order:
    """Return the order of an update, with the credentials that are kept or with new ones."""
    return _order(house, institution, connection_id, person, credentials)


def _credentials(form: Form) -> dict[str, str]:
    """Return what the user typed, by neutral name. Raises `login.credentials.format`."""
    given = form.find("credentials", "parameters")
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(value, str | int) for value in given.values()):
        raise Refused(_FORMAT)
    return {str(name)[:64]: str(value) for name, value in given.items()}


_VERSION = ("report_version", "reportVersion")


def version(form: Form) -> str | None:
    """Return the version that reports are wanted in; None where nothing is said of it. Raises `request.invalid`."""
    given = form.text(*_VERSION, longest=8)
    named = given.upper() if given is not None else None
    if named is not None and named not in (*envelopes.USUAL, envelopes.V2):
        raise wrong(_VERSION[0], f"one of {', '.join((*envelopes.USUAL, envelopes.V2))}")
    return named


_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def autoupdate(form: Form) -> bool | None:
    """Return whether updates with nobody present are allowed; None where nothing is said of it."""
    value = form.find("allowAutoUpdate", "allow_autoupdate", "allowAutoupdate")
    if value is None or isinstance(value, bool):
        return value
    found = _TRUTHS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise wrong("allowAutoUpdate", "Yes or No")
    return found


def check_rights(policy: Policy, wanted: tuple[str, ...]) -> None:
    """Raise `request.plan.not-included` for a kind of data or a service that the application may not have."""
    if policy.rights is not None and not set(wanted) <= set(policy.rights):
        raise Refused("request.plan.not-included")


async def count_update(house: House, application_id: str, policy: Policy, connection_id: str) -> None:
    """Count an update where there is a limit. Raises `request.connection.updates-spent`."""
    if policy.updates_limit:
        span = house.numbers.tasks.updates_span * SECOND
        try:
            what = f"updates/{connection_id}"
            await limits.spend(house.world, application_id, what, policy.updates_limit, span)
        except Refused:
            raise Refused("request.connection.updates-spent") from None


async def refuse_outage(house: House, application_id: str, institution: Institution) -> None:
    """Raise `request.institution.offline` for one that is out of reach."""
    if await is_away(house, application_id, institution):
        raise Refused(_OFFLINE)


async def is_away(house: House, application_id: str, institution: Institution) -> bool:
    """Tell whether an institution is switched off, or failed everything just now.

    It is tried again after a few minutes, for only trying shows that an outage is over.
    """
    if not institution.online:
        return True
    now, wait = house.world.now(application_id), house.numbers.tasks.outage * SECOND
    one = await health.lately(house.world, application_id, institution)
    return one.status is health.Status.DOWN and one.failed_at is not None and now < one.failed_at + wait


async def answer_task(house: House, call: Call) -> Answer:
    """`POST /data/v1/tasks/{traceId}/mfa`: the token that the bank asks for.

    Raises `request.invalid.task`, `mfa.unneeded` where it asks for none, `mfa.not-entered` where none is given.
    """
    raw = await call.body()
    house.check_signature(call, await house.policy(call), raw)
    progress = await _found(house, call)
    form = Form.of_body(raw)
    value = form.text("token", "answer", "value", longest=4_096)
    if progress.ended or progress.connection is None or progress.connection.posed is None:
        raise Refused("mfa.unneeded")
    if value is None:
        raise Refused("mfa.not-entered")
    await engine.respond(house.world, call.application_id, progress, value)
    return json(refusals.coded(house.world.catalogue, "open-data", _RUNNING, progress.task.id))


async def get_task(house: House, call: Call) -> Answer:
    """`GET /data/v1/tasks/{traceId}`: how far it is, and what its bank asks. Raises `request.invalid.task`."""
    progress = await _found(house, call)
    task, connection = progress.task, progress.connection
    meaning = task.meaning if progress.ended else _RUNNING
    body: dict[str, Any] = refusals.coded(house.world.catalogue, "open-data", meaning, task.id)
    posed = connection.posed if connection is not None and not progress.ended else None
    body["status"] = "finished" if progress.ended else "waiting" if posed is not None else "running"
    body["institution_id"] = house.directory.face(task.institution).code if task.institution else None
    body["connection_key"] = tasks.connection_key(task.connection_id or "")
    if posed is not None:
        asked = posed.challenge
        body["mfa"] = {
            "type": str(asked.kind),
            "message": asked.instructions or asked.label,
            "image": asked.image,
            "payload": asked.payload,
            "options": [{"value": option.value, "label": option.label} for option in asked.options],
        }
    return json(body)


async def _found(house: House, call: Call) -> Progress:
    # a path may leave out what it names
    id = str(call.scope["path_params"].get("id", "")).strip().lower()
    if "\0" in id:
        raise Refused("request.invalid.task")
    found = await engine.find(house.world, call.application_id, SYSTEM, id)
    call.session_id, call.connection_id = found.task.id, found.task.connection_id
    return found
