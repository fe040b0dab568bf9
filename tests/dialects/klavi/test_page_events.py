"""What visitors of the page do, as facts: written where somebody listens, and not without end."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from afluente.core.clock import MINUTE, StoppedClock
from afluente.core.events import EventKind
from afluente.dialects.klavi import telling
from afluente.dialects.klavi.house import SYSTEM, House, Link, PageNumbers, numbers
from afluente.engine.outbox import endpoints, facts
from afluente.security.tokens import Tokens
from afluente.store.registers import Webhook
from tests.engine.conftest import scene
from tests.engine.scene import APP, Scene

__all__ = ["scene"]

pytestmark = pytest.mark.anyio

NEWS: list[dict[str, Any]] = [{"eventName": "page_view", "payload": {}}]
OWN, ANYBODYS = Link(id="own"), Link(id="anybodys", anybodys=True)


async def written(scene: Scene) -> list[str | None]:
    """Return of which links' pages something was written down, in order."""
    found = await facts.behind(scene.world, APP, 0, 100, [EventKind.PAGE_USED])
    assert all(msgspec.json.decode(one.fact.attributes["news"]) == NEWS for one in found)
    return [one.fact.reference for one in found]


async def test_so_much_of_a_page_is_told_in_a_minute_as_the_policy_says(scene: Scene) -> None:
    """Nothing before an address listens to that very event. What anybody's links bring takes no room from the
    partner's own; a clock of the partner's that stands still is not what is counted by."""
    few = replace(numbers(), page=PageNumbers(told=3, strangers=2))
    house = House(scene.world, Tokens(b"k" * 32), numbers=few)
    scene.world.stopped[APP] = StoppedClock(scene.clock.at)
    for wanted in ("reports", "events/page_duration"):
        hook = Webhook(id=scene.world.ids.new(), dialect=SYSTEM, event=wanted, url=f"https://a.test/{wanted}")
        await endpoints.add(scene.world, APP, hook, 9)
        await telling.page_used(house, APP, OWN, NEWS)
    assert await written(scene) == []
    hook = Webhook(id=scene.world.ids.new(), dialect=SYSTEM, event="events", url="https://a.test")
    await endpoints.add(scene.world, APP, hook, 9)
    for link in (ANYBODYS, ANYBODYS, ANYBODYS, OWN, OWN, OWN, OWN):
        await telling.page_used(house, APP, link, NEWS)
    assert await written(scene) == ["anybodys"] * 2 + ["own"] * 3
    scene.clock.at += MINUTE
    await telling.page_used(house, APP, ANYBODYS, NEWS)
    assert (await written(scene))[5:] == ["anybodys"]
    await endpoints.change(scene.world, APP, hook.id, disabled_at=scene.clock.at)
    await telling.page_used(house, APP, OWN, NEWS)
    assert len(await written(scene)) == 6
