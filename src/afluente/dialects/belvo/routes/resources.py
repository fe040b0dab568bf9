"""One way to ask for every resource of `resources/table.py`: retrieved, resumed, listed, shown, deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from afluente.core.connections import Connection, Trigger
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.belvo import lists, render
from afluente.dialects.belvo.filters import Filters
from afluente.dialects.belvo.forms import Form, path_id
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.links import refuse_expired, refuse_post
from afluente.dialects.belvo.projections import Projection, projection
from afluente.dialects.belvo.readings import EVERYTHING, Asked, Reading
from afluente.dialects.belvo.refusals import FieldsRefused
from afluente.dialects.belvo.resources.table import Resource
from afluente.dialects.belvo.routes.links import accepted, is_async, refuse_waiting, resumed
from afluente.dialects.belvo.spacing import advised, spend_delete, too_early
from afluente.engine.connecting import connections, retrieval
from afluente.engine.connecting.retrieval import Retrieval, Retrieved
from afluente.engine.due import erasing
from afluente.engine.records import holdings, reads
from afluente.web.answers import JSON, Answer, json
from afluente.web.calls import Call

_ASKED, _TIMED_OUT = "asked", "timed_out"
"""What is noted on a link: the request that waits for a token, and the one that took too long."""

_TIMEOUT = "institution.connection.timeout"


class Question(msgspec.Struct, frozen=True):
    """One request, as it is noted."""

    path: str
    asked: Asked


async def retrieve(house: House, resource: Resource, call: Call) -> Answer:
    """`POST /<resource>/`: fetch it from the institution: 201, or 200 and nothing stored, or 202 and no waiting."""
    form = await Form.of(call)
    connection = await _link(house, call, form)
    save, token = form.boolean("save_data", True), form.text("token")
    country = house.world.institutions[connection.institution].country if connection is not None else ""
    asked = resource.ask(house, form, render.local_day(house.world.now(call.application_id), country))
    form.done()
    assert connection is not None  # `done` has raised otherwise
    if not resource.offered(house.world.institutions[connection.institution]):
        raise Refused("request.unsupported.institution")
    refuse_post(house, connection)
    refuse_expired(house, connection)
    later, early = resource.delayed and is_async(call), await too_early(house, connection)
    wanted = _wanted(house, resource, connection, asked, kept=save or later, answers=(token,) if token else ())
    if later:
        id = house.error_id()
        await retrieval.begin(house.world, call.application_id, connection.id, replace(wanted, reference=id))
        return advised(house, call, accepted(call, id), early)
    question = Question(resource.path, asked)
    try:
        found = await retrieval.retrieve(house.world, call.application_id, connection.id, wanted)
        _refuse_missing(resource, found)
    except Refused as refused:
        if refused.meaning == _TIMEOUT:
            await _note(house, call, connection.id, _TIMED_OUT, _digest(question))
        raise
    if found.connection.posed is not None:
        await _note(house, call, connection.id, _ASKED, msgspec.json.encode(question).decode())
    refuse_waiting(house, found)
    return advised(house, call, await _answered(house, call, resource, found, question), early)


async def _link(house: House, call: Call, form: Form) -> Connection | None:
    id = form.uuid("link", required=True)
    if id is None:
        return None
    found = await reads.known(house.world, call.application_id, id)
    if found is None:
        form.wrong("link", "request.invalid.reference", key="id", value=id)
        return None
    call.connection_id = found.id
    return found


def _wanted(
    house: House, resource: Resource, connection: Connection, asked: Asked, *, kept: bool, answers: tuple[str, ...] = ()
) -> Retrieval:
    institution = house.world.institutions[connection.institution]
    products = tuple(product for product in resource.products if product in institution.products)
    now, since = house.world.now(connection.application_id), None
    if Product.TRANSACTIONS in products:
        day = render.local_day(now, institution.country)
        first = asked.first if resource.back is None else day.fromordinal(day.toordinal() - resource.back)
        since = render.day_start(first or day, institution.country)
    return Retrieval(
        products=products,
        needed=resource.products[:1],
        answers=answers,
        since=since,
        kept=kept,
        trigger=Trigger.CLIENT,
    )


async def resume(house: House, resource: Resource, call: Call) -> Answer:
    """`PATCH /<resource>/`: the token that a retrieval waits for; then the answer that it would have had."""
    form = await Form.of(call)
    save = form.boolean("save_data", True)
    form.done()
    found = await resumed(house, call, form)
    connection = found.connection
    question = _noted(connection)
    if question is None or question.path != resource.path:
        question = Question(resource.path, _usual(house, resource, connection))
    if found.of(resource.products[0]) is None:
        # what was resumed was a login alone, or another resource
        institution = house.world.institutions[connection.institution]
        if not resource.offered(institution):
            raise Refused("request.unsupported.institution")
        wanted = _wanted(house, resource, connection, question.asked, kept=save)
        found = await retrieval.retrieve(house.world, call.application_id, connection.id, wanted)
        refuse_waiting(house, found)
    await _note(house, call, connection.id, _ASKED, None)
    return await _answered(house, call, resource, found, question)


def _noted(connection: Connection) -> Question | None:
    noted = connection.notes.get(_ASKED)
    return None if noted is None else msgspec.json.decode(noted, type=Question)


def _usual(house: House, resource: Resource, connection: Connection) -> Asked:
    """What a request without any field of its own asks for."""
    country = house.world.institutions[connection.institution].country
    try:
        return resource.ask(house, Form({}), render.local_day(house.world.now(connection.application_id), country))
    except FieldsRefused:
        return EVERYTHING


async def _note(house: House, call: Call, id: str, name: str, value: str | None) -> None:
    """Write a note on a link, or take it away."""
    connection = await reads.connection(house.world, call.application_id, id)
    if connection.notes.get(name) != value:
        await connections.keep_notes(house.world, call.application_id, id, {name: value})


def _digest(question: Question) -> str:
    return msgspec.json.encode(question).decode()


async def _answered(house: House, call: Call, resource: Resource, found: Retrieved, question: Question) -> Answer:
    world, connection, asked = house.world, found.connection, question.asked
    _refuse_missing(resource, found)
    if found.kept:
        held: holdings.Holdings = await holdings.stored(world, connection)
    else:
        held = holdings.Handed(connection, found.handed, world.now(call.application_id))
    reading = _reading(house, connection, held)
    if resource.bounded:
        await _refuse_volume(house, call, reading, question)
    if resource.compute is not None:
        analysis = await resource.compute(reading, asked)
        if isinstance(held, holdings.Handed):
            kept = held.add(analysis, world.now(call.application_id))
        else:
            kept = (await erasing.keep(world, connection, [analysis]))[0]
        asked = replace(asked, only=kept.id)
    if found.kept:
        await erasing.restore(world, connection.id, resource.path)
    return await _written(call, resource, reading, asked, 201 if found.kept else 200)


def _refuse_missing(resource: Resource, found: Retrieved) -> None:
    """Raise `Refused` where other products came but not the one that a resource is made of."""
    fresh = found.of(resource.products[0])
    if fresh is not None and not fresh.updated:
        said = next((finding.said for finding in fresh.findings), None)
        raise Refused(fresh.outcome or "unexpected", said)


def _reading(house: House, connection: Connection, held: holdings.Holdings) -> Reading:
    institution = house.world.institutions[connection.institution]
    now = house.world.now(connection.application_id)
    return Reading(house, held, institution, render.origin(connection, institution), now)


async def _written(call: Call, resource: Resource, reading: Reading, asked: Asked, status: int) -> Answer:
    """Answer with the objects, encoded piece by piece."""
    wish = projection(resource.path, call.query)
    if resource.is_single(reading.institution):
        async for wires in resource.show(reading, asked):
            for wire in wires:
                return json(wish.of(wire), status)
        raise Refused("product.no-data")
    parts = [part async for wires in resource.show(reading, asked) for part in _encoded(wires, wish)]
    return Answer(status, b"[" + b",".join(parts) + b"]", JSON)


def _encoded(wires: Iterable[Mapping[str, Any]], wish: Projection) -> list[bytes]:
    return [render.ENCODER.encode(wish.of(wire)) for wire in wires]


async def _refuse_volume(house: House, call: Call, reading: Reading, question: Question) -> None:
    """Raise a timeout where one account moved too often in one month; the next identical request goes on from there."""
    connection = reading.holdings.connection
    if connection.notes.get(_TIMED_OUT) == _digest(question):
        await _note(house, call, connection.id, _TIMED_OUT, None)
        return
    if await reading.busiest_month(question.asked) > house.numbers.links.volume:
        await _note(house, call, connection.id, _TIMED_OUT, _digest(question))
        raise Refused(_TIMEOUT)


# -- what is held ------------------------------------------------------------------------------------------------------


async def readings(house: House, call: Call, conditions: Filters) -> AsyncIterator[Reading]:
    """Yield the links that a list is asked of, newest first; one that is not there has nothing."""
    links = conditions.of("link")
    if links is None:
        async for piece in reads.newest_connections(house.world, call.application_id):
            for connection in piece:
                yield _reading(house, connection, await holdings.stored(house.world, connection))
        return
    found = [one for id in sorted(links) if (one := await reads.known(house.world, call.application_id, id))]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    for connection in found:
        yield _reading(house, connection, await holdings.stored(house.world, connection))


async def list_objects(house: House, resource: Resource, call: Call) -> Answer:
    """`GET /<resource>/`."""
    conditions = lists.filters(call, resource.path)

    async def chunks() -> AsyncIterator[list[dict[str, Any]]]:
        async for reading in readings(house, call, conditions):
            async for wires in _shown(house, resource, reading, EVERYTHING):
                yield wires

    return await lists.gathered(house, call, resource.path, chunks())


async def _shown(
    house: House, resource: Resource, reading: Reading, asked: Asked
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield what is held of a resource, without what was deleted."""
    if not resource.offered(reading.institution):
        return
    gone = frozenset[str]()
    if not resource.types:
        gone = await erasing.erased(house.world, reading.holdings.connection.id, resource.path)
    async for wires in resource.show(reading, asked):
        yield [wire for wire in wires if wire["id"] not in gone] if gone else wires


async def get_object(house: House, resource: Resource, call: Call) -> Answer:
    """`GET /<resource>/{id}/`."""
    _, wire = await _found(house, resource, call)
    return json(lists.projected(call, resource.path, wire))


async def delete_object(house: House, resource: Resource, call: Call) -> Answer:
    """`DELETE /<resource>/{id}/`: it is gone until it is retrieved again."""
    connection, wire = await _found(house, resource, call)
    await spend_delete(house, call, resource.path)
    stored = await reads.any_record(house.world, call.application_id, resource.types, wire["id"])
    if stored is not None:
        await erasing.erase(house.world, connection.id, stored.id, type(stored.record))
    else:
        await erasing.withhold(house.world, connection.id, resource.path, wire["id"])
    return Answer(204, b"", ())


async def _found(house: House, resource: Resource, call: Call) -> tuple[Connection, dict[str, Any]]:
    """Return the object that the path names, with its link. Raises `request.not-found`."""
    id = path_id(call)
    conditions, asked = Filters(), EVERYTHING
    if resource.types:
        stored = await reads.any_record(house.world, call.application_id, resource.types, id)
        if stored is None:
            raise Refused("request.not-found")
        conditions, asked = lists.of_link(stored.connection_id), Asked(only=id)
    async for reading in readings(house, call, conditions):
        async for wires in _shown(house, resource, reading, asked):
            for wire in wires:
                if wire["id"] == id:
                    return reading.holdings.connection, wire
    raise Refused("request.not-found")


async def get_history(house: House, call: Call) -> Answer:
    """`GET /api/br/exchanges/{id}/history/`: no exchange is there, so none has a history."""
    path_id(call)
    raise Refused("request.not-found")
