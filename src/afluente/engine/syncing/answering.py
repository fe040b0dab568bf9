"""What the user answers, and what time answers, handed over to an execution that waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from afluente.core.challenge import TYPED
from afluente.core.connections import Connection, Phase
from afluente.core.lifecycle import Event, State, step
from afluente.core.outcome import Refused
from afluente.engine.institutions import journal
from afluente.engine.syncing import following
from afluente.engine.syncing.ending import fail
from afluente.engine.world import World
from afluente.store import connections, executions
from afluente.store.database import Writer
from afluente.store.executions import Execution, Standing

_ANSWER_TIMEOUT = "mfa.timeout"
_CONSENT_TIMEOUT = "consent.timeout"


async def answer(world: World, application_id: str, id: str, values: Mapping[str, str]) -> Connection:
    """Hand over the user's answer, by the question's name.

    Raises `Refused`: `request.not-found.connection`, `request.mfa.not-waiting`, `.already-answered`, `.expired`,
    `.wrong-question` (`field`: the name that is expected).
    """
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        posed = connection.posed
        if posed is not None and posed.answered:
            raise Refused("request.mfa.already-answered")
        if posed is None or connection.state is not State.ASKING:
            late = connection.outcome in (_ANSWER_TIMEOUT, _CONSENT_TIMEOUT)
            raise Refused("request.mfa.expired" if late else "request.mfa.not-waiting")
        if posed.challenge.name not in values:
            raise Refused("request.mfa.wrong-question", data={"field": posed.challenge.name})
        connection = await _hand_over(world, writer, connection, values[posed.challenge.name])
    world.start(application_id, connection.execution_id)
    return connection


async def answer_page(world: World, application_id: str, id: str, values: Sequence[str]) -> Connection:
    """Hand over the answers to the open question and to those beside it, in their order.

    Raises `Refused` as `answer` does; `mfa.incomplete` for fewer or more answers than questions.
    """
    async with world.database.transaction() as writer:
        connection = await own(writer, application_id, id)
        posed = connection.posed
        if posed is None or posed.answered or connection.state not in (State.ASKING, State.AWAITING):
            raise Refused("request.mfa.not-waiting")
        if len(values) != 1 + len(posed.challenge.beside):
            raise Refused("mfa.incomplete")
        connection = await _hand_over(world, writer, connection, *values)
    world.start(application_id, connection.execution_id)
    return connection


async def come_back(world: World, id: str, posed_id: str, value: str) -> Connection:
    """Hand over what came back from the institution's own page or app: `posed_id` proves who sent the user there.

    Raises `Refused` as `answer` does; `request.not-found.connection` for a `posed_id` that is not the open one.
    """
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, id)
        posed = connection.posed if connection else None
        if connection is None or posed is None or posed.id != posed_id or posed.challenge.kind in TYPED:
            raise Refused("request.not-found.connection")
        if posed.answered:
            raise Refused("request.mfa.already-answered")
        connection = await _hand_over(world, writer, connection, value)
    world.start(connection.application_id, connection.execution_id)
    return connection


async def _hand_over(world: World, writer: Writer, connection: Connection, *values: str) -> Connection:
    now = world.now(connection.application_id)
    posed = connection.posed
    execution = await executions.lock(writer, connection.execution_id)
    if posed is None or execution is None:
        raise Refused("request.mfa.not-waiting")
    if now >= posed.expires_at:
        raise Refused("request.mfa.expired")
    written = await journal.read(writer, world.vault, execution.id)
    answers = (*written.answers[: posed.position], *values)
    await journal.write(writer, world.vault, execution.id, replace(written, answers=answers))
    await _ready(world, writer, connection, execution)
    connection = replace(
        connection,
        state=step(connection.state, Event.ANSWERED),
        phase=Phase.LOGIN_ANSWERED,
        posed=replace(posed, answered=True),
        updated_at=now,
    )
    await connections.put(writer, connection)
    await following.answered(writer, connection, now)
    return connection


async def _ready(world: World, writer: Writer, connection: Connection, execution: Execution) -> None:
    execution = replace(execution, standing=Standing.READY)
    await executions.put(writer, execution)
    await world.queue(writer, execution, world.institutions[connection.institution])


async def wake(world: World, writer: Writer, connection: Connection) -> Connection:
    """Let an execution go on whose institution has taken its time, in the caller's transaction; `world.start` is the
    caller's too."""
    execution, waiting = await executions.lock(writer, connection.execution_id), connection.waiting
    if execution is None or waiting is None:
        return connection
    written = await journal.read(writer, world.vault, execution.id)
    answers = (*written.answers[: waiting.position], "")
    await journal.write(writer, world.vault, execution.id, replace(written, answers=answers))
    await _ready(world, writer, connection, execution)
    connection = replace(connection, waiting=None, updated_at=world.now(connection.application_id))
    await connections.put(writer, connection)
    return connection


async def expire(world: World, writer: Writer, connection: Connection) -> None:
    """End an execution whose question nobody answered in time, in the caller's transaction."""
    execution = await executions.lock(writer, connection.execution_id)
    if execution is None or connection.posed is None:
        return
    meaning = _CONSENT_TIMEOUT if connection.posed.challenge.kind == "redirect" else _ANSWER_TIMEOUT
    await fail(world, writer, connection, execution, Refused(meaning), asked=True)


async def own(writer: Writer, application_id: str, id: str) -> Connection:
    """Return an application's connection, locked. Raises `request.not-found.connection`."""
    connection = await connections.lock(writer, id)
    if connection is None or connection.application_id != application_id:
        raise Refused("request.not-found.connection")
    return connection
