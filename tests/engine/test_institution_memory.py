"""What an institution remembers between conversations: it outlives them, and nobody else sees it."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from afluente.core.clock import MINUTE
from afluente.core.institutions import Institution
from afluente.engine.institutions.bank import EngineBank
from afluente.store import applications
from afluente.store.applications import Application, Policy
from tests.engine.scene import APP, BANK, NOW, Scene

OTHER = "00000000-0000-4000-8000-00000000beef"


def bank(scene: Scene, application: str = APP, institution: Institution = BANK, connection: str = "c") -> EngineBank:
    """A conversation with an institution."""
    return EngineBank(scene.world, application, institution, connection, ())


async def another_application(scene: Scene) -> None:
    """Add one."""
    async with scene.world.database.transaction() as writer:
        await applications.add(writer, Application(OTHER, "other", "hash", None, Policy()), NOW)


@pytest.mark.anyio
async def test_the_next_conversation_remembers(scene: Scene) -> None:
    """A value stays until it is written over or forgotten; each writing tells what was there."""
    assert await bank(scene).recall("door") is None
    assert await bank(scene).remember("door", "open") is None
    assert await bank(scene, connection="another").recall("door") == "open"
    assert await bank(scene).remember("door", "shut") == "open"
    assert await bank(scene).remember("door", None) == "shut"
    assert await bank(scene).recall("door") is None
    assert await bank(scene).remember("door", None) is None


@pytest.mark.anyio
async def test_each_key_institution_and_application_is_apart(scene: Scene) -> None:
    """What one is told another does not know."""
    await another_application(scene)
    elsewhere = replace(BANK, slug="elsewhere")
    await bank(scene).remember("door", "open")
    assert await bank(scene).recall("window") is None
    assert await bank(scene, institution=elsewhere).recall("door") is None
    assert await bank(scene, application=OTHER).recall("door") is None
    await bank(scene, application=OTHER).remember("door", None)
    assert await bank(scene).recall("door") == "open"


@pytest.mark.anyio
async def test_of_two_that_write_at_once_one_sees_the_other(scene: Scene) -> None:
    """Exactly one of many finds nothing there: that is how one session at a time is kept."""
    found = await asyncio.gather(*(bank(scene, connection=str(n)).remember("session", str(n)) for n in range(8)))
    assert found.count(None) == 1
    assert len(set(found)) == 8


@pytest.mark.anyio
async def test_a_slow_institution_takes_the_applications_time(scene: Scene) -> None:
    """On a clock that stands still a pause is over at once, and moves nothing."""
    await bank(scene).pause(10 * MINUTE)
    assert scene.clock.now() == NOW
