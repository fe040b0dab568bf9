"""Executions: one run of a connection, with what lets another process go on with it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, insert, literal_column, select, update

from afluente.core.clock import Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.products import Product, ProductState
from afluente.store.database import Reader, Writer
from afluente.store.schema import connections, executions
from afluente.store.statement import Statement, changing


class Standing(StrEnum):
    """Where an execution stands."""

    READY = "ready"
    WAITING = "waiting"
    ENDED = "ended"


class Execution(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One execution. `fetched` holds the products that are stored already; `attempt` counts the runs from 1.

    `products` are what is fetched: what was `asked` for, and what that stands on; without one that is
    `needed` the call that wanted it has failed. `since` is how far back
    transactions are wanted, where the ordinary span will not do. What an execution that is not `kept` fetches is
    handed to whoever waits for it, and stored nowhere. `reference` is the client's name for its request.
    """

    id: str
    connection_id: str
    application_id: str
    trigger: Trigger
    started_at: Instant
    products: tuple[Product, ...]
    asked: tuple[Product, ...] = ()
    needed: tuple[Product, ...] = ()
    standing: Standing = Standing.READY
    attempt: int = 0
    fetched: tuple[ProductState, ...] = ()
    ended_at: Instant | None = None
    outcome: str | None = None
    since: Instant | None = None
    kept: bool = True
    reference: str | None = None


_decode = msgspec.json.Decoder(Execution).decode
_decode_connection = msgspec.json.Decoder(Connection).decode
_encode = msgspec.json.Encoder().encode

_GET = Statement(select(executions.c.body).where(executions.c.id == bindparam("id")))
_LOCK = Statement(select(executions.c.body).where(executions.c.id == bindparam("id")).with_for_update())
# the connection first, as everybody locks them
_LOCK_BOTH = Statement(
    select(connections.c.body, executions.c.body, executions.c.sealed)
    .select_from(connections.join(executions, executions.c.connection_id == connections.c.id))
    .where(executions.c.id == bindparam("id"))
    .with_for_update()
)
_SEALED = Statement(select(executions.c.sealed).where(executions.c.id == bindparam("id")))
_INSERT = Statement(insert(executions).values({column.name: bindparam(column.name) for column in executions.c}))
_SEAL = Statement(update(executions).where(executions.c.id == bindparam("key")).values(sealed=bindparam("new_sealed")))
# told as it is: of a parameter nobody knows that the index has it
_READY = Statement(
    select(executions.c.id)
    .where(executions.c.state == literal_column(f"'{Standing.READY}'"))
    .order_by(executions.c.started_at, executions.c.id)
)
_OF = Statement(
    select(executions.c.body)
    .where(executions.c.connection_id == bindparam("connection_id"))
    .order_by(executions.c.started_at.desc(), executions.c.id)
    .limit(bindparam("size"))
)

_ENDED = Statement(
    select(executions.c.body)
    .where(executions.c.application_id == bindparam("application_id"), executions.c.ended_at >= bindparam("since"))
    .order_by(executions.c.ended_at.desc())
    .limit(bindparam("size"))
)
_ENDED_AT = Statement(
    select(executions.c.body)
    .join(connections, connections.c.id == executions.c.connection_id)
    .where(
        executions.c.application_id == bindparam("application_id"),
        executions.c.ended_at >= bindparam("since"),
        connections.c.institution == bindparam("institution"),
    )
    .order_by(executions.c.ended_at.desc())
    .limit(bindparam("size"))
)
_BEGUN = Statement(
    select(executions.c.body)
    .where(
        executions.c.connection_id == bindparam("connection_id"),
        executions.c.started_at > bindparam("since"),
        executions.c.started_at <= bindparam("until"),
    )
    .order_by(executions.c.started_at.desc(), executions.c.id)
)


async def get(reader: Reader, id: str) -> Execution | None:
    """Return one execution."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _decode(row[0])


async def lock(writer: Writer, id: str) -> Execution | None:
    """Return one execution and let nobody else change it until the transaction ends."""
    row = await writer.one(_LOCK, id=id)
    return None if row is None else _decode(row[0])


async def lock_both(writer: Writer, id: str) -> tuple[Connection, Execution, bytes | None] | None:
    """Return a connection with one of its executions and what that has sealed, and let nobody else change them until
    the transaction ends."""
    row = await writer.one(_LOCK_BOTH, id=id)
    return None if row is None else (_decode_connection(row[0]), _decode(row[1]), _bytes(row[2]))


async def add(writer: Writer, execution: Execution) -> None:
    """Store a new one."""
    await writer.run(
        _INSERT,
        id=execution.id,
        connection_id=execution.connection_id,
        application_id=execution.application_id,
        state=str(execution.standing),
        attempt=execution.attempt,
        started_at=execution.started_at,
        ended_at=execution.ended_at,
        body=_encode(execution).decode(),
        sealed=None,
    )


async def put(
    writer: Writer,
    execution: Execution,
    held: Execution | None = None,
    sealed: bytes | UnsetType | None = UNSET,
) -> None:
    """Replace what is stored, and if they are given the `sealed` answers and session. `held` is what is stored, if it
    is known: indexes are left alone that say the same."""
    told: dict[str, Any] = {"attempt": execution.attempt, "body": _encode(execution).decode()}
    if held is None or (held.standing, held.ended_at) != (execution.standing, execution.ended_at):
        told |= {"state": str(execution.standing), "ended_at": execution.ended_at}
    if sealed is not UNSET:
        told["sealed"] = sealed
    values = {f"new_{column}": value for column, value in told.items()}
    await writer.run(changing(executions, tuple(told)), key=execution.id, **values)


async def sealed(reader: Reader, id: str) -> bytes | None:
    """Return the sealed answers and session."""
    row = await reader.one(_SEALED, id=id)
    return None if row is None else _bytes(row[0])


def _bytes(stored: Any) -> bytes | None:
    # psycopg gives a view
    return None if stored is None else bytes(stored)


async def seal(writer: Writer, id: str, sealed: bytes | None) -> None:
    """Replace the sealed answers and session."""
    await writer.run(_SEAL, key=id, new_sealed=sealed)


async def ready(reader: Reader) -> list[str]:
    """Return the executions that nobody may be running: after a start, those a dead process left."""
    return [str(row[0]) for row in await reader.all(_READY)]


async def latest(reader: Reader, connection_id: str, size: int) -> list[Execution]:
    """Return a connection's last executions, newest first."""
    return [_decode(row[0]) for row in await reader.all(_OF, connection_id=connection_id, size=size)]


async def ended(
    reader: Reader, application_id: str, since: Instant, size: int, institution: str | None = None
) -> list[Execution]:
    """Return up to `size` of an application's executions that ended since an instant, the last of them first; those
    at one institution, if one is named."""
    if institution is None:
        rows = await reader.all(_ENDED, application_id=application_id, since=since, size=size)
    else:
        rows = await reader.all(
            _ENDED_AT, application_id=application_id, since=since, size=size, institution=institution
        )
    return [_decode(row[0]) for row in rows]


async def begun(reader: Reader, connection_id: str, since: Instant, until: Instant) -> list[Execution]:
    """Return a connection's executions that were begun after `since` and not after `until`, newest first."""
    rows = await reader.all(_BEGUN, connection_id=connection_id, since=since, until=until)
    return [_decode(row[0]) for row in rows]
