"""Create, update, answer, delete: the verbs that all dialects share.

Each is one transaction, opened and closed here. A refusal is a `Refused` with its meaning, and has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection, Phase, Rhythm, Trigger
from afluente.core.events import EventKind
from afluente.core.institutions import Institution, Kind
from afluente.core.lifecycle import RUNNING, Event, State, step
from afluente.core.outcome import Refused
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions import journal
from afluente.engine.institutions.plan import next_sync
from afluente.engine.outbox import endpoints, events, remains
from afluente.engine.syncing.answering import answer, answer_page, come_back, expire, own, wake
from afluente.engine.world import Begun, World
from afluente.store import applications, connections, executions, marks
from afluente.store.applications import Policy
from afluente.store.database import Writer
from afluente.store.executions import Execution

__all__ = [
    "Changes",
    "UpdateRules",
    "Wanted",
    "answer",
    "answer_page",
    "carry_session",
    "come_back",
    "create",
    "delete",
    "disable_sync",
    "enable_sync",
    "execution_for",
    "expire",
    "forget_credentials",
    "keep_for",
    "keep_notes",
    "sync_by_schedule",
    "update",
    "wake",
    "with_prerequisites",
]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that a client wants. `credentials` are by neutral field name; `answers` to what nobody asked yet.

    `data_lasts` and `credentials_last` are spans, as a connection has them. `id` is given where the client's words
    say which connection it is; `session_id` is the client's session that its first execution belongs to.
    One that is not `scheduled` is synced when a client asks for it alone; a `rhythm` is its own.
    It is found by its `marks` beside its user (`reads.marked`).
    With `avoid_duplicates` there is no second one of the same credentials; with `anew` one that is at rest and whose
    login never succeeded is none of them.
    """

    institution: str
    credentials: dict[str, str]
    products: tuple[Product, ...]
    trigger: Trigger = Trigger.CLIENT
    external_user_id: str | None = None
    webhook_url: str | None = None
    redirect_url: str | None = None
    opened_by: str | None = None
    avoid_duplicates: bool = False
    anew: bool = False
    answers: tuple[str, ...] = ()
    id: str | None = None
    session_id: str = ""
    scheduled: bool = True
    rhythm: Rhythm | None = None
    patience: Instant | None = None
    notes: dict[str, str] = {}
    marks: tuple[str, ...] = ()
    data_lasts: Instant | None = None
    credentials_last: Instant | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """An update that a client wants; None leaves as it is."""

    credentials: dict[str, str] | None = None
    products: tuple[Product, ...] | None = None
    trigger: Trigger = Trigger.CLIENT
    external_user_id: str | None = None
    webhook_url: str | None = None
    redirect_url: str | None = None


class UpdateRules(msgspec.Struct, frozen=True, kw_only=True):
    """When an update is refused: after so many refused logins in a row it must wait, after so many failures it
    needs new credentials."""

    refused_logins: int = 2
    wait: Instant = 15 * MINUTE
    failures: int = 5


def _never_began(connection: Connection) -> bool:
    """Tell whether a connection's login never succeeded, and nothing is under way that could change that."""
    return connection.last_success_at is None and connection.state not in RUNNING


async def create(world: World, application_id: str, wanted: Wanted) -> Connection:
    """Make a connection and its first execution.

    Raises `Refused`: `request.not-found.institution`, `request.institution.offline`, `request.credentials.invalid`,
    `request.plan.connections-limit`, `request.connection.duplicate` (their ids in `data["ids"]`),
    `request.connection.busy.elsewhere`.
    """
    institution = world.institutions.get(wanted.institution)
    if institution is None:
        raise Refused("request.not-found.institution")
    refuse_files(institution)
    if not institution.online:
        raise Refused("request.institution.offline")
    typed.check(institution, wanted.credentials)
    now, id = world.now(application_id), wanted.id or world.ids.new()
    fingerprint = typed.fingerprint(world.vault, institution, wanted.credentials)
    products = tuple(product for product in Product if product in wanted.products and product in institution.products)
    connection = Connection(
        id=id,
        application_id=application_id,
        institution=institution.slug,
        state=State.SYNCING,
        phase=Phase.CREATED,
        created_at=now,
        updated_at=now,
        products=tuple(ProductState(product) for product in products),
        execution_id=world.ids.new(),
        trigger=wanted.trigger,
        external_user_id=wanted.external_user_id,
        webhook_url=wanted.webhook_url,
        redirect_url=wanted.redirect_url,
        opened_by=wanted.opened_by,
        session_id=wanted.session_id,
        sync_disabled_at=None if wanted.scheduled else now,
        rhythm=wanted.rhythm,
        patience=wanted.patience,
        notes=wanted.notes,
        data_lasts=wanted.data_lasts,
        credentials_last=wanted.credentials_last,
    )
    async with world.database.transaction() as writer:
        # one at a time for each application: two twins made at once would not see each other
        policy = await _policy(writer, application_id, alone=True)
        if policy.connections_limit and await connections.count(writer, application_id) >= policy.connections_limit:
            raise Refused("request.plan.connections-limit", data={"limit": policy.connections_limit})
        twins = await connections.twins(writer, application_id, fingerprint)
        same = [twin.id for twin in twins if not (wanted.anew and _never_began(twin))]
        if same and wanted.avoid_duplicates:
            raise Refused("request.connection.duplicate", data={"ids": same})
        _refuse_running(twins)
        if wanted.id is not None:
            if await connections.get(writer, id) is not None:
                raise Refused("request.connection.duplicate", data={"ids": [id]})
            connection = await events.again(writer, connection)
        connection = await events.tell(world, writer, connection, EventKind.CONNECTION_CREATED)
        await endpoints.listen(world, writer, connection)
        await connections.add(writer, connection, fingerprint)
        await marks.add(writer, connection, wanted.marks)
        await typed.write(writer, world.vault, institution, id, typed.Kept(wanted.credentials))
        await _add_execution(world, writer, connection, institution, now)
        if wanted.answers:
            await journal.write(writer, world.vault, connection.execution_id, journal.Journal(answers=wanted.answers))
    world.start(application_id, connection.execution_id)
    return connection


async def update(world: World, application_id: str, id: str, changes: Changes, rules: UpdateRules) -> Connection:
    """Start another execution of a connection, with new credentials if any are given.

    Raises `Refused`: `request.not-found.connection`, `request.connection.busy` (also `.elsewhere`),
    `request.plan.updates-disabled`, `request.institution.offline`, `request.connection.too-soon`
    (`hours`, `at`), `request.credentials.refused-before`, `request.connection.login-backoff` (`refusals`, `minutes`,
    `last`, `again`), `request.connection.too-many-failures`, `request.mfa.required` and `request.mfa.reused`
    (`field`), `request.credentials.invalid`.
    """
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        institution = world.institutions[connection.institution]
        refuse_files(institution)
        if connection.state in RUNNING:
            raise Refused("request.connection.busy")
        policy = await _policy(writer, application_id)
        _refuse_now(world, policy, rules, institution, connection, changes, now)
        stored = await typed.read(writer, world.vault, id)
        values = _merged(institution, stored.values, changes.credentials)
        typed.check(institution, values)
        fingerprint = typed.fingerprint(world.vault, institution, values)
        if connection.credentials_spent and fingerprint == typed.fingerprint(world.vault, institution, stored.values):
            raise typed.RefusedBefore(refusal(connection))
        twins = await connections.twins(writer, application_id, fingerprint)
        _refuse_running([twin for twin in twins if twin.id != id])
        if changes.credentials:
            kept = typed.given(world.vault, institution, stored, values, good=were_let_in(connection))
            await typed.write(writer, world.vault, institution, id, kept)
        held, connection = connection, _restarted(world, connection, institution, changes, now)
        if changes.webhook_url:
            await endpoints.listen(world, writer, connection)
        await connections.put(writer, connection, held)
        await _add_execution(world, writer, connection, institution, now)
        if institution.open_finance and not changes.credentials:
            await carry_session(world, writer, held.execution_id, connection.execution_id)
    world.start(application_id, connection.execution_id)
    return connection


async def sync_by_schedule(world: World, writer: Writer, connection: Connection) -> Begun:
    """Begin the execution that has fallen due, in the caller's transaction; to start it is the caller's too.

    Where it runs in this process it has its first attempt at once: that is committed before anybody runs it.
    """
    institution = world.institutions[connection.institution]
    now = world.now(connection.application_id)
    restarted = _restarted(world, connection, institution, Changes(trigger=Trigger.SCHEDULE), now)
    if world.runs_here:
        restarted = replace(restarted, phase=Phase.LOGIN, attempt=1)
    await connections.put(writer, restarted, connection)
    execution, sealed = await _add_execution(world, writer, restarted, institution, now), None
    if institution.open_finance:
        sealed = await carry_session(world, writer, connection.execution_id, restarted.execution_id)
    return Begun(restarted, (restarted, execution, sealed) if world.runs_here else None)


async def disable_sync(world: World, application_id: str, id: str) -> Connection:
    """Take a connection out of the automatic schedule until a client updates it."""
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        connection = replace(connection, next_sync_at=None, sync_disabled_at=now, updated_at=now)
        await connections.put(writer, connection)
    return connection


async def enable_sync(world: World, application_id: str, id: str) -> Connection:
    """Put a connection into the automatic schedule again. Raises `request.not-found.connection`."""
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = replace(await own(writer, application_id, id), sync_disabled_at=None, updated_at=now)
        if connection.state not in RUNNING and connection.outcome is not None:
            policy = await _policy(writer, application_id)
            connection = next_sync(world, policy, world.institutions[connection.institution], connection, now)
        await connections.put(writer, connection)
    return connection


async def forget_credentials(world: World, application_id: str, id: str) -> None:
    """Delete what was typed in; nothing can be fetched with it any more. Raises `request.not-found.connection`."""
    async with world.database.transaction() as writer:
        await own(writer, application_id, id)
        await connections.forget_credentials(writer, id)


async def keep_notes(world: World, application_id: str, id: str, notes: Mapping[str, str | None]) -> Connection:
    """Add to what the dialect keeps about a connection; None takes a note away.

    Raises `request.not-found.connection`.
    """
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        kept = {name: note for name, note in {**connection.notes, **notes}.items() if note is not None}
        connection = replace(connection, notes=kept, updated_at=world.now(application_id))
        await connections.put(writer, connection)
    return connection


async def keep_for(
    world: World, application_id: str, id: str, *, data: Instant | None, credentials: Instant | None
) -> Connection:
    """Change for how long data that is not refreshed is kept, and credentials from their connection's creation on.

    Raises `request.not-found.connection`.
    """
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        changed = replace(connection, data_lasts=data, credentials_last=credentials)
        if changed != connection:
            connection = replace(changed, updated_at=world.now(application_id))
            await connections.put(writer, connection)
    return connection


async def delete(
    world: World, application_id: str, id: str, reference: str | None = None, *, named: bool = True
) -> None:
    """Delete a connection with its credentials and everything that was read; `reference` is the client's name for it.

    Of messages, facts and sessions about it nothing personal is left (`remains.clear`), but that the fact of its
    deletion names the user as the client does, and what waits to be told is told; nothing of either if not `named`.

    Raises `request.not-found.connection`.
    """
    async with world.database.transaction() as writer:
        await remove(world, writer, await own(writer, application_id, id), reference, named=named)
    await remains.go_on(world, id)


async def remove(
    world: World, writer: Writer, connection: Connection, reference: str | None = None, *, named: bool = True
) -> None:
    """Do what `delete` does with a connection that is locked, in the caller's transaction."""
    never = connection.last_success_at is None
    kind = EventKind.CONNECTION_DELETED
    await remains.clear(writer, connection, world.now(connection.application_id), untold=not named)
    if not named:
        connection = replace(connection, external_user_id=None)
    await events.tell(world, writer, connection, kind, first=never, reference=reference)
    await connections.remove(writer, connection.id)


async def _policy(writer: Writer, application_id: str, alone: bool = False) -> Policy:
    application = await (applications.lock if alone else applications.get)(writer, application_id)
    return application.policy if application else Policy()


async def _add_execution(
    world: World, writer: Writer, connection: Connection, institution: Institution, now: Instant
) -> Execution:
    asked = tuple(state.product for state in connection.products)
    execution = execution_for(connection, institution, asked, now)
    await executions.add(writer, execution)
    await world.queue(writer, execution, institution)
    return execution


def execution_for(
    connection: Connection, institution: Institution, asked: tuple[Product, ...], now: Instant
) -> Execution:
    """Return the execution that the connection has just been given."""
    return Execution(
        id=connection.execution_id,
        connection_id=connection.id,
        application_id=connection.application_id,
        trigger=connection.trigger,
        started_at=now,
        products=with_prerequisites(institution, asked),
        asked=asked,
        attempt=connection.attempt,
    )


_PREREQUISITES = {
    Product.TRANSACTIONS: (Product.ACCOUNTS, Product.CARDS),
    Product.PAYMENT_DETAILS: (Product.ACCOUNTS, Product.TRANSACTIONS),
    Product.STATEMENTS: (Product.ACCOUNTS, Product.CARDS),
    Product.INVESTMENT_MOVEMENTS: (Product.INVESTMENTS,),
}
"""What has to be fetched for a product to have a place, though nobody asked for it."""


def with_prerequisites(institution: Institution, wanted: Iterable[Product]) -> tuple[Product, ...]:
    """Return what an execution fetches so that all wanted products can be stored, in the order of fetching."""
    listed = set(wanted)
    needed = listed.union(*(_PREREQUISITES.get(product, ()) for product in listed))
    return tuple(p for p in Product if p in listed or (p in needed and p in institution.products))


async def carry_session(world: World, writer: Writer, before: str, now: str) -> bytes | None:
    """Hand the last execution's session on: a consent holds until it ends, and is not asked for at every sync. Return
    it as it lies in the row of the one `now`."""
    kept = await journal.read(writer, world.vault, before)
    if kept.session is None:
        return None
    await journal.write(writer, world.vault, before, journal.Journal())
    return await journal.write(writer, world.vault, now, journal.Journal(session=kept.session))


def refuse_files(institution: Institution) -> None:
    """Refuse to go to an institution that is none: statement files come from whoever has them."""
    if institution.kind is Kind.STATEMENTS:
        raise Refused("request.invalid", data={"detail": "statement files are imported; there is no login to run"})


def _refuse_running(twins: list[Connection]) -> None:
    # one that waits for somebody to act elsewhere has no session at the institution
    running = [twin.id for twin in twins if twin.state in RUNNING and twin.state is not State.AWAITING]
    if running:
        raise Refused("request.connection.busy.elsewhere", data={"ids": running, "connection_id": running[0]})


def _refuse_now(
    world: World,
    policy: Policy,
    rules: UpdateRules,
    institution: Institution,
    connection: Connection,
    changes: Changes,
    now: Instant,
) -> None:
    if policy.updates_disabled:
        raise Refused("request.plan.updates-disabled")
    if not institution.online:
        raise Refused("request.institution.offline")
    last = connection.last_success_at
    if changes.trigger is Trigger.CLIENT and policy.update_every and last and now < last + policy.update_every:
        raise Refused("request.connection.too-soon", data={"hours": policy.update_every / (60 * MINUTE), "at": last})
    if connection.credentials_spent and not changes.credentials:
        raise typed.RefusedBefore(refusal(connection))
    ended = connection.last_ended_at or connection.updated_at
    if connection.refused_logins >= rules.refused_logins and now < ended + rules.wait:
        raise Refused(
            "request.connection.login-backoff",
            data={
                "refusals": rules.refused_logins,
                "minutes": rules.wait // (60 * SECOND),
                "last": ended,
                "again": ended + rules.wait,
            },
        )
    # what the institution or we did must never lock anybody out
    blamed = world.meaning(connection.outcome or "").blame == "user"
    if blamed and connection.failures > rules.failures and not changes.credentials:
        raise Refused("request.connection.too-many-failures", data={"failures": rules.failures})


def refusal(connection: Connection) -> Refused:
    """Return what the last execution ended in, as it was refused."""
    return Refused(connection.outcome or "unexpected", connection.said, dict(connection.attributes))


def were_let_in(connection: Connection) -> bool:
    """Tell whether the credentials that are kept were let in, if nothing else is known of them."""
    return connection.last_success_at is not None and not connection.credentials_spent


def _merged(institution: Institution, stored: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """Return the credentials of the next execution: what is kept, what is given over it, what serves once made new."""
    given = given or {}
    for field in typed.renewed(institution):
        if not given.get(field.name) and not field.optional:
            raise Refused("request.mfa.required", data={"field": field.name})
        if given.get(field.name) and given[field.name] == stored.get(field.name):
            raise Refused("request.mfa.reused", data={"field": field.name})
    return {**typed.lasting(institution, stored), **given}


def begun(
    world: World, connection: Connection, trigger: Trigger, products: tuple[ProductState, ...], now: Instant
) -> Connection:
    """Return a connection with a new execution, of which nothing has happened yet."""
    return replace(
        connection,
        state=step(connection.state, Event.STARTED),
        phase=Phase.CREATED,
        outcome=None,
        said=None,
        attributes={},
        posed=None,
        waiting=None,
        session_id="",
        products=products,
        execution_id=world.ids.new(),
        attempt=0,
        trigger=trigger,
        updated_at=now,
    )


def _restarted(
    world: World, connection: Connection, institution: Institution, changes: Changes, now: Instant
) -> Connection:
    states = connection.products
    if changes.products is not None:
        asked = [product for product in Product if product in changes.products and product in institution.products]
        states = tuple(connection.product(product) or ProductState(product) for product in asked)
    return replace(
        begun(world, connection, changes.trigger, states, now),
        sync_disabled_at=connection.sync_disabled_at if changes.trigger is Trigger.SCHEDULE else None,
        external_user_id=changes.external_user_id or connection.external_user_id,
        webhook_url=changes.webhook_url or connection.webhook_url,
        redirect_url=changes.redirect_url or connection.redirect_url,
    )
