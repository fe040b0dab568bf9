"""What an application may read. Another's is not there, and what a first run has not finished is not there yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, AccountKind, Bill
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Stored
from afluente.core.documents import Balance, Consent, Resource, Statement
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.outcome import Refused
from afluente.core.products import Product, ProductState
from afluente.engine.institutions import credentials, journal
from afluente.engine.institutions.bank import EngineBank
from afluente.engine.records import identity
from afluente.engine.records.categories import Chooser, chooser
from afluente.engine.world import World
from afluente.store import applications, connections, executions, marks, registers, snapshots, transactions
from afluente.store.transactions import Entry, Filter

__all__ = ["Filter", "Movements"]

NAMES: dict[type, str] = {
    Account: "account",
    Bill: "bill",
    Investment: "investment",
    Holder: "identity",
    Loan: "loan",
    Consent: "consent",
    Statement: "account",
}
"""What each record is called in `request.not-found.<name>`."""

_PIECE = 1_000
"""Connections that are in memory at once while an application's are walked through."""

_LOOKED_BACK = 3
"""Executions among which the one before the present is looked for."""

_T = TypeVar("_T", Account, Bill, Investment, InvestmentMovement, Holder, Loan, Consent, Resource, Statement)


class Movements(msgspec.Struct, frozen=True):
    """A page of an account's transactions, with what is needed to show them."""

    account: Stored[Account]
    entries: list[Entry]
    choose: Chooser
    open_finance: bool
    total: int | None = None


async def connection(world: World, application_id: str, id: str) -> Connection:
    """Return one connection. Raises `request.not-found.connection`."""
    found = await connections.get(world.database, id)
    if found is None or found.application_id != application_id:
        raise Refused("request.not-found.connection")
    return found


async def known(world: World, application_id: str, id: str) -> Connection | None:
    """Return one connection, None where the application has none of that id."""
    found = await connections.get(world.database, id)
    return found if found is not None and found.application_id == application_id else None


async def outcome_before(world: World, connection: Connection) -> str | None:
    """Return what the execution before the present one came to; None where there was none."""
    found = await executions.latest(world.database, connection.id, _LOOKED_BACK)
    return next((one.outcome for one in found if one.id != connection.execution_id and one.ended_at is not None), None)


async def progress(world: World, connection: Connection) -> tuple[tuple[Product, ...], tuple[ProductState, ...]]:
    """Return what a connection's last execution was asked for, and how each of that which it has come to went."""
    execution = await executions.get(world.database, connection.execution_id)
    if execution is None:
        return (), ()
    asked = execution.asked or execution.products
    return asked, tuple(state for state in execution.fetched if state.product in asked)


async def asked(world: World, id: str, posed_id: str) -> Connection:
    """Return the connection whose open question is this one. Raises `request.not-found.connection`."""
    found = await connections.get(world.database, id)
    if found is None or found.posed is None or found.posed.id != posed_id:
        raise Refused("request.not-found.connection")
    return found


async def newest_connections(
    world: World, application_id: str, **filters: str | Instant
) -> AsyncIterator[list[Connection]]:
    """Yield an application's connections, newest first, piece by piece, however many it has.

    `filters` are those of `store.connections.newest`.
    """
    before: tuple[Instant, str] | None = None
    while page := await connections.newest(world.database, application_id, _PIECE, before, **filters):
        yield page
        if len(page) < _PIECE:
            return
        before = (page[-1].created_at, page[-1].id)


async def connections_of_user(world: World, application_id: str, user: str) -> list[Connection]:
    """Return an application's connections of one of its users, by the name it has for them, oldest first."""
    found: list[Connection] = []
    after: tuple[Instant, str] = (-1, "")
    while page := await connections.page(world.database, application_id, 1_000, after, user):
        found.extend(page)
        after = (page[-1].created_at, page[-1].id)
    return found


async def marked(world: World, application_id: str, mark: str) -> AsyncIterator[Connection]:
    """Yield an application's connections with a mark that the dialect gave them when it made them, oldest first."""
    after: tuple[Instant, str] = (-1, "")
    while page := await marks.page(world.database, application_id, mark, _PAGE, after):
        for connection in page:
            yield connection
        after = (page[-1].created_at, page[-1].id)


_PAGE = 500
"""Connections that are read together where many may be there."""


async def connections_page(
    world: World,
    application_id: str,
    size: int,
    after: tuple[Instant, str] = (-1, ""),
    user: str | None = None,
    institution: str | None = None,
) -> list[Connection]:
    """Return an application's connections in order of creation, behind `after`.

    Raises `request.plan` for an application that may not list them.
    """
    application = await applications.get(world.database, application_id)
    if application is None or not application.policy.listing:
        raise Refused("request.plan")
    return await connections.page(world.database, application_id, size, after, user, institution)


async def records(world: World, application_id: str, type_: type[_T], connection_id: str) -> list[Stored[_T]]:
    """Return a connection's records of one kind. Raises `request.not-found.connection`."""
    owner = await connection(world, application_id, connection_id)
    if owner.last_success_at is None:
        return []
    return await snapshots.of_connection(world.database, type_, connection_id)


async def record(world: World, application_id: str, type_: type[_T], id: str) -> Stored[_T]:
    """Return one record. Raises `request.not-found.<name>`."""
    found = await snapshots.get(world.database, type_, id)
    if found is not None:
        owner = await connections.get(world.database, found.connection_id)
        if owner is not None and owner.application_id == application_id and owner.last_success_at is not None:
            return found
    raise Refused(f"request.not-found.{NAMES[type_]}")


async def typed(world: World, application_id: str, id: str, name: str) -> str | None:
    """Return what the user typed into one field of a login; for what is no secret. None where it is not kept."""
    await connection(world, application_id, id)
    return (await credentials.read(world.database, world.vault, id)).values.get(name)


async def application_name(world: World, application_id: str) -> str:
    """Return what an application is called."""
    found = await applications.get(world.database, application_id)
    return found.name if found is not None else ""


async def any_record(world: World, application_id: str, types: tuple[type[Any], ...], id: str) -> Stored[Any] | None:
    """Return the record of an id that is of one of some kinds; None where the application has none."""
    for type_ in types:
        found = await snapshots.get(world.database, type_, id)
        if found is not None:
            owner = await known(world, application_id, found.connection_id)
            return found if owner is not None and owner.last_success_at is not None else None
    return None


async def account(world: World, application_id: str, id: str) -> Stored[Account]:
    """Return one account. Raises `request.not-found.account`."""
    return await record(world, application_id, Account, id)


async def bills(world: World, application_id: str, account_id: str) -> list[Stored[Bill]]:
    """Return an account's bills; none where it is no card. Raises `request.not-found.account`."""
    found = await account(world, application_id, account_id)
    if found.record.kind is not AccountKind.CREDIT_CARD:
        return []
    return await snapshots.of_parent(world.database, Bill, account_id)


async def statements(world: World, application_id: str, account_id: str) -> list[Stored[Statement]]:
    """Return an account's statements. Raises `request.not-found.account`."""
    await account(world, application_id, account_id)
    return await snapshots.of_parent(world.database, Statement, account_id)


async def movements(
    world: World, application_id: str, investment_id: str, size: int, skip: int
) -> tuple[int, list[Stored[InvestmentMovement]]]:
    """Return how many movements an investment has, and a page of them. Raises `request.not-found.investment`."""
    await record(world, application_id, Investment, investment_id)
    total = await snapshots.count_of_parent(world.database, InvestmentMovement, investment_id)
    return total, await snapshots.of_parent(world.database, InvestmentMovement, investment_id, size, skip)


async def transactions_behind(
    world: World, application_id: str, account_id: str, filter: Filter, size: int, after: tuple[Instant, str] | None
) -> Movements:
    """Return a page of an account's transactions, newest first, behind a cursor. Raises `request.not-found.account`."""
    owner = await account(world, application_id, account_id)
    entries = await transactions.behind(world.database, account_id, filter, size, after)
    return await _movements(world, application_id, owner, entries)


async def transactions_numbered(
    world: World, application_id: str, account_id: str, filter: Filter, size: int, skip: int
) -> Movements:
    """Return a numbered page of an account's transactions, and how many there are."""
    owner = await account(world, application_id, account_id)
    total, entries = await transactions.numbered(world.database, account_id, filter, size, skip)
    return await _movements(world, application_id, owner, entries, total)


async def transaction(world: World, application_id: str, id: str) -> Movements:
    """Return one transaction. Raises `request.not-found.transaction`."""
    entry = await transactions.get(world.database, id)
    if entry is None or entry.stored.parent_id is None:
        raise Refused("request.not-found.transaction")
    try:
        owner = await account(world, application_id, entry.stored.parent_id)
    except Refused:
        raise Refused("request.not-found.transaction") from None
    return await _movements(world, application_id, owner, [entry])


async def choose_category(world: World, application_id: str, id: str, category: str) -> Movements:
    """Give a transaction the application's own category. Raises `request.not-found.transaction`."""
    await transaction(world, application_id, id)
    async with world.database.transaction() as writer:
        await transactions.choose_category(writer, id, category, world.now(application_id))
    return await transaction(world, application_id, id)


async def _movements(
    world: World, application_id: str, owner: Stored[Account], entries: list[Entry], total: int | None = None
) -> Movements:
    held = await connection(world, application_id, owner.connection_id)
    choose = chooser(await registers.rules.all(world.database, application_id))
    return Movements(owner, entries, choose, world.institutions[held.institution].open_finance, total)


async def month_of(world: World, application_id: str, statement_id: str) -> tuple[Stored[Account], str, list[Entry]]:
    """Return the account, the month and the transactions of a statement, oldest first."""
    stored = await record(world, application_id, Statement, statement_id)
    owner = await account(world, application_id, stored.parent_id or "")
    year, month = (int(part) for part in stored.record.month.split("-"))
    since = int(datetime(year, month, 1, tzinfo=_LOCAL).timestamp() * 1000)
    until = int(datetime(year + month // 12, month % 12 + 1, 1, tzinfo=_LOCAL).timestamp() * 1000)
    entries = await transactions.behind(world.database, owner.id, Filter(since=since, until=until), 1_000_000, None)
    return owner, stored.record.month, entries[::-1]


_LOCAL = timezone(timedelta(hours=-3))
"""Where a statement's month begins: Brazil has had no summer time since 2019."""


async def live_balance(world: World, application_id: str, account_id: str) -> Balance:
    """Ask the institution for an account's balance just now.

    Raises `request.not-found.account.for-balance`, and `request.balance…` for what the institution answers.
    """
    try:
        owner = await account(world, application_id, account_id)
    except Refused:
        raise Refused("request.not-found.account.for-balance") from None
    held = await connection(world, application_id, owner.connection_id)
    institution = world.institutions[held.institution]
    written = await journal.read(world.database, world.vault, held.execution_id)
    if written.session is None:
        raise Refused("request.balance.consent-missing")
    bank = EngineBank(world, application_id, institution, held.id, ())
    connector = world.connectors[institution.connector]
    try:
        key = identity.present_key(held, owner.record.key)
        if key is None:
            raise Refused("request.balance.not-found")
        found = await connector.balance(bank, institution, written.session, key)
        return replace(found, account_key=owner.record.key)
    except Refused as refused:
        raise Refused(_balance_meaning(refused.meaning), refused.said, refused.data) from None


def _balance_meaning(meaning: str) -> str:
    if meaning.startswith("request.balance"):
        return meaning
    return "request.balance.unavailable" if meaning.startswith("institution") else "request.balance.failed"
