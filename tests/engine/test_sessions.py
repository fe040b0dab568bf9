"""Clients' sessions: opened, followed, lapsed; and institutions that take their time."""

from __future__ import annotations

from typing import Any

import pytest

from afluente.core.challenge import Ask, Challenge
from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.core.sessions import ClientSession, Stage
from afluente.engine.access import admissions
from afluente.engine.connecting import connections, sessions
from afluente.engine.connecting.sessions import Opening
from afluente.engine.due import schedule
from afluente.engine.institutions import answers
from afluente.engine.operating import requests
from afluente.engine.operating.requests import ClientCall, Page
from afluente.engine.world import World
from afluente.store import sessions as rows
from tests.engine.scene import APP, NOW, PRODUCTS, TOKEN, Scene, refused

pytestmark = pytest.mark.anyio

CARD = "00000000-0000-4000-8000-00000000c0de"
QUESTIONS = tuple(Challenge(Ask.TEXT, f"q{n}", f"Question {n}?", lasts=5 * MINUTE) for n in range(3))


async def opened(scene: Scene, **more: Any) -> ClientSession:
    """Open a live session with credentials, and wait for what comes of it."""
    wanted: dict[str, Any] = {
        "system": "flinks",
        "connection_id": CARD,
        "institution": "bank",
        "credentials": {"username": "ana", "password": "secret"},
        **more,
    }
    made = await sessions.opened(scene.world, APP, Opening(**wanted))
    await scene.settle()
    return await now_of(scene, made.id)


async def now_of(scene: Scene, id: str) -> ClientSession:
    """Return a session as it is stored."""
    found = await rows.get(scene.world.database, id)
    assert found is not None
    return found


async def collected(scene: Scene, id: str, *products: Product) -> ClientSession:
    """See to it that a session gets products, wait, and return it as it is then."""
    await sessions.collect(scene.world, APP, id, products or PRODUCTS)
    await scene.settle()
    return await now_of(scene, id)


async def passed(scene: Scene, span: Instant) -> None:
    """Let time go by, with what falls due in it."""
    scene.clock.at += span
    await schedule.tick(scene.world)
    await scene.settle()


async def card_of(scene: Scene) -> Connection:
    """Return the connection of the sessions."""
    return await scene.now_of(CARD)


async def test_a_session_that_has_logged_in_fetches_nothing_until_it_is_asked(scene: Scene) -> None:
    """Then it fetches what is wanted with the same login."""
    session = await opened(scene, tag="a")
    assert (session.stage, session.meaning, session.institution) == (Stage.AUTHORIZED, "progress", "bank")
    assert session.due_at == NOW + 8 * MINUTE
    assert not scene.bank.fetches
    session = await collected(scene, session.id)
    assert (session.stage, session.meaning) == (Stage.PROCESSING, "success")
    assert session.fetched == PRODUCTS
    assert session.due_at == NOW + 30 * MINUTE
    assert len(scene.bank.logins) == 1


async def test_a_session_fetches_nothing_twice(scene: Scene) -> None:
    """What it lacks is fetched, and the rest is there."""
    session = await opened(scene)
    await collected(scene, session.id, Product.ACCOUNTS)
    await collected(scene, session.id, Product.ACCOUNTS)
    assert scene.bank.fetches[Product.ACCOUNTS] == 1
    found = await collected(scene, session.id, Product.ACCOUNTS, Product.HOLDER)
    assert scene.bank.fetches[Product.HOLDER] == 1
    assert found.products == (Product.ACCOUNTS, Product.HOLDER)


async def test_another_session_logs_in_anew(scene: Scene) -> None:
    """The same credentials are the same connection, and the new session is the one that is followed."""
    first = await opened(scene)
    second = await opened(scene)
    assert first.connection_id == second.connection_id == CARD
    assert len(scene.bank.logins) == 2
    await collected(scene, second.id)
    assert (await now_of(scene, first.id)).meaning == "progress"
    assert (await now_of(scene, second.id)).meaning == "success"


async def test_products_that_arrive_one_by_one_are_told_as_they_do(scene: Scene) -> None:
    """Accounts before movements are a part; a session that wants accounts alone has no parts."""
    scene.bank.waits = {Product.TRANSACTIONS: (MINUTE,)}
    session = await opened(scene)
    assert (await collected(scene, session.id, Product.ACCOUNTS)).meaning == "success"
    found = await collected(scene, session.id)
    assert found.meaning == "progress.details"
    await passed(scene, MINUTE)
    assert (await now_of(scene, session.id)).meaning == "success"


async def test_an_institution_that_takes_its_time_goes_on_when_it_is_over(scene: Scene) -> None:
    """Nothing runs meanwhile; it may take its time more than once for one product."""
    scene.bank.waits = {Product.ACCOUNTS: (MINUTE, 2 * MINUTE)}
    session = await opened(scene)
    await collected(scene, session.id, Product.ACCOUNTS)
    waiting = (await card_of(scene)).waiting
    assert waiting is not None and waiting.until == NOW + MINUTE
    await passed(scene, MINUTE - 1)
    assert (await card_of(scene)).waiting == waiting
    await passed(scene, 1)
    waiting = (await card_of(scene)).waiting
    assert waiting is not None and waiting.until == NOW + 3 * MINUTE
    await passed(scene, 2 * MINUTE)
    card = await card_of(scene)
    assert (card.state, card.waiting) == (State.FRESH, None)
    assert (await now_of(scene, session.id)).fetched == (Product.ACCOUNTS,)


async def test_waits_end_in_order_when_a_stopped_clock_is_moved_past_them(scene: Scene) -> None:
    """One move does all that falls due on the way."""
    scene.bank.waits = {Product.ACCOUNTS: (MINUTE,), Product.TRANSACTIONS: (MINUTE,)}
    await schedule.stop_clock(scene.world, APP, NOW)
    session = await opened(scene)
    await collected(scene, session.id)
    await schedule.advance(scene.world, APP, NOW + 5 * MINUTE, scene.settle)
    found = await now_of(scene, session.id)
    assert (found.meaning, found.updated_at) == ("success", NOW + 2 * MINUTE)


async def test_a_wait_outlives_the_process(scene: Scene) -> None:
    """It stands in a row: whoever looks at what is due finds it."""
    scene.bank.waits = {Product.ACCOUNTS: (MINUTE,)}
    session = await opened(scene)
    await collected(scene, session.id, Product.ACCOUNTS)
    await scene.runner.stop()
    assert await schedule.recover(scene.world) == 0
    await passed(scene, MINUTE)
    assert (await now_of(scene, session.id)).meaning == "success"


@pytest.mark.parametrize(("span", "meaning"), [(30 * SECOND, "progress"), (211 * SECOND, "progress.dispatched")])
async def test_what_takes_longer_than_a_call_waits_is_dispatched(scene: Scene, span: Instant, meaning: str) -> None:
    """The call is told at once, for it is known how long it takes."""
    scene.bank.waits = {Product.ACCOUNTS: (span,)}
    session = await opened(scene)
    await sessions.collect(scene.world, APP, session.id, PRODUCTS)
    found = await sessions.rest(scene.world, APP, session.id, PRODUCTS)
    assert found.running and found.due == NOW + span
    assert (await now_of(scene, session.id)).meaning == meaning
    await passed(scene, span)
    assert (await now_of(scene, session.id)).meaning == "success"


async def test_a_question_that_nobody_answers_ends_the_session(scene: Scene) -> None:
    """It was abandoned; whoever comes back to it is told that it has expired."""
    scene.bank.asks = [replace_lasts(TOKEN, 20 * MINUTE)]
    session = await opened(scene)
    assert session.meaning == "mfa.asked"
    await passed(scene, 8 * MINUTE)
    found = await now_of(scene, session.id)
    assert (found.stage, found.meaning, found.due_at) == (Stage.ENDED, "login.abandoned", None)
    assert (await card_of(scene)).state is State.STALE
    assert await refused(sessions.turn(scene.world, APP, session.id)) == "session.expired"
    assert (await now_of(scene, session.id)).meaning == "session.expired"


def replace_lasts(challenge: Challenge, lasts: Instant) -> Challenge:
    """Return a question that may be answered for so long."""
    return Challenge(challenge.kind, challenge.name, challenge.label, lasts=lasts)


async def test_the_questions_own_deadline_ends_the_session_too(scene: Scene) -> None:
    """It may come before the session's."""
    scene.bank.asks = [TOKEN]
    session = await opened(scene)
    await passed(scene, TOKEN.lasts)
    assert (await now_of(scene, session.id)).meaning == "login.abandoned"


async def test_a_session_that_was_answered_and_left_has_expired(scene: Scene) -> None:
    """The user was there."""
    scene.bank.asks = QUESTIONS[:2]
    session = await opened(scene)
    await sessions.answer(scene.world, APP, session.id, ["a"])
    await scene.settle()
    await passed(scene, 8 * MINUTE)
    assert (await now_of(scene, session.id)).meaning == "session.expired"


async def test_half_an_hour_of_processing_ends_the_session_and_not_what_it_began(scene: Scene) -> None:
    """What the institution gives in the end is stored."""
    scene.bank.waits = {Product.ACCOUNTS: (40 * MINUTE,)}
    session = await opened(scene)
    await collected(scene, session.id, Product.ACCOUNTS)
    await passed(scene, 30 * MINUTE)
    assert (await now_of(scene, session.id)).meaning == "session.expired"
    await passed(scene, 10 * MINUTE)
    assert (await card_of(scene)).state is State.FRESH
    assert (await now_of(scene, session.id)).meaning == "session.expired"


async def test_questions_of_one_page_are_answered_together(scene: Scene) -> None:
    """The institution asks them one after another, and finds every answer ready."""
    first = Challenge(Ask.TEXT, "q0", "Question 0?", lasts=5 * MINUTE, beside=QUESTIONS[1:])
    scene.bank.asks = (first, *QUESTIONS[1:])
    session = await opened(scene)
    assert await refused(sessions.answer(scene.world, APP, session.id, ["a", "b"])) == "mfa.incomplete"
    await sessions.answer(scene.world, APP, session.id, ["a", "b", "c"])
    await scene.settle()
    assert scene.bank.heard[-3:] == ["a", "b", "c"]
    assert (await now_of(scene, session.id)).stage is Stage.AUTHORIZED


async def test_a_wrong_answer_is_asked_again_in_the_same_session(scene: Scene) -> None:
    """It stands as wrong until it is answered."""
    scene.bank.asks = [TOKEN]
    session = await opened(scene)
    await sessions.answer(scene.world, APP, session.id, ["wrong"])
    await scene.settle()
    assert await refused(sessions.turn(scene.world, APP, session.id)) == "mfa.wrong"
    posed = await sessions.ask_again(scene.world, APP, session.id)
    assert posed is not None and posed.challenge == TOKEN
    assert (await now_of(scene, session.id)).meaning == "mfa.wrong"
    await sessions.answer(scene.world, APP, session.id, ["right"])
    await scene.settle()
    assert (await now_of(scene, session.id)).stage is Stage.AUTHORIZED
    assert await sessions.ask_again(scene.world, APP, session.id) is None


async def test_a_login_that_fails_is_the_sessions_outcome_and_is_not_sent_again(scene: Scene) -> None:
    """The second refusal is the first one's, with no login in between."""
    scene.bank.right_password = "another"
    session = await opened(scene)
    assert (session.stage, session.meaning) == (Stage.ENDED, "login.credentials")
    assert await refused(opened(scene)) == "login.credentials"
    assert len(scene.bank.logins) == 1
    again = await opened(scene, credentials={"username": "ana", "password": "another"})
    assert again.stage is Stage.AUTHORIZED


async def test_a_session_beside_another_that_fetches_is_concurrent(scene: Scene) -> None:
    """Its refusal names it, and the first one goes on."""
    scene.bank.waits = {Product.ACCOUNTS: (MINUTE,)}
    first, idle = await opened(scene), await opened(scene)
    await collected(scene, idle.id)
    with pytest.raises(Refused) as caught:
        await opened(scene)
    assert caught.value.meaning == "login.other-session.concurrent"
    second = await now_of(scene, caught.value.data["session_id"])
    assert (second.stage, second.meaning) == (Stage.ENDED, "login.other-session.concurrent")
    assert await refused(collected(scene, first.id)) == "login.other-session.concurrent"
    await passed(scene, MINUTE)
    assert (await now_of(scene, idle.id)).meaning == "success"


async def test_a_session_that_reads_what_is_stored_begins_what_nobody_has_fetched(scene: Scene) -> None:
    """Once it is there, the institution is not asked any more."""
    await opened(scene)
    reading = await opened(scene, live=False, credentials=None, institution=None)
    assert (reading.stage, reading.live) == (Stage.AUTHORIZED, False)
    found = await sessions.collect(scene.world, APP, reading.id, PRODUCTS)
    assert found.running
    await scene.settle()
    found = await sessions.collect(scene.world, APP, reading.id, PRODUCTS)
    assert not found.running
    assert (await now_of(scene, reading.id)).meaning == "success"
    later = await opened(scene, live=False, credentials=None, institution=None)
    assert not (await sessions.collect(scene.world, APP, later.id, PRODUCTS)).running
    assert scene.bank.fetches[Product.ACCOUNTS] == 1
    assert len(scene.bank.logins) == 1


async def test_nothing_stored_is_nothing_to_read(scene: Scene) -> None:
    """A connection that nobody has, or whose login never succeeded."""
    reading = {"live": False, "credentials": None, "institution": None}
    assert await refused(opened(scene, **reading)) == "request.not-found.connection.login"
    scene.bank.login_fails = Refused("login.locked")
    await opened(scene)
    assert await refused(opened(scene, **reading)) == "login.locked"


async def test_a_session_that_keeps_nothing_takes_its_connection_along(scene: Scene) -> None:
    """Not before it lapses."""
    session = await opened(scene, keep=False)
    await collected(scene, session.id)
    await passed(scene, 29 * MINUTE)
    await card_of(scene)
    await passed(scene, MINUTE)
    assert await refused(connections.disable_sync(scene.world, APP, CARD)) == "request.not-found.connection"
    assert await refused(sessions.turn(scene.world, APP, session.id)) == "session.unknown"


async def test_a_session_is_its_applications_own(scene: Scene) -> None:
    """To another one it is not there."""
    session = await opened(scene)
    assert await refused(sessions.turn(scene.world, "somebody else", session.id)) == "session.unknown"


async def test_a_token_opens_once_and_for_half_an_hour(scene: Scene) -> None:
    """It is kept as a digest, whatever the process."""
    world = scene.world
    used, late = await admissions.issue(world, APP), await admissions.issue(world, APP)
    await admissions.redeem(world, APP, used.upper())
    assert await refused(admissions.redeem(world, APP, used)) == "request.unauthenticated.token"
    scene.clock.at += 30 * MINUTE
    assert await refused(admissions.redeem(world, APP, late)) == "request.unauthenticated.token"


async def test_answers_that_are_left_stay_beside_the_credentials(scene: Scene) -> None:
    """They tell nobody apart, and can be taken back."""
    await opened(scene)
    await answers.keep(scene.world, APP, CARD, {"City?": "Montreal", "Dog?": "Rex"})
    await answers.keep(scene.world, APP, CARD, {"Dog?": None})
    assert await answers.kept(scene.world, APP, CARD) == {"City?": "Montreal"}
    again = await opened(scene)
    assert again.connection_id == CARD and again.stage is Stage.AUTHORIZED
    assert await answers.kept(scene.world, APP, CARD) == {"City?": "Montreal"}
    assert await refused(answers.kept(scene.world, "somebody else", CARD)) == "request.not-found.connection"


async def log_of(world: World, count: int) -> None:
    """Write calls of which two have the same instant."""
    for number in range(count):
        call = ClientCall(
            id=f"call-{number}",
            application_id=APP,
            system="flinks",
            operation="Authorize",
            meaning="success" if number % 2 else "mfa.asked",
            status=200,
            at=NOW + number // 2,
        )
        await requests.write(world, call)


async def test_the_log_is_paged_newest_first_and_filtered(scene: Scene) -> None:
    """No call is lost or shown twice, though several have one instant."""
    await log_of(scene.world, 7)
    seen: list[str] = []
    before = None
    while page := await requests.calls(scene.world, APP, Page(2, before)):
        seen += [call.id for call in page]
        before = (page[-1].at, page[-1].number, page[-1].id)
    assert seen == ["call-6", "call-5", "call-4", "call-3", "call-2", "call-1", "call-0"]
    wanted = Page(filters={"meanings": '["mfa.asked"]', "since": NOW + 1, "until": NOW + 3})
    assert [call.id for call in await requests.calls(scene.world, APP, wanted)] == ["call-4", "call-2"]
    assert await refused(requests.call(scene.world, "somebody else", "call-0")) == "request.not-found"
