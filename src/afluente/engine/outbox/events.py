"""Facts, written in the transaction that makes them true; the rest (order, webhooks) comes after the commit.

A fact costs one row. Whoever tells one stores the connection it returns, in the same transaction: the count of its
events is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection
from afluente.core.events import BLOCK, Event, EventKind, Fact
from afluente.engine.records.storing import Moved
from afluente.engine.world import Due, World
from afluente.store import connections, events, notices
from afluente.store.database import Reader, Writer

_NOTICES = (30 * DAY, 7 * DAY, 1 * DAY)
"""How long before its end a consent is said to expire."""


def made(world: World, connection: Connection, kind: EventKind, **facts: Any) -> Event:
    """Return a fact about a connection that is to be written, and whose number the connection is to count."""
    return Event(
        id=world.ids.new(),
        application_id=connection.application_id,
        connection_id=connection.id,
        sequence=connection.events + 1,
        kind=kind,
        at=world.now(connection.application_id),
        fact=Fact(
            institution=connection.institution,
            user=connection.external_user_id,
            webhook_url=connection.webhook_url,
            execution_id=connection.execution_id,
            trigger=str(connection.trigger),
            session_id=connection.session_id,
            **facts,
        ),
    )


async def write(world: World, writer: Writer, told: Sequence[Event]) -> None:
    """Write facts in their order."""
    await events.add(writer, told)
    for application_id in {event.application_id for event in told}:
        world.told(application_id)


async def tell(world: World, writer: Writer, connection: Connection, kind: EventKind, **facts: Any) -> Connection:
    """Write a fact about a connection, and return the connection that is to be stored with it."""
    event = made(world, connection, kind, **facts)
    await write(world, writer, (event,))
    return replace(connection, events=event.sequence)


async def tell_of_application(world: World, writer: Writer, application_id: str, kind: EventKind, **facts: Any) -> None:
    """Write a fact that concerns no connection."""
    now = world.now(application_id)
    event = Event(
        id=world.ids.new(),
        application_id=application_id,
        connection_id=None,
        sequence=0,
        kind=kind,
        at=now,
        fact=Fact(**facts),
    )
    await write(world, writer, (event,))


async def announce(world: World, application_id: str, kind: EventKind, **facts: Any) -> None:
    """Write a fact that concerns no connection, in a transaction of its own."""
    async with world.database.transaction() as writer:
        await tell_of_application(world, writer, application_id, kind, **facts)


async def again(writer: Writer, connection: Connection) -> Connection:
    """Return a connection that is made with an id that was used before: its events go on counting."""
    return replace(connection, events=await events.last_sequence(writer, connection.id))


def of_movements(accounts: Iterable[Moved], at: Instant) -> Iterator[tuple[EventKind, dict[str, Any]]]:
    """Yield what is to be told of new, changed and vanished transactions, account by account; `at` is when they were
    stored."""
    for one in accounts:
        if one.created:
            span = {"since": one.since, "until": one.until, "stored_at": at}
            counted = {"count": one.created, "inflows": one.inflows, "account_id": one.account_id}
            yield EventKind.TRANSACTIONS_CREATED, {**counted, **span}
        for kind, ids in ((EventKind.TRANSACTIONS_UPDATED, one.updated), (EventKind.TRANSACTIONS_DELETED, one.deleted)):
            for first in range(0, len(ids), BLOCK):
                block = ids[first : first + BLOCK]
                yield kind, {"ids": block, "count": len(block), "account_id": one.account_id}


async def tell_of_movements(
    world: World, writer: Writer, connection: Connection, accounts: Iterable[Moved], at: Instant, **about: Any
) -> Connection:
    """Write what `of_movements` yields, and return the connection that is to be stored with it."""
    for kind, facts in of_movements(accounts, at):
        connection = await tell(world, writer, connection, kind, **facts, **about)
    return connection


async def end_of(world: World, connection_id: str, session_id: str) -> Event | None:
    """Return the fact that says how a session's last execution ended, which its connection's deletion does where no
    other does; None where it is not among the latest."""
    deleted = None
    for event in await events.before(world.database, connection_id, _LATEST, _LOOKED_AT):
        if event.fact.session_id != session_id:
            continue
        if event.kind in _ENDS:
            return event
        if event.kind is EventKind.CONNECTION_DELETED:
            deleted = event
    return deleted


_ENDS = (EventKind.CONNECTION_UPDATED, EventKind.CONNECTION_FAILED)
_LATEST, _LOOKED_AT = 2**31 - 1, 200


async def expect(world: World, writer: Writer, connection: Connection) -> None:
    """Have the end of a connection's consent noticed in time; instants that have gone by are not."""
    now, ends = world.now(connection.application_id), connection.consent_expires_at
    await notices.forget(writer, connection.id)
    if ends is None:
        return
    for before in (*_NOTICES, 0):
        if ends - before > now:
            kind = EventKind.CONSENT_EXPIRING if before else EventKind.CONSENT_EXPIRED
            await notices.add(writer, connection.application_id, connection.id, ends - before, str(kind))


class Notices:
    """Due times: the notices before a consent's end, and the end."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that fall due by `to`."""
        return [Due(*row) for row in await notices.due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Tell that a consent is about to expire, or has."""
        async with world.database.transaction() as writer:
            connection = await connections.lock(writer, id)
            kind = await notices.take(writer, id, at)
            if connection is None or kind is None:
                return False
            ends = connection.consent_expires_at
            connection = await tell(world, writer, connection, EventKind(kind), at=ends)
            await connections.put(writer, connection)
        return True
