"""Records in rows: merged, so that what the institution says again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal

import pytest

from afluente.core.accounts import Account, Bill
from afluente.store import snapshots
from afluente.store.database import Database
from tests.store.samples import account, stored

pytestmark = pytest.mark.anyio

MANY = 120
"""More than goes row by row on PostgreSQL, so that the bulk path is taken too."""


@pytest.fixture(params=[3, MANY])
async def size(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[int]:
    """How many records a test stores: few and many. The connection `c` is there."""
    async with database.transaction() as writer:
        await stored(writer, "c")
    yield int(request.param)


def entries(size: int, balance: str = "10.00") -> list[tuple[str, None, Account]]:
    """Accounts by id."""
    return [(f"id-{n:04}", None, account(str(n), balance)) for n in range(size)]


async def test_the_same_again_changes_nothing_and_counts_nothing(database: Database, size: int) -> None:
    """A second sync that says the same leaves `updated_at` where it was."""
    async with database.transaction() as writer:
        assert await snapshots.merge(writer, "c", entries(size), 100) == size
    async with database.transaction() as writer:
        assert await snapshots.merge(writer, "c", entries(size), 200) == 0
    found = await snapshots.of_connection(database, Account, "c")
    assert [(s.created_at, s.updated_at) for s in found] == [(100, 100)] * size


async def test_only_what_differs_is_changed_and_keeps_when_it_was_made(database: Database, size: int) -> None:
    """One balance moved: one row changed, `created_at` kept, and one that is new."""
    async with database.transaction() as writer:
        await snapshots.merge(writer, "c", entries(size), 100)
    changed = [*entries(size), (f"id-{size:04}", None, account(str(size)))]
    changed[1] = (changed[1][0], None, account("1", "99.99"))
    async with database.transaction() as writer:
        assert await snapshots.merge(writer, "c", changed, 200) == 2
    found = {s.id: s for s in await snapshots.of_connection(database, Account, "c")}
    assert len(found) == size + 1
    assert {id for id, s in found.items() if s.updated_at == 200} == {changed[1][0], changed[-1][0]}
    assert found[changed[1][0]].created_at == 100
    assert found[changed[1][0]].record.balance == Decimal("99.99")


async def test_of_two_with_the_same_id_the_last_one_counts(database: Database, size: int) -> None:
    """An institution that lists a thing twice breaks nothing, on either database."""
    async with database.transaction() as writer:
        assert await snapshots.merge(writer, "c", entries(size) + entries(1, "7.00"), 100) == size
    found = await snapshots.get(database, Account, "id-0000")
    assert found is not None and found.record.balance == Decimal("7.00")


async def test_records_come_in_the_institutions_order(database: Database, size: int) -> None:
    """Whatever their ids are; and a new order is a change."""
    async with database.transaction() as writer:
        await snapshots.merge(writer, "c", entries(size)[::-1], 100, first=10)
    assert [s.id for s in await snapshots.of_connection(database, Account, "c")] == [e[0] for e in entries(size)][::-1]
    async with database.transaction() as writer:
        await snapshots.merge(writer, "c", entries(size), 200, first=10)
    assert [s.id for s in await snapshots.of_connection(database, Account, "c")] == [e[0] for e in entries(size)]


async def test_merging_many_times_in_one_transaction_works(database: Database, size: int) -> None:
    """The temporary table of one merge is out of the way of the next."""
    async with database.transaction() as writer:
        counts = [await snapshots.merge(writer, "c", entries(size, f"{n}.00"), n) for n in range(8)]
    assert counts == [size] * 8


async def test_children_are_paged_counted_and_told_apart_by_kind(database: Database) -> None:
    """A bill belongs to its card; an id of another kind is not found."""
    bills = [
        (
            f"bill-{n}",
            "card",
            Bill(key=str(n), account_key="card", due_on=date(2026, 1, n + 1), total=Decimal(n), currency="BRL"),
        )
        for n in range(5)
    ]
    async with database.transaction() as writer:
        await stored(writer, "c")
        await snapshots.merge(writer, "c", [("card", None, account("card")), *bills], 100)
    assert await snapshots.count_of_parent(database, Bill, "card") == 5
    page = await snapshots.of_parent(database, Bill, "card", 2, 1)
    assert [(s.id, s.parent_id, s.connection_id, s.record) for s in page] == [
        (id, "card", "c", record) for id, _, record in bills[1:3]
    ]
    assert await snapshots.get(database, Bill, "card") is None
    assert await snapshots.ids(database, Bill, "c") == {id for id, _, _ in bills}
    async with database.transaction() as writer:
        await snapshots.remove(writer, {"bill-0", "bill-4"})
        await snapshots.remove(writer, set())
    assert await snapshots.ids(database, Bill, "c") == {"bill-1", "bill-2", "bill-3"}
    assert await snapshots.ids(database, Account, "c") == {"card"}
