"""What goes without its connection: what a client deletes, what has been kept long enough; and what analyses leave."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.analyses import Analysis, Withheld
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Stored
from afluente.core.identity import derived_id
from afluente.core.investments import Investment
from afluente.core.products import ProductState
from afluente.engine.outbox import remains
from afluente.engine.records import reads
from afluente.engine.world import World
from afluente.store import applications, connections, memory, snapshots, transactions
from afluente.store.database import Writer

__all__ = ["bury", "erase", "erase_transaction", "erased", "is_buried", "keep", "outlived", "restore", "withhold"]


async def outlived(writer: Writer, connection: Connection, now: Instant) -> Connection:
    """Erase data and credentials whose time is over, in the caller's transaction; return the connection as it is then.

    It stays, and says of none of its products that there is anything.
    """
    left = connection
    if connection.data_until is not None and connection.data_until <= now:
        await remains.clear_data(writer, connection, now)
        await connections.remove_data(writer, connection.id)
        states = tuple(ProductState(state.product) for state in left.products)
        left = replace(left, products=states, account_keys={}, digests={}, updated_at=now)
    if connection.credentials_until is not None and connection.credentials_until <= now:
        await connections.forget_credentials(writer, connection.id)
        left = replace(left, credentials_last=None, updated_at=now)
    if left is not connection:
        await connections.put(writer, left)
    return left


async def erase(world: World, connection_id: str, id: str, type_: type) -> None:
    """Delete a record with all that belongs to it. It comes back when the institution is asked for it again."""
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, connection_id)
        if type_ in (Account, Investment):
            await transactions.remove_of(writer, id)
            await snapshots.remove_of_parent(writer, id)
        await snapshots.remove(writer, {id})
        await _forget_digests(writer, connection)


async def erase_transaction(world: World, application_id: str, id: str) -> None:
    """Delete one transaction. Raises `request.not-found.transaction`."""
    found = await reads.transaction(world, application_id, id)
    async with world.database.transaction() as writer:
        connection = await connections.lock(writer, found.account.connection_id)
        await transactions.remove(writer, [id])
        await _forget_digests(writer, connection)


async def _forget_digests(writer: Writer, connection: Connection | None) -> None:
    """Let the next sync write everything that is missing."""
    if connection is not None:
        await connections.put(writer, replace(connection, digests={}), connection)


async def erased(world: World, connection_id: str, what: str) -> frozenset[str]:
    """Return the ids that are withheld from a list."""
    found = await snapshots.get(world.database, Withheld, derived_id(connection_id, "withheld", what))
    return frozenset() if found is None else frozenset(found.record.ids)


async def withhold(world: World, connection_id: str, what: str, id: str) -> None:
    """Show an object that is made from records no more."""
    async with world.database.transaction() as writer:
        await connections.lock(writer, connection_id)
        key = derived_id(connection_id, "withheld", what)
        before = await snapshots.get(writer, Withheld, key)
        record = before.record if before is not None else Withheld(key=what, ids=())
        record = replace(record, ids=tuple(sorted({*record.ids, id})))
        now = await _now(world, writer, connection_id)
        await snapshots.merge(writer, connection_id, [(key, None, record)], now)


async def restore(world: World, connection_id: str, what: str) -> None:
    """Show everything of a list again."""
    key = derived_id(connection_id, "withheld", what)
    if await snapshots.get(world.database, Withheld, key) is not None:
        async with world.database.transaction() as writer:
            await snapshots.remove(writer, {key})


async def keep(world: World, connection: Connection, found: Sequence[Analysis]) -> list[Stored[Analysis]]:
    """Store results of analyses; one that was computed before from the same question takes its place and its id."""
    now = world.now(connection.application_id)
    entries = [(derived_id(connection.id, "analysis", one.key), None, one) for one in found]
    async with world.database.transaction() as writer:
        await connections.lock(writer, connection.id)
        await snapshots.merge(writer, connection.id, entries, now)
    return [Stored(id, connection.id, None, one, now, now) for id, _, one in entries]


async def _now(world: World, writer: Writer, connection_id: str) -> int:
    connection = await connections.lock(writer, connection_id)
    return world.now(connection.application_id) if connection is not None else world.clock.now()


_BURIED = "deleted-persons"
"""What is remembered of whom everything was deleted stands under this name; no institution is called so."""


async def bury(world: World, application_id: str, mark: str) -> None:
    """Remember that everything of somebody was deleted. `mark` stands for them, and nobody can be told from it."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        await memory.remember(writer, application_id, _BURIED, mark, str(world.now(application_id)))


async def is_buried(world: World, application_id: str, mark: str) -> bool:
    """Tell whether everything of somebody was deleted once."""
    return await memory.recall(world.database, application_id, _BURIED, mark) is not None
