"""Movements that come late are found: by reading further back where they do, and all of them now and then."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.institutions import quotas
from afluente.engine.records import lateness, windows
from afluente.engine.records.storing import account_id
from afluente.store import connections as rows
from afluente.store import transactions
from afluente.store.database import Database
from afluente.store.opening import open_database
from tests.engine.scene import BANK, NOW, PRODUCTS, Scene, account, movement

pytestmark = pytest.mark.anyio

WEEK: Instant = 7 * DAY


async def synced(scene: Scene, made: Connection, at: Instant, *more: Transaction) -> tuple[Connection, Instant | None]:
    """Let the institution list more and sync; return the connection, and how far before the last sync it was read."""
    before = made.products[1].updated_at or 0
    scene.bank.holds[Product.TRANSACTIONS] += more
    scene.clock.at = at
    updated = await scene.update(made.id)
    since = scene.bank.since[Product.TRANSACTIONS][-1]
    return updated, None if since is None else before - since


async def count(scene: Scene, made: Connection) -> int:
    """Return how many movements are stored."""
    return (await transactions.total(scene.world.database, account_id(made.id, "1")))[0]


async def test_who_comes_late_is_waited_for_longer(scene: Scene) -> None:
    """By half as much again as the latest was late, for a while; and that is what the measurement tells."""
    made = await scene.create()
    made, back = await synced(scene, made, NOW + DAY, movement(10, NOW + HOUR))
    assert back == WEEK and made.reading.late == 0
    made, back = await synced(scene, made, NOW + 2 * DAY, movement(11, NOW - 6 * DAY))
    assert back == WEEK and made.reading.late == 7 * DAY - 11
    made, back = await synced(scene, made, NOW + 3 * DAY, movement(12, NOW - 8 * DAY))
    assert back is not None and back > 10 * DAY
    assert await count(scene, made) == 6
    measured = await lateness.measured(scene.world, made)
    assert measured.overlap == windows.overlap(scene.world, made) // DAY > 7
    made, back = await synced(scene, made, NOW + 3 * DAY + windows.REMEMBERED, movement(13, NOW + 90 * DAY))
    made, back = await synced(scene, made, NOW + 4 * DAY + windows.REMEMBERED, movement(14, NOW + 91 * DAY))
    assert back == WEEK


async def test_everything_is_read_once_a_month(scene: Scene) -> None:
    """What came later than anything before is found then; history that is shown now makes nobody wait longer."""
    made = await scene.create()
    late = movement(10, NOW - 20 * DAY)
    made, back = await synced(scene, made, NOW + DAY, late)
    assert back == WEEK and await count(scene, made) == 3
    scene.clock.at = NOW + windows.WHOLE - HOUR
    scene.bank.login_fails = Refused("institution.unavailable")
    made = await scene.update(made.id)
    scene.bank.login_fails = None
    # what was tried in vain is no reason to ask for more
    made, back = await synced(scene, made, NOW + windows.WHOLE)
    assert back == WEEK
    made, back = await synced(scene, made, NOW + windows.WHOLE, movement(11, NOW - 300 * DAY))
    assert back is None and await count(scene, made) == 5
    assert made.reading.late == 0 and made.reading.whole_at == NOW + windows.WHOLE
    made, back = await synced(scene, made, NOW + windows.WHOLE + DAY)
    assert back == WEEK


async def test_what_the_balances_miss_is_looked_for_soon(scene: Scene) -> None:
    """Once in three days, until it is there; behind a failure nothing more than usual is asked for."""

    def chained(number: int, at: Instant, balance: str) -> Transaction:
        return replace(movement(number, at), balance_after=Decimal(balance))

    scene.bank.holds[Product.ACCOUNTS] = [account(balance="7.00")]
    first = [chained(0, NOW - 30 * DAY, "10.00"), chained(2, NOW - DAY, "8.00"), chained(3, NOW - HOUR, "7.00")]
    scene.bank.holds[Product.TRANSACTIONS] = list(first)
    made = await scene.create()
    assert any(one.startswith("product.transactions.balance-mismatch") for one in made.products[1].noticed)
    made, back = await synced(scene, made, NOW + DAY)
    assert back == WEEK
    scene.bank.login_fails = Refused("institution.unavailable")
    made = await scene.update(made.id)
    scene.bank.login_fails = None
    missing = chained(1, NOW - 20 * DAY, "9.00")
    made, back = await synced(scene, made, NOW + windows.MISSED, missing)
    assert back is not None
    made, back = await synced(scene, made, NOW + windows.MISSED + HOUR)
    assert back is None and await count(scene, made) == 4
    assert not any(one.startswith("product.transactions.balance-mismatch") for one in made.products[1].noticed)
    # that it came so late is known now
    made, back = await synced(scene, made, NOW + 3 * windows.MISSED)
    assert back == windows.overlap(scene.world, made) > 30 * DAY


async def test_what_is_counted_is_spent_on_purpose_and_not_to_the_last(database_url: str) -> None:
    """Late movements do not make every call a dear one; now and then all is read, unless few calls are left."""
    database, scene = await _open_finance(database_url)
    try:
        made = await scene.create(products=PRODUCTS[:2])
        made, back = await synced(scene, made, NOW + DAY, movement(11, NOW - 6 * DAY))
        assert back == WEEK and made.reading.late > 5 * DAY
        made, back = await synced(scene, made, NOW + 2 * DAY, movement(12, NOW + DAY))
        assert back == WEEK
        budgets = {one.what: one.left for one in await quotas.budgets(scene.world, made)}
        scene.clock.at = NOW + windows.WHOLE
        monthly = {one.what: one.left for one in await quotas.budgets(scene.world, made)}
        made, back = await synced(scene, made, NOW + windows.WHOLE, movement(13, NOW + DAY))
        assert back is None
        history = f"{Product.TRANSACTIONS}/history"
        now = {one.what: one.left for one in await quotas.budgets(scene.world, made)}
        assert budgets[history] == 7 and now[history] == monthly[history] - 1
    finally:
        await scene.runner.stop()
        await database.close()


async def _open_finance(url: str) -> tuple[Database, Scene]:
    database = await open_database(url)
    scene = Scene(database, replace(BANK, open_finance=True))
    await scene.prepare(quotas=True)
    return database, scene


async def test_few_calls_that_are_left_are_nobodys_but_the_clients(database_url: str) -> None:
    """The month's look at everything waits; the recent part is read all the same, and the sync succeeds."""
    database, scene = await _open_finance(database_url)
    try:
        made = await scene.create(products=PRODUCTS[:2])
        due = NOW + windows.WHOLE
        scene.clock.at = quotas.next_month(due)
        for number in range(20, 25):
            scene.bank.holds[Product.ACCOUNTS].append(account(str(number)))
            made, back = await synced(scene, made, scene.clock.at + HOUR)
            assert back is None
        before = made.reading.whole_at or 0
        made, back = await synced(scene, made, scene.clock.at + HOUR, movement(30, scene.clock.at))
        async with database.transaction() as writer:
            await rows.put(writer, replace(made, reading=replace(made.reading, whole_at=before - windows.WHOLE)))
        made, back = await synced(scene, made, scene.clock.at + HOUR, movement(31, scene.clock.at + HOUR))
        assert back == WEEK and made.outcome == "success"
    finally:
        await scene.runner.stop()
        await database.close()
