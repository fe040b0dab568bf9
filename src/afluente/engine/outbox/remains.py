"""What is left of a connection whose data is erased, outside its own rows: transactions, messages, facts, sessions and
their calls. Transactions are read by nobody once their accounts are gone, and are there only until their turn comes.

The log stays: what happened, how it went, when, under the ids that support asks for. What tells of a person goes.

What is to go is written down in the transaction that erases the rest, and a first step is done there: most connections
need no other. Then whoever deleted goes on, step by step, each in a transaction that is small however much there is;
if that process dies, what is left falls due by itself (`Remains`).
"""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.clock import HOUR, Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, EventKind, Fact
from afluente.engine.world import Due, World
from afluente.store import (
    clearings,
    deliveries,
    events,
    faring,
    queues,
    registers,
    requests,
    sessions,
    snapshots,
    transactions,
)
from afluente.store.clearings import Clearing, Extent, Left
from afluente.store.database import Reader, Writer

__all__ = ["Remains", "clear", "clear_data", "go_on"]

_AT_ONCE = 50
"""Rows that are changed in one transaction."""

_LOOKED_AT = 1_000
"""Rows that are looked at in one transaction, of those among which few are to be changed."""

_MOVEMENTS = 2_000
"""Movements that are deleted in one transaction: many, for nothing but they themselves is to be looked at."""

_LOOK: Instant = HOUR
"""How soon to look again where messages wait that may be given up without anybody saying so."""


async def clear(writer: Writer, connection: Connection, now: Instant, *, untold: bool) -> None:
    """Erase it, in the transaction of the deletion, before its own fact is written and before its accounts go; the
    connection is locked. With many rows that is a beginning: whoever calls goes on after the commit (`go_on`).

    Closed deliveries go with their attempts; facts that were told stay without what says whose they are. What waits
    is told still, in its order, ending with the deletion, and goes as soon as it was; but with `untold` it goes
    as well, where a person's data is erased or messages are full of it: none of it may arrive later. Then facts
    that nobody was told of take their places untold, and of deliveries only those stay that tell of a deletion.
    Facts of the application that name the connection or its user (a link that was made, reports that were
    requested) go like that in any case, and so does what waits where the application has no address to be told at.
    Sessions keep their ids, meanings and times, and so do the calls in them.
    """
    application_id = connection.application_id
    addresses = await registers.endpoints.all(writer, application_id)
    # whoever makes deliveries from facts does it under this lock, and only from facts that have no place yet
    _, delivered = await events.lock_cursor(writer, application_id)
    # where nobody has an address nothing waits: whoever reads facts later reads them as they are then
    untold = untold or not addresses
    if untold:
        await faring.lock(writer, [address.id for address in addresses])
        await deliveries.hold(writer, application_id, connection.id)
    names = tuple(name for name in (connection.id, connection.external_user_id) if name)
    await _begin(
        writer,
        Clearing(
            connection_id=connection.id,
            sequence=connection.events,
            application_id=application_id,
            extent=Extent.UNTOLD if untold else Extent.TOLD,
            delivered=delivered if untold else None,
            due_at=now,
            left=Left(names=names, until=now, sessions=(-1, ""), named=(-1, "")),
        ),
    )


async def clear_data(writer: Writer, connection: Connection, now: Instant) -> None:
    """Erase the transactions of a connection, and the messages about it that were told, where its data is kept no
    longer; it stays itself, and its accounts go afterwards."""
    _, delivered = await events.lock_cursor(writer, connection.application_id)
    await _begin(
        writer,
        Clearing(
            connection_id=connection.id,
            sequence=connection.events,
            application_id=connection.application_id,
            extent=Extent.MESSAGES,
            delivered=delivered,
            due_at=now,
            left=Left(),
        ),
    )


async def go_on(world: World, connection_id: str) -> bool:
    """Do what there is to do of a connection that is erased, in small transactions; tell whether there was anything."""
    did = False
    while (clearing := await clearings.due_of(world.database, connection_id)) is not None:
        async with world.database.transaction() as writer:
            await events.lock_cursor(writer, clearing.application_id)
            now = world.now(clearing.application_id)
            found = await clearings.due_of(writer, connection_id, now)
            if found is None:
                break
            await _Step(writer, found, now).take()
        did = True
    return did


class Remains:
    """Due times: what is still to be erased, because whoever began with it has died, or because it had to be told."""

    async def due_until(self, reader: Reader, to: Instant, limit: int, application_id: str | None) -> list[Due]:
        """Return those that fall due by `to`, by their connections."""
        return [Due(*row) for row in await clearings.due_until(reader, to, limit, application_id)]

    async def fall_due(self, world: World, id: str, at: Instant) -> bool:
        """Go on with one as far as that is possible now."""
        return await go_on(world, id)


async def _begin(writer: Writer, clearing: Clearing) -> None:
    held = {account.id for account in await snapshots.of_connection(writer, Account, clearing.connection_id)}
    # and those of a clearing before, whose place this one may take
    accounts = held | await clearings.accounts(writer, clearing.connection_id)
    clearing = replace(clearing, left=replace(clearing.left, accounts=tuple(sorted(accounts))))
    await clearings.add(writer, clearing)
    await _Step(writer, clearing, clearing.due_at).take()


class _Step:
    """So much of it that it is a small transaction, by whoever has the application's turn."""

    def __init__(self, writer: Writer, clearing: Clearing, now: Instant) -> None:
        self._writer = writer
        self._clearing = clearing
        self._now = now
        self._left = clearing.left
        self._room = _AT_ONCE
        self._waits = False

    async def take(self) -> None:
        """Take it, and write down what is left."""
        clearing = self._clearing
        whole = clearing.extent is not Extent.MESSAGES
        for part in (self._movements, self._shared, self._sessions, self._named, self._facts, self._messages):
            if whole or part in (self._movements, self._messages):
                await part()
            if self._room <= 0:
                await clearings.put(self._writer, replace(clearing, left=self._left), self._now)
                return
        if self._waits or self._left.open:
            # all of it is gone through again once what waits has been told
            left = replace(self._left, messages=0, open=False)
            await clearings.put(self._writer, replace(clearing, left=left), self._now + _LOOK)
            return
        if clearing.extent is Extent.UNTOLD:
            await self._let_go()
        await clearings.remove(self._writer, clearing)

    async def _movements(self) -> None:
        if not self._left.accounts:
            return
        if await transactions.remove_some(self._writer, self._left.accounts, _MOVEMENTS) < _MOVEMENTS:
            self._left = replace(self._left, accounts=())
        else:
            self._room = 0

    async def _shared(self) -> None:
        """Erase what is told of it in facts that concern no connection, and the messages about those."""
        left, owner = self._left, self._clearing.application_id
        if not left.names:
            return
        before = left.shared if left.shared is not None else await events.last_number(self._writer) + 1
        found, before_next = await events.naming(self._writer, owner, left.names, before, _LOOKED_AT)
        for event in found:
            position = event.position or await self._place(event)
            await _strip(self._writer, event)
            await deliveries.drop(self._writer, owner, position, self._now)
        names = left.names if before_next is not None else ()
        self._left = replace(left, names=names, shared=before_next)
        self._room = 0 if names else self._room - len(found)

    async def _sessions(self) -> None:
        left, writer, owner = self._left, self._writer, self._clearing.application_id
        if left.sessions is None:
            return
        found = await sessions.opened(
            writer, owner, self._clearing.connection_id, left.sessions, left.until, self._room
        )
        for session in found:
            calls, behind = await requests.holding(
                writer, owner, "details", "session_id", session.id, self._left.calls, _LOOKED_AT
            )
            for call in calls:
                await requests.rewrite(writer, replace(call, details={}))
            self._room -= len(calls)
            if behind is not None:
                self._left = replace(self._left, calls=behind)
                self._room = 0
                return
            await sessions.put(writer, replace(session, said=None, tag=None, notes={}, connection_notes={}))
            self._left = replace(self._left, sessions=(session.opened_at, session.id), calls=Left().calls)
            self._room -= 1
            if self._room <= 0:
                return
        self._left = replace(self._left, sessions=None)

    async def _named(self) -> None:
        """Erase what the institution said in calls that named the connection."""
        left = self._left
        if left.named is None:
            return
        owner, id = self._clearing.application_id, self._clearing.connection_id
        calls, behind = await requests.holding(self._writer, owner, "said", "connection_id", id, left.named, _LOOKED_AT)
        for call in calls:
            if call.at <= left.until:
                await requests.rewrite(self._writer, replace(call, said=None))
        self._left = replace(left, named=behind)
        self._room = 0 if behind is not None else self._room - len(calls)

    async def _facts(self) -> None:
        clearing, after = self._clearing, self._left.facts
        owner, id = clearing.application_id, clearing.connection_id
        for event in await events.own(self._writer, owner, id, after, clearing.sequence, self._room):
            if not event.position:
                if clearing.extent is Extent.TOLD:
                    # whoever gives them their places goes on behind the last one
                    self._waits = True
                    break
                await self._place(event)
            # what tells of a deletion is all that names the deleted
            if event.kind is not EventKind.CONNECTION_DELETED:
                await _strip(self._writer, event)
            after = event.sequence
            self._room -= 1
        self._left = replace(self._left, facts=after)

    async def _messages(self) -> None:
        untold = self._clearing.extent is Extent.UNTOLD
        found = await deliveries.passed(self._writer, replace(self._clearing, left=self._left), self._room)
        # whoever closes a delivery does it under this lock
        await faring.lock(self._writer, set(found.erased.values()))
        await deliveries.erase(self._writer, found.erased, waiting_too=untold)
        waits = found.open and self._clearing.extent is Extent.TOLD
        self._left = replace(self._left, messages=found.last or self._left.messages, open=self._left.open or waits)
        self._room = 0 if found.last is not None else self._room - found.looked_at

    async def _let_go(self) -> None:
        """Have what came behind the messages that went fall due."""
        addresses = await registers.endpoints.all(self._writer, self._clearing.application_id)
        there = await faring.lock(self._writer, [address.id for address in addresses])
        for id in there:
            await queues.open_next(self._writer, id, self._clearing.connection_id, self._now)
        await queues.look(self._writer, there)

    async def _place(self, event: Event) -> int:
        placed, delivered = await events.lock_cursor(self._writer, self._clearing.application_id)
        await events.place(self._writer, event.number, placed + 1)
        await events.move_cursor(self._writer, self._clearing.application_id, placed + 1, delivered)
        return placed + 1


async def _strip(writer: Writer, event: Event) -> None:
    bare = _bare(event.fact)
    if bare != event.fact:
        await events.rewrite(writer, event.number, bare)


def _bare(fact: Fact) -> Fact:
    """Return a fact without what the client or the institution wrote in it."""
    return replace(fact, user=None, webhook_url=None, reference=None, said=None, attributes={}, url=None)
