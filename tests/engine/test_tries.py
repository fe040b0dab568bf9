"""Wrong secrets: a stranger cannot use up what its operator may try, and many strangers may not try without end."""

from __future__ import annotations

import pytest

from afluente.core.outcome import Refused
from afluente.engine.access import tries
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio


async def refused(scene: Scene, who: str, *, known: bool = False) -> int:
    """Try once more, which must be too often; return after how many seconds it may be done again."""
    with pytest.raises(Refused, match=r"request\.too-many") as told:
        await tries.begin(scene.world, APP, who, known=known)
    seconds: int = told.value.data["seconds"]
    return seconds


async def test_each_stranger_fills_a_count_of_their_own_and_all_together_one_more(scene: Scene) -> None:
    """From ten places a hundred, then nobody unknown; who is known goes on, as often as anybody; all ends in time."""
    for place in range(tries.STRANGERS // tries.EACH):
        for _ in range(tries.EACH):
            await tries.begin(scene.world, APP, f"place-{place}", known=False)
        assert await refused(scene, f"place-{place}") == 600
    scene.clock.at += 60_000
    assert await refused(scene, "another place") == 540
    for _ in range(tries.EACH):
        await tries.begin(scene.world, APP, "browser", known=True)
    assert await refused(scene, "browser", known=True) == 600
    await tries.begin(scene.world, APP, "other browser", known=True)
    scene.clock.at += tries.SPAN - 60_000
    await tries.begin(scene.world, APP, "place-0", known=False)
    assert await refused(scene, "browser", known=True) == 60


async def test_a_try_that_was_right_is_counted_no_longer(scene: Scene) -> None:
    """However often it is done, and only that one is taken away."""
    for _ in range(tries.EACH - 1):
        await tries.begin(scene.world, APP, "place", known=False)
    for _ in range(3):
        right = await tries.begin(scene.world, APP, "place", known=False)
        await refused(scene, "place")
        await tries.give_back(scene.world, APP, right, known=False)
