"""Connections and their sealed credentials."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.lifecycle import RESTING
from afluente.store.database import Reader, Writer
from afluente.store.dues import Dues, on_the_machines_clock
from afluente.store.newest import Cursor, Newest
from afluente.store.schema import connections, credentials, findings, records
from afluente.store.statement import Statement, changing

_decode = msgspec.json.Decoder(Connection).decode
_encode = msgspec.json.Encoder().encode

_GET = Statement(select(connections.c.body).where(connections.c.id == bindparam("id")))
_LOCK = Statement(select(connections.c.body).where(connections.c.id == bindparam("id")).with_for_update())
_INSERT = Statement(insert(connections).values({column.name: bindparam(column.name) for column in connections.c}))
_FINGERPRINT = Statement(
    update(connections).where(connections.c.id == bindparam("key")).values(fingerprint=bindparam("new_print"))
)
# not put in order here: SQLite would walk all of the application's connections in that order, to find these few
_TWINS = Statement(
    select(connections.c.body).where(
        connections.c.application_id == bindparam("application_id"),
        connections.c.fingerprint == bindparam("fingerprint"),
    )
)
_COUNT = Statement(
    select(func.count()).select_from(connections).where(connections.c.application_id == bindparam("application_id"))
)
# as pairs, so that the index is entered in the right place
_place = tuple_(connections.c.created_at, connections.c.id)
_after = _place > tuple_(bindparam("after_at"), bindparam("after_id"))
_NEWEST = Newest(
    connections,
    connections.c.created_at,
    {
        **{name: connections.c[name] == bindparam(name) for name in ("institution", "state", "outcome")},
        "user": connections.c.external_user_id == bindparam("user"),
    },
)
_pages: dict[tuple[bool, bool], Statement] = {}


def _page(user: bool, institution: bool) -> Statement:
    """Return the statement of a page with these filters, built once."""
    if (user, institution) not in _pages:
        conditions = [connections.c.application_id == bindparam("application_id"), _after]
        if user:
            conditions.append(connections.c.external_user_id == bindparam("user"))
        if institution:
            conditions.append(connections.c.institution == bindparam("institution"))
        query = select(connections.c.body).where(*conditions)
        _pages[user, institution] = Statement(
            query.order_by(connections.c.created_at, connections.c.id).limit(bindparam("size"))
        )
    return _pages[user, institution]


_DUES = Dues(connections.c.id, connections.c.due_at, connections.c.application_id)

due_until = _DUES.until
"""Those whose question lapses, whose institution takes its time, or whose next sync has come."""

_CLAIM_DUE = Statement(
    select(connections.c.body)
    .where(connections.c.due_at <= bindparam("until"), on_the_machines_clock(connections.c.application_id))
    .order_by(connections.c.due_at, connections.c.id)
    .limit(bindparam("size"))
    .with_for_update(skip_locked=True, of=connections)
)
_DELETE = Statement(delete(connections).where(connections.c.id == bindparam("key")))
_DELETE_RECORDS = Statement(delete(records).where(records.c.connection_id == bindparam("key")))
_DELETE_FINDINGS = Statement(delete(findings).where(findings.c.connection_id == bindparam("key")))
_CREDENTIALS = Statement(select(credentials.c.sealed).where(credentials.c.connection_id == bindparam("connection_id")))
_DROP_CREDENTIALS = Statement(delete(credentials).where(credentials.c.connection_id == bindparam("key")))
_ADD_CREDENTIALS = Statement(
    insert(credentials).values(connection_id=bindparam("connection_id"), sealed=bindparam("sealed"))
)


def due(connection: Connection) -> Instant | None:
    """Return when something must happen to it by itself: its question's deadline, the end of what the institution
    works on, its next sync, or the end of the time for which its data and credentials are kept."""
    if connection.posed is not None and not connection.posed.answered:
        waits: Instant | None = connection.posed.expires_at
    elif connection.waiting is not None:
        waits = connection.waiting.until
    else:
        waits = connection.next_sync_at if connection.state in RESTING else None
    ends = (waits, connection.data_until, connection.credentials_until)
    return min((at for at in ends if at is not None), default=None)


async def get(reader: Reader, id: str) -> Connection | None:
    """Return one connection, whoever's it is."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _decode(row[0])


async def lock(writer: Writer, id: str) -> Connection | None:
    """Return one connection, and let nobody else change it until the transaction ends."""
    row = await writer.one(_LOCK, id=id)
    return None if row is None else _decode(row[0])


async def add(writer: Writer, connection: Connection, fingerprint: str) -> None:
    """Store a new one. `fingerprint` is the same for the same credentials at the same institution."""
    await writer.run(
        _INSERT,
        id=connection.id,
        application_id=connection.application_id,
        institution=connection.institution,
        external_user_id=connection.external_user_id,
        fingerprint=fingerprint,
        state=str(connection.state),
        due_at=due(connection),
        created_at=connection.created_at,
        body=_encode(connection).decode(),
        outcome=connection.outcome,
    )


async def put(writer: Writer, connection: Connection, held: Connection | None = None) -> None:
    """Replace what is stored. `held` is what that is, if it is known: indexes are left alone that say the same."""
    told = _found_by(connection)
    if held is not None:
        before = _found_by(held)
        told = {column: value for column, value in told.items() if value != before[column]}
    told["body"] = _encode(connection).decode()
    values = {f"new_{column}": value for column, value in told.items()}
    await writer.run(changing(connections, tuple(told)), key=connection.id, **values)


def _found_by(connection: Connection) -> dict[str, str | Instant | None]:
    return {
        "state": str(connection.state),
        "due_at": due(connection),
        "external_user_id": connection.external_user_id,
        "outcome": connection.outcome,
    }


async def twins(reader: Reader, application_id: str, fingerprint: str) -> list[Connection]:
    """Return the application's connections with the same credentials at the same institution, oldest first."""
    rows = await reader.all(_TWINS, application_id=application_id, fingerprint=fingerprint)
    return sorted((_decode(row[0]) for row in rows), key=lambda one: (one.created_at, one.id))


async def count(reader: Reader, application_id: str) -> int:
    """Return how many connections an application has."""
    row = await reader.one(_COUNT, application_id=application_id)
    return int(row[0]) if row else 0


async def page(
    reader: Reader,
    application_id: str,
    size: int,
    after: tuple[Instant, str] = (-1, ""),
    user: str | None = None,
    institution: str | None = None,
) -> list[Connection]:
    """Return up to `size` connections in order of creation, behind `after`, of one user and institution if named."""
    values: dict[str, str] = {}
    if user is not None:
        values["user"] = user
    if institution is not None:
        values["institution"] = institution
    statement = _page(user is not None, institution is not None)
    rows = await reader.all(
        statement, application_id=application_id, size=size, after_at=after[0], after_id=after[1], **values
    )
    return [_decode(row[0]) for row in rows]


async def newest(
    reader: Reader, application_id: str, size: int, before: Cursor | None, **filters: str | Instant
) -> list[Connection]:
    """Return up to `size` connections, those first that were created last, behind `before`.

    `filters`: `institution`, `state`, `outcome`, `user`, and the span `since` to `until` in which they were created.
    """
    rows = await _NEWEST.page(reader, application_id, size, before, filters)
    return [_decode(row[0]) for row in rows]


async def claim_due(writer: Writer, until: Instant, size: int) -> list[Connection]:
    """Return connections that fall due by `until`, earliest first, which nobody else gets until the transaction ends.

    Those are left out that somebody else has, and those whose application's clock is stopped.
    """
    return [_decode(row[0]) for row in await writer.all(_CLAIM_DUE, until=until, size=size)]


async def remove(writer: Writer, id: str) -> bool:
    """Delete a connection with its credentials, executions and records; tell whether it was there. With its accounts
    their transactions cannot be read any more, and are no more than what is left to be cleared (`clearings`)."""
    return await writer.run(_DELETE, key=id) == 1


async def remove_data(writer: Writer, id: str) -> None:
    """Delete a connection's records, its transactions as `remove` does; the caller takes its `digests` away."""
    await writer.run(_DELETE_RECORDS, key=id)
    await writer.run(_DELETE_FINDINGS, key=id)


async def sealed_credentials(reader: Reader, id: str) -> bytes | None:
    """Return the sealed credentials."""
    row = await reader.one(_CREDENTIALS, connection_id=id)
    return None if row is None else bytes(row[0])


async def forget_credentials(writer: Writer, id: str) -> None:
    """Delete the sealed credentials."""
    await writer.run(_DROP_CREDENTIALS, key=id)


async def seal_credentials(writer: Writer, id: str, sealed: bytes, fingerprint: str) -> None:
    """Replace the sealed credentials."""
    await writer.run(_DROP_CREDENTIALS, key=id)
    await writer.run(_ADD_CREDENTIALS, connection_id=id, sealed=sealed)
    await writer.run(_FINGERPRINT, key=id, new_print=fingerprint)
