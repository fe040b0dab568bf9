"""What is held of one connection: read from storage, or handed over by an execution whose records are not kept.

Both are read in the same way, so what is made of them need not know which it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from afluente.core.accounts import Account, Transaction
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection, Stored
from afluente.core.documents import Balance
from afluente.core.identity import derived_id
from afluente.core.ports import Fetched
from afluente.core.products import Product
from afluente.engine.records.categories import Chooser, chooser
from afluente.engine.records.storing import account_id, as_stored, bill_id
from afluente.engine.world import World
from afluente.store import registers, searches, snapshots
from afluente.store.searches import DaySum, Search
from afluente.store.transactions import Entry

__all__ = ["DaySum", "Entry", "Handed", "Holdings", "Search", "Written", "stored"]

_T = TypeVar("_T", bound=snapshots.Kept)


class Holdings(Protocol):
    """The records of one connection."""

    @property
    def connection(self) -> Connection:
        """Whose records they are."""

    @property
    def choose(self) -> Chooser:
        """What a transaction is filed under."""

    async def records(self, type_: type[_T]) -> list[Stored[_T]]:
        """Return all records of one kind, in the institution's order."""

    def walk(self, search: Search) -> AsyncIterator[list[Entry]]:
        """Yield transactions in pieces: account by account, each newest first."""

    async def by_day(self, account: Stored[Account], offset: Instant, since: Instant) -> list[DaySum]:
        """Return what moved on an account on each day from an instant on; days begin `offset` before UTC's."""


async def stored(world: World, connection: Connection) -> Written:
    """Return what storage holds of a connection; nothing before its first success."""
    return Written(world, connection, chooser(await registers.rules.all(world.database, connection.application_id)))


class Written(msgspec.Struct, frozen=True):
    """What is in storage."""

    world: World
    connection: Connection
    choose: Chooser

    async def records(self, type_: type[_T]) -> list[Stored[_T]]:
        """Read them."""
        if self.connection.last_success_at is None:
            return []
        return await snapshots.of_connection(self.world.database, type_, self.connection.id)

    def walk(self, search: Search) -> AsyncIterator[list[Entry]]:
        """Read them piece by piece."""
        return searches.walk(self.world.database, search)

    async def count(self, search: Search) -> int:
        """Return how many transactions there are."""
        return await searches.count(self.world.database, search)

    async def numbered(self, search: Search, size: int, skip: int) -> list[Entry]:
        """Return up to `size` transactions, newest first over all accounts, behind the first `skip`."""
        return await searches.numbered(self.world.database, search, size, skip)

    async def by_day(self, account: Stored[Account], offset: Instant, since: Instant) -> list[DaySum]:
        """Let the database add them up."""
        return await searches.by_day(self.world.database, account.id, offset, since)


class Handed:
    """What an execution fetched that is stored nowhere; ids are those that storing would give."""

    def __init__(self, connection: Connection, fetched: Mapping[Product, Fetched], at: Instant) -> None:
        self.connection = connection
        every = [record for product in Product if product in fetched for record in fetched[product].records]
        kept = [record for record in every if not isinstance(record, Transaction | Balance)]
        self._records = list({one.id: one for one in as_stored(connection.id, kept, at)}.values())
        self._entries = self._of_accounts([record for record in every if isinstance(record, Transaction)], at)

    @property
    def choose(self) -> Chooser:
        """The institution's own category: rules are for what is kept."""
        return chooser(())

    def _of_accounts(self, movements: list[Transaction], at: Instant) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for record in movements:
            owner = account_id(self.connection.id, record.account_key)
            bill = record.card and record.card.bill_key
            one = Stored(derived_id(owner, "transaction", record.key), self.connection.id, owner, record, at, at)
            found.setdefault(owner, []).append(Entry(one, bill_id(self.connection.id, bill) if bill else None, None))
        for entries in found.values():
            entries.sort(key=lambda one: (one.stored.record.occurred_at, one.stored.id), reverse=True)
        return found

    def add(self, record: snapshots.Kept, at: Instant) -> Stored[Any]:
        """Take in a record that was made of the others."""
        made = as_stored(self.connection.id, [record], at)[0]
        self._records.append(made)
        return made

    async def records(self, type_: type[_T]) -> list[Stored[_T]]:
        """Return those of one kind."""
        return [one for one in self._records if isinstance(one.record, type_)]  # type: ignore[misc]

    async def walk(self, search: Search) -> AsyncIterator[list[Entry]]:
        """Yield an account's at once: they are in memory anyway. Only spans of time are looked at."""
        for account in search.accounts:
            yield [
                entry
                for entry in self._entries.get(account, ())
                if search.since is None or entry.stored.record.occurred_at >= search.since
                if search.until is None or entry.stored.record.occurred_at < search.until
            ]

    async def by_day(self, account: Stored[Account], offset: Instant, since: Instant) -> list[DaySum]:
        """Add them up."""
        sums: dict[tuple[int, str], DaySum] = {}
        for entry in self._entries.get(account.id, ()):
            record = entry.stored.record
            if record.occurred_at < since:
                continue
            day = (record.occurred_at + offset) // DAY
            before = sums.get((day, record.currency))
            count, total = (before.count + 1, before.total + record.amount) if before else (1, record.amount)
            sums[day, record.currency] = DaySum(day, record.currency, count, total)
        return [sums[key] for key in sorted(sums)]
