"""Statement files: what was read of one becomes a connection's accounts and movements, added to what is there."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Phase, Trigger
from afluente.core.events import EventKind
from afluente.core.holders import Holder
from afluente.core.identity import derived_id
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.core.products import Product, ProductState
from afluente.engine.outbox import events, remains
from afluente.engine.records.storing import Written, account_id, store_transactions
from afluente.engine.syncing import checks
from afluente.engine.world import World
from afluente.store import applications, connections, executions, snapshots, transactions
from afluente.store.database import Writer
from afluente.store.executions import Execution, Standing

INSTITUTION = "statements"
"""The institution that uploaded files belong to."""

PRODUCTS = (Product.ACCOUNTS, Product.TRANSACTIONS)
"""What is in a file; whose accounts they are is in some."""


class Imported(msgspec.Struct, frozen=True):
    """What an import did: the connection, the ids of its accounts in the file, and how many movements were new."""

    connection: Connection
    account_ids: tuple[str, ...]
    read: int
    added: int


async def import_statement(
    world: World,
    application_id: str,
    accounts: Sequence[Account],
    movements: Sequence[Transaction],
    external_user_id: str | None = None,
    connection_id: str | None = None,
    holders: Sequence[Holder] = (),
) -> Imported:
    """Add a statement's accounts, movements and holders. The same movement, from whatever file, is added once.

    Without a `connection_id` the application's own connection for files of that user is used, or made. Raises
    `request.not-found.connection` for one that is not the application's or holds no files, and
    `request.connection.busy` while uploaded files are being read into it.
    """
    # what it had before it was deleted is not to be found again under the ids that it gets
    await remains.go_on(world, connection_id or _id_of(application_id, external_user_id))
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        connection = await _connection(world, writer, application_id, external_user_id, connection_id)
        if connection.state in RUNNING:
            raise Refused("request.connection.busy")
        first = connection.last_success_at is None
        written = await add(writer, connection.id, accounts, movements, holders, now)
        states = states_after(connection, holders, now)
        execution_id = world.ids.new()
        connection = replace(
            connection,
            state=State.FRESH,
            phase=Phase.ENDED,
            products=states,
            updated_at=now,
            last_success_at=now,
            last_ended_at=now,
            execution_id=execution_id,
            outcome="success",
        )
        about = {"product": str(Product.TRANSACTIONS), "first": first}
        connection = await events.tell_of_movements(world, writer, connection, written.moved, now, **about)
        told = {"meaning": "success", "first": first}
        connection = await events.tell(world, writer, connection, EventKind.CONNECTION_UPDATED, **told)
        await connections.put(writer, connection)
        await executions.add(
            writer,
            Execution(
                id=execution_id,
                connection_id=connection.id,
                application_id=application_id,
                trigger=Trigger.UPLOAD,
                started_at=now,
                products=PRODUCTS,
                asked=PRODUCTS,
                standing=Standing.ENDED,
                fetched=states,
                ended_at=now,
                outcome="success",
            ),
        )
    await checks.check_now(world, connection.id)
    ids = tuple(account_id(connection.id, account.key) for account in accounts)
    return Imported(connection, ids, len(movements), written.created)


async def add(
    writer: Writer,
    connection_id: str,
    accounts: Sequence[Account],
    movements: Sequence[Transaction],
    holders: Sequence[Holder],
    now: Instant,
) -> Written:
    """Store what one file holds beside what is there. A balance that is older than what we have is left out."""
    entries = [
        (account_id(connection_id, account.key), None, account)
        for account in accounts
        if not await _is_older(writer, connection_id, account, movements)
    ]
    await snapshots.merge(writer, connection_id, entries, now)
    named = [(derived_id(connection_id, "holder", holder.key), None, holder) for holder in holders]
    await snapshots.merge(writer, connection_id, named, now)
    held = await snapshots.ids(writer, Account, connection_id)
    return await store_transactions(writer, connection_id, held, movements, None, now)


def states_after(connection: Connection, holders: Sequence[Holder], now: Instant) -> tuple[ProductState, ...]:
    """Return how fresh a connection's products are once a file was read that names these holders."""
    read = {*PRODUCTS, *((Product.HOLDER,) if holders else ())}
    known = {state.product: state for state in connection.products}
    return tuple(
        ProductState(product, True, now) if product in read else known[product]
        for product in Product
        if product in read or product in known
    )


async def holding(
    world: World, writer: Writer, application_id: str, user: str | None, connection_id: str | None
) -> Connection:
    """Return the connection that files are added to, locked: the one of this id, or the user's own, or else a new one.

    Raises `request.not-found.connection` for one that is not the application's or holds no files.
    """
    if user is None and connection_id is None:
        return await _make(world, writer, application_id, None, world.ids.new())
    return await _connection(world, writer, application_id, user, connection_id)


async def _connection(
    world: World, writer: Writer, application_id: str, user: str | None, connection_id: str | None
) -> Connection:
    if connection_id is None:
        connection_id = _id_of(application_id, user)
        await applications.lock(writer, application_id)
        known = await connections.lock(writer, connection_id)
        if known is None:
            return await _make(world, writer, application_id, user, connection_id)
    else:
        known = await connections.lock(writer, connection_id)
    if known is None or known.application_id != application_id or known.institution != INSTITUTION:
        raise Refused("request.not-found.connection")
    return known


def _id_of(application_id: str, user: str | None) -> str:
    """Return the id of a user's own connection for files: derived, so that two imports at once find the same one."""
    return derived_id(application_id, INSTITUTION, user or "")


async def _make(world: World, writer: Writer, application_id: str, user: str | None, id: str) -> Connection:
    now = world.now(application_id)
    connection = Connection(
        id=id,
        application_id=application_id,
        institution=INSTITUTION,
        state=State.FRESH,
        phase=Phase.ENDED,
        created_at=now,
        updated_at=now,
        products=tuple(ProductState(product) for product in PRODUCTS),
        trigger=Trigger.UPLOAD,
        external_user_id=user,
    )
    connection = await events.again(writer, connection)
    connection = await events.tell(world, writer, connection, EventKind.CONNECTION_CREATED)
    await connections.add(writer, connection, world.vault.fingerprint(f"{INSTITUTION}:{id}"))
    return connection


async def _is_older(writer: Writer, connection_id: str, account: Account, movements: Sequence[Transaction]) -> bool:
    """Tell whether we hold later movements of the account than the file has: then its balance is an old one."""
    latest = max((m.occurred_at for m in movements if m.account_key == account.key), default=None)
    id = account_id(connection_id, account.key)
    if latest is None or await snapshots.get(writer, Account, id) is None:
        return False
    return bool(await transactions.ids_since(writer, id, latest + 1))
