"""What an execution holds in memory of what it has stored: it is what lies in the database, or it is read again."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.clock import DAY, HOUR
from afluente.core.products import Product
from afluente.engine.due import erasing
from afluente.engine.records.held import held_of
from afluente.engine.records.storing import account_id, store_transactions
from afluente.engine.syncing import checks, walking
from afluente.store import findings, snapshots, transactions
from afluente.store.database import Reader, Row
from afluente.store.findings import Kept
from tests.engine.scene import APP, NOW, Scene, account, movement

pytestmark = pytest.mark.anyio


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the connections whose records are read."""
    asked, few = list[str](), snapshots.few

    async def noting(reader: Reader, connection_id: str) -> list[Row]:
        asked.append(connection_id)
        return await few(reader, connection_id)

    monkeypatch.setattr(snapshots, "few", noting)
    return asked


async def test_records_are_read_once_for_an_execution(scene: Scene, reads: list[str]) -> None:
    """However many products ask for them, and though some of them are written."""
    made = await scene.create(products=(Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER))
    reads.clear()
    scene.clock.at += HOUR
    scene.bank.holds[Product.ACCOUNTS] = [account("2"), account("1", balance="7.00"), account("3")]
    updated = await scene.update(made.id)
    assert reads == [made.id]
    held = await held_of(scene.world.database, updated)
    told = [(one.record.key, str(one.record.balance), one.created_at - NOW) for one in held.of(Account)]
    assert told == [("2", "10.00", HOUR), ("1", "7.00", 0), ("3", "10.00", HOUR)]


async def test_what_was_written_is_held_as_it_lies_in_the_database(scene: Scene) -> None:
    """New, different and gone; kinds of which there may be many are left out, and the first instant stays."""
    made, database = await scene.create(), scene.world.database
    before = await held_of(database, made)
    entries = [(id, None, account(id)) for id in "ab"]
    first = snapshots.rows_of(made.id, entries, NOW)
    rows = snapshots.rows_of(made.id, [("b", None, account("b", balance="1.00"))], NOW + 1, 7)
    bill = ("bill", made.id, "bill", None, 0, "{}", NOW, NOW)
    async with database.transaction() as writer:
        assert await snapshots.merge_rows(writer, first) == 2
        assert await snapshots.merge_rows(writer, rows) == 1
        await snapshots.remove(writer, {"a"})
    held = before.after(first, ()).after([*rows, bill], {"a"})
    assert held.rows == (await held_of(database, made)).rows
    assert sorted(held.differing([*rows, *first, bill])) == sorted([*first, bill])


async def test_of_an_account_that_is_listed_twice_the_last_stays(scene: Scene) -> None:
    """Also where only the one before it says anything new."""
    made = await scene.create()
    scene.clock.at += HOUR
    scene.bank.holds[Product.ACCOUNTS] = [account("1", balance="7.00"), account("1")]
    await scene.update(made.id)
    scene.clock.at += HOUR
    scene.bank.holds[Product.ACCOUNTS] = [account("1", balance="8.00"), account("1")]
    updated = await scene.update(made.id)
    held = await held_of(scene.world.database, updated)
    assert [str(one.record.balance) for one in held.of(Account)] == ["10.00"]


async def test_what_is_held_is_read_again_when_somebody_has_changed_it(scene: Scene, reads: list[str]) -> None:
    """Whoever erases takes the digests away; while there are none nothing tells, and it is read each time."""
    made, database = await scene.create(), scene.world.database
    known = await held_of(database, made)
    assert await held_of(database, made, known) is known
    await erasing.erase(scene.world, made.id, account_id(made.id, "1"), Account)
    left = await scene.now_of(made.id)
    reads.clear()
    known = await held_of(database, left, known)
    assert known.of(Account) == []
    assert await held_of(database, left, known) is not known
    assert reads == [made.id] * 2


async def test_an_account_that_is_erased_while_its_movements_are_fetched_gets_none(scene: Scene) -> None:
    """What was held when they were asked for is not what there is when they are stored."""
    made = await scene.create()
    id = account_id(made.id, "1")
    gate = scene.bank.gate(Product.TRANSACTIONS)
    updating = asyncio.create_task(scene.update(made.id))
    await gate.reached.wait()
    await erasing.erase(scene.world, made.id, id, Account)
    gate.open.set()
    updated = await updating
    assert [state.outcome for state in updated.products][:2] == [None, "product.depends-on-accounts"]
    assert await transactions.total(scene.world.database, id) == (0, 0)


async def test_of_an_account_all_is_near_that_lies_behind_an_instant(scene: Scene) -> None:
    """Whatever the institution lists, and however much happens at one instant; and what is gone of a span is deleted,
    however much there is behind it."""
    made, database, chance = await scene.create(), scene.world.database, Random(5)
    owner = account_id(made.id, "1")
    cut = False
    for _ in range(40):
        days = [(n + chance.randrange(9) // 8) % 9 for n in range(90)]
        every = [
            replace(movement(n, amount=f"-{n % 9 + 1}.00"), occurred_at=NOW - day * DAY) for n, day in enumerate(days)
        ]
        since = chance.choice([None, NOW - 6 * DAY, NOW - 2 * DAY])
        span = [one for one in every if since is None or one.occurred_at >= since]
        listed = chance.sample(span, chance.randrange(len(span)))
        async with database.transaction() as writer:
            written = await store_transactions(writer, made.id, {owner}, listed, since, NOW, ["1"])
        there = await transactions.newest(database, owner, 999)
        if since is not None:
            assert len([row for row in there if row[2] >= since]) == len(listed)
        near = written.near[owner]
        cut |= near.since is not None
        assert sorted(row[:12] for row in near.rows) == sorted(
            row for row in there if near.since is None or row[2] >= near.since
        )
    assert cut


async def test_a_pass_over_other_movements_than_were_stored_reads_them(scene: Scene) -> None:
    """What storing had in hand is of its own digest alone."""
    made = await scene.create()
    owner = account_id(made.id, "1")
    async with scene.world.database.transaction() as writer:
        written = await store_transactions(writer, made.id, {owner}, [movement(9)], None, NOW)
    async with scene.world.database.transaction() as writer:
        await transactions.remove(writer, [row[0] for row in written.near[owner].rows])

    async def total(of: str) -> int:
        told = replace(written, digest="stored")
        passes = await walking.walk(scene.world, scene.world.database, made, {owner: "BRL"}, Kept(), of, told)
        return passes.walked[owner].total

    assert (await total("stored"), await total("other")) == (4, 0)


async def test_what_a_client_tells_while_a_check_runs_stays(scene: Scene) -> None:
    """The check writes over nothing that it has not seen."""
    made, database = await scene.create(), scene.world.database
    found = await checks.run(scene.world, database, made, anew=True)
    news = replace(found, kept=replace(found.kept, digest="news"))
    await checks.tell(scene.world, APP, made.id, without_transactions=True)
    async with database.transaction() as writer:
        await checks.put(writer, made, news, NOW)
    held = await findings.get(database, made.id)
    assert held is not None
    assert (held[0].request, held[0].digest) == ({"without_transactions": True}, "news")
