"""What a call leaves behind: nothing that makes its answer wait twice, and no more than a log can bear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

from afluente.core.clock import MINUTE
from afluente.core.outcome import Refused
from afluente.engine.operating import requests
from afluente.engine.operating.requests import Page
from afluente.store.database import Unreachable
from afluente.store.opening import open_database
from afluente.web.answers import Answer, json
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import Logbook
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio


class House:
    """A system whose callers name their application in a header, and open it with another."""

    strikable = False

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def error_id(self) -> str:
        """Return the next id."""
        return self.scene.world.ids.new()

    def admit(self, call: Call, access: str) -> Awaitable[None] | None:
        """Let in who has the key; `path` is a system that finds the application in the path."""
        if access == "path":
            call.application_id = APP
        call.named = APP
        if call.header(b"key") != "right":
            raise Refused("request.unauthenticated.keys")
        call.application_id = APP
        return None

    def refuse(self, call: Call, refused: Refused, error_id: str) -> Answer:
        """Say the meaning."""
        return json({"meaning": refused.meaning}, 503 if refused.meaning == "server.unavailable" else 401)


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """An application."""
    database = await open_database(database_url)
    made = Scene(database)
    await made.prepare()
    yield made
    await made.runner.stop()
    await database.close()


async def status(endpoint: Endpoint, key: str) -> int:
    """Post to it, and return the status of the answer."""
    answered: list[Any] = []

    async def send(message: Any) -> None:
        answered.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    headers = [(b"key", key.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "path_params": {}, "query_string": b"", "headers": headers}
    await endpoint(scope, receive, send)
    return int(answered[0]["status"])


async def test_who_meets_a_database_that_is_away_waits_for_it_once(scene: Scene) -> None:
    """The refusal is not written down in what is away; every other one is."""
    written: list[str] = []

    class Book:
        verbs = frozenset({"POST"})

        async def write(self, call: Call, status: int) -> None:
            assert call.refused is not None
            written.append(call.refused[0])

    async def away(call: Call) -> Answer:
        raise Unreachable

    async def fault(call: Call) -> Answer:
        raise Refused("server.unavailable")

    endpoints = [Endpoint(scene.world, House(scene), {"POST": (done, "any")}, Book()) for done in (away, fault)]
    assert await status(endpoints[0], "right") == 503
    assert written == []
    assert await status(endpoints[1], "right") == 503
    assert await status(endpoints[0], "wrong") == 401
    assert written == ["server.unavailable", "request.unauthenticated.keys"]


@pytest.mark.parametrize("access", ["header", "path"])
async def test_callers_that_only_name_an_application_leave_so_many_rows_a_minute(scene: Scene, access: str) -> None:
    """They are refused all the same; whoever has the key is written down however many they were."""

    async def done(call: Call) -> Answer:
        return json({})

    async def rows() -> int:
        return len(await requests.calls(scene.world, APP, Page(1_000)))

    house = House(scene)
    endpoint = Endpoint(scene.world, house, {"POST": (done, access)}, Logbook(scene.world, house, "any").of("/"))
    assert {await status(endpoint, "wrong") for _ in range(70)} == {401}
    assert await rows() == 60
    assert await status(endpoint, "right") == 200
    assert await rows() == 61
    scene.clock.at += MINUTE
    assert await status(endpoint, "wrong") == 401
    assert await rows() == 62
