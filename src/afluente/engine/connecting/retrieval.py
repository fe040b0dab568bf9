"""Some products of a connection fetched at a client's call: what systems do whose clients wait for the answer.

The execution is an ordinary one; only what it fetches is chosen, and the caller waits until it comes to rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from afluente.core.challenge import TYPED, Ask
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.core.ports import Fetched
from afluente.core.products import Product, ProductState
from afluente.engine.connecting.connections import (
    Wanted,
    answer,
    begun,
    carry_session,
    come_back,
    create,
    delete,
    execution_for,
    refusal,
    refuse_files,
    were_let_in,
)
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions import freezes, journal
from afluente.engine.syncing.ending import fail
from afluente.engine.world import World
from afluente.store import applications, connections, executions, memory
from afluente.store.database import Writer
from afluente.store.executions import Execution


class Retrieval(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants fetched.

    Without one of the products that are `needed` the call has failed, though others may have come. `credentials`
    replace what is kept, by neutral name. `answers` are given before anybody asks. `since` is how far
    back transactions are wanted. What is not `kept` is handed over once and stored nowhere. `session_id` is the
    client's session that the execution belongs to. One that `goes_on` uses what the last login left. `reference` is the
    client's name for its request.
    """

    products: tuple[Product, ...]
    needed: tuple[Product, ...] = ()
    credentials: dict[str, str] | None = None
    answers: tuple[str, ...] = ()
    since: Instant | None = None
    kept: bool = True
    trigger: Trigger = Trigger.CLIENT
    reference: str | None = None
    session_id: str = ""
    goes_on: bool = False


class Retrieved(msgspec.Struct, frozen=True):
    """How it came out: the connection at rest, each product that was fetched, and what it was if it is not `kept`.

    `wrong` is how the login ended that was begun anew because an answer was wrong.
    """

    connection: Connection
    handed: Mapping[Product, Fetched] = {}
    products: tuple[ProductState, ...] = ()
    kept: bool = True
    wrong: Refused | None = None

    def of(self, product: Product) -> ProductState | None:
        """Return how one product came out."""
        return next((state for state in self.products if state.product is product), None)


_SPENT = "refused-credentials/"
"""Begins the keys, in what is remembered of an institution, under which credentials are that it refused."""


async def open_connection(
    world: World, application_id: str, wanted: Wanted, answers: tuple[str, ...] = ()
) -> Retrieved:
    """Make a connection that stays only if its login succeeds or asks a question.

    Raises `Refused` as `create` does, and with the outcome of a login that failed: then there is no connection, and
    credentials that were refused are not sent again (`request.credentials.refused-before`) until the same user comes
    with others. Where one of the `answers` was wrong, the login begins anew and asks.
    """
    whose, fingerprint = _identified(world, wanted)
    if whose and await memory.recall(world.database, application_id, wanted.institution, whose) == fingerprint:
        raise Refused("request.credentials.refused-before")
    made = await create(world, application_id, replace(wanted, anew=True, answers=answers))
    await world.rest(application_id, made.execution_id)
    connection = await connections.get(world.database, made.id)
    if connection is None:
        raise Refused("request.not-found.connection")
    if whose:
        refused = fingerprint if connection.credentials_spent else None
        await _remember(world, application_id, wanted.institution, whose, refused)
    if connection.state in RUNNING or connection.last_success_at is not None:
        return Retrieved(connection)
    await delete(world, application_id, made.id)
    refused_with = refusal(connection)
    if answers and _answered_wrongly(world, refused_with):
        return replace(await open_connection(world, application_id, wanted), wrong=refused_with)
    raise refused_with


def _answered_wrongly(world: World, refused: Refused) -> bool:
    return world.meaning(refused.meaning).action == "answer-mfa"


def _identified(world: World, wanted: Wanted) -> tuple[str | None, str]:
    """Return the key of whoever logs in, by the first field of the form, and the fingerprint of all they typed."""
    institution = world.institutions.get(wanted.institution)
    if institution is None or not institution.fields:
        return None, ""
    user = wanted.credentials.get(institution.fields[0].name, "")
    key = world.vault.fingerprint(f"user:{institution.slug}:{user}")
    return _SPENT + key, typed.fingerprint(world.vault, institution, wanted.credentials)


async def _remember(world: World, application_id: str, institution: str, key: str, value: str | None) -> None:
    if await memory.recall(world.database, application_id, institution, key) == value:
        return
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        await memory.remember(writer, application_id, institution, key, value)


async def retrieve(world: World, application_id: str, id: str, wanted: Retrieval) -> Retrieved:
    """Fetch products of a connection and wait until that has ended, or until the user is asked.

    Where one of the answers that came along was wrong, the login begins anew and asks.

    Raises `Refused`: `request.not-found.connection`, `request.unsupported.institution` for a product that the
    institution does not have, `request.institution.offline`, `request.connection.busy`,
    `request.credentials.refused-before` (which is counted as a failed call), `request.credentials.invalid`, and
    with the outcome where nothing could be fetched.
    """
    try:
        connection = await _start(world, application_id, id, wanted)
    except Refused as refused:
        if refused.meaning == "request.credentials.refused-before":
            await _count_failed(world, application_id, id)
        raise
    try:
        return await at_rest(world, connection)
    except Refused as refused:
        if not wanted.answers or not _answered_wrongly(world, refused):
            raise
        wrong = refused
    anew = replace(wanted, credentials=None, answers=())
    return replace(await retrieve(world, application_id, id, anew), wrong=wrong)


async def last_asked(world: World, connection_id: str, since: Instant, until: Instant) -> Instant | None:
    """Return when a client last asked for data of a connection between two instants; what is automatic is no client."""
    found = await executions.begun(world.database, connection_id, since, until)
    return next((one.started_at for one in found if one.trigger is not Trigger.SCHEDULE and one.asked), None)


async def begin(world: World, application_id: str, id: str, wanted: Retrieval) -> Connection:
    """Start what `retrieve` does, and do not wait for it. Raises `Refused` as it does, but for outcomes."""
    return await _start(world, application_id, id, wanted)


async def resume(world: World, connection: Connection, answers: Mapping[str, str]) -> Retrieved:
    """Answer the open question, and those behind it as long as there is an answer by their name; wait in between.

    What is done elsewhere counts as done, save a consent, which only the institution's own page gives. Raises
    `Refused` as `answer` does, and with the outcome where the execution failed.
    """
    given = dict(answers)
    while True:
        posed = connection.posed
        if posed is None:
            raise Refused("request.mfa.not-waiting")
        if posed.challenge.kind is Ask.REDIRECT:
            return Retrieved(connection)
        value = given.pop(posed.challenge.name, "")
        if posed.challenge.kind in TYPED:
            told = {posed.challenge.name: value}
            started = await answer(world, connection.application_id, connection.id, told)
        else:
            started = await come_back(world, connection.id, posed.id, value or "done")
        found = await at_rest(world, started)
        connection = found.connection
        asked = connection.posed
        if asked is None or asked.answered or asked.challenge.name not in given:
            return found


async def repeat(world: World, application_id: str, id: str) -> Retrieved:
    """Run a connection's last execution anew, as it was wanted. Raises `Refused` as `retrieve` does."""
    connection = await connections.get(world.database, id)
    before = await executions.get(world.database, connection.execution_id) if connection else None
    if connection is None or before is None:
        raise Refused("request.not-found.connection")
    products = before.asked or tuple(state.product for state in connection.products)
    wanted = Retrieval(
        products=products, needed=before.needed, since=before.since, kept=before.kept, trigger=before.trigger
    )
    return await retrieve(world, application_id, id, wanted)


async def at_rest(world: World, started: Connection) -> Retrieved:
    """Wait until an execution rests. Raises `Refused` with the outcome where nothing could be fetched, and
    `server.interrupted` where what is stored nowhere was fetched by a process that could not hand it over."""
    execution_id = started.execution_id
    await world.rest(started.application_id, execution_id)
    connection = await connections.get(world.database, started.id)
    if connection is None:
        raise Refused("request.not-found.connection")
    handed = world.handed.pop(execution_id, {})
    if connection.state in (State.STALE, State.REFUSED):
        raise refusal(connection)
    ended = await executions.get(world.database, execution_id)
    if ended is None:
        raise Refused("request.not-found.connection")
    if not ended.kept and any(state.updated and state.product not in handed for state in ended.fetched):
        # this process was thought dead, and another has ended what it had begun
        raise Refused("server.interrupted")
    return Retrieved(connection, handed, ended.fetched, ended.kept)


async def _start(world: World, application_id: str, id: str, wanted: Retrieval) -> Connection:
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, id)
        if connection is None or connection.application_id != application_id:
            raise Refused("request.not-found.connection")
        institution = world.institutions[connection.institution]
        refuse_files(institution)
        if not set(wanted.products) <= set(institution.products):
            raise Refused("request.unsupported.institution")
        if not institution.online:
            raise Refused("request.institution.offline")
        connection = await _given_up(world, writer, connection)
        if connection.state in RUNNING:
            raise Refused("request.connection.busy")
        kept = await typed.read(writer, world.vault, id)
        stored, values = kept.values, {**kept.values, **(wanted.credentials or {})}
        fingerprint = typed.fingerprint(world.vault, institution, values)
        spent = connection.credentials_spent
        if spent and await freezes.rested(writer, world, connection, institution, stored):
            spent = False
        if spent and fingerprint == typed.fingerprint(world.vault, institution, stored):
            raise typed.RefusedBefore(refusal(connection))
        if wanted.credentials:
            typed.check(institution, values)
            kept = typed.given(world.vault, institution, kept, values, good=were_let_in(connection))
            await typed.write(writer, world.vault, institution, id, kept)
        before = connection.execution_id
        connection = _begun(world, connection, institution, wanted, now)
        await connections.put(writer, connection)
        execution = _as_wanted(execution_for(connection, institution, wanted.products, now), wanted)
        await executions.add(writer, execution)
        await world.queue(writer, execution, institution)
        if wanted.answers:
            await journal.write(writer, world.vault, execution.id, journal.Journal(answers=wanted.answers))
        if (institution.open_finance or wanted.goes_on) and not wanted.credentials:
            await carry_session(world, writer, before, execution.id)
    world.start(application_id, connection.execution_id)
    return connection


def _as_wanted(execution: Execution, wanted: Retrieval) -> Execution:
    return replace(execution, since=wanted.since, kept=wanted.kept, needed=wanted.needed, reference=wanted.reference)


async def _given_up(world: World, writer: Writer, connection: Connection) -> Connection:
    """End a question that stands open: the client begins anew instead of answering it."""
    execution = await executions.lock(writer, connection.execution_id)
    if connection.state not in (State.ASKING, State.AWAITING) or execution is None:
        return connection
    await fail(world, writer, connection, execution, Refused("mfa.not-entered"), asked=True)
    return await connections.lock(writer, connection.id) or connection


def _begun(
    world: World, connection: Connection, institution: Institution, wanted: Retrieval, now: Instant
) -> Connection:
    held = {state.product for state in connection.products}
    if wanted.kept:
        held.update(wanted.products)
    states = tuple(connection.product(p) or ProductState(p) for p in Product if p in held and p in institution.products)
    return replace(begun(world, connection, wanted.trigger, states, now), session_id=wanted.session_id)


async def _count_failed(world: World, application_id: str, id: str) -> None:
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, id)
        if connection is not None and connection.application_id == application_id:
            await connections.put(writer, replace(connection, failed_calls=connection.failed_calls + 1))
