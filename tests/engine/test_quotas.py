"""Monthly limits of Open Finance institutions: counted by person, kept, and told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR
from afluente.core.events import EventKind
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.due import schedule
from afluente.engine.institutions import quotas
from afluente.engine.syncing import sync
from afluente.store import events
from afluente.store.opening import open_database
from tests.engine.scene import APP, BANK, NOW, PRODUCTS, TOKEN, Rows, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """An institution of Open Finance that is synced every day; limits are kept, and the clock is stopped."""
    database = await open_database(database_url)
    made = Scene(database, replace(BANK, open_finance=True))
    await made.prepare(sync_every=DAY, quotas=True)
    await schedule.stop_clock(made.world, APP, NOW)
    yield made
    await made.runner.stop()
    await database.close()


async def advance(scene: Scene, span: int) -> None:
    """Move the application's clock on."""
    await schedule.advance(scene.world, APP, scene.world.now(APP) + span, scene.settle)


async def spent(scene: Scene, id: str) -> dict[str, int]:
    """Return what is spent of each budget."""
    return {one.what: one.spent for one in await quotas.budgets(scene.world, await scene.now_of(id))}


async def test_what_is_spent_is_not_asked_for_and_says_so_until_the_month_is_over(scene: Scene) -> None:
    """The holder may be asked for eight times a month: the ninth day it is stale with its reason, and no call is made;
    the first of the month it is fetched again."""
    connection = await scene.create()
    await advance(scene, 9 * DAY)
    assert scene.bank.fetches[Product.HOLDER] == 8
    found = await scene.now_of(connection.id)
    holder = found.product(Product.HOLDER)
    assert found.state is State.PARTLY_FRESH
    assert holder is not None
    assert (holder.updated, holder.updated_at, holder.outcome) == (False, NOW + 7 * DAY, "product.quota-spent")
    assert all(state.updated for state in found.products if state.product is not Product.HOLDER)
    assert quotas.next_month(NOW) - NOW < 10 * DAY
    await advance(scene, DAY)
    assert scene.bank.fetches[Product.HOLDER] == 9
    assert (await scene.now_of(connection.id)).state is State.FRESH


async def test_connections_of_one_person_draw_on_one_budget(scene: Scene) -> None:
    """The institution counts the person, whatever connection the call comes from."""
    first = await scene.create()
    await advance(scene, HOUR)
    second = await scene.create()
    assert await spent(scene, first.id) == await spent(scene, second.id)
    assert (await spent(scene, first.id))["transactions/history"] == 2


async def test_a_call_that_failed_and_its_retries_spend_nothing(scene: Scene) -> None:
    """Only what was answered counts."""
    connection = await scene.create()
    before = await spent(scene, connection.id)
    for product in (Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER):
        scene.bank.fails[product] = Refused("institution.unavailable")
    await advance(scene, 2 * DAY)
    assert scene.bank.fetches[Product.HOLDER] == 7
    assert await spent(scene, connection.id) == before


async def test_a_sync_in_which_all_is_spent_waits_for_the_next_month(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no failure that an hour could mend."""
    monkeypatch.setattr(quotas, "_MOST", {str(product): 1 for product in Product} | {"transactions/history": 1})
    connection = await scene.create()
    await advance(scene, 2 * DAY)
    found = await scene.now_of(connection.id)
    assert (found.outcome, found.state) == ("product.quota-spent", State.STALE)
    assert found.next_sync_at == quotas.next_month(NOW)


async def test_connections_that_run_together_do_not_both_find_the_last_call(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one of them is about to ask for is spent before it asks."""
    monkeypatch.setitem(quotas._MOST, str(Product.HOLDER), 3)
    first, second = await scene.create(), await scene.create(password="other")
    gate = scene.bank.gate(Product.HOLDER)
    scene.held_back = True
    await scene.update(first.id)
    await scene.update(second.id)
    running = asyncio.create_task(sync.run(scene.world, (await scene.now_of(first.id)).execution_id))
    await gate.reached.wait()
    await sync.run(scene.world, (await scene.now_of(second.id)).execution_id)
    gate.open.set()
    await running
    outcomes = [(await scene.now_of(one.id)).product(Product.HOLDER) for one in (first, second)]
    assert [one and one.outcome for one in outcomes] == [None, "product.quota-spent"]
    assert (scene.bank.fetches[Product.HOLDER], (await spent(scene, first.id))["holder"]) == (3, 3)


@pytest.mark.parametrize("challenged", [False, True])
async def test_an_execution_that_is_begun_again_spends_once(scene: Scene, challenged: bool) -> None:
    """A process that died behind its call leaves it counted, and whoever goes on with it counts no other; a question
    is no answer, so that what waits for the user holds nothing."""
    if challenged:
        scene.bank.asks_while_fetching[Product.HOLDER] = (TOKEN,)
        made = await scene.create()
        assert (await spent(scene, made.id))["holder"] == 0
        await scene.answer(made.id, "123456")
    else:
        scene.held_back = True
        made = await scene.create()
        gate = scene.bank.gate(Product.HOLDER)
        dying = asyncio.create_task(sync.run(scene.world, made.execution_id))
        await gate.reached.wait()
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
        assert (await spent(scene, made.id))["holder"] == 1
        await sync.run(scene.world, made.execution_id)
    assert (scene.bank.fetches[Product.HOLDER], (await spent(scene, made.id))["holder"]) == (2, 1)


async def test_a_finding_says_until_when_a_budget_is_spent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the month at midnight in Brasília; and so does the connection, where nothing else came."""
    monkeypatch.setitem(quotas._MOST, str(Product.HOLDER), 1)
    made = await scene.create()
    holder = (await scene.update(made.id)).product(Product.HOLDER)
    assert holder is not None and [one.data for one in holder.findings] == [{"until": "2026-10-01T03:00:00.000Z"}]
    monkeypatch.setattr(quotas, "_MOST", {**dict.fromkeys(Product, 0), "transactions/history": 0})
    assert (await scene.update(made.id)).attributes == {"until": "2026-10-01T03:00:00.000Z"}


async def test_budgets_of_months_that_are_over_go(scene: Scene, rows: Rows) -> None:
    """Piece by piece, also where the log is kept for ever; what is spent of this month stays."""
    await applications.set_policy(scene.world, APP, log_kept=0, sync_every=0)
    await scene.create()
    before = {row[1] for row in (await rows())["allowances"]}
    assert len(before) == len(PRODUCTS)
    await schedule.advance(scene.world, APP, quotas.next_month(NOW) - 1, scene.settle)
    assert {row[1] for row in (await rows())["allowances"]} == before
    await schedule.advance(scene.world, APP, quotas.next_month(NOW) + HOUR, scene.settle)
    await scene.create(password="other")
    after = {row[1] for row in (await rows())["allowances"]}
    await advance(scene, DAY)
    assert {row[1] for row in (await rows())["allowances"]} == after - before
    assert len(after - before) == len(PRODUCTS)


async def test_nothing_is_counted_where_nobody_asked_for_it(scene: Scene) -> None:
    """Limits are the application's to switch on, and other institutions have none."""
    await applications.set_policy(scene.world, APP, quotas=False)
    connection = await scene.create()
    await advance(scene, 9 * DAY)
    assert (scene.bank.fetches[Product.HOLDER], await spent(scene, connection.id)) == (10, {})


async def test_the_word_of_a_product_that_failed_says_until_when(scene: Scene) -> None:
    """The month's end where its calls are spent, the end of a rest that has a span, and nothing where nobody knows."""
    connection = await scene.create()
    await advance(scene, 8 * DAY)
    for meaning in ("institution.unavailable", "login.locked"):
        scene.bank.fails[Product.TRANSACTIONS] = Refused(meaning)
        await advance(scene, DAY)
    told = await events.of_connection(scene.world.database, connection.id, 0, 1_000)
    failed = {one.fact.meaning: (one.at, one.fact.until) for one in told if one.kind is EventKind.PRODUCT_FAILED}
    assert failed.pop("product.quota-spent")[1] == quotas.next_month(NOW)
    for meaning, (at, until) in failed.items():
        span = scene.world.meaning(meaning or "").retry.span
        assert until == (None if span is None else at + span.total_seconds() * 1_000)
    assert {until is None for _, until in failed.values()} == {True, False}
