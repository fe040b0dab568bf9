"""How a client's session follows its connection's execution: what stands for it changes in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from afluente.core.clock import MINUTE, Instant
from afluente.core.connections import Connection
from afluente.core.products import Product
from afluente.core.sessions import ClientSession, Stage
from afluente.store import sessions
from afluente.store.database import Writer
from afluente.store.executions import Execution

IDLE: Instant = 8 * MINUTE
"""How long a session lasts in which nothing is asked for."""

PROCESSING: Instant = 30 * MINUTE
"""How long it lasts once data has been asked for, whatever happens."""

_ASKED = "mfa.asked"
_ABANDONED = "login.abandoned"
_EXPIRED = "session.expired"
_PROGRESS = "progress"
_DISPATCHED = "progress.dispatched"
_SUMMARY = frozenset({Product.ACCOUNTS, Product.CARDS})


async def asked(writer: Writer, connection: Connection, now: Instant) -> None:
    """The institution asks the user."""
    session = await _followed(writer, connection)
    if session is not None:
        await sessions.put(writer, _idle(replace(session, meaning=_ASKED, said=None), now))


async def answered(writer: Writer, connection: Connection, now: Instant) -> None:
    """The user has answered, and the execution goes on."""
    session = await _followed(writer, connection)
    if session is not None:
        session = replace(session, answered=True)
        await sessions.put(writer, _idle(replace(session, meaning=progress(session)), now))


async def collected(writer: Writer, connection: Connection, execution: Execution, now: Instant) -> None:
    """A product has arrived, or failed to."""
    session = await _followed(writer, connection)
    if session is not None:
        session = _with(session, execution)
        meaning = progress(session)
        if meaning == _PROGRESS and session.meaning == _DISPATCHED:
            # what goes on behind the client's back does so until there is more to say
            meaning = _DISPATCHED
        await sessions.put(writer, replace(session, meaning=meaning, updated_at=now))


async def ended(
    writer: Writer, connection: Connection, execution: Execution, outcome: str, said: str | None, now: Instant
) -> Mapping[str, str]:
    """The execution is over; a login that has fetched nothing yet leaves the session open for what comes.

    Returns the notes that the connection has from now on, because what the session wanted was fetched.
    """
    session = await _followed(writer, connection)
    if session is None:
        return {}
    notes = session.connection_notes
    session = replace(_with(session, execution), said=said, updated_at=now, connection_notes={})
    if not outcome.startswith("success"):
        await sessions.put(writer, replace(session, meaning=outcome, stage=Stage.ENDED, due_at=None))
        return {}
    if session.stage is Stage.CONNECTING:
        await sessions.put(writer, _idle(replace(session, meaning=_PROGRESS, stage=Stage.AUTHORIZED), now))
    else:
        await sessions.put(writer, replace(session, meaning=_done(execution, outcome)))
    return notes


async def left_alone(writer: Writer, connection: Connection, now: Instant) -> None:
    """The question was not answered in its time."""
    session = await _followed(writer, connection)
    if session is not None:
        await sessions.put(writer, lapsed(session, now))


def lapsed(session: ClientSession, now: Instant) -> ClientSession:
    """Return a session whose time is over: one that was begun and left, or one that came to nothing at all."""
    begun = session.answered or session.stage is Stage.PROCESSING
    meaning = session.meaning
    if not meaning.startswith("success"):
        meaning = _EXPIRED if begun else _ABANDONED
    return replace(session, meaning=meaning, stage=Stage.ENDED, due_at=None, updated_at=now, connection_notes={})


def progress(session: ClientSession) -> str:
    """Return what stands for a session whose products arrive one after another."""
    missing = set(session.products) - set(session.fetched)
    if not session.fetched or not missing:
        return _PROGRESS
    if missing == {Product.STATEMENTS}:
        return "progress.statements" if Product.TRANSACTIONS in session.products else _PROGRESS
    if Product.TRANSACTIONS in session.products and not missing & _SUMMARY:
        return "progress.details"
    return _PROGRESS


def _done(execution: Execution, outcome: str) -> str:
    """Return what stands for a session whose execution has succeeded."""
    statements = any(state.product is Product.STATEMENTS and state.updated for state in execution.fetched)
    return "success.statements" if statements else outcome


def _with(session: ClientSession, execution: Execution) -> ClientSession:
    tried = {state.product for state in execution.fetched}
    every = tuple(product for product in Product if product in tried or product in session.fetched)
    return replace(session, fetched=every)


def _idle(session: ClientSession, now: Instant) -> ClientSession:
    """Return the session with new time to be idle in; one that is processing has its time already."""
    due = session.due_at if session.stage is Stage.PROCESSING else now + IDLE
    return replace(session, due_at=due, updated_at=now)


async def _followed(writer: Writer, connection: Connection) -> ClientSession | None:
    if not connection.session_id:
        return None
    session = await sessions.lock(writer, connection.session_id)
    if session is None or session.stage is Stage.ENDED:
        return None
    return session
