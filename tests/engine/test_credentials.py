"""Credentials that were refused are never sent again until the user changes them."""

from __future__ import annotations

import pytest

from afluente.core.clock import DAY, HOUR, MINUTE
from afluente.core.connections import Connection
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.connecting.connections import Changes, UpdateRules
from afluente.engine.due import schedule
from afluente.engine.institutions import answers
from afluente.engine.institutions.credentials import RefusedBefore
from afluente.engine.syncing import sync
from afluente.store import connections as rows
from tests.engine.scene import APP, TOKEN, Scene, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
async def scene(scene: Scene) -> Scene:
    """A bank that knows one password, and a connection policy that syncs every day."""
    scene.bank.right_password = "right"
    await applications.set_policy(scene.world, APP, sync_every=DAY)
    return scene


async def test_refused_credentials_end_the_connection_and_are_marked_spent(scene: Scene) -> None:
    """The user is asked to mend them, and no automatic sync is planned."""
    connection = await scene.create(password="wrong")
    assert (connection.state, connection.outcome) == (State.REFUSED, "login.credentials")
    assert connection.credentials_spent and connection.refused_logins == 1
    assert connection.next_sync_at is None


async def test_they_are_not_sent_again_without_a_change(scene: Scene) -> None:
    """An update that brings none, and one that brings the same, are refused before anybody logs in."""
    connection = await scene.create(password="wrong")
    for password in (None, "wrong"):
        assert await refused(scene.update(connection.id, password)) == "request.credentials.refused-before"
    changes = Changes(credentials={"username": "ana"})
    doing = connections.update(scene.world, APP, connection.id, changes, UpdateRules())
    assert await refused(doing) == "request.credentials.refused-before"
    assert len(scene.bank.logins) == 1


async def test_changed_credentials_are_tried_and_are_the_ones_kept(scene: Scene) -> None:
    """The attempt that clears the error is never in the error's way."""
    connection = await scene.create(password="wrong")
    connection = await scene.update(connection.id, password="right")
    assert (connection.state, connection.credentials_spent, connection.refused_logins) == (State.FRESH, False, 0)
    await scene.update(connection.id)
    assert [login["password"] for login in scene.bank.logins] == ["wrong", "right", "right"]


async def test_no_schedule_tries_them(scene: Scene) -> None:
    """A month goes by, and the institution hears nothing."""
    await schedule.stop_clock(scene.world, APP, scene.world.now(APP))
    connection = await scene.create(password="right")
    scene.bank.right_password = "changed at the bank"
    start = scene.world.now(APP)
    await schedule.advance(scene.world, APP, start + DAY, scene.settle)
    connection = await scene.now_of(connection.id)
    assert (connection.state, connection.next_sync_at) == (State.REFUSED, None)
    assert len(scene.bank.logins) == 2
    await schedule.advance(scene.world, APP, start + 30 * DAY, scene.settle)
    assert len(scene.bank.logins) == 2
    connection = await scene.update(connection.id, password="changed at the bank")
    assert connection.state is State.FRESH and connection.next_sync_at == start + 31 * DAY


async def test_a_freeze_is_not_knocked_at(scene: Scene) -> None:
    """Refused for so long that the meaning itself names a time: nothing goes by itself even then."""
    scene.bank.login_fails = Refused("login.credentials.frozen")
    connection = await scene.create()
    assert connection.credentials_spent and connection.next_sync_at is None


async def test_a_second_refusal_makes_the_user_wait(scene: Scene) -> None:
    """Two in a row, and for a quarter of an hour nobody logs in, with whatever password."""
    connection = await scene.create(password="wrong")
    connection = await scene.update(connection.id, password="wrong too")
    assert connection.refused_logins == 2
    assert await refused(scene.update(connection.id, "right")) == "request.connection.login-backoff"
    scene.clock.at += 15 * MINUTE - 1
    assert await refused(scene.update(connection.id, "right")) == "request.connection.login-backoff"
    scene.clock.at += 1
    assert (await scene.update(connection.id, "right")).state is State.FRESH
    assert [login["password"] for login in scene.bank.logins] == ["wrong", "wrong too", "right"]


async def test_new_credentials_are_not_spent_by_what_is_not_their_fault(scene: Scene) -> None:
    """The bank was down when they came: they may be tried again as they are."""
    connection = await scene.create(password="wrong")
    scene.bank.login_fails = Refused("institution.unavailable")
    connection = await scene.update(connection.id, password="right")
    assert (connection.state, connection.credentials_spent) == (State.STALE, False)
    scene.bank.login_fails = None
    assert (await scene.update(connection.id)).state is State.FRESH


async def test_a_wrong_answer_spends_no_credentials(scene: Scene) -> None:
    """The password was right; only the token was not."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create(password="right")
    connection = await scene.answer(connection.id, "wrong")
    assert (connection.outcome, connection.credentials_spent, connection.refused_logins) == ("mfa.wrong", False, 1)
    connection = await scene.update(connection.id)
    assert connection.state is State.ASKING


@pytest.mark.parametrize(
    ("meaning", "expected"), [("login.other-session", "request.connection.too-many-failures"), ("institution", None)]
)
async def test_after_many_failures_of_the_user_new_credentials_are_wanted(
    scene: Scene, meaning: str, expected: str | None
) -> None:
    """What the institution does locks nobody out, however often."""
    rules = UpdateRules(failures=2)
    connection = await scene.create(password="right")
    scene.bank.login_fails = Refused(meaning)
    for _ in range(3):
        connection = await scene.update(connection.id, rules=rules)
        scene.clock.at += HOUR
    scene.bank.login_fails = None
    if expected is not None:
        assert await refused(scene.update(connection.id, rules=rules)) == expected
        connection = await scene.update(connection.id, password="right", rules=rules)
    else:
        connection = await scene.update(connection.id, rules=rules)
    assert connection.state is State.FRESH


async def test_what_is_stored_of_credentials_is_sealed(scene: Scene) -> None:
    """No byte of them can be read, and they open for their own connection alone."""
    connection = await scene.create(password="right")
    sealed = await rows.sealed_credentials(scene.world.database, connection.id)
    assert sealed is not None
    assert b"right" not in sealed and b"ana" not in sealed


async def test_credentials_that_cannot_be_opened_end_the_execution(scene: Scene) -> None:
    """The master key was lost: our fault, said so, and mended by typing them again."""
    connection = await scene.create(password="right")
    async with scene.world.database.transaction() as writer:
        await rows.seal_credentials(writer, connection.id, b"rubbish", "print")
        found = await rows.lock(writer, connection.id)
        assert found is not None
        again, _ = await connections.sync_by_schedule(scene.world, writer, found)
    await sync.run(scene.world, again.execution_id)
    connection = await scene.now_of(connection.id)
    assert (connection.state, connection.outcome) == (State.STALE, "server.error")


async def _mistyped(scene: Scene) -> Connection:
    """Return a connection that is synced every day, and that somebody has just given a wrong password."""
    await schedule.stop_clock(scene.world, APP, scene.world.now(APP))
    connection = await scene.create(password="right")
    return await scene.update(connection.id, password="wrong")


async def test_a_refused_password_never_replaces_a_good_one(scene: Scene) -> None:
    """Whoever typed it is told, and the daily sync goes on at its time with the one that the bank let in before."""
    start = scene.world.now(APP)
    connection = await _mistyped(scene)
    assert (connection.state, connection.outcome) == (State.REFUSED, "login.credentials")
    assert (connection.credentials_spent, connection.next_sync_at) == (False, start + DAY)
    await schedule.advance(scene.world, APP, start + DAY, scene.settle)
    assert (await scene.now_of(connection.id)).state is State.FRESH
    assert (await scene.update(connection.id)).state is State.FRESH
    assert [login["password"] for login in scene.bank.logins] == ["right", "wrong", "right", "right"]


async def test_what_was_refused_beside_a_good_password_is_not_sent_again(scene: Scene) -> None:
    """Not even after the good one has been let in once more; what the bank said of it is known still."""
    connection = await _mistyped(scene)
    await scene.update(connection.id)
    with pytest.raises(RefusedBefore) as refused_before:
        await scene.update(connection.id, password="wrong")
    assert refused_before.value.then.meaning == "login.credentials"
    assert (await scene.update(connection.id, password="right")).state is State.FRESH
    assert [login["password"] for login in scene.bank.logins] == ["right", "wrong", "right", "right"]


async def test_what_was_refused_may_be_tried_once_the_good_password_is_refused(scene: Scene) -> None:
    """The user has made it the password since: what clears an error is never in the error's way."""
    connection = await _mistyped(scene)
    scene.bank.right_password = "wrong"
    connection = await scene.update(connection.id)
    assert (connection.state, connection.credentials_spent) == (State.REFUSED, True)
    await schedule.advance(scene.world, APP, scene.world.now(APP) + HOUR, scene.settle)
    assert (await scene.update(connection.id, password="wrong")).state is State.FRESH


async def test_what_was_never_let_in_is_no_password_to_go_back_to(scene: Scene) -> None:
    """One that came while the bank was down stays on trial, and falls back to the one before it."""
    connection = await scene.create(password="right")
    scene.bank.login_fails = Refused("institution.unavailable")
    for password in ("one", "two"):
        connection = await scene.update(connection.id, password=password)
        assert (connection.state, connection.credentials_spent) == (State.STALE, False)
    scene.bank.login_fails = None
    connection = await scene.update(connection.id)
    assert (connection.state, connection.credentials_spent) == (State.REFUSED, False)
    assert (await scene.update(connection.id)).state is State.FRESH
    assert [login["password"] for login in scene.bank.logins] == ["right", "one", "two", "two", "right"]


async def test_a_login_that_must_rest_is_synced_again_after_it(scene: Scene) -> None:
    """Somebody's wrong passwords froze it: the daily sync of the good one waits for the day after, and is not lost."""
    start = scene.world.now(APP)
    await schedule.stop_clock(scene.world, APP, start)
    connection = await scene.create(password="right")
    scene.bank.login_fails = Refused("login.credentials.frozen")
    connection = await scene.update(connection.id, password="wrong")
    assert connection.next_sync_at == start + 2 * DAY
    scene.bank.login_fails = None
    assert (await scene.update(connection.id)).outcome == "login.credentials.frozen"
    assert (await scene.now_of(connection.id)).next_sync_at == start + 2 * DAY
    await schedule.advance(scene.world, APP, start + 2 * DAY, scene.settle)
    assert (await scene.now_of(connection.id)).state is State.FRESH
    assert [login["password"] for login in scene.bank.logins] == ["right", "wrong", "right"]


async def test_answers_left_for_later_outlive_a_refused_password(scene: Scene) -> None:
    """They belong to the user, not to the password that came with them."""
    connection = await scene.create(password="right")
    scene.bank.login_fails = Refused("institution.unavailable")
    connection = await scene.update(connection.id, password="wrong")
    await answers.keep(scene.world, APP, connection.id, {"Mother's name?": "Maria"})
    scene.bank.login_fails = None
    await scene.update(connection.id)
    assert await answers.kept(scene.world, APP, connection.id) == {"Mother's name?": "Maria"}
    await scene.update(connection.id)
    assert scene.bank.logins[-1]["password"] == "right"


async def test_credentials_sealed_before_there_were_trials_are_read(scene: Scene) -> None:
    """An older database has the plain values in its rows."""
    connection = await scene.create(password="right")
    old = scene.world.vault.seal(b'{"username":"ana","password":"right"}', f"credentials:{connection.id}")
    async with scene.world.database.transaction() as writer:
        await rows.seal_credentials(writer, connection.id, old, "print")
    assert (await scene.update(connection.id)).state is State.FRESH
