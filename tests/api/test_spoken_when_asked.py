"""Dialects are loaded when they are first spoken: a start needs none, and each is there at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message

from afluente.app import RULES, build
from afluente.engine.telling import Teller
from afluente.settings import Settings
from tests.server import SOURCE

_START = """
import asyncio, sys
from afluente.app import build
from afluente.settings import Settings

async def start():
    server = await build(Settings(database="sqlite:///" + sys.argv[1] + "/a.db", key_file=sys.argv[1] + "/key"))
    await server.close()

asyncio.run(start())
wanted = ("afluente.dialects.", "afluente.dashboard.", "afluente.analysis", "jinja2")
print([name for name in sys.modules if name.startswith(wanted)])
"""


def _settings(folder: Path) -> Settings:
    return Settings(database=f"sqlite:///{folder}/a.db", key_file=str(folder / "key"), pace=0)


async def _status(app: ASGIApp, path: str) -> int:
    told: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            told.append(message["status"])

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return told[0]


def test_a_start_loads_no_dialect(tmp_path: Path) -> None:
    """Neither the dialects nor the dashboard nor what they alone need are among what a start loads."""
    done = subprocess.run(
        [sys.executable, "-c", _START, str(tmp_path)],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "path"),
    [("pluggy", "/items/none"), ("belvo", "/api/links/none/"), ("flinks", "/v3/x/no"), ("klavi", "/no")],
)
def test_the_first_request_of_a_dialect_is_answered(tmp_path: Path, name: str, path: str) -> None:
    """The request that loads a dialect is answered as any other: without a key, with a refusal in its words."""

    async def ask() -> int:
        server = await build(_settings(tmp_path))
        try:
            return await _status(server.apps[name], path)
        finally:
            await server.close()

    assert 400 <= asyncio.run(ask()) < 500


def test_the_first_request_of_the_dashboard_is_answered(tmp_path: Path) -> None:
    """The page to log in is there at the first request."""

    async def ask() -> int:
        server = await build(_settings(tmp_path))
        try:
            return await _status(server.own, "/dashboard/login")
        finally:
            await server.close()

    assert asyncio.run(ask()) == 200


def test_every_dialect_tells_events_and_brings_its_rules(tmp_path: Path) -> None:
    """What the engine knows by name before it is loaded is there when it is wanted, under the same name."""

    async def look() -> None:
        server = await build(_settings(tmp_path))
        try:
            assert set(server.world.tellers) == {"afluente", *server.apps}
            assert all(isinstance(teller, Teller) for teller in server.world.tellers.values())
            assert set(server.world.rules) == set(RULES)
            assert all(callable(rule) for rule in server.world.rules.values())
        finally:
            await server.close()

    asyncio.run(look())
