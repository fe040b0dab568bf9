"""Monthly limits of Open Finance institutions: counted by person, kept, and told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.due import schedule
from afluente.engine.institutions import quotas
from afluente.store.opening import open_database
from tests.engine.scene import APP, BANK, NOW, Scene

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


async def test_nothing_is_counted_where_nobody_asked_for_it(scene: Scene) -> None:
    """Limits are the application's to switch on, and other institutions have none."""
    await applications.set_policy(scene.world, APP, quotas=False)
    connection = await scene.create()
    await advance(scene, 9 * DAY)
    assert (scene.bank.fetches[Product.HOLDER], await spent(scene, connection.id)) == (10, {})
