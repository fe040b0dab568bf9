"""Questions in the middle of a login: asked, answered by whoever comes, or not in time."""

from __future__ import annotations

import asyncio

import pytest

from afluente.core.challenge import Ask, Challenge
from afluente.core.clock import DAY, MINUTE
from afluente.core.connections import Phase
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.connecting import connections, retrieval
from afluente.engine.connecting.retrieval import Retrieval
from afluente.engine.due import schedule
from afluente.engine.institutions import journal
from afluente.engine.records import reads
from afluente.engine.syncing import sync
from afluente.store.opening import open_database
from tests.engine.scene import APP, APPROVAL, NOW, TOKEN, Scene, refused

pytestmark = pytest.mark.anyio

PHONE = Challenge(Ask.SELECT, "phone", "Telefone", lasts=MINUTE)


async def test_a_question_stops_the_execution_until_it_is_answered(scene: Scene) -> None:
    """Nothing runs while the user thinks; the answer takes it on to the end."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    assert connection.state is State.ASKING and connection.posed is not None
    assert (connection.posed.challenge, connection.posed.expires_at) == (TOKEN, NOW + 2 * MINUTE)
    assert scene.bank.fetches == {}
    connection = await scene.answer(connection.id, "123456")
    assert (connection.state, connection.posed) == (State.FRESH, None)
    assert scene.bank.heard == ["123456"]


async def test_another_process_may_answer_and_go_on(scene: Scene, database_url: str) -> None:
    """All that is needed lies in the database: the process that asked may be gone."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    await scene.runner.stop()
    other = Scene(await open_database(database_url))
    other.bank.asks = [TOKEN]
    try:
        connection = await other.answer(connection.id, "654321")
        assert connection.state is State.FRESH
        assert other.bank.logins == [{"username": "ana", "password": "secret"}]
        assert (other.bank.heard, scene.bank.heard) == (["654321"], [])
    finally:
        await other.runner.stop()
        await other.world.database.close()


async def test_two_questions_are_answered_in_their_order(scene: Scene) -> None:
    """The second is asked with the first answer at hand; neither is asked twice."""
    scene.bank.asks = [PHONE, TOKEN]
    connection = await scene.create()
    assert connection.posed is not None and connection.posed.challenge == PHONE
    await connections.answer(scene.world, APP, connection.id, {"phone": "2"})
    await scene.settle()
    connection = await scene.now_of(connection.id)
    assert connection.state is State.ASKING and connection.posed is not None
    assert (connection.posed.challenge, connection.posed.position) == (TOKEN, 1)
    connection = await scene.answer(connection.id, "123456")
    assert connection.state is State.FRESH
    assert scene.bank.heard == ["2", "2", "123456"]


async def test_a_question_while_products_are_read_is_answered_too(scene: Scene) -> None:
    """The login is not repeated, the products before are not read again, and the next product's question is another."""
    scene.bank.asks = [TOKEN]
    scene.bank.asks_while_fetching = {Product.TRANSACTIONS: [TOKEN, TOKEN], Product.HOLDER: [TOKEN]}
    connection = await scene.create()
    for number in range(4):
        assert connection.state is State.ASKING
        connection = await scene.answer(connection.id, f"answer {number}")
    assert connection.state is State.FRESH
    assert len(scene.bank.logins) == 2
    assert scene.bank.fetches == {Product.ACCOUNTS: 1, Product.TRANSACTIONS: 3, Product.HOLDER: 2}
    assert scene.bank.heard == ["answer 0", "answer 1", "answer 1", "answer 2", "answer 3"]


async def test_an_answer_counts_once(scene: Scene) -> None:
    """Of answers at once one is taken; a later one is told why not."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    scene.held_back = True
    doing = [connections.answer(scene.world, APP, connection.id, {"token": f"{n}"}) for n in range(5)]
    results = await asyncio.gather(*doing, return_exceptions=True)
    meanings = sorted(r.meaning if isinstance(r, Refused) else "taken" for r in results)
    assert meanings == ["request.mfa.already-answered"] * 4 + ["taken"]
    assert (await scene.now_of(connection.id)).phase is Phase.LOGIN_ANSWERED
    await sync.run(scene.world, connection.execution_id)
    assert await refused(scene.answer(connection.id, "late")) == "request.mfa.not-waiting"


async def test_an_answer_to_another_question_is_refused(scene: Scene) -> None:
    """By name; the question stays open."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    doing = connections.answer(scene.world, APP, connection.id, {"code": "1"})
    assert await refused(doing) == "request.mfa.wrong-question"
    assert (await scene.now_of(connection.id)).state is State.ASKING
    doing = connections.answer(scene.world, "somebody else", connection.id, {"token": "1"})
    assert await refused(doing) == "request.not-found.connection"


async def test_a_question_nobody_answers_ends_at_its_deadline(scene: Scene) -> None:
    """Not before; then the execution has failed, and an answer comes too late."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    scene.clock.at += 2 * MINUTE - 1
    assert await schedule.tick(scene.world) == 0
    scene.clock.at += 1
    assert await refused(scene.answer(connection.id, "123456")) == "request.mfa.expired"
    assert await schedule.tick(scene.world) == 1
    connection = await scene.now_of(connection.id)
    assert (connection.state, connection.outcome, connection.posed) == (State.STALE, "mfa.timeout", None)
    assert connection.refused_logins == 0
    assert await refused(scene.answer(connection.id, "123456")) == "request.mfa.expired"
    assert await schedule.tick(scene.world) == 0
    assert (await scene.update(connection.id)).state is State.ASKING


async def test_what_is_done_elsewhere_comes_back_with_the_questions_own_id(scene: Scene) -> None:
    """Whoever does not have that id is told nothing, and it serves once."""
    scene.bank.asks = [APPROVAL]
    connection = await scene.create()
    assert connection.state is State.AWAITING and connection.posed is not None
    posed = connection.posed.id
    for id, wrong in ((connection.id, "guessed"), ("nobody", posed)):
        doing = connections.come_back(scene.world, id, wrong, "approved")
        assert await refused(doing) == "request.not-found.connection"
    assert (await reads.asked(scene.world, connection.id, posed)).id == connection.id
    scene.held_back = True
    await connections.come_back(scene.world, connection.id, posed, "approved")
    doing = connections.come_back(scene.world, connection.id, posed, "approved")
    assert await refused(doing) == "request.mfa.already-answered"
    await sync.run(scene.world, connection.execution_id)
    assert (await scene.now_of(connection.id)).state is State.FRESH


async def test_answers_are_forgotten_once_they_have_served(scene: Scene) -> None:
    """They are kept sealed while they are needed; what is left is the session."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    gate = scene.bank.gate(Product.ACCOUNTS)
    await connections.answer(scene.world, APP, connection.id, {"token": "123456"})
    await gate.reached.wait()
    database, vault = scene.world.database, scene.world.vault
    kept = await journal.read(database, vault, connection.execution_id)
    assert (kept.answers, kept.session) == ((), {"user": "ana"})
    gate.open.set()
    await scene.settle()


async def test_answers_to_what_is_not_kept_are_forgotten_at_the_end(scene: Scene) -> None:
    """Nothing was stored behind which they could have gone; what is left is the session."""
    connection = await scene.create()
    scene.bank.asks_while_fetching[Product.ACCOUNTS] = [TOKEN]
    wanted = Retrieval(products=(Product.ACCOUNTS,), kept=False)
    await retrieval.begin(scene.world, APP, connection.id, wanted)
    await scene.settle()
    connection = await scene.answer(connection.id, "123456")
    assert (connection.state, scene.bank.heard) == (State.FRESH, ["123456"])
    kept = await journal.read(scene.world.database, scene.world.vault, connection.execution_id)
    assert (kept.answers, kept.session) == ((), {"user": "ana"})


async def test_a_failed_execution_leaves_no_answer_and_no_session(scene: Scene) -> None:
    """Nothing of a conversation that ended badly stays."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    await scene.answer(connection.id, "wrong")
    kept = await journal.read(scene.world.database, scene.world.vault, connection.execution_id)
    assert kept == journal.Journal()


async def test_a_deleted_connection_cannot_be_answered(scene: Scene) -> None:
    """The question is gone with it."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    await connections.delete(scene.world, APP, connection.id)
    doing = connections.answer(scene.world, APP, connection.id, {"token": "1"})
    assert await refused(doing) == "request.not-found.connection"
    assert await schedule.tick(scene.world) == 0


async def test_deadlines_fall_due_in_order_when_the_clock_jumps(scene: Scene) -> None:
    """A day in one step: each question ended at its own deadline."""
    await schedule.stop_clock(scene.world, APP, NOW)
    scene.bank.asks = [TOKEN]
    first = await scene.create(password="a")
    scene.bank.asks = [PHONE]
    second = await scene.create(password="b")
    await schedule.advance(scene.world, APP, NOW + DAY, scene.settle)
    ended = [(await scene.now_of(one.id)).last_ended_at for one in (first, second)]
    assert ended == [NOW + 2 * MINUTE, NOW + MINUTE]
