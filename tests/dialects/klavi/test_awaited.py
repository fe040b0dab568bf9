"""Requests for reports that await consents: whatever becomes of those, and of the process, the reports are made."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from afluente.core.clock import HOUR
from afluente.core.connections import Connection
from afluente.dialects.klavi import callbacks, consents, fetching, telling
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.engine.connecting import connections, tasks
from afluente.engine.outbox import endpoints, relaying
from afluente.engine.outbox.endpoints import Webhook
from afluente.engine.records import reads
from afluente.security.tokens import Tokens
from afluente.store import deliveries
from afluente.store.deliveries import Selection
from afluente.store.opening import open_database
from tests.engine.scene import APP, Scene

pytestmark = pytest.mark.anyio

REQUEST = "00000000-0000-4000-8000-0000000000aa"
HOOK = "00000000-0000-4000-8000-0000000000ec"
NAMES = ("pf_checking_account", "pf_income")


class Story:
    """A partner with consents of one person, who is told of everything."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.house = House(scene.world, Tokens(b"k" * 32))
        scene.world.tellers.add(SYSTEM, lambda: telling.teller(self.house))

    async def given(self, *ends: str, **more: Any) -> list[Connection]:
        """Return a consent for each end of an id, whose data is too old for a report; `more` was said with it."""
        await endpoints.add(
            self.scene.world, APP, Webhook(id=HOOK, dialect=SYSTEM, event="all", url="https://a.test"), 9
        )
        made = []
        for end in ends:
            home = "https://a.test"
            said = Told(link="link", track=end, person="11144477735", institution="000", redirect_url=home, **more)
            id = f"00000000-0000-4000-8000-00000000000{end}"
            made.append(await self.scene.create(id=id, notes={consents.TOLD: consents.kept(said)}))
        self.scene.clock.at += 5 * HOUR
        await relaying.relay_all(self.scene.world, APP)
        return made

    async def request(self, given: list[Connection]) -> None:
        """Request two reports over consents."""
        await telling.reports_requested(self.house, APP, REQUEST, given, NAMES, {}, {})

    async def first_to_rest(self, *ids: str) -> str:
        """Return which of the connections' executions has ended, once one has."""

        async def rests(id: str) -> str:
            connection = await reads.known(self.scene.world, APP, id)
            assert connection is not None
            await self.scene.world.rest(APP, connection.execution_id)
            return id

        waiting = [asyncio.ensure_future(rests(id)) for id in ids]
        done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in others:
            one.cancel()
        return done.pop().result()

    async def told(self) -> list[Any]:
        """Tell everything there is to tell; return the reports that were made of it so far, as they are sent."""
        await relaying.relay_all(self.scene.world, APP)
        kept = await deliveries.selected(self.scene.world.database, APP, Selection(), 100, 0, newest=False)
        bodies = [json.loads(one.content.body) for one in kept]
        return [body for body in bodies if isinstance(body, dict)]


@pytest.fixture
async def story(database_url: str) -> AsyncIterator[Story]:
    """A new one, on SQLite and on PostgreSQL in turn."""
    database = await open_database(database_url)
    scene = Scene(database)
    await scene.prepare()
    yield Story(scene)
    await scene.runner.stop()
    await database.close()


async def test_a_consent_deleted_while_it_is_awaited_keeps_no_report_back(story: Story) -> None:
    """The other one has ended before, so its deletion is the last there is to wait for. The reports say that a source
    is missing, and come once: what has ended may be deleted."""
    first, second = await story.given("1", "2")
    await story.request([first, second])
    quick = story.scene.bank.gate("login")
    slow = story.scene.bank.gate("login")
    assert await story.told() == []
    await quick.reached.wait()
    await slow.reached.wait()
    quick.open.set()
    if await story.first_to_rest(first.id, second.id) == second.id:
        first, second = second, first
    assert await story.told() == []
    await connections.delete(story.scene.world, APP, second.id)
    slow.open.set()
    made = await story.told()
    assert [one["productName"] for one in made] == list(NAMES)
    assert {one["code"] for one in made} == {204}
    assert {c["consentId"] for one in made for link in one["links"] for c in link["consents"]} == {first.id}
    await story.scene.settle()
    assert len(await story.told()) == len(NAMES)


async def test_a_deletion_that_is_told_behind_the_last_end_brings_no_report_again(story: Story) -> None:
    """Both have ended and one is deleted before anything is told: there is one last fact among them, not two."""
    first, second = await story.given("1", "2")
    gates = [story.scene.bank.gate("login") for _ in range(2)]
    await story.request([first, second])
    assert await story.told() == []
    for gate in gates:
        gate.open.set()
    await story.scene.settle()
    await connections.delete(story.scene.world, APP, second.id)
    assert [one["productName"] for one in await story.told()] == list(NAMES)


@pytest.mark.parametrize("dies", ["before anything is begun", "before a task runs", "between two tasks"])
async def test_a_request_that_was_written_down_has_its_reports(
    story: Story, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """The process dies behind the fact: whoever tells it next begins what was not begun, and nothing twice."""
    given = await story.given("1", "2")
    await story.request(given)
    begun, died = len(story.scene.bank.logins), False

    def dying(done: Any, at: int) -> Any:
        calls = 0

        async def run(*arguments: Any) -> Any:
            nonlocal calls, died
            calls += 1
            if calls == at:
                died = True
                raise asyncio.CancelledError
            return await done(*arguments)

        return run

    with monkeypatch.context() as patch:
        if dies == "before a task runs":
            patch.setattr(tasks, "_start", dying(tasks._start, 1))
        else:
            patch.setattr(fetching.engine, "begin", dying(tasks.begin, 1 if dies.startswith("before") else 2))
        with pytest.raises(asyncio.CancelledError):
            await story.told()
    assert died
    await story.told()
    await story.scene.settle()
    made = await story.told()
    assert [one["productName"] for one in made] == list(NAMES)
    assert len(story.scene.bank.logins) == begun + len(given)


async def test_a_consents_address_listens_when_reports_are_sent_there(story: Story) -> None:
    """Not before a request, and of one over anybody's link among those that have less room."""
    given = await story.given(
        "1", anybodys=True, callbacks={"pf_income": "https://one.test", "other": "https://b.test"}
    )
    own = {one.url for one in await endpoints.listed(story.scene.world, APP)}
    assert own == {"https://a.test"}
    await telling.reports_requested(story.house, APP, REQUEST, given, ("pf_income",), {}, {})
    groups = {one.url: one.group for one in await endpoints.listed(story.scene.world, APP)}
    assert groups == {"https://a.test": None, "https://one.test": callbacks._ANYBODYS}
