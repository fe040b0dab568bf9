"""Logins that rest: whom they hold back, for how long, and whom not."""

from __future__ import annotations

import pytest

from afluente.core.clock import DAY, HOUR, MINUTE, Instant
from afluente.core.lifecycle import State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.connecting import connections, retrieval
from afluente.engine.connecting.connections import Wanted
from afluente.engine.connecting.retrieval import Retrieval
from afluente.engine.institutions import freezes
from afluente.engine.institutions.quotas import next_month
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio

FROZEN = "login.credentials.frozen"
SECURITY = "institution.connection.security"
PENDING = "login.needs-action.registration-pending"


@pytest.mark.parametrize(
    ("meaning", "span"),
    [
        (FROZEN, DAY),
        (SECURITY, DAY),
        (PENDING, 30 * MINUTE),
        ("institution.connection.rejected", None),
        ("login.other-session.concurrent", None),
        ("institution.unavailable", None),
        ("login.credentials.password", None),
        ("success", None),
    ],
)
async def test_what_a_login_rests_for(scene: Scene, meaning: str, span: Instant | None) -> None:
    """Half an hour or more, or a day: a shorter wait is a pause, and an outage holds nobody."""
    assert freezes.span_of(scene.world.meaning(meaning), scene.clock.at) == span


@pytest.mark.parametrize(("meaning", "span"), [(FROZEN, DAY), (SECURITY, DAY), (PENDING, 30 * MINUTE)])
async def test_the_institution_hears_nothing_until_the_time_is_over(scene: Scene, meaning: str, span: Instant) -> None:
    """Attempts in between end in the same meaning, and do not make the wait longer."""
    scene.bank.login_fails = Refused(meaning)
    connection = await scene.create()
    scene.bank.login_fails = None
    for later in (0, span // 2, span // 2 - 1):
        scene.clock.at += later
        connection = await scene.create(password=f"another {later}")
        assert (connection.outcome, connection.refused_logins, connection.credentials_spent) == (meaning, 0, False)
    assert len(scene.bank.logins) == 1
    scene.clock.at += 1
    connection = await scene.create(password="another still")
    assert connection.state is State.FRESH and len(scene.bank.logins) == 2


async def test_what_is_there_again_with_the_next_month_rests_until_it_begins(scene: Scene) -> None:
    """However short the rest of the month is: no day of the next one is lost."""
    month = next_month(scene.clock.at)
    scene.clock.at = month - 2 * HOUR
    scene.bank.login_fails = Refused("product.quota-spent")
    await scene.create()
    scene.bank.login_fails = None
    scene.clock.at = month - 1
    assert (await scene.create(password="another")).outcome == "product.quota-spent"
    assert len(scene.bank.logins) == 1
    scene.clock.at = month
    connection = await scene.create(password="another still")
    assert connection.state is State.FRESH and len(scene.bank.logins) == 2


async def test_the_same_credentials_are_tried_when_they_have_rested(scene: Scene) -> None:
    """They were not wrong, only too often: with the wait over they may be sent again as they are."""
    scene.bank.login_fails = Refused(FROZEN)
    connection = await scene.create()
    scene.bank.login_fails = None
    wanted = Retrieval(products=(Product.ACCOUNTS,))
    with pytest.raises(Refused, match="refused-before"):
        await retrieval.begin(scene.world, APP, connection.id, wanted)
    scene.clock.at += DAY
    await retrieval.begin(scene.world, APP, connection.id, wanted)
    await scene.settle()
    assert (await scene.now_of(connection.id)).state is State.FRESH


async def test_another_user_is_not_held_back(scene: Scene) -> None:
    """It is one login that rests."""
    scene.bank.login_fails = Refused(SECURITY)
    await scene.create()
    scene.bank.login_fails = None
    credentials = {"username": "somebody else", "password": "secret"}
    wanted = Wanted(institution="bank", credentials=credentials, products=(Product.ACCOUNTS,))
    made = await connections.create(scene.world, APP, wanted)
    await scene.settle()
    assert (await scene.now_of(made.id)).state is State.FRESH


async def test_a_shorter_wait_is_left_to_whoever_calls(scene: Scene) -> None:
    """What was turned away at random is let in when it comes again."""
    scene.bank.login_fails = Refused("institution.connection.rejected")
    connection = await scene.create()
    scene.bank.login_fails = None
    assert connection.state is State.STALE
    assert (await scene.create(password="another")).state is State.FRESH
    scene.clock.at += HOUR
    assert len(scene.bank.logins) == 2
