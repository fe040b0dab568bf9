"""Who is due: syncs by themselves, retries that end, and a clock that jumps over all of it in order."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR, StoppedClock
from afluente.core.connections import Trigger
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.due import schedule
from afluente.store import applications as stored
from afluente.store import connections as rows
from afluente.store import executions
from tests.engine.scene import APP, BANK, NOW, Scene, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(scene: Scene) -> Scene:
    """Connections are synced every eight hours; the application's clock is stopped."""
    await applications.set_policy(scene.world, APP, sync_every=8 * HOUR)
    await schedule.stop_clock(scene.world, APP, NOW)
    return scene


async def advance(scene: Scene, span: int) -> None:
    """Move the application's clock on."""
    await schedule.advance(scene.world, APP, scene.world.now(APP) + span, scene.settle)


async def begun(scene: Scene, id: str) -> list[tuple[int, str]]:
    """Return when each execution began, in hours from the start, and who wanted it; oldest first."""
    found = await executions.latest(scene.world.database, id, 100)
    return [((run.started_at - NOW) // HOUR, str(run.trigger)) for run in found][::-1]


async def test_a_success_is_followed_by_the_next_sync_at_its_interval(scene: Scene) -> None:
    """Every eight hours, counted from the end of the one before, each at its own time."""
    connection = await scene.create()
    assert connection.next_sync_at == NOW + 8 * HOUR
    await advance(scene, DAY)
    assert await begun(scene, connection.id) == [(0, "client"), (8, "schedule"), (16, "schedule"), (24, "schedule")]
    after = await scene.now_of(connection.id)
    assert (after.state, after.last_success_at, after.next_sync_at) == (State.FRESH, NOW + DAY, NOW + 32 * HOUR)


async def test_a_failure_is_tried_again_five_times_an_hour_apart_and_then_no_more(scene: Scene) -> None:
    """The sync that was due and five retries; then the connection is dropped from the schedule."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    await advance(scene, 7 * DAY)
    hours = [hour for hour, _ in await begun(scene, connection.id)]
    assert hours == [0, 8, 9, 10, 11, 12, 13]
    after = await scene.now_of(connection.id)
    assert (after.state, after.next_sync_at, after.failures) == (State.STALE, None, 6)


async def test_an_update_that_failed_is_tried_again_five_times_too(scene: Scene) -> None:
    """Whoever asked for it, the retries are automatic, and a client's update begins a new row of them."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    await scene.update(connection.id)
    await advance(scene, 2 * HOUR)
    await scene.update(connection.id)
    await advance(scene, DAY)
    assert sorted(await begun(scene, connection.id)) == [
        (0, "client"), (0, "client"), (1, "schedule"), (2, "client"), (2, "schedule"),
        *((hour, "schedule") for hour in (3, 4, 5, 6, 7)),
    ]  # fmt: skip


async def test_a_retry_that_works_goes_back_to_the_interval(scene: Scene) -> None:
    """And a later failure has its five retries again."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    await advance(scene, 9 * HOUR)
    scene.bank.login_fails = None
    await advance(scene, HOUR)
    after = await scene.now_of(connection.id)
    assert (after.state, after.next_sync_at) == (State.FRESH, NOW + 18 * HOUR)
    scene.bank.login_fails = Refused("institution.unavailable")
    await advance(scene, 2 * DAY)
    assert [hour for hour, _ in await begun(scene, connection.id)] == [0, 8, 9, 10, 18, 19, 20, 21, 22, 23]


async def test_partial_success_is_not_tried_early(scene: Scene) -> None:
    """What could be had is there; the rest comes with the next ordinary sync."""
    scene.bank.fails[Product.HOLDER] = Refused("product.temporarily-unavailable")
    connection = await scene.create()
    assert (connection.state, connection.next_sync_at) == (State.PARTLY_FRESH, NOW + 8 * HOUR)


async def test_how_often_and_how_far_apart_is_the_policys(scene: Scene) -> None:
    """Two retries, half a day apart."""
    await applications.set_policy(scene.world, APP, retries=2, retry_every=12 * HOUR)
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    await advance(scene, 10 * DAY)
    assert [hour for hour, _ in await begun(scene, connection.id)] == [0, 8, 20, 32]


async def test_nothing_is_tried_while_a_freeze_lasts(scene: Scene) -> None:
    """The institution wants a day's rest: an hour's retry would prolong it."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.connection.security")
    await advance(scene, 3 * DAY)
    assert [hour for hour, _ in await begun(scene, connection.id)] == [0, 8, 32, 56]


@pytest.mark.parametrize(
    "meaning", ["login.locked", "consent.revoked", "login.unsupported", "mfa.wrong", "login.credentials"]
)
async def test_what_only_the_user_can_mend_is_not_tried_by_itself(scene: Scene, meaning: str) -> None:
    """No attempt is wasted, and nobody is locked out by us."""
    connection = await scene.create()
    scene.bank.login_fails = Refused(meaning)
    await advance(scene, DAY)
    assert [hour for hour, _ in await begun(scene, connection.id)] == [0, 8]


async def test_a_connection_taken_out_of_the_schedule_stays_out(scene: Scene) -> None:
    """Until a client updates it; a sync that is under way does not put it back."""
    connection = await scene.create()
    gate = scene.bank.gate("login")
    await connections.update(scene.world, APP, connection.id, connections.Changes(), connections.UpdateRules())
    await gate.reached.wait()
    await connections.disable_sync(scene.world, APP, connection.id)
    gate.open.set()
    await scene.settle()
    after = await scene.now_of(connection.id)
    assert (after.next_sync_at, after.sync_disabled_at) == (None, NOW)
    await advance(scene, DAY)
    assert len(await begun(scene, connection.id)) == 2
    after = await scene.update(connection.id)
    assert (after.next_sync_at, after.sync_disabled_at) == (NOW + DAY + 8 * HOUR, None)


async def test_without_an_interval_nothing_goes_by_itself(scene: Scene) -> None:
    """Neither syncs nor retries."""
    await applications.set_policy(scene.world, APP, sync_every=0)
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    assert (await scene.update(connection.id)).next_sync_at is None
    await advance(scene, DAY)
    assert len(await begun(scene, connection.id)) == 2


async def test_an_institution_that_needs_the_user_is_not_synced_by_itself(scene: Scene) -> None:
    """Nobody would be there to answer."""
    scene.world.institutions["bank"] = replace(BANK, unattended=False)  # type: ignore[index]
    assert (await scene.create()).next_sync_at is None


async def test_everything_due_happens_in_order_over_many_connections(scene: Scene) -> None:
    """One jump over a day: what fell due first was done first, and saw its own time."""
    for number in range(3):
        await scene.create(password=f"{number}")
        await advance(scene, 2 * HOUR)
    seen: list[tuple[int, str]] = []
    real = scene.bank.login

    async def login(bank: object, institution: object, credentials: dict[str, str]) -> object:
        seen.append(((scene.world.now(APP) - NOW) // HOUR, credentials["password"]))
        return await real(bank, institution, credentials)  # type: ignore[arg-type]

    scene.bank.login = login  # type: ignore[method-assign, assignment]
    await advance(scene, DAY - 6 * HOUR)
    assert seen == [(8, "0"), (10, "1"), (12, "2"), (16, "0"), (18, "1"), (20, "2"), (24, "0")]


async def test_a_clock_goes_forward_only_and_only_when_it_is_stopped(scene: Scene) -> None:
    """Anything else is refused and moves nothing."""
    await advance(scene, HOUR)
    assert await refused(schedule.advance(scene.world, APP, NOW, scene.settle)) == "request.invalid"
    assert scene.world.now(APP) == NOW + HOUR
    await schedule.release_clock(scene.world, APP)
    assert await refused(schedule.advance(scene.world, APP, NOW + DAY, scene.settle)) == "request.invalid"


async def test_where_the_clock_stands_is_kept_at_every_step(scene: Scene) -> None:
    """A process that dies in the middle of a jump does not let time go back."""
    connection = await scene.create()
    kept: list[int | None] = []
    real = scene.bank.login

    async def login(*arguments: object) -> object:
        application = await stored.get(scene.world.database, APP)
        assert application is not None
        kept.append(application.clock)
        return await real(*arguments)  # type: ignore[arg-type]

    scene.bank.login = login  # type: ignore[method-assign, assignment]
    await advance(scene, DAY)
    assert kept == [NOW + 8 * HOUR, NOW + 16 * HOUR, NOW + 24 * HOUR]
    scene.world.stopped.clear()
    await schedule.recover(scene.world)
    clock = scene.world.stopped[APP]
    assert isinstance(clock, StoppedClock) and clock.at == NOW + DAY
    assert connection.trigger is Trigger.CLIENT


async def test_real_time_does_what_is_due_by_the_same_code(scene: Scene) -> None:
    """With the machine's clock in the place of a stopped one."""
    await schedule.release_clock(scene.world, APP)
    connection = await scene.create()
    scene.clock.at = NOW + 8 * HOUR - 1
    assert await schedule.tick(scene.world) == 0
    scene.clock.at = NOW + 8 * HOUR
    assert await schedule.tick(scene.world) == 1
    assert await schedule.tick(scene.world) == 0
    await scene.settle()
    assert len(await begun(scene, connection.id)) == 2


async def test_one_connection_that_cannot_be_done_does_not_hold_up_the_others(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Its institution is not there any more; whoever is due behind it is synced all the same."""
    await schedule.release_clock(scene.world, APP)
    broken, other = await scene.create(password="a"), await scene.create(password="b")
    async with scene.world.database.transaction() as writer:
        found = await rows.lock(writer, broken.id)
        assert found is not None
        await rows.put(writer, replace(found, institution="gone", next_sync_at=NOW + HOUR))
    scene.clock.at = NOW + 8 * HOUR
    assert await schedule.tick(scene.world) == 1
    await scene.settle()
    assert len(await begun(scene, other.id)) == 2
    assert "what is due could not be done" in caplog.text


async def test_two_that_look_at_once_start_it_once(scene: Scene) -> None:
    """Two processes on one database: whoever is second finds nothing due."""
    await schedule.release_clock(scene.world, APP)
    connection = await scene.create()
    scene.clock.at = NOW + 8 * HOUR
    assert sum(await asyncio.gather(*(schedule.tick(scene.world) for _ in range(4)))) == 1
    await scene.settle()
    assert len(await begun(scene, connection.id)) == 2


async def test_what_a_dead_process_left_is_run_again(scene: Scene) -> None:
    """Exactly what was ready; what waits for its user is left alone."""
    scene.held_back = True
    left = await scene.create(password="a")
    scene.held_back = False
    done = await scene.create(password="b")
    scene.started.clear()
    assert await schedule.recover(scene.world) == 1
    await scene.settle()
    assert scene.started == [left.execution_id]
    assert (await scene.now_of(left.id)).state is State.FRESH
    assert (await scene.now_of(done.id)).attempt == 1
