"""What tells of a connection outside its own rows goes with its data, however that comes to its end."""

from __future__ import annotations

import pytest

from afluente.core.clock import DAY, MINUTE
from afluente.core.events import EventKind
from afluente.core.sessions import ClientCall
from afluente.engine.connecting import connections, sessions
from afluente.engine.connecting.sessions import Opening
from afluente.engine.due import schedule
from afluente.engine.operating import requests as operating
from afluente.engine.outbox import endpoints, remains
from afluente.store import attempts, deliveries, requests
from afluente.store import events as written
from afluente.store.attempts import Attempt
from afluente.store.deliveries import Content, Delivery, State
from afluente.store.registers import Webhook
from tests.engine.scene import APP, NOW, PRODUCTS, Rows, Scene

pytestmark = pytest.mark.anyio

HOOK = "00000000-0000-4000-8000-0000000000ec"
CARD = "00000000-0000-4000-8000-00000000c0de"
USER = "canary-user"
CREDENTIALS = {"username": "ana", "password": "secret"}


async def listen(scene: Scene) -> None:
    """Have an address told of everything."""
    await endpoints.add(scene.world, APP, Webhook(id=HOOK, dialect="afluente", event="all", url="https://a.test"), 9)


async def said(scene: Scene, connection_id: str, number: int, state: State) -> None:
    """Keep a message about a connection, with an attempt at it."""
    async with scene.world.database.transaction() as writer:
        made = Delivery(
            id=scene.world.ids.new(),
            application_id=APP,
            endpoint_id=HOOK,
            connection_id=connection_id,
            number=number,
            position=0,
            message_id=scene.world.ids.new(),
            name="any",
            state=state,
            due_at=NOW + 365 * DAY if state is State.OPEN else None,
            attempts=1,
            created_at=NOW,
            ended_at=None if state is State.OPEN else NOW,
            content=Content("e", '{"balance":"10.00"}'),
        )
        await deliveries.add(writer, [made])
        placed, _ = await written.lock_cursor(writer, APP)
        await written.move_cursor(writer, APP, placed, number)
        await attempts.add(writer, made.id, Attempt(number=1, at=NOW, status=200))


async def test_messages_that_were_sent_go_with_data_that_is_kept_no_longer(scene: Scene, rows: Rows) -> None:
    """With their attempts; what waits to be sent, and what tells of others, stays."""
    await schedule.stop_clock(scene.world, APP, NOW)
    await listen(scene)
    made, other = await scene.create(data_lasts=30 * DAY), await scene.create(password="other")
    for number, (id, state) in enumerate(
        [(made.id, State.DELIVERED), (made.id, State.GIVEN_UP), (made.id, State.OPEN), (other.id, State.DELIVERED)], 1
    ):
        await said(scene, id, number, state)
    await schedule.advance(scene.world, APP, NOW + 30 * DAY - 1, scene.settle)
    assert len((await rows())["deliveries"]) == 4
    await schedule.advance(scene.world, APP, NOW + 30 * DAY, scene.settle)
    found = await rows()
    assert not [row for row in found["records"] if row[1] == made.id]
    left = await deliveries.selected(scene.world.database, APP, deliveries.Selection(), 10, 0, newest=False)
    assert [(one.connection_id, one.state) for one in left] == [(made.id, State.OPEN), (other.id, State.DELIVERED)]
    assert len(found["attempts"]) == 2


async def test_a_session_that_keeps_nothing_leaves_no_messages_behind(scene: Scene, rows: Rows) -> None:
    """Its connection's end is told, as that of any other."""
    await listen(scene)
    opening = Opening(
        system="flinks",
        connection_id=CARD,
        institution="bank",
        credentials={"username": "ana", "password": "secret"},
        keep=False,
        tag=USER,
    )
    made = await sessions.opened(scene.world, APP, opening)
    await scene.settle()
    await sessions.collect(scene.world, APP, made.id, PRODUCTS)
    await scene.settle()
    await said(scene, CARD, 1, State.DELIVERED)
    scene.clock.at += 31 * MINUTE
    await schedule.tick(scene.world)
    found = await rows()
    assert not found["connections"] and not found["deliveries"] and not found["attempts"]
    assert not [row for row in found["sessions"] if USER in str(row)]
    told = await written.of_connection(scene.world.database, CARD, 0, 100)
    assert told[-1].kind is EventKind.CONNECTION_DELETED


@pytest.mark.parametrize("heard", [True, False])
async def test_facts_that_nobody_is_told_of_lose_their_person_at_once(scene: Scene, heard: bool) -> None:
    """Without an address nothing waits to be told, so only the word of the deletion names the user; with one, what
    waits is told first."""
    if heard:
        await listen(scene)
    made = await scene.create(external_user_id=USER)
    await connections.delete(scene.world, APP, made.id)
    events = await written.of_connection(scene.world.database, made.id, 0, 100)
    naming = [event.kind for event in events if event.fact.user == USER]
    assert naming[-1] is EventKind.CONNECTION_DELETED
    assert len(naming) == (len(events) if heard else 1)
    assert [event.position > 0 for event in events[:-1]] == [not heard] * (len(events) - 1)


async def test_calls_that_hold_nothing_of_a_person_are_not_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long log only what the institution said and what clients noted goes, piece by piece; it all stays listed."""
    monkeypatch.setattr(remains, "_AT_ONCE", 2)
    monkeypatch.setattr(remains, "_LOOKED_AT", 2)
    opening = Opening(system="flinks", connection_id=CARD, institution="bank", credentials=CREDENTIALS)
    session = await sessions.opened(scene.world, APP, opening)
    await scene.settle()
    world = scene.world
    for number in range(15):
        told = {"said": "Ana, espere"} if number % 3 == 0 else {"details": {"Tag": USER}} if number % 3 == 1 else {}
        held = {"session_id": session.id, "connection_id": CARD, "number": number}
        call = ClientCall(
            id=world.ids.new(), application_id=APP, system="flinks", operation="Authorize", meaning="success",
            status=200, at=NOW, **held, **told,
        )  # fmt: skip
        await operating.write(world, call)
    read: list[ClientCall] = []
    decode = requests._decode
    monkeypatch.setattr(requests, "_decode", lambda body: read.append(decode(body)) or read[-1])
    await connections.delete(world, APP, CARD)
    assert len(read) == 10
    monkeypatch.undo()
    left = await requests.of_session(world.database, session.id)
    assert len(left) == 15 and not [one for one in left if one.said or one.details]
