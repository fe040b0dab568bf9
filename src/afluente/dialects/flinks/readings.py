"""What is stored of a card, as answers need it."""

from __future__ import annotations

from datetime import date
from typing import Any

from afluente.core.accounts import Account, Transaction
from afluente.core.connections import Connection, Stored
from afluente.core.holders import Holder
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.dialects.flinks import render
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.render import Owner, View
from afluente.engine.records import reads
from afluente.engine.records.reads import Filter

_ALL = 1_000_000


async def held(house: House, connection: Connection, view: View = render.EVERYTHING) -> list[Stored[Any]]:
    """Return the accounts, loans and investments of a card that a client wants to see."""
    every: list[Stored[Any]] = []
    for type_ in (Account, Loan, Investment):
        every += await reads.records(house.world, connection.application_id, type_, connection.id)
    return [stored for stored in every if view.shows(stored.id)]


async def owner(house: House, connection: Connection) -> Owner:
    """Return who the accounts of a card belong to."""
    holders = await reads.records(house.world, connection.application_id, Holder, connection.id)
    return render.owner(holders, house.world.institutions[connection.institution])


async def movements(
    house: House, connection: Connection, account: Stored[Any], view: View, today: date
) -> list[Stored[Transaction]]:
    """Return an account's transactions within the bounds of what a client wants to see; none of what is no account."""
    if not isinstance(account.record, Account) or not view.transactions:
        return []
    bounds = Filter(since=view.since(today), until=view.until())
    page = await reads.transactions_behind(house.world, connection.application_id, account.id, bounds, _ALL, None)
    return [entry.stored for entry in page.entries]
