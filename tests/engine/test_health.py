"""How institutions are doing: anybody may ask, and however many do, the visits are read once in a while."""

from __future__ import annotations

import pytest

from afluente.core.clock import DAY
from afluente.core.outcome import Refused
from afluente.engine.institutions.health import Rate, Shown, Status, statuses
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio


async def test_what_all_see_stands_for_a_while_and_then_follows_what_happened(scene: Scene) -> None:
    """Whatever ends meanwhile, and a clock that was set back does not keep it for longer."""
    shown = Shown()
    await scene.create()
    at, [first] = await shown.to_all(scene.world)
    assert (at, first.login) == (scene.clock.at, Rate(1, 1))
    await scene.create()
    scene.clock.at += Shown.STANDS - 1
    assert await shown.to_all(scene.world) == (at, [first])
    scene.clock.at += 1
    then, [later] = await shown.to_all(scene.world)
    assert (then, later.login, len(later.days["login"])) == (scene.clock.at, Rate(2, 2), 14)
    scene.clock.at = at
    assert (await shown.to_all(scene.world))[0] == at


async def test_a_status_follows_from_the_visits_of_a_day(scene: Scene) -> None:
    """Three logins that fail there, and nobody gets in; a day later nobody knows."""
    scene.bank.login_fails = Refused("institution.unavailable")
    for _ in range(3):
        await scene.create()
    assert await statuses(scene.world, APP) == {"bank": Status.DOWN}
    scene.clock.at += DAY
    assert await statuses(scene.world, APP) == {"bank": Status.OPERATIONAL}
