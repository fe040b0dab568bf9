"""Secrets that a process remembers: as good as what is stored, and no longer."""

from __future__ import annotations

import pytest

from afluente.core.clock import HOUR
from afluente.engine.access import applications
from afluente.engine.access.recognised import Recognised
from tests.engine.scene import Scene

pytestmark = pytest.mark.anyio


async def test_a_secret_that_was_replaced_is_remembered_no_longer(scene: Scene) -> None:
    """Whoever lost it changes it so that it opens nothing, and calls come with it all the time."""
    id, secret = await applications.register(scene.world, "client")
    recognised = Recognised()
    for _ in range(2):
        assert await recognised.opens(await applications.find(scene.world, id), secret)
    new = await applications.rotate_secret(scene.world, id, 0)
    assert not await recognised.opens(await applications.find(scene.world, id), secret)
    assert await recognised.opens(await applications.find(scene.world, id), new)


async def test_a_former_secret_is_remembered_until_its_time_is_over(scene: Scene) -> None:
    """Though nothing of the application has changed since it opened last."""
    id, secret = await applications.register(scene.world, "client")
    recognised = Recognised()
    await applications.rotate_secret(scene.world, id, HOUR)
    assert await recognised.opens(await applications.find(scene.world, id), secret)
    scene.clock.at += HOUR
    assert not await recognised.opens(await applications.find(scene.world, id), secret)


async def test_nothing_wrong_is_remembered(scene: Scene) -> None:
    """Nor is anything right for an application that is not there."""
    id, secret = await applications.register(scene.world, "client")
    recognised = Recognised()
    found = await applications.find(scene.world, id)
    for _ in range(2):
        assert not await recognised.opens(found, f"{secret}x")
        assert not await recognised.opens(None, secret)


async def test_what_is_sent_is_signed_with_the_newest_secret_that_was_seen(scene: Scene) -> None:
    """While the former one opens still, calls that come with it change nothing."""
    id, secret = await applications.register(scene.world, "client")
    await applications.keep_secret(scene.world, id, secret)
    assert await applications.kept_secret(scene.world, id) == secret
    new = await applications.rotate_secret(scene.world, id, HOUR)
    for told in (new, secret):
        await applications.keep_secret(scene.world, id, told)
        assert await applications.kept_secret(scene.world, id) == new
