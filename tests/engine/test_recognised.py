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


async def test_the_newest_secret_is_known_from_a_former_one(scene: Scene) -> None:
    """Both open; what is sent is signed with the newest that was seen."""
    id, secret = await applications.register(scene.world, "client")
    recognised = Recognised()
    new = await applications.rotate_secret(scene.world, id, HOUR)
    found = await applications.find(scene.world, id)
    assert found is not None
    for _ in range(2):
        assert await recognised.opens(found, secret) and await recognised.opens(found, new)
        assert (recognised.is_newest(found, secret), recognised.is_newest(found, new)) == (False, True)


async def test_what_is_signed_with_a_secret_that_opens_nothing_any_more_is_signed_anew(scene: Scene) -> None:
    """At once without an overlap; with one when the new secret is seen first."""
    id, secret = await applications.register(scene.world, "client")
    await applications.keep_secret(scene.world, id, secret)
    await applications.rotate_secret(scene.world, id, HOUR)
    assert await applications.kept_secret(scene.world, id) == secret
    new = await applications.rotate_secret(scene.world, id, 0)
    assert await applications.kept_secret(scene.world, id) == new
    other, _ = await applications.register(scene.world, "one who signs nothing")
    await applications.rotate_secret(scene.world, other, 0)
    assert await applications.kept_secret(scene.world, other) is None
