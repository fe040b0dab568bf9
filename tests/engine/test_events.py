"""Facts: written with what they tell of or not at all, in the order of each connection, never behind a reader."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR
from afluente.core.events import EventKind
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.due import schedule
from afluente.engine.outbox import delivery, events, facts
from afluente.store import attempts, notices, registers
from afluente.store import connections as rows
from afluente.store import deliveries as sent
from afluente.store import events as written
from afluente.store.attempts import Attempt
from afluente.store.deliveries import Content, Delivery, State
from afluente.store.registers import Webhook
from tests.engine.scene import APP, NOW, Scene, movement

pytestmark = pytest.mark.anyio


async def told(scene: Scene, connection_id: str) -> list[EventKind]:
    """Return what was told of a connection."""
    return [event.kind for event in await written.of_connection(scene.world.database, connection_id, 0, 1_000)]


async def test_a_first_sync_is_told_step_by_step(scene: Scene) -> None:
    """Created, logged in, each product with what was new in it, and how it ended."""
    connection = await scene.create()
    events_of = await written.of_connection(scene.world.database, connection.id, 0, 100)
    assert [event.kind for event in events_of] == [
        EventKind.CONNECTION_CREATED,
        EventKind.CONNECTION_LOGGED_IN,
        EventKind.PRODUCT_COLLECTED,
        EventKind.TRANSACTIONS_CREATED,
        EventKind.PRODUCT_COLLECTED,
        EventKind.PRODUCT_COLLECTED,
        EventKind.CONNECTION_UPDATED,
    ]
    assert [event.sequence for event in events_of] == list(range(1, 8))
    assert (events_of[3].fact.count, events_of[3].fact.stored_at) == (3, NOW)
    assert events_of[-1].fact.first and not events_of[-1].fact.partial


async def test_new_changed_and_vanished_transactions_are_told_apart(scene: Scene) -> None:
    """One is new, one has another amount, one is gone; the one that stayed is not spoken of."""
    connection = await scene.create()
    scene.bank.holds[Product.TRANSACTIONS] = [movement(0), movement(1, amount="-99.99"), movement(7)]
    await scene.update(connection.id)
    last = await written.of_connection(scene.world.database, connection.id, 7, 100)
    moved = {event.kind: event.fact for event in last if event.kind.startswith("transactions.")}
    assert {kind: fact.count for kind, fact in moved.items()} == {
        EventKind.TRANSACTIONS_CREATED: 1,
        EventKind.TRANSACTIONS_UPDATED: 1,
        EventKind.TRANSACTIONS_DELETED: 1,
    }
    assert not set(moved[EventKind.TRANSACTIONS_UPDATED].ids) & set(moved[EventKind.TRANSACTIONS_DELETED].ids)


async def test_a_failure_is_told_and_so_is_the_recovery(scene: Scene) -> None:
    """An error without the word that it is over would be half the news."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    await scene.update(connection.id)
    scene.bank.login_fails = None
    await scene.update(connection.id)
    kinds = [kind for kind in (await told(scene, connection.id))[7:] if kind.startswith("connection.")]
    assert kinds == [
        EventKind.CONNECTION_FAILED,
        EventKind.CONNECTION_LOGGED_IN,
        EventKind.CONNECTION_UPDATED,
        EventKind.CONNECTION_RECOVERED,
    ]


async def test_a_transaction_that_is_rolled_back_tells_nothing(scene: Scene) -> None:
    """A fact stands and falls with what it tells of."""
    connection = await scene.create()
    before = await told(scene, connection.id)
    with pytest.raises(ZeroDivisionError):
        async with scene.world.database.transaction() as writer:
            await events.tell(scene.world, writer, connection, EventKind.CONNECTION_FAILED)
            raise ZeroDivisionError
    assert await told(scene, connection.id) == before


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_what_is_committed_late_never_falls_behind_a_reader(scene: Scene) -> None:
    """Of two transactions the one that wrote first commits last: whoever read in between still finds it."""
    first, second = await scene.create(), await scene.create(password="other")
    after = (await facts.behind(scene.world, APP, 0, 1_000))[-1].position
    database = scene.world.database
    async with database.transaction() as slow:
        await events.tell(scene.world, slow, first, EventKind.CONNECTION_FAILED)
        async with database.transaction() as quick:
            await events.tell(scene.world, quick, second, EventKind.CONNECTION_FAILED)
        (seen,) = await facts.behind(scene.world, APP, after, 1_000)
        assert (seen.connection_id, seen.position) == (second.id, after + 1)
    (late,) = await facts.behind(scene.world, APP, seen.position, 1_000)
    assert (late.connection_id, late.position) == (first.id, after + 2)
    assert late.number < seen.number


async def test_the_end_of_a_consent_is_told_thirty_seven_and_one_days_before(scene: Scene) -> None:
    """And when it has come; each at its instant on the application's clock."""
    connection = await scene.create()
    ends = NOW + 40 * DAY
    async with scene.world.database.transaction() as writer:
        locked = await rows.lock(writer, connection.id)
        assert locked is not None
        changed = replace(locked, consent_expires_at=ends)
        await rows.put(writer, changed)
        await events.expect(scene.world, writer, changed)
    await schedule.stop_clock(scene.world, APP, NOW)
    await schedule.advance(scene.world, APP, ends + HOUR, scene.settle)
    noticed = await written.of_connection(scene.world.database, connection.id, 7, 100)
    assert [(event.kind, ends - event.at) for event in noticed] == [
        (EventKind.CONSENT_EXPIRING, 30 * DAY),
        (EventKind.CONSENT_EXPIRING, 7 * DAY),
        (EventKind.CONSENT_EXPIRING, DAY),
        (EventKind.CONSENT_EXPIRED, 0),
    ]
    assert await notices.due_until(scene.world.database, ends + DAY, 10, APP) == []


async def test_what_is_older_than_a_month_is_forgotten(scene: Scene) -> None:
    """Also where nobody ever listened; what is younger stays, and so does the order."""
    connection = await scene.create()
    old = await facts.behind(scene.world, APP, 0, 100)
    scene.clock.at = NOW + delivery.KEPT + 1
    await scene.update(connection.id)
    await delivery.forget(scene.world, APP)
    left = await facts.behind(scene.world, APP, 0, 100)
    assert left and left[0].position == old[-1].position + 1


async def test_an_attempt_that_is_noted_twice_is_noted_once_and_keeps_no_other_back(scene: Scene) -> None:
    """Who noted one and was not told so notes it again, together with what has ended since: all of it is noted."""
    database = scene.world.database
    endpoint = Webhook(
        id="endpoint", dialect="own", event="all", url="https://a.example", created_at=NOW, updated_at=NOW
    )
    async with database.transaction() as writer:
        await registers.endpoints.add(writer, APP, endpoint)
        await sent.add(writer, [_open(name, number) for number, name in enumerate(("first", "second"), 1)])
    first, second = await delivery.claim(scene.world, await delivery.due(scene.world, 10))
    arrived = [(one, Attempt(number=one.attempts, at=NOW, status=200)) for one in (first, second)]
    await delivery.note(scene.world, arrived[:1])
    await delivery.note(scene.world, arrived)
    for one in (first, second):
        held = await sent.get(database, one.id)
        assert held is not None and held.state is State.DELIVERED
        assert [tried.number for tried in await attempts.of_delivery(database, one.id)] == [1]


def _open(name: str, number: int) -> Delivery:
    return Delivery(
        id=name,
        application_id=APP,
        endpoint_id="endpoint",
        connection_id="",
        number=number,
        position=number,
        message_id=name,
        name="all",
        state=State.OPEN,
        due_at=NOW,
        attempts=0,
        created_at=NOW,
        ended_at=None,
        content=Content(name, "{}"),
    )
