"""Data and credentials that are kept for a time only."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR
from afluente.core.lifecycle import State
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.due import schedule
from afluente.store import connections as rows_of
from tests.engine.scene import APP, NOW, TOKEN, Rows, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(scene: Scene) -> Scene:
    """The application's clock is stopped."""
    await schedule.stop_clock(scene.world, APP, NOW)
    return scene


async def advance(scene: Scene, span: int) -> None:
    """Move the application's clock on."""
    await schedule.advance(scene.world, APP, scene.world.now(APP) + span, scene.settle)


async def held(rows: Rows) -> tuple[int, int]:
    """Return how many records and transactions there are."""
    found = await rows()
    return len(found["records"]), len(found["transactions"])


async def test_data_that_is_not_refreshed_is_erased_at_its_time_and_the_connection_stays(
    scene: Scene, rows: Rows
) -> None:
    """Not a millisecond before; what had been there is asked for whole the next time, and comes back."""
    made = await scene.create(data_lasts=30 * DAY)
    other = await scene.create(password="other")
    before = await held(rows)
    await advance(scene, 30 * DAY - 1)
    assert await held(rows) == before
    await advance(scene, 1)
    left = await scene.now_of(made.id)
    assert (left.state, left.last_success_at) == (State.FRESH, NOW)
    assert all((state.updated, state.updated_at) == (False, None) for state in left.products)
    assert left.digests == {}
    assert await held(rows) == tuple(number // 2 for number in before)
    assert (await scene.now_of(other.id)).data_until is None
    await scene.update(made.id)
    assert await held(rows) == before
    assert scene.bank.since[Product.TRANSACTIONS][-1] is None


async def test_a_note_leaves_those_alone_that_others_have_written_meanwhile(scene: Scene) -> None:
    """Who writes one names that one, and not all that it has read before."""
    made = await scene.create()
    await connections.keep_notes(scene.world, APP, made.id, {"mine": "1", "other": "1"})
    await connections.keep_notes(scene.world, APP, made.id, {"mine": "2"})
    assert (await scene.now_of(made.id)).notes == {"mine": "2", "other": "1"}
    await connections.keep_notes(scene.world, APP, made.id, {"mine": None})
    assert (await scene.now_of(made.id)).notes == {"other": "1"}


async def test_what_is_refreshed_is_kept_on_from_then(scene: Scene, rows: Rows) -> None:
    """Each success begins the time anew, whoever wanted it; a failure does not."""
    await applications.set_policy(scene.world, APP, sync_every=20 * DAY)
    made = await scene.create(data_lasts=30 * DAY)
    before = await held(rows)
    await advance(scene, 100 * DAY)
    assert await held(rows) == before
    scene.bank.fails = {product: ConnectionError() for product in Product}
    await advance(scene, 50 * DAY)
    assert (await scene.now_of(made.id)).data_until is None
    assert await held(rows) == (0, 0)


async def test_a_question_that_stands_open_keeps_nothing_longer(scene: Scene, rows: Rows) -> None:
    """The data goes at its time, the question stays for its own."""
    made = await scene.create(data_lasts=DAY)
    await advance(scene, DAY - HOUR)
    scene.bank.asks = (replace(TOKEN, lasts=5 * HOUR),)
    assert (await scene.update(made.id)).state is State.ASKING
    await advance(scene, 2 * HOUR)
    left = await scene.now_of(made.id)
    assert left.state is State.ASKING
    assert await held(rows) == (0, 0)
    assert (await scene.answer(made.id, "right")).state is State.FRESH
    assert (await held(rows))[1] == 3


async def test_credentials_are_forgotten_at_their_time_once(scene: Scene, rows: Rows) -> None:
    """They go with the data or without it; what there is of the connection can still be read."""
    made = await scene.create(credentials_last=10 * DAY)
    await advance(scene, 10 * DAY - 1)
    assert len((await rows())["credentials"]) == 1
    await advance(scene, 1)
    found = await rows()
    assert not found["credentials"]
    assert found["transactions"]
    left = await rows_of.get(scene.world.database, made.id)
    assert left is not None and rows_of.due(left) is None


async def test_real_time_erases_by_the_same_code(scene: Scene, rows: Rows) -> None:
    """And how long it is kept can be changed on the way, to a time that is over already."""
    await schedule.release_clock(scene.world, APP)
    made = await scene.create(data_lasts=300 * DAY)
    scene.clock.at = NOW + 10 * DAY
    assert await schedule.tick(scene.world) == 0
    await connections.keep_for(scene.world, APP, made.id, data=10 * DAY, credentials=None)
    assert await schedule.tick(scene.world) == 1
    assert await schedule.tick(scene.world) == 0
    assert await held(rows) == (0, 0)


async def test_of_what_is_due_at_once_erasing_comes_first_and_the_sync_fills_anew(scene: Scene, rows: Rows) -> None:
    """A sync at the very instant at which the data is over reads all of it again."""
    await applications.set_policy(scene.world, APP, sync_every=30 * DAY)
    await scene.create(data_lasts=30 * DAY)
    before = await held(rows)
    await advance(scene, 30 * DAY)
    assert await held(rows) == before
    assert scene.bank.since[Product.TRANSACTIONS] == [None, None]
