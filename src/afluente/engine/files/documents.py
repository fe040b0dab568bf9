"""Documents that are made when they are fetched, of what is stored."""

from __future__ import annotations

import asyncio

import msgspec

from afluente import documents
from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.core.holders import Holder
from afluente.engine.records import reads
from afluente.engine.world import World
from afluente.store import snapshots, transactions
from afluente.store.transactions import Filter


class Document(msgspec.Struct, frozen=True):
    """A statement as it is fetched: a PDF, `month` is `YYYY-MM`. `number` is its 32 capital hexadecimal digits."""

    number: str
    account: Stored[Account]
    month: str
    content: bytes


async def statement(world: World, application_id: str, statement_id: str, language: str | None = None) -> Document:
    """Return the document of a stored statement, in `language` or else that of the institution's country.

    It is drawn in a thread, because that takes some milliseconds a page. Raises `request.not-found.account`.
    """
    owner, month, entries = await reads.month_of(world, application_id, statement_id)
    held = await reads.connection(world, application_id, owner.connection_id)
    holders = await snapshots.of_connection(world.database, Holder, owner.connection_id)
    movements = [entry.stored.record for entry in entries]
    closing = None
    if not movements:
        first, _ = documents.begins_and_ends(month)
        before = await transactions.behind(world.database, owner.id, Filter(until=first), 1, None)
        closing = before[0].stored.record.balance_after if before else None
    content = await asyncio.to_thread(
        documents.statement_pdf,
        holders[0].record if holders else None,
        world.institutions[held.institution],
        owner.record,
        movements,
        month,
        language,
        closing=closing,
    )
    return Document(documents.statement_id(statement_id), owner, month, content)
