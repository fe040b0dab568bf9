"""Transactions in rows against a model of plain Python: the same pages, the same counts, the same times."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afluente.core.accounts import CardPurchase, Merchant, Payment, Transaction
from afluente.core.money import to_units
from afluente.store import transactions
from afluente.store.database import Database
from afluente.store.transactions import Entry, Filter
from tests.store.samples import movement

pytestmark = pytest.mark.anyio

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
AMOUNT = st.decimals(-(10**12), 10**12, places=2) | st.decimals(-10, 10, places=5)
MOVEMENT = st.builds(
    Transaction,
    key=st.sampled_from([f"k{n}" for n in range(14)]),
    account_key=st.just(""),
    occurred_at=st.integers(0, 8) | st.integers(0, 4_102_444_800_000),
    amount=AMOUNT,
    currency=st.sampled_from(["BRL", "USD"]),
    description=TEXT,
    pending=st.booleans(),
    category=st.none() | st.sampled_from(["food", "travel.taxi"]),
    raw_description=st.none() | TEXT,
    balance_after=st.none() | AMOUNT,
    order=st.integers(0, 2),
    payment=st.none() | st.builds(Payment, method=st.just("pix"), reason=TEXT),
    card=st.none() | st.builds(CardPurchase, mcc=st.integers(1, 9), total=AMOUNT),
    merchant=st.none() | st.builds(Merchant, name=TEXT),
)
BATCH = st.lists(st.tuples(MOVEMENT, st.none() | st.sampled_from(["bill-1", "bill-2"])), max_size=20)
INSTANT = st.none() | st.integers(0, 9)
FILTER = st.builds(
    Filter,
    since=INSTANT,
    until=INSTANT,
    created_since=st.none() | st.integers(0, 4).map(lambda n: n * 100),
    bill_id=st.none() | st.sampled_from(["bill-1", "nothing"]),
)

accounts = itertools.count()


@dataclass
class Model:
    """What the table should hold of one account, by id."""

    account: str
    held: dict[str, dict[str, Any]] = field(default_factory=dict)

    def merge(self, batch: list[tuple[Transaction, str | None]], at: int) -> int:
        """Do what `merge` should, and return what it should."""
        last = {transactions.row(record, self.account, None, 0)[0]: (record, bill) for record, bill in batch}
        changed = 0
        for id, (record, bill) in last.items():
            told = (replace(record, amount=Decimal(0)), to_units(record.amount), str(record.balance_after), bill)
            known = self.held.get(id)
            if known is None:
                self.held[id] = {"record": record, "bill": bill, "told": told, "made": at, "at": at, "chosen": None}
            elif known["told"] != told:
                known |= {"record": record, "bill": bill, "told": told, "at": at}
            else:
                continue
            changed += 1
        return changed

    def found(self, wanted: Filter) -> list[str]:
        """Return the ids that a filter should let through, newest first."""
        kept = {
            id: one
            for id, one in self.held.items()
            if (wanted.since is None or one["record"].occurred_at >= wanted.since)
            and (wanted.until is None or one["record"].occurred_at < wanted.until)
            and (wanted.created_since is None or one["made"] >= wanted.created_since)
            and (wanted.bill_id is None or one["bill"] == wanted.bill_id)
            and (not wanted.ids or id in wanted.ids)
        }
        return sorted(kept, key=lambda id: (kept[id]["record"].occurred_at, id), reverse=True)

    def agrees(self, entry: Entry) -> bool:
        """Tell whether a stored transaction is what the model holds, all of it."""
        one = self.held[entry.stored.id]
        return (
            entry.stored.record == one["record"]
            and entry.stored.parent_id == self.account
            and (entry.bill_id, entry.chosen_category) == (one["bill"], one["chosen"])
            and (entry.stored.created_at, entry.stored.updated_at) == (one["made"], one["at"])
        )


async def everything(database: Database, account: str, wanted: Filter, size: int) -> list[Entry]:
    """Read page behind page until there is none."""
    found: list[Entry] = []
    after = None
    while page := await transactions.behind(database, account, wanted, size, after):
        assert len(page) <= size and page[0] not in found
        found += page
        after = (page[-1].stored.record.occurred_at, page[-1].stored.id)
    return found


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(BATCH, min_size=1, max_size=4),
    wanted=FILTER,
    size=st.integers(1, 7),
    skip=st.integers(0, 15),
    since=st.integers(0, 9),
    picked=st.sets(st.integers(0, 13), max_size=4),
)
async def test_the_table_is_what_a_plain_model_says(
    database: Database,
    batches: list[list[tuple[Transaction, str | None]]],
    wanted: Filter,
    size: int,
    skip: int,
    since: int,
    picked: set[int],
) -> None:
    """Whatever is merged, chosen and removed: counts, times, filters and every way of paging agree."""
    account = f"account-{next(accounts)}"
    model = Model(account)
    for number, batch in enumerate(batches, 1):
        rows = [transactions.row(record, account, bill, number * 100) for record, bill in batch]
        async with database.transaction() as writer:
            assert await transactions.merge(writer, rows) == model.merge(batch, number * 100)
            if number == 1:
                for id in sorted(model.held)[:2]:
                    await transactions.choose_category(writer, id, "chosen", 150)
                    model.held[id] |= {"chosen": "chosen", "at": 150}
    ids = sorted(model.held)
    gone = {ids[n] for n in picked if n < len(ids)} - set(ids[:2])
    async with database.transaction() as writer:
        assert await transactions.remove(writer, gone | {"not there"}) == len(gone)
    for id in gone:
        del model.held[id]

    for asked in (wanted, Filter(), Filter(ids=(*ids[:5], "not there"))):
        expected = model.found(asked)
        found = await everything(database, account, asked, size)
        assert [entry.stored.id for entry in found] == expected
        assert all(model.agrees(entry) for entry in found)
        total, page = await transactions.numbered(database, account, asked, size, skip)
        assert (total, [entry.stored.id for entry in page]) == (len(expected), expected[skip : skip + size])
    records = [one["record"] for one in model.held.values()]
    assert await transactions.keys(database, account) == {record.key for record in records}
    assert await transactions.ids_since(database, account, since) == set(model.found(Filter(since=since)))
    lately = await transactions.lately(database, account, since)
    assert list(lately) == model.found(Filter(since=since))[::-1]
    again = {row[0]: row for row in (transactions.row(record, account, bill, 900) for record, bill in batches[0])}
    compared = await transactions.compared(database, list(again.values()))
    different = [row for id, row in again.items() if id in lately and transactions.differs(lately[id], row)]
    assert different == [row for _, row in compared.changed if row[0] in lately]
    assert all(transactions.differs(there, row) and there[0] == row[0] for there, row in compared.changed)
    newest = await transactions.newest(database, account, size)
    assert [row[0] for row in newest] == model.found(Filter())[:size]
    units = sum(to_units(record.amount)[0] for record in records)
    assert await transactions.total(database, account) == (len(records), units)
    for id in ids:
        entry = await transactions.get(database, id)
        assert entry is None if id in gone else entry is not None and model.agrees(entry)
    assert len(compared.fresh) + len(compared.changed) == model.merge(batches[0], 900)
    assert {row[0] for row in compared.fresh} == {id for id, one in model.held.items() if one["made"] == 900}
    assert {row[0] for row in (*compared.fresh, *(row for _, row in compared.changed))} == {
        id for id, one in model.held.items() if one["at"] == 900
    }


async def test_a_bulk_merge_tells_and_does_what_a_small_one_does(database: Database) -> None:
    """Thousands of rows by the driver's own bulk path: new ones, changed ones, the same again, one twice."""
    records = [movement(f"{n}", at=n) for n in range(3_000)]

    def rows(at: int, *last: Transaction) -> list[tuple[Any, ...]]:
        return [transactions.row(record, "account", None, at) for record in (*records, *last)]

    async with database.transaction() as writer:
        assert await transactions.merge(writer, rows(1)) == 3_000
    async with database.transaction() as writer:
        assert await transactions.merge(writer, rows(2)) == 0
        again = [movement("7", at=7, amount="-2.00"), movement("8", at=8), movement("new", at=9)]
        assert await transactions.merge(writer, rows(3, *again)) == 2
    found = await everything(database, "account", Filter(), 500)
    assert len(found) == 3_001
    assert {e.stored.record.key: e.stored.created_at for e in found if e.stored.updated_at == 3} == {"7": 1, "new": 3}
    assert await transactions.total(database, "account") == (3_001, -300_200)


async def test_of_many_rows_those_are_told_that_are_new_or_different(database: Database) -> None:
    """They are read in pieces, and many lie at the same instant."""
    records = [movement(f"{n}", at=n // 300) for n in range(1_300)]
    async with database.transaction() as writer:
        await transactions.merge(writer, [transactions.row(record, "account", None, 1) for record in records])
    lately = await transactions.lately(database, "account", 1)
    now = [*records[:700], replace(records[700], pending=True), *records[701:], movement("new", at=0)]
    rows = [transactions.row(record, "account", None, 2) for record in now]
    assert lately.keys() == {row[0] for row in rows[300:-1]}
    assert await transactions.compared(database, rows) == ([rows[-1]], [(lately[rows[700][0]], rows[700])])
    assert [row for row in rows[300:-1] if transactions.differs(lately[row[0]], row)] == [rows[700]]


async def test_a_chosen_category_outlives_every_merge(database: Database) -> None:
    """It is the application's; what the institution says of the category goes beside it."""
    async with database.transaction() as writer:
        row = transactions.row(movement("k", category="food"), "account", None, 1)
        await transactions.merge(writer, [row])
        await transactions.choose_category(writer, row[0], "travel", 2)
        await transactions.merge(writer, [transactions.row(movement("k", category="rent"), "account", None, 3)])
    entry = await transactions.get(database, row[0])
    assert entry is not None
    assert (entry.chosen_category, entry.stored.record.category) == ("travel", "rent")
    assert (entry.stored.created_at, entry.stored.updated_at) == (1, 3)


async def test_nothing_is_read_of_an_account_that_has_none(database: Database) -> None:
    """Empty answers, and nothing to remove."""
    assert await transactions.behind(database, "none", Filter(), 10, None) == []
    assert await transactions.numbered(database, "none", Filter(), 10, 0) == (0, [])
    assert await transactions.total(database, "none") == (0, 0)
    assert await transactions.get(database, "none") is None
    async with database.transaction() as writer:
        assert await transactions.remove(writer, []) == 0
        assert await transactions.merge(writer, []) == 0
