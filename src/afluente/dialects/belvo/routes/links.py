"""Links: made, listed, resumed, given new credentials, refreshed, deleted."""

from __future__ import annotations

from collections.abc import Mapping

from afluente.core.challenge import TYPED
from afluente.core.clock import MINUTE, SECOND
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.belvo import institutions, lists, making
from afluente.dialects.belvo.forms import Form, path_id
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.links import lasting, link, open_session, opened
from afluente.dialects.belvo.refusals import ACTIVATION, FieldsRefused, TokenWanted
from afluente.dialects.belvo.spacing import spend_delete
from afluente.engine.connecting import connections, retrieval
from afluente.engine.connecting.retrieval import Retrieved
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

PATH = "/api/links/"
_FIELDS = ("username", "password", "username2", "username3", "password2", "username_type", "certificate", "private_key")
_MODES = ("single", "recurrent")
_LONGEST_KEPT = 365
"""Days that credentials of a link of one use may be kept."""

_ASYNC = b"x-belvo-request-mode"


async def owned(house: House, call: Call, id: str) -> Connection:
    """Return a link's connection. Raises `request.not-found`, also for a widget's token that is for another link."""
    if call.grant is not None and call.grant.link_id not in (None, id):
        raise Refused("request.not-found")
    found = call.connection
    if found is None or found.id != id:
        try:
            found = await reads.connection(house.world, call.application_id, id)
        except Refused:
            raise Refused("request.not-found") from None
    call.connection_id = found.id
    return found


def shown_or_asked(house: House, found: Retrieved, status: int) -> Answer:
    """Answer with the link, or ask for the token that its institution asks for. Raises `TokenWanted`."""
    refuse_waiting(house, found)
    return json(link(house, found.connection), status)


def refuse_waiting(house: House, found: Retrieved) -> None:
    """Raise `TokenWanted` for a connection whose institution asks for something."""
    connection = found.connection
    if connection.posed is not None and connection.state in (State.ASKING, State.AWAITING):
        raise TokenWanted(connection, connection.posed, house.world.now(connection.application_id), found.wrong)


async def list_links(house: House, call: Call) -> Answer:
    """`GET /api/links/`."""
    pieces = reads.newest_connections(house.world, call.application_id)
    return await lists.gathered(house, call, PATH, ([link(house, one) for one in piece] async for piece in pieces))


async def get_link(house: House, call: Call) -> Answer:
    """`GET /api/links/{id}/`."""
    return json(lists.projected(call, PATH, link(house, await owned(house, call, path_id(call)))))


async def create_link(house: House, call: Call) -> Answer:
    """`POST /api/links/`: log in; the link stays if that succeeds, or waits for a token."""
    form = await Form.of(call)
    name = form.text("institution", required=True)
    form.text("username", required=True)
    values = {field: form.text(field) for field in _FIELDS}
    token = form.text("token")
    mode = form.choice("access_mode", _MODES) or "recurrent"
    resources = form.words("fetch_resources")
    told = form.term("credentials_storage", "store", "nostore", most=_LONGEST_KEPT)
    storage = told or ("store" if mode == "recurrent" else f"{_LONGEST_KEPT}d")
    stale = form.term("stale_in") or "365d"
    external = form.text("external_id")
    if external is not None and not 3 <= len(external) <= 256:
        short = len(external) < 3
        form.wrong("external_id", "request.invalid.too-short" if short else "request.invalid.too-long", min=3, max=256)
    institution = _institution(house, form, name)
    form.done()
    assert institution is not None  # `done` has raised otherwise
    _check_options(form, institution, mode, storage, resources)
    form.done()
    sent = {field: value for field, value in values.items() if value}
    asked = making.Asked(
        institution=institution,
        values=institutions.neutral_values(institution, sent),
        username=sent.get("username", ""),
        mode=mode,
        storage=storage,
        stale=stale,
        resources=resources or (),
        external=external,
        token=token,
        trigger=Trigger.USER if call.grant else Trigger.CLIENT,
    )
    made = await making.make(house, call.application_id, asked)
    call.connection_id = made.connection.id
    return shown_or_asked(house, made, 201)


def _institution(house: House, form: Form, name: str | None) -> Institution | None:
    found = house.directory.named(name) if name else None
    if name and found is None:
        form.wrong("institution", "request.invalid.reference", key="name", value=name[:100])
    return found


def _check_options(
    form: Form, institution: Institution, mode: str, storage: str, resources: tuple[str, ...] | None
) -> None:
    if mode == "recurrent" and storage != "store":
        raise Refused("request.invalid.storage")
    if mode == "single" and storage == "nostore" and not resources:
        raise Refused("request.invalid.resources")
    _check_resources(form, institution, resources)


def _check_resources(form: Form, institution: Institution, resources: tuple[str, ...] | None) -> None:
    offered = institutions.resources(institution)
    if resources and not set(resources) <= set(offered):
        form.wrong("resources", "request.invalid.products", resources=", ".join(offered))


async def resume_link(house: House, call: Call) -> Answer:
    """`PATCH /api/links/`: the token that the making of a link waits for."""
    found = await resumed(house, call, await Form.of(call))
    return shown_or_asked(house, found, 200)


async def resumed(house: House, call: Call, form: Form) -> Retrieved:
    """Hand over what a session asks for (a token, or `cvv` and `pin`), wait, and return how it came out.

    A wrong token begins the login anew, and with it another session. A link whose first login fails for good is no
    link. Raises `request.mfa.expired`, `TokenWanted`, and with the outcome.
    """
    session = form.text("session", required=True)
    token, link_id = form.text("token"), form.uuid("link")
    answers = {name: value for name in ACTIVATION if (value := form.text(name))}
    form.done()
    connection = await _of_session(house, call, session or "", link_id)
    asked = open_session(connection, session or "").challenge
    if token:
        answers.setdefault(asked.name, token)
    if asked.kind in TYPED and asked.name not in answers:
        field = asked.name if asked.name in ACTIVATION else "token"
        raise FieldsRefused([(field, "request.invalid.required", {})])
    found = await making.go_on(house, connection, answers)
    refuse_waiting(house, found)
    return found


async def _of_session(house: House, call: Call, session: str, link_id: str | None) -> Connection:
    if link_id is not None:
        return await owned(house, call, link_id)
    for state in (State.ASKING, State.AWAITING):
        async for piece in reads.newest_connections(house.world, call.application_id, state=state):
            for connection in piece:
                if opened(connection, session) is not None:
                    call.connection_id = connection.id
                    return connection
    raise Refused("request.mfa.expired")


async def update_options(house: House, call: Call) -> Answer:
    """`PATCH /api/links/{id}/`: access mode and what is loaded."""
    connection = await owned(house, call, path_id(call))
    form = await Form.of(call)
    mode = form.choice("access_mode", _MODES)
    stale = form.term("stale_in")
    resources = form.words("fetch_resources")
    _check_resources(form, house.world.institutions[connection.institution], resources)
    form.done()
    if mode == "recurrent" and connection.notes.get("credentials_storage") == "nostore":
        raise Refused("request.connection.invalid")
    notes = dict[str, str]()
    if mode is not None:
        notes["access_mode"] = mode
        notes["credentials_storage"] = "store" if mode == "recurrent" else "365d"
    if stale is not None:
        notes["stale_in"] = stale
    if resources is not None:
        notes["fetch_resources"] = ",".join(resources)
    changed = await connections.keep_notes(house.world, call.application_id, connection.id, notes)
    notes = changed.notes
    changed = await connections.keep_for(
        house.world,
        call.application_id,
        connection.id,
        data=lasting(notes.get("stale_in", "365d")),
        credentials=lasting(notes.get("credentials_storage", "store")),
    )
    if mode is not None:
        switch = connections.enable_sync if mode == "recurrent" else connections.disable_sync
        changed = await switch(house.world, call.application_id, connection.id)
    return json(link(house, changed))


async def update_credentials(house: House, call: Call) -> Answer:
    """`PUT /api/links/{id}/`: new credentials, tried at once; success makes the link valid again."""
    connection = await owned(house, call, path_id(call))
    form = await Form.of(call)
    institution = house.world.institutions[connection.institution]
    needed = "password" in institutions.wire_names(institution.fields).values()
    values = {field: form.text(field, required=needed and field == "password") for field in _FIELDS[1:]}
    activation = [value for name in ACTIVATION if (value := form.text(name))]
    token = form.text("token")
    form.done()
    sent: Mapping[str, str] = {field: value for field, value in values.items() if value}
    wanted = retrieval.Retrieval(
        products=(),
        credentials=institutions.neutral_values(institution, sent),
        answers=tuple(activation) or ((token,) if token else ()),
        trigger=Trigger.USER if call.grant else Trigger.CLIENT,
    )
    found = await retrieval.retrieve(house.world, call.application_id, connection.id, wanted)
    return shown_or_asked(house, found, 200)


async def refresh_link(house: House, call: Call) -> Answer:
    """`POST /api/links/{id}/refresh/`: load everything again, later; not again within ten minutes."""
    connection = await owned(house, call, path_id(call))
    form = await Form.of(call)
    resources = form.words("fetch_resources")
    institution = house.world.institutions[connection.institution]
    _check_resources(form, institution, resources)
    form.done()
    now, wait = house.world.now(call.application_id), house.numbers.links.refresh_wait * SECOND
    last = int(connection.notes.get("refreshed_at", "0"))
    if last and now < last + wait:
        raise Refused("request.connection.too-soon", data={"minutes": -(-(last + wait - now) // MINUTE)})
    await connections.keep_notes(house.world, call.application_id, connection.id, {"refreshed_at": str(now)})
    products: tuple[Product, ...] = institution.products
    if resources:
        products = institutions.products_of(institution, resources)
    id = house.error_id()
    wanted = retrieval.Retrieval(products=products, reference=id)
    await retrieval.begin(house.world, call.application_id, connection.id, wanted)
    return accepted(call, id)


def accepted(call: Call, id: str) -> Answer:
    """Answer that it will be done, with the id that the news of it will carry, and the log has."""
    call.note("accepted", request=id)
    call.id = id
    return json({"request_id": id}, 202)


def is_async(call: Call) -> bool:
    """Tell whether the client does not want to wait."""
    return call.header(_ASYNC).lower() == "async"


async def delete_link(house: House, call: Call) -> Answer:
    """`DELETE /api/links/{id}/`: the link and all its data are gone."""
    connection = await owned(house, call, path_id(call))
    if not is_async(call):
        await spend_delete(house, call, PATH)
    id = house.error_id() if is_async(call) else None
    await connections.delete(house.world, call.application_id, connection.id, id)
    return accepted(call, id) if id is not None else Answer(204, b"", ())
