"""At least once, in order, and never more work than what is sent: whatever an endpoint, a process or a clock does."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import delete
from standardwebhooks.webhooks import Webhook as Signer

from afluente.core.clock import DAY, HOUR, MINUTE, SECOND
from afluente.core.connections import Connection
from afluente.core.events import EventKind
from afluente.engine.connecting import connections
from afluente.engine.due import schedule
from afluente.engine.outbox import courier, delivery, endpoints, facts, registers, relaying
from afluente.engine.outbox import events as telling
from afluente.engine.outbox.facts import Selection
from afluente.store import deliveries, events
from afluente.store.deliveries import State
from afluente.store.schema import applications
from afluente.store.statement import Statement
from tests.engine.hearing import ENDPOINT, URL, Ear, Heard
from tests.engine.scene import APP, NOW, Rows, Scene

pytestmark = pytest.mark.anyio

SAID = EventKind.PRODUCT_COLLECTED


async def lanes(scene: Scene, count: int, of_each: int = 1) -> list[str]:
    """Have something happen to so many new connections, and return their ids."""
    made = [scene.world.ids.new() for _ in range(count)]
    async with scene.world.database.transaction() as writer:
        for id in made:
            connection: Connection = Connection(
                id=id, application_id=APP, institution="bank", state="fresh", phase="ended", created_at=NOW,  # type: ignore[arg-type]
                updated_at=NOW, products=(),
            )  # fmt: skip
            for _ in range(of_each):
                connection = await telling.tell(scene.world, writer, connection, SAID)
    await relaying.relay_all(scene.world, APP)
    return made


async def states(scene: Scene) -> dict[State, int]:
    """Return how many deliveries stand where."""
    every = await deliveries.selected(scene.world.database, APP, Selection(), 1_000, 0, newest=False)
    return {state: count for state in State if (count := sum(one.state is state for one in every))}


async def test_what_waits_for_an_endpoint_that_rests_is_not_touched(scene: Scene, rows: Rows) -> None:
    """However much that is: it keeps its due times, and comes when the endpoint wants it."""
    ear = Ear(scene)
    await ear.listen()
    await lanes(scene, 40)
    ear.answers = [503]
    for ours in await delivery.claim(scene.world, (await delivery.due(scene.world, 16))[:1]):
        await delivery.note(scene.world, [(ours, await delivery.attempt(scene.world, ours))])
    before = (await rows())["deliveries"]
    assert await delivery.claim(scene.world, await delivery.due(scene.world, 16)) == []
    scene.clock.at += 29 * SECOND
    assert await delivery.due(scene.world, 16) == []
    assert (await rows())["deliveries"] == before
    scene.clock.at += SECOND
    assert await ear.carry() == 40
    assert await states(scene) == {State.DELIVERED: 40}


async def test_an_endpoint_that_answers_again_gets_everything_at_once(scene: Scene, rows: Rows) -> None:
    """While nothing arrives, one message that was never tried is sent now and then; behind the first that arrives all
    others follow, and no row is written to let them go."""
    ear = Ear(scene)
    await ear.listen()
    ear.usual = 500
    await lanes(scene, 5)
    await ear.carry()
    scene.clock.at += 2 * MINUTE
    await lanes(scene, 30)
    ear.came.clear()
    await ear.carry()
    # each of the first five by its own plan, and one of the others
    assert len(ear.came) == 6
    ear.usual = 200
    scene.clock.at += MINUTE
    before = len(ear.came)
    await ear.carry()
    assert len(ear.came) - before >= 30
    scene.clock.at += HOUR
    await ear.carry()
    assert await states(scene) == {State.DELIVERED: 35}


async def test_what_is_due_elsewhere_is_found_past_an_endpoint_that_is_busy(scene: Scene) -> None:
    """However much waits at one, and the earliest of each is what is found."""
    ear = Ear(scene)
    await ear.listen()
    await lanes(scene, 20)
    await ear.listen("00000000-0000-4000-8000-0000000000ed", url="https://b.example")
    scene.clock.at += SECOND
    last = (await lanes(scene, 21))[-1]
    found = await delivery.due(scene.world, 5, busy=[ENDPOINT])
    assert len(found) == 5 and {one.endpoint_id for one in found} == {"00000000-0000-4000-8000-0000000000ed"}
    assert len(await delivery.due(scene.world, 100, each=3)) == 6
    assert last in {one.connection_id for one in await delivery.due(scene.world, 1_000, each=1_000)}


@pytest.mark.parametrize("how", ["gone", "client", "put"])
async def test_what_waits_when_an_endpoint_is_switched_off_never_arrives(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Piece by piece, also if it is switched on again meanwhile; what happens from then on does."""
    monkeypatch.setattr(endpoints, "_AT_ONCE", 3)
    ear = Ear(scene)
    await ear.listen()
    await lanes(scene, 8, of_each=3)
    if how == "gone":
        ear.answers = [410]
        for ours in await delivery.claim(scene.world, (await delivery.due(scene.world, 16))[:1]):
            await delivery.note(scene.world, [(ours, await delivery.attempt(scene.world, ours))])
    elif how == "client":
        await endpoints.change(scene.world, APP, ENDPOINT, disabled_at=NOW)
    else:
        off = (await registers.webhooks(scene.world, APP, "own"))[0]
        await registers.put_webhook(scene.world, APP, replace(off, disabled_at=NOW), 9)
    given_up = (await states(scene)).get(State.GIVEN_UP, 0)
    assert 0 < given_up <= 4
    await endpoints.change(scene.world, APP, ENDPOINT, disabled_at=None)
    await lanes(scene, 2)
    ear.came.clear()
    await ear.carry()
    assert [one.sequence for one in ear.came] == [1] * 2
    assert await states(scene) == {State.GIVEN_UP: 24, State.DELIVERED: 2}


async def test_an_endpoint_is_removed_piece_by_piece(scene: Scene, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything that waits for it; cut short it is switched off, and nothing arrives there any more."""
    monkeypatch.setattr(endpoints, "_AT_ONCE", 4)
    ear = Ear(scene)
    await ear.listen()
    await lanes(scene, 5, of_each=3)
    with monkeypatch.context() as patch:
        patch.setattr(endpoints, "drop", _nothing)
        await registers.remove_webhook(scene.world, APP, "own", ENDPOINT)
    assert (await endpoints.found(scene.world, APP, ENDPOINT)).disabled_at is not None
    await lanes(scene, 2)
    await ear.carry()
    assert not ear.came
    await registers.remove_webhook(scene.world, APP, "own", ENDPOINT)
    left = await rows()
    assert not left["deliveries"] and not left["webhooks"]


async def _nothing(*_: object) -> None:
    """Do nothing, as one who has died."""


async def test_a_message_that_a_dead_process_took_is_sent_again(scene: Scene) -> None:
    """Once its lease is over, before those behind it, and under the same id."""
    ear = Ear(scene)
    await ear.listen()
    await lanes(scene, 1, of_each=3)
    (taken,) = await delivery.claim(scene.world, await delivery.due(scene.world, 16))
    assert await ear.carry() == 0
    scene.clock.at += delivery.LEASE
    assert await ear.carry() == 3
    assert [one.sequence for one in ear.came] == [1, 2, 3] and ear.came[0].id == taken.message_id
    # whoever comes back from the dead changes nothing
    await delivery.note(scene.world, [(taken, await delivery.attempt(scene.world, taken))])
    assert await states(scene) == {State.DELIVERED: 3}


async def test_retries_are_signed_with_the_secrets_of_their_time(scene: Scene) -> None:
    """With both while it changes, and with the new one alone from then on."""
    ear = Ear(scene)
    await ear.listen()
    old = (await endpoints.secrets_of(scene.world, APP, await endpoints.found(scene.world, APP, ENDPOINT), NOW))[0]
    ear.usual = 500
    await lanes(scene, 1)
    await ear.carry()
    rotated = await endpoints.rotate(scene.world, APP, ENDPOINT, None)
    new = rotated.secrets[0]
    scene.clock.at += 5 * MINUTE
    await ear.carry()
    scene.clock.at += endpoints.ROTATING
    await ear.carry()
    first, second, *_, last = (one.headers["webhook-signature"].split() for one in ear.came)
    assert [len(one) for one in (first, second, last)] == [1, 2, 1]
    body = ear.bodies[ear.came[0].id]
    assert _signs(old, ear.came[0], body, first) and _signs(new, ear.came[1], body, second[:1])
    assert _signs(old, ear.came[1], body, second[1:]) and _signs(new, ear.came[-1], body, last)


def _signs(secret: str, came: Heard, body: str, signatures: list[str]) -> bool:
    moment = datetime.fromtimestamp(int(came.headers["webhook-timestamp"]), UTC)
    made = Signer(secret).sign(came.id, moment, body)
    return [made] == signatures


async def test_what_is_sent_again_is_what_was_chosen_and_nothing_of_the_deleted(scene: Scene) -> None:
    """By id, by range, by filter; in the old order, under the old ids; what waits still is not doubled."""
    ear = Ear(scene)
    await ear.listen()
    made = await scene.create()
    await ear.tell(made, SAID, 3)
    await ear.carry()
    await lanes(scene, 2)
    await ear.carry()
    every = await facts.listed(scene.world, APP, Selection(), 100, None)
    ear.came.clear()
    cases: list[tuple[dict[str, Any], int]] = [
        ({"ids": (every[0].id, every[2].id)}, 2),
        ({"after": 1, "until": 4}, 3),
        ({"connection_id": made.id, "name": str(SAID)}, 6),
        ({"state": "given-up"}, 0),
    ]
    for chosen, count in cases:
        assert await delivery.replay(scene.world, APP, Selection(**chosen)) == count
        await ear.carry()
        assert len(ear.came) == count
        places = [(one.connection, one.sequence) for one in ear.came]
        assert places == sorted(places, key=lambda one: (one[0] != made.id, one[1]))
        ear.came.clear()
    await connections.delete(scene.world, APP, made.id)
    await delivery.replay(scene.world, APP, Selection(connection_id=made.id))
    await ear.carry()
    assert {one.kind for one in ear.came if one.connection == made.id} == {EventKind.CONNECTION_DELETED}


async def test_whoever_reads_along_misses_nothing_and_reads_nothing_twice(scene: Scene) -> None:
    """Over deletions, with and without anybody listening, over a restart, and once old facts are gone."""
    ear = Ear(scene)
    world, position, read = scene.world, 0, list[str]()

    async def follow() -> None:
        nonlocal position
        while page := await facts.behind(world, APP, position, 3):
            assert all(one.position > position for one in page)
            position = page[-1].position
            read.extend(one.id for one in page)

    first = await scene.create(external_user_id="ana")
    await follow()
    await connections.delete(world, APP, first.id)
    second = await scene.create(password="other")
    await follow()
    await ear.listen()
    await ear.tell(second, SAID, 4)
    await connections.delete(world, APP, second.id, named=False)
    await schedule.recover(world)
    await follow()
    scene.clock.at += delivery.KEPT + DAY
    await delivery.forget(world, APP)
    await lanes(scene, 2)
    await follow()
    assert len(read) == len(set(read)) == await events.last_number(world.database) == position


async def test_an_application_that_goes_takes_what_waits_along(scene: Scene, rows: Rows) -> None:
    """Also what is on its way: nobody stumbles over it."""
    ear = Ear(scene)
    await ear.listen()
    made = await scene.create()
    await ear.tell(made, SAID, 3)
    await relaying.relay_all(scene.world, APP)
    ours = await delivery.claim(scene.world, await delivery.due(scene.world, 16))
    tried = [(one, await delivery.attempt(scene.world, one)) for one in ours]
    async with scene.world.database.transaction() as writer:
        await writer.run(Statement(delete(applications)))
    assert await delivery.note(scene.world, tried) == {}
    assert await ear.carry() == 0
    left = await rows()
    assert not left["deliveries"] and not left["events"] and not left["webhooks"] and not left["clearings"]


async def test_a_clock_that_is_moved_sends_in_the_order_of_its_instants(scene: Scene) -> None:
    """Retries by their plan, and what was held back at the time of the probe that let it go."""
    ear = Ear(scene)
    carrier = courier.Courier()
    scene.world = dataclasses.replace(scene.world, sources=(carrier,))
    await schedule.stop_clock(scene.world, APP, NOW)
    await ear.listen()
    ear.usual = 503
    await lanes(scene, 3)
    sent: list[tuple[int, int | None]] = []
    post = ear._post

    async def noting(*told: Any) -> Any:
        answered = await post(*told)
        sent.append((scene.world.now(APP) - NOW, answered.status))
        return answered

    scene.world = dataclasses.replace(scene.world, post=noting)
    await schedule.advance(scene.world, APP, NOW + 10 * MINUTE, scene.settle)
    ear.usual = 200
    await schedule.advance(scene.world, APP, NOW + DAY, scene.settle)
    assert sent == sorted(sent) and len(sent) > 6
    assert await states(scene) == {State.DELIVERED: 3}
    assert ear.came[0].url == URL
