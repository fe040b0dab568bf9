"""What is held of a card, prepared for being looked through: its accounts, a year of movements, whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from afluente.analysis import history as histories
from afluente.analysis.sight import Sight
from afluente.core.accounts import Account, Transaction
from afluente.core.connections import Connection, Stored
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.core.loans import Loan
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.flinks import cards, render
from afluente.dialects.flinks.house import House
from afluente.engine.connecting import sessions
from afluente.engine.connecting.sessions import ClientSession
from afluente.engine.records import holdings
from afluente.web.calls import Call

LEAST = 25
"""Transactions without which nothing is reckoned."""

LOOKS_BACK = 365
"""Days of transactions that are looked at."""

_WANTED = (Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS, Product.HOLDER, Product.LOANS)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A card in a session, with everything of it that is looked at.

    `transactions` are by account id, newest first, filed as the client has them.
    """

    session: ClientSession
    connection: Connection
    institution: Institution
    accounts: list[Stored[Account]]
    holders: list[Stored[Holder]]
    loans: list[Stored[Loan]]
    transactions: Mapping[str, list[Stored[Transaction]]]

    def places(self) -> dict[tuple[str, str], tuple[Stored[Transaction], str]]:
        """Return each transaction and its account's id by what movements are named by: the keys of both."""
        return {
            (one.record.account_key, one.record.key): (one, account)
            for account, found in self.transactions.items()
            for one in found
        }


async def reading(house: House, call: Call, login_id: str, request_id: str) -> Reading:
    """Read a card through a session.

    Raises `session.unknown` and the like for the session, `request.not-found.connection.login` for a card that is not
    the session's, and `progress` while transactions are not there yet: they are fetched if nobody has begun to.
    """
    application_id = call.application_id
    session = await sessions.find(house.world, application_id, request_id)
    call.session_id = request_id
    if session.connection_id != login_id:
        raise Refused("request.not-found.connection.login", data={"session_id": request_id})
    connection = await cards.owned(house, application_id, login_id)
    institution = house.world.institutions[connection.institution]
    state = connection.product(Product.TRANSACTIONS)
    if Product.TRANSACTIONS in institution.products and (state is None or state.updated_at is None):
        turn = await sessions.collect(house.world, application_id, request_id, _WANTED)
        failed = state.outcome if state is not None and not turn.running and turn.posed is None else None
        raise Refused(failed or "progress", data={"session_id": request_id})
    return await of_connection(house, session, connection)


async def of_connection(house: House, session: ClientSession, connection: Connection) -> Reading:
    """Read what is stored of a connection."""
    today = render.local_day(house.world.now(connection.application_id))
    held = await holdings.stored(house.world, connection)
    accounts = await held.records(Account)
    owners = {one.id: one.record for one in accounts}
    since = render.day_start(today - timedelta(days=LOOKS_BACK))
    found: dict[str, list[Stored[Transaction]]] = {id: [] for id in owners}
    async for entries in held.walk(holdings.Search(accounts=tuple(owners), since=since)):
        for entry in entries:
            id = entry.stored.parent_id or ""
            record = entry.stored.record
            category = held.choose(entry, owners[id].kind)
            filed = replace(record, account_key=owners[id].key, category=category)
            found[id].append(replace(entry.stored, record=filed))
    return Reading(
        session=session,
        connection=connection,
        institution=house.world.institutions[connection.institution],
        accounts=accounts,
        holders=await held.records(Holder),
        loans=await held.records(Loan),
        transactions=found,
    )


async def seen(house: House, found: Reading, only: Collection[str] | None = None, least: int = LEAST) -> Sight:
    """Return what is seen of a card, or of some of its accounts alone, by their ids.

    The work is done in a thread. Raises `product.transactions.none` where fewer than `least` are booked.
    """
    chosen = [one for one in found.accounts if only is None or one.id in only]
    transactions = [one.record for account in chosen for one in found.transactions[account.id]]
    if sum(not one.pending for one in transactions) < least:
        raise Refused("product.transactions.none", data={"session_id": found.session.id})
    today = render.local_day(house.world.now(found.connection.application_id))
    documents = [one.record.document for one in found.holders if one.record.document]
    loans = tuple(one.record for one in found.loans)
    accounts = [one.record for one in chosen]

    def look() -> Sight:
        known = histories.read(accounts, transactions, zone=render.ZONE, on=today, documents=documents)
        return Sight(known, loans)

    return await asyncio.to_thread(look)
