"""A client's session with one connection: opened by a login or on what is stored, asked, fetched in, and lapsed.

Only here does a session begin; while an execution runs, `following.py` changes it. No verb waits for the user.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from afluente.core.challenge import Posed
from afluente.core.clock import SECOND, Instant, StoppedClock
from afluente.core.connections import Connection, Rhythm, Trigger
from afluente.core.institutions import Kind
from afluente.core.lifecycle import RESTING, RUNNING, State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.core.sessions import ClientSession, Stage
from afluente.engine.connecting import connections as verbs
from afluente.engine.connecting import retrieval
from afluente.engine.connecting.connections import Wanted
from afluente.engine.connecting.retrieval import Retrieval
from afluente.engine.institutions.credentials import RefusedBefore
from afluente.engine.syncing import checks
from afluente.engine.syncing.ending import fail
from afluente.engine.syncing.following import IDLE, PROCESSING, lapsed, progress
from afluente.engine.world import Due, World
from afluente.store import connections, executions, sessions
from afluente.store.database import Reader

__all__ = ["ClientSession", "Lapsing", "Opening", "Stage", "Turn"]

PATIENCE: Instant = 210 * SECOND
"""How long a call waits for an execution before it is told that the rest happens behind its back."""

CONCURRENT = "login.other-session.concurrent"
UNKNOWN = "session.unknown"
EXPIRED = "session.expired"
WRONG_ANSWER = "mfa.wrong"


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How a client opens a session.

    With `credentials` (by neutral name) at an `institution`, under the id `connection_id` that the client's words
    come to; or with `connection_id` alone, of a connection that is known. A new connection
    that is not `scheduled` is synced when a client asks for it alone. See `ClientSession` for the rest.
    """

    system: str
    connection_id: str
    institution: str | None = None
    credentials: dict[str, str] | None = None
    live: bool = True
    keep: bool = True
    tag: str | None = None
    trigger: Trigger = Trigger.CLIENT
    notes: dict[str, str] = {}
    connection_notes: dict[str, str] = {}
    scheduled: bool = True
    rhythm: Rhythm | None = None


class Turn(msgspec.Struct, frozen=True):
    """Whose turn it is in a session: the user's where something is `posed`, the institution's while it is `running`,
    until `due` where that is known; else the client's."""

    session: ClientSession
    connection: Connection
    posed: Posed | None
    running: bool
    due: Instant | None


async def find(world: World, application_id: str, id: str) -> ClientSession:
    """Return a session that is not over. Raises `session.unknown`, and `session.expired` for one that has lapsed."""
    session = await session_of(world, application_id, id)
    if session.stage is Stage.ENDED and session.meaning in (EXPIRED, "login.abandoned"):
        # who comes back to it is told that it has expired, and so does whoever looks at it
        await tell(world, id, EXPIRED)
        raise Refused(EXPIRED, data={"session_id": id})
    return session


async def opened(world: World, application_id: str, opening: Opening) -> ClientSession:
    """Open a session: start its login, or look whether there is something stored to read.

    Whatever is refused is refused in the session, whose id is in `data["session_id"]`. Raises `Refused`:
    `request.not-found.connection.login`, `login.other-session.concurrent`, what `create` and `begin` raise, and the
    outcome of the last execution where the session reads what is stored and that failed.
    """
    now = world.now(application_id)
    session = ClientSession(
        id=world.ids.new(),
        application_id=application_id,
        system=opening.system,
        meaning="progress",
        stage=Stage.CONNECTING if opening.live else Stage.AUTHORIZED,
        opened_at=now,
        updated_at=now,
        connection_id=opening.connection_id,
        institution=opening.institution,
        due_at=now + IDLE,
        tag=opening.tag,
        live=opening.live,
        keep=opening.keep,
        notes=opening.notes,
    )
    known = await connections.get(world.database, opening.connection_id)
    if known is not None and known.application_id == application_id:
        session = replace(session, institution=known.institution)
    else:
        known = None
    async with world.database.transaction() as writer:
        await sessions.add(writer, session)
    try:
        if not opening.live:
            _look(known)
        else:
            await _log_in(world, application_id, opening, session.id, known)
    except Refused as refused:
        meaning = refused.meaning
        if meaning.startswith("request.connection.busy"):
            meaning = CONCURRENT
            await _note_crowded(world, opening.connection_id)
        await _close(world, session.id, meaning, refused.said)
        raise Refused(meaning, refused.said, {**refused.data, "session_id": session.id}) from None
    return session


async def _note_crowded(world: World, connection_id: str) -> None:
    """Note for the checks of the execution that runs that another session wanted its place."""
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, connection_id)
        if connection is not None and connection.state in RUNNING:
            at = world.now(connection.application_id)
            await checks.note(writer, connection_id, "window_in_use", connection.execution_id, at)


def _look(known: Connection | None) -> None:
    if known is None:
        raise Refused("request.not-found.connection.login")
    failed = known.state in RESTING and known.outcome is not None and not known.outcome.startswith("success")
    # other credentials than those that it was fetched with say nothing of what is stored
    if failed and not known.refused_on_trial:
        raise verbs.refusal(known)
    if known.last_success_at is None and not (known.trigger is Trigger.UPLOAD and known.state in RUNNING):
        # the files of an upload may be read still; of a login that has not succeeded nobody knows
        raise Refused("request.not-found.connection.login")


async def _log_in(
    world: World, application_id: str, opening: Opening, session_id: str, known: Connection | None
) -> None:
    if known is None:
        if opening.credentials is None or opening.institution is None:
            raise Refused("request.not-found.connection.login")
        wanted = Wanted(
            institution=opening.institution,
            credentials=opening.credentials,
            products=(),
            trigger=opening.trigger,
            id=opening.connection_id,
            session_id=session_id,
            notes=opening.connection_notes,
            scheduled=opening.scheduled,
            rhythm=opening.rhythm,
        )
        await verbs.create(world, application_id, wanted)
        return
    login = Retrieval(products=(), credentials=opening.credentials, trigger=opening.trigger, session_id=session_id)
    try:
        await retrieval.begin(world, application_id, known.id, login)
    except RefusedBefore as refused:
        # nothing is sent, so what the institution said is said again
        raise refused.then from None


async def session_of(world: World, application_id: str, id: str) -> ClientSession:
    """Return a session, over or not. Raises `session.unknown`."""
    session = await sessions.get(world.database, id)
    if session is None or session.application_id != application_id:
        raise Refused(UNKNOWN, data={"requestId": id})
    return session


async def last_of(world: World, application_id: str, connection_id: str) -> ClientSession | None:
    """Return the session about a connection that was opened last."""
    found = await sessions.of_connection(world.database, application_id, connection_id, 1)
    return found[0] if found else None


async def turn(world: World, application_id: str, id: str) -> Turn:
    """Return whose turn it is. Raises `Refused` as `find` does, and with what the session has failed with."""
    session = await find(world, application_id, id)
    connection = await connections.get(world.database, session.connection_id or "")
    if session.stage is Stage.ENDED:
        if session.meaning.startswith("success") or connection is None:
            raise Refused(UNKNOWN, data={"requestId": id})
        raise Refused(session.meaning, session.said, {"session_id": id})
    if connection is None:
        raise Refused(UNKNOWN, data={"requestId": id})
    if connection.session_id != id or connection.state not in RUNNING:
        return Turn(session, connection, None, False, None)
    posed = connection.posed if connection.state in (State.ASKING, State.AWAITING) else None
    due = connection.waiting.until if connection.waiting is not None else None
    return Turn(session, connection, posed, posed is None, due)


async def rest(world: World, application_id: str, id: str, products: tuple[Product, ...] = ()) -> Turn:
    """Wait until the session's execution rests, but no longer than a call waits; return whose turn it is then.

    What goes on longer than that, or is known to, is dispatched, unless all these products have come out already.
    Raises `Refused` as `turn` does.
    """
    before = await turn(world, application_id, id)
    if before.running and before.due is None:
        await _patiently(world, application_id, before.connection.execution_id)
    after = await turn(world, application_id, id)
    enough = bool(products) and not lacking(world, after, products)
    late = after.due is None or after.due - world.now(application_id) > PATIENCE
    if after.running and late and not enough:
        return replace(after, session=await tell(world, id, "progress.dispatched"))
    return after


def lacking(world: World, turn: Turn, products: tuple[Product, ...]) -> tuple[Product, ...]:
    """Return those products that the institution has and that have not come out in the session yet."""
    offered = _offered(world, turn.connection)
    return tuple(p for p in Product if p in products and p in offered and p not in turn.session.fetched)


def _offered(world: World, connection: Connection) -> set[Product]:
    """Return what there is to get: what the institution has, and of files what they had."""
    institution = world.institutions[connection.institution]
    if institution.kind is Kind.STATEMENTS:
        return {state.product for state in connection.products}
    return set(institution.products)


async def _patiently(world: World, application_id: str, execution_id: str) -> None:
    clock = world.clock_of(application_id)
    resting = asyncio.ensure_future(world.rest(application_id, execution_id))
    if isinstance(clock, StoppedClock):
        await resting
        return
    patience = asyncio.ensure_future(clock.pause(PATIENCE))
    try:
        await asyncio.wait({resting, patience}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        resting.cancel()
        patience.cancel()


async def answer(world: World, application_id: str, id: str, values: Sequence[str]) -> None:
    """Hand over the answers to the session's open question and to those beside it, in their order.

    Raises `Refused` as `turn` and `answer_page` do.
    """
    found = await turn(world, application_id, id)
    if found.posed is None:
        raise Refused("request.mfa.not-waiting")
    await verbs.answer_page(world, application_id, found.connection.id, values)


async def ask_again(world: World, application_id: str, id: str) -> Posed | None:
    """Begin anew what a wrong answer has ended, and return what is asked then: the user may answer again."""
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        session = await sessions.lock(writer, id)
        if session is None or session.connection_id is None or session.meaning != WRONG_ANSWER:
            return None
        stage = Stage.PROCESSING if session.products else Stage.CONNECTING
        due = now + (PROCESSING if session.products else IDLE)
        await sessions.put(writer, replace(session, stage=stage, due_at=due))
    missing = tuple(product for product in session.products if product not in session.fetched)
    login = Retrieval(products=missing, session_id=id)
    try:
        await retrieval.begin(world, application_id, session.connection_id, login)
        found = await rest(world, application_id, id)
    except Refused as refused:
        await _close(world, id, refused.meaning, refused.said)
        return None
    await tell(world, id, WRONG_ANSWER)
    return found.posed


async def collect(
    world: World, application_id: str, id: str, products: tuple[Product, ...], since: Instant | None = None
) -> Turn:
    """See to it that a session gets these products, as far as the institution has them, and do not wait for it.

    A live session fetches what it has not fetched yet, one that reads what is stored what nobody ever has. Raises
    `Refused` as `turn` does, `request.unauthenticated` before the login has succeeded, and
    `login.other-session.concurrent` while another session is at it.
    """
    found = await turn(world, application_id, id)
    session, connection = found.session, found.connection
    if session.stage is Stage.CONNECTING:
        raise Refused("request.unauthenticated", data={"session_id": id})
    offered = _offered(world, connection)
    if not session.live:
        stored = {state.product for state in connection.products if state.updated_at or state.outcome}
        session = replace(session, fetched=tuple(p for p in Product if p in stored or p in session.fetched))
    now = world.now(application_id)
    missing = lacking(world, replace(found, session=session), products)
    session = await _want(world, session, set(products) & offered, bool(missing), now)
    if not missing or found.running or found.posed is not None:
        return replace(found, session=session)
    if connection.state in RUNNING:
        if session.live:
            await _note_crowded(world, connection.id)
            raise Refused(CONCURRENT, data={"session_id": id})
        return Turn(session, connection, None, True, None)
    if world.institutions[connection.institution].kind is Kind.STATEMENTS:
        # there is no institution to ask for what the files did not have
        outcome = connection.outcome or UNKNOWN
        await _close(world, id, outcome, connection.said)
        raise Refused(outcome, connection.said, {"session_id": id})
    # what the last login left is good for as long as a session may be idle
    ended = connection.last_ended_at
    fresh = connection.session_id == id or (ended is not None and now - ended <= IDLE)
    wanted = Retrieval(products=missing, since=since, session_id=id, goes_on=fresh)
    try:
        started = await retrieval.begin(world, application_id, connection.id, wanted)
    except Refused as refused:
        told = refused.then if isinstance(refused, RefusedBefore) else refused
        await _close(world, id, told.meaning, told.said)
        raise Refused(told.meaning, told.said, {**told.data, "session_id": id}) from None
    return Turn(session, started, None, True, None)


async def _want(
    world: World, session: ClientSession, wanted: set[Product], missing: bool, now: Instant
) -> ClientSession:
    """Note what a session wants from now on; it has half an hour from the first time."""
    async with world.database.transaction() as writer:
        known = await sessions.lock(writer, session.id)
        if known is None:
            raise Refused(UNKNOWN, data={"requestId": session.id})
        products = tuple(p for p in Product if p in wanted or p in known.products)
        changed = replace(known, products=products, fetched=session.fetched, updated_at=now)
        if known.stage is Stage.AUTHORIZED:
            changed = replace(changed, stage=Stage.PROCESSING, due_at=now + PROCESSING)
        if missing and known.meaning != "progress.dispatched":
            changed = replace(changed, meaning=progress(changed))
        elif not missing and known.meaning == "progress":
            changed = replace(changed, meaning="success")
        await sessions.put(writer, changed)
    return changed


async def keep_notes(world: World, id: str, notes: dict[str, str]) -> ClientSession:
    """Add to what the dialect keeps about a session. Raises `session.unknown`."""
    async with world.database.transaction() as writer:
        session = await sessions.lock(writer, id)
        if session is None:
            raise Refused(UNKNOWN, data={"requestId": id})
        session = replace(session, notes={**session.notes, **notes})
        await sessions.put(writer, session)
    return session


async def tell(world: World, id: str, meaning: str) -> ClientSession:
    """Let something stand for a session that no execution tells. Raises `session.unknown`."""
    async with world.database.transaction() as writer:
        session = await sessions.lock(writer, id)
        if session is None:
            raise Refused(UNKNOWN, data={"requestId": id})
        session = replace(session, meaning=meaning, updated_at=world.now(session.application_id))
        await sessions.put(writer, session)
    return session


async def _close(world: World, id: str, meaning: str, said: str | None) -> None:
    async with world.database.transaction() as writer:
        session = await sessions.lock(writer, id)
        if session is not None:
            now = world.now(session.application_id)
            ended = replace(session, meaning=meaning, said=said, stage=Stage.ENDED, due_at=None, updated_at=now)
            await sessions.put(writer, ended)


class Lapsing:
    """Sessions that nobody has gone on with, or that have had their time."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that lapse by `to`."""
        return [Due(*row) for row in await sessions.due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """End one, with the question that stands open in it, and with its connection where that is not to be kept."""
        async with world.database.transaction() as writer:
            found = await sessions.get(writer, id)
            if found is None:
                return False
            # in the order in which an execution locks them
            connection = await connections.lock(writer, found.connection_id or "")
            session = await sessions.lock(writer, id)
            now = world.now(found.application_id)
            if session is None or session.due_at is None or session.due_at > now:
                return False
            await sessions.put(writer, lapsed(session, now))
            if connection is None or connection.session_id != id:
                return True
            execution = await executions.lock(writer, connection.execution_id)
            if execution is not None and connection.state in (State.ASKING, State.AWAITING):
                await fail(world, writer, connection, execution, Refused("mfa.timeout"), asked=True)
            if not session.keep:
                # as it is now, with what was just told of it
                left = await connections.lock(writer, connection.id)
                if left is not None:
                    await verbs.remove(world, writer, left)
        return True
