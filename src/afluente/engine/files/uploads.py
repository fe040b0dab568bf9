"""Several files at once, read behind the caller's back: each is an execution, one after the other.

The bytes lie sealed with their execution until it has ended, so a file that was being read when the process died is
read again at the next start. The session tells how far it is, and at the end whether all, some or none were taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import msgspec
from msgspec.structs import replace

from afluente.core.clock import Instant
from afluente.core.connections import Connection, Phase, Trigger
from afluente.core.documents import ReadFile, Sign
from afluente.core.events import EventKind
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.core.products import Product, ProductState
from afluente.core.sessions import ClientSession, Stage
from afluente.engine.files import imports
from afluente.engine.outbox import events, remains
from afluente.engine.syncing import checks
from afluente.engine.world import World
from afluente.store import connections, executions, sessions
from afluente.store.database import Writer
from afluente.store.executions import Execution, Standing

log = logging.getLogger("afluente.uploads")

MOST_FILES = 24
LARGEST_FILE = 20_000_000
LARGEST_TOGETHER = 180_000_000
"""Bytes of one file, and of all files of an upload: what the one documentation that names bounds promises."""

UPLOADED = "progress.documents"
READING = "progress.documents.reading"
REJECTED = "documents.rejected"
PARTLY = "documents.partly-rejected"

_PAPERS = "documents"
"""The note of a session that tells of its files."""

_MOST_ATTEMPTS = 3
"""A file whose reader has taken the whole process with it so often is not tried again."""

_LOOKED_BACK = 50
"""Sessions of a connection that are looked through for its files."""

Read = Callable[[bytes, str], Awaitable[ReadFile]]


class Given(msgspec.Struct, frozen=True):
    """A file as it was handed over; its content is read from where it lies when it is sealed."""

    name: str
    size: int
    content: BinaryIO


class Paper(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What has become of one file. `meaning` is how it stands or ended: `success`, or why it was refused, which
    `sentence` says in English and `where` places. `signs` tell of its making; `proved`
    says that its movements were held against its balances."""

    name: str
    size: int
    execution_id: str
    meaning: str = UPLOADED
    sentence: str | None = None
    where: str | None = None
    format: str | None = None
    accounts: int = 0
    read: int = 0
    added: int = 0
    faults: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    proved: bool = False


class _Sealed(msgspec.Struct, frozen=True):
    name: str
    content: bytes


_decode_papers = msgspec.json.Decoder(tuple[Paper, ...]).decode


def papers_of(session: ClientSession) -> tuple[Paper, ...]:
    """Return the files of a session; none where it is no upload."""
    return _decode_papers(session.notes.get(_PAPERS, "[]"))


async def begin(
    world: World,
    application_id: str,
    files: Sequence[Given],
    *,
    system: str,
    tag: str | None = None,
    external_user_id: str | None = None,
    connection_id: str | None = None,
) -> ClientSession:
    """Take files for reading and return their session. They go to the connection of `connection_id`, or of the user,
    or else to a new one.

    Raises `request.invalid.value` for none or too many, `request.invalid.too-large`, `request.not-found.connection`,
    and `request.connection.busy` while others are being read into the same connection.
    """
    if not 1 <= len(files) <= MOST_FILES:
        expected = f"1 to {MOST_FILES} files"
        raise Refused("request.invalid.value", data={"field": "file", "expected": expected})
    if any(given.size > LARGEST_FILE for given in files) or sum(given.size for given in files) > LARGEST_TOGETHER:
        raise Refused("request.invalid.too-large")
    now = world.now(application_id)
    papers = tuple(Paper(name=given.name, size=given.size, execution_id=world.ids.new()) for given in files)
    session_id = world.ids.new()
    async with AsyncExitStack() as stack:
        # one file at a time is in memory, and while it is sealed nobody else waits to write
        sealed = [
            stack.enter_context(await asyncio.to_thread(_seal_aside, world, paper, given))
            for paper, given in zip(papers, files, strict=True)
        ]
        writer = await stack.enter_async_context(world.database.transaction())
        connection = await imports.holding(world, writer, application_id, external_user_id, connection_id)
        if connection.state in RUNNING:
            raise Refused("request.connection.busy")
        first = papers[0].execution_id
        connection = replace(
            connection,
            state=State.SYNCING,
            phase=Phase.FETCHING,
            trigger=Trigger.UPLOAD,
            execution_id=first,
            session_id=session_id,
            outcome=None,
            updated_at=now,
        )
        await connections.put(writer, connection)
        session = ClientSession(
            id=session_id,
            application_id=application_id,
            system=system,
            meaning=UPLOADED,
            stage=Stage.PROCESSING,
            opened_at=now,
            updated_at=now,
            connection_id=connection.id,
            institution=imports.INSTITUTION,
            tag=tag,
            live=False,
            products=imports.PRODUCTS,
            notes={_PAPERS: _encoded(papers)},
        )
        await sessions.add(writer, session)
        for paper, aside in zip(papers, sealed, strict=True):
            execution = Execution(
                id=paper.execution_id,
                connection_id=connection.id,
                application_id=application_id,
                trigger=Trigger.UPLOAD,
                started_at=now,
                products=imports.PRODUCTS,
                asked=imports.PRODUCTS,
                standing=Standing.READY if paper.execution_id == first else Standing.WAITING,
            )
            await executions.add(writer, execution)
            await executions.seal(writer, execution.id, await asyncio.to_thread(aside.read))
            if paper.execution_id == first:
                await world.queue(writer, execution, world.institutions[connection.institution])
    world.start(application_id, first)
    return session


def _seal_aside(world: World, paper: Paper, given: Given) -> BinaryIO:
    """Seal a file into another, which is gone when it is closed; only what is sealed lies there."""
    given.content.seek(0)
    told = msgspec.msgpack.encode(_Sealed(given.name, given.content.read()))
    sealed = cast("BinaryIO", TemporaryFile())  # noqa: SIM115  # whoever reads it closes it
    sealed.write(world.vault.seal(told, f"upload:{paper.execution_id}"))
    sealed.seek(0)
    return sealed


def _encoded(papers: tuple[Paper, ...]) -> str:
    return msgspec.json.encode(papers).decode()


class _Stale(Exception):
    """Another attempt has taken over, or the connection is gone."""


async def run(world: World, execution_id: str, read: Read) -> None:
    """Read one uploaded file, and go on with the next. Safe to call twice, after any death, and for what is none."""
    claimed = await _claim(world, execution_id)
    if claimed is None:
        return
    execution, sealed = claimed
    # as with an import
    await remains.go_on(world, execution.connection_id)
    given = await asyncio.to_thread(_open, world, execution_id, sealed)
    del sealed, claimed
    try:
        if execution.attempt > _MOST_ATTEMPTS:
            raise Refused("statement.too-complex", data={"sentence": "Reading the file has ended the server."})
        outcome: ReadFile | Refused = await read(given.content, given.name)
    except Refused as refused:
        outcome = refused
    except Exception:
        log.exception("file could not be read", extra={"fields": {"execution": execution_id}})
        outcome = Refused("server.error")
    try:
        following = await _end(world, execution, outcome)
    except _Stale:
        log.info("stale attempt stopped", extra={"fields": {"execution": execution_id, "attempt": execution.attempt}})
        return
    if following is not None:
        world.start(execution.application_id, following)
    else:
        await checks.check_now(world, execution.connection_id)


def _open(world: World, execution_id: str, sealed: bytes) -> _Sealed:
    return msgspec.msgpack.decode(world.vault.open(sealed, f"upload:{execution_id}"), type=_Sealed)


async def _claim(world: World, execution_id: str) -> tuple[Execution, bytes] | None:
    async with world.database.transaction() as writer:
        found = await executions.get(writer, execution_id)
        if found is None or found.trigger is not Trigger.UPLOAD:
            return None
        connection = await connections.lock(writer, found.connection_id)
        execution = await executions.lock(writer, execution_id)
        sealed = await executions.sealed(writer, execution_id)
        if connection is None or execution is None or sealed is None or execution.standing is not Standing.READY:
            return None
        execution = replace(execution, attempt=execution.attempt + 1)
        await executions.put(writer, execution)
        now = world.now(execution.application_id)
        await connections.put(writer, replace(connection, attempt=execution.attempt, updated_at=now))
        session = await sessions.lock(writer, connection.session_id)
        if session is not None and session.meaning == UPLOADED:
            await sessions.put(writer, replace(session, meaning=READING, updated_at=now))
    return execution, sealed


async def _end(world: World, execution: Execution, outcome: ReadFile | Refused) -> str | None:
    """Store what was read and how it ended; return the next file's execution, None when that was the last."""
    now = world.now(execution.application_id)
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, execution.connection_id)
        held = await executions.lock(writer, execution.id)
        session = await sessions.lock(writer, connection.session_id) if connection is not None else None
        if connection is None or held is None or session is None or held.attempt != execution.attempt:
            raise _Stale
        if held.standing is not Standing.READY:
            raise _Stale
        papers = papers_of(session)
        done = next(paper for paper in papers if paper.execution_id == execution.id)
        if isinstance(outcome, ReadFile):
            done, connection = await _take(world, writer, connection, done, outcome, now)
        else:
            done = _refused(done, outcome)
        papers = tuple(done if paper.execution_id == done.execution_id else paper for paper in papers)
        await executions.put(
            writer,
            replace(
                held,
                standing=Standing.ENDED,
                ended_at=now,
                outcome=done.meaning,
                fetched=tuple(ProductState(product, done.meaning == "success", now) for product in imports.PRODUCTS),
            ),
            sealed=None,
        )
        session = replace(session, notes={**session.notes, _PAPERS: _encoded(papers)}, updated_at=now)
        left = [paper.execution_id for paper in papers if paper.meaning == UPLOADED]
        if left:
            following = await executions.lock(writer, left[0])
            if following is None:
                raise _Stale
            following = replace(following, standing=Standing.READY)
            await executions.put(writer, following)
            await world.queue(writer, following, world.institutions[connection.institution])
            connection = replace(connection, execution_id=left[0], attempt=0)
        else:
            session, connection = await _finish(world, writer, session, connection, papers, now)
        await sessions.put(writer, session)
        await connections.put(writer, replace(connection, updated_at=now))
    return left[0] if left else None


async def _take(
    world: World, writer: Writer, connection: Connection, paper: Paper, read: ReadFile, now: Instant
) -> tuple[Paper, Connection]:
    first = connection.last_success_at is None
    written = await imports.add(writer, connection.id, read.accounts, read.transactions, read.holders, now)
    about = {"product": str(Product.TRANSACTIONS), "first": first}
    connection = await events.tell_of_movements(world, writer, connection, written.moved, now, **about)
    connection = replace(connection, products=imports.states_after(connection, read.holders, now))
    paper = replace(
        paper,
        meaning="success",
        format=read.format,
        accounts=len(read.accounts),
        read=len(read.transactions),
        added=written.created,
        faults=tuple(read.faults[:_LOOKED_BACK]),
        warnings=tuple(read.warnings),
        signs=tuple(read.signs),
        proved=read.proved,
    )
    return paper, connection


def _refused(paper: Paper, refused: Refused) -> Paper:
    return replace(
        paper,
        meaning=refused.meaning,
        sentence=refused.data.get("sentence") or refused.said,
        where=refused.data.get("where"),
        signs=tuple(refused.data.get("signs", ())),
    )


async def _finish(
    world: World,
    writer: Writer,
    session: ClientSession,
    connection: Connection,
    papers: Sequence[Paper],
    now: Instant,
) -> tuple[ClientSession, Connection]:
    """Return session and connection as they are when every file has been read or refused."""
    taken = sum(paper.meaning == "success" for paper in papers)
    meaning = "success" if taken == len(papers) else PARTLY if taken else REJECTED
    session = replace(
        session,
        meaning=meaning,
        stage=Stage.ENDED,
        fetched=imports.PRODUCTS if taken else (),
    )
    first = connection.last_success_at is None
    outcome = "success" if taken == len(papers) else "success.partial" if taken else REJECTED
    connection = replace(
        connection,
        state=State.FRESH if taken else State.STALE,
        phase=Phase.ENDED,
        last_success_at=now if taken else connection.last_success_at,
        last_ended_at=now,
        outcome=outcome,
    )
    kind = EventKind.CONNECTION_UPDATED if taken else EventKind.CONNECTION_FAILED
    return session, await events.tell(world, writer, connection, kind, meaning=outcome, first=first)


async def papers_on(world: World, application_id: str, connection_id: str) -> list[tuple[ClientSession, Paper]]:
    """Return the files that were uploaded into a connection, those of the latest session first."""
    every = await sessions.of_connection(world.database, application_id, connection_id, _LOOKED_BACK)
    return [(session, paper) for session in every for paper in papers_of(session)]
