"""Addresses that reports are sent to: how many there may be, whose they are, and what is said of those dropped."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from afluente.dialects.klavi import callbacks
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.engine.outbox import endpoints
from afluente.engine.outbox.endpoints import Webhook
from afluente.security.tokens import Tokens
from afluente.store.opening import open_database
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The dialect over a new world, without a server."""
    database = await open_database(database_url)
    scene = Scene(database)
    await scene.prepare()
    yield House(scene.world, Tokens(b"k" * 32))
    await scene.runner.stop()
    await database.close()


async def listening(house: House) -> set[str]:
    """Return the addresses that are told of something."""
    return {one.url for one in await endpoints.listed(house.world, APP)}


def addresses(whose: str, count: int) -> list[str]:
    """Return so many addresses of somebody."""
    return [f"https://{whose}.example/{number}?key=secret" for number in range(count)]


async def test_addresses_that_anybody_names_leave_the_partners_their_room(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each kind is bounded by itself, and endpoints that are registered by neither; whoever is dropped is in the log,
    without what stands in the address behind its host."""
    bounds = {group: 2 if "anybody" in group else 3 for group in callbacks._MOST}
    monkeypatch.setattr(callbacks, "_MOST", bounds)
    with caplog.at_level(logging.WARNING, "afluente.klavi.callbacks"):
        await callbacks.listen(house, APP, addresses("anybody", 3), anybodys=True)
        await callbacks.listen(house, APP, addresses("partner", 3))
        assert await listening(house) == {*addresses("anybody", 2), *addresses("partner", 3)}
        assert [one.fields["host"] for one in caplog.records] == ["anybody.example"]  # type: ignore[attr-defined]
        await callbacks.listen(house, APP, addresses("partner", 4))
    dropped = [one.fields for one in caplog.records]  # type: ignore[attr-defined]
    assert [(one["host"], one["application"]) for one in dropped] == [
        ("anybody.example", APP),
        ("partner.example", APP),
    ]
    assert "secret" not in str(dropped)
    own = Webhook(id=house.world.ids.new(), dialect=SYSTEM, event="reports", url="https://own.example")
    await endpoints.add(house.world, APP, own, 1)
    assert "https://own.example" in await listening(house)


def test_there_is_less_room_for_what_anybody_names() -> None:
    """Who knows no more than a partner's id fills little."""
    assert callbacks._MOST[callbacks._ANYBODYS] < callbacks._MOST[callbacks._OWN]
