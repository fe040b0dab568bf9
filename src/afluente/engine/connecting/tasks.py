"""A task: one login and one fetch that a client orders and does not wait for, under a name of its own.

It is a client's session (`core/sessions.py`) that fetches from its first moment; its execution's facts carry its id.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afluente.core.clock import SECOND, Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.institutions import Institution
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.core.sessions import ClientSession, Stage
from afluente.engine.connecting import connections as verbs
from afluente.engine.connecting import retrieval
from afluente.engine.connecting.connections import UpdateRules, Wanted
from afluente.engine.connecting.retrieval import Retrieval
from afluente.engine.institutions.credentials import RefusedBefore
from afluente.engine.world import World
from afluente.store import applications, connections, sessions

__all__ = ["Order", "Progress", "begin", "find", "latest", "respond"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a client orders.

    `connection_id` is the connection it is for: made with the `credentials` (by neutral name) where it is not there,
    updated with them where it is, or with those that are kept. `rules` say when an update has to wait. `notes` are of
    the task, `connection_notes` of the connection, which has them once a task has succeeded that has them, or from its
    beginning; both are the dialect's own. `id` is the task's, where it is to have
    one that is known before, and `together` are those of the tasks that it is begun with.
    """

    system: str
    connection_id: str
    institution: Institution
    products: tuple[Product, ...]
    id: str | None = None
    credentials: dict[str, str] | None = None
    user: str | None = None
    trigger: Trigger = Trigger.CLIENT
    rules: UpdateRules = UpdateRules()
    tag: str | None = None
    notes: dict[str, str] = {}
    together: tuple[str, ...] = ()
    connection_notes: dict[str, str] = {}


class Progress(msgspec.Struct, frozen=True):
    """How far a task is. `connection` is what it works on, None once it is deleted or works for another task."""

    task: ClientSession
    connection: Connection | None

    @property
    def ended(self) -> bool:
        """Whether it is over; then the task's meaning says how."""
        return self.connection is None or self.connection.state not in RUNNING


async def begin(world: World, application_id: str, order: Order) -> ClientSession:
    """Begin a task. Where it is refused there is none. One whose `id` is there already is begun once: a second call
    goes on with what a process left that died before the task ran.

    Raises `Refused`: what `create` and `begin` raise, `request.connection.login-backoff` where passwords were refused
    too often, and what the institution said before where the same credentials would be sent that it refused.
    """
    now, known = world.now(application_id), await connections.get(world.database, order.connection_id)
    if known is not None and known.application_id != application_id:
        raise Refused("request.not-found.connection")
    if known is not None:
        _refuse_now(order.rules, known, now)
    task = ClientSession(
        id=order.id or world.ids.new(),
        application_id=application_id,
        system=order.system,
        meaning="progress.started",
        stage=Stage.PROCESSING,
        opened_at=now,
        updated_at=now,
        connection_id=order.connection_id,
        institution=order.institution.slug,
        products=order.products,
        tag=order.tag,
        notes=order.notes,
        connection_notes=_changed(order.connection_notes, known),
        together=order.together,
    )
    left = await _add(world, task) if order.id is not None else None
    if left is not None and (left.over or (known is not None and known.session_id == left.id)):
        return left
    if order.id is None:
        async with world.database.transaction() as writer:
            await sessions.add(writer, task)
    try:
        await _start(world, application_id, order, task, known)
    except Refused as refused:
        now_known = await connections.get(world.database, order.connection_id)
        if now_known is not None and now_known.session_id == task.id:
            # another process went on with it at the same moment
            return task
        async with world.database.transaction() as writer:
            await sessions.remove(writer, task.id)
        # where nothing is sent, what the institution said is said again
        raise (refused.then if isinstance(refused, RefusedBefore) else refused) from None
    return task


async def _add(world: World, task: ClientSession) -> ClientSession | None:
    """Write a task down whose id was known before; return it as it is there where it is already."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, task.application_id)
        found = await sessions.get(writer, task.id)
        if found is None:
            await sessions.add(writer, task)
        return found


def _changed(notes: Mapping[str, str], known: Connection | None) -> dict[str, str]:
    """Return the notes that a connection which is there does not have yet."""
    held = notes if known is None else known.notes
    return {name: note for name, note in notes.items() if held.get(name) != note}


async def _start(
    world: World, application_id: str, order: Order, task: ClientSession, known: Connection | None
) -> None:
    if known is None:
        if order.credentials is None:
            raise Refused("request.not-found.connection")
        wanted = Wanted(
            id=order.connection_id,
            institution=order.institution.slug,
            credentials=order.credentials,
            products=order.products,
            trigger=order.trigger,
            external_user_id=order.user,
            session_id=task.id,
            notes=order.connection_notes,
        )
        try:
            await verbs.create(world, application_id, wanted)
        except Refused as refused:
            # another task for the same connection was begun at the same moment
            if refused.meaning == "request.connection.duplicate":
                raise Refused("request.connection.busy") from None
            raise
        return
    wanted_again = Retrieval(
        products=order.products, credentials=order.credentials, trigger=order.trigger, session_id=task.id
    )
    await retrieval.begin(world, application_id, known.id, wanted_again)


def _refuse_now(rules: UpdateRules, known: Connection, now: Instant) -> None:
    ended = known.last_ended_at or known.updated_at
    if known.refused_logins >= rules.refused_logins and now < ended + rules.wait:
        seconds = (ended + rules.wait - now) // SECOND
        raise Refused("request.connection.login-backoff", data={"seconds": seconds})


async def find(world: World, application_id: str, system: str, id: str) -> Progress:
    """Return how far a task is. Raises `request.invalid.task`."""
    task = await sessions.get(world.database, id)
    if task is None or (task.application_id, task.system) != (application_id, system):
        raise Refused("request.invalid.task")
    connection = await connections.get(world.database, task.connection_id or "")
    return Progress(task, connection if connection is not None and connection.session_id == id else None)


async def latest(world: World, application_id: str, connection_id: str) -> ClientSession | None:
    """Return the task that was begun last for a connection; None where there was none."""
    found = await sessions.of_connection(world.database, application_id, connection_id, 1)
    return found[0] if found else None


async def respond(world: World, application_id: str, progress: Progress, value: str) -> Connection:
    """Hand over what the user answers to what the institution asks in a task.

    Raises `Refused`: `mfa.unneeded` where nothing is asked, or not by this task.
    """
    connection = progress.connection
    posed = connection.posed if connection is not None else None
    if connection is None or posed is None or posed.answered:
        raise Refused("mfa.unneeded")
    return await _handed_over(world, application_id, connection, {posed.challenge.name: value})


async def _handed_over(
    world: World, application_id: str, connection: Connection, values: Mapping[str, str]
) -> Connection:
    try:
        return await verbs.answer(world, application_id, connection.id, values)
    except Refused as refused:
        if refused.meaning in ("request.mfa.not-waiting", "request.mfa.already-answered"):
            raise Refused("mfa.unneeded") from None
        raise
