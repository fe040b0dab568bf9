"""Servers and workers killed at random, again and again, while clients connect banks and are told of it by webhooks."""

from __future__ import annotations

import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.crash.storage import Storage, storage
from tests.delivery.receiver import Received, Receiver, listening
from tests.machines.conftest import Machines, machines_on
from tests.server import Client, Server, running

pytestmark = pytest.mark.slow

PLAIN = 2
HOOK = "/hook"
ITEMS = {"sqlite": 120, "postgresql": 60}
"""Connections that are acknowledged at least; each is told of by some fifteen messages."""

KILLS = {"sqlite": 2, "postgresql": 3}
IN_FLIGHT = 16
"""Messages that are on their way to one endpoint at most: those arrive twice where who carries them dies."""

QUIET = 1.0
"""Seconds without a message after which none is on its way any more."""


class House:
    """What can be killed: one server, or a server and its workers."""

    def __init__(self, server: Server, stored: Storage, machines: Machines | None) -> None:
        self.server = server
        self.stored = stored
        self.machines = machines
        if machines is not None:
            machines.hire()
            machines.hire()
        self.killed: dict[str, int] = defaultdict(int)

    def kill(self, chance: Random) -> None:
        """End one of them with SIGKILL, and start it again."""
        every = self.machines.workers if self.machines is not None else []
        workers = [worker for worker in every if worker.process.poll() is None]
        number = chance.randrange(1 + len(workers))
        if number == len(workers):
            self.server.kill()
            self.server.start()
            self.killed["server"] += 1
        else:
            assert self.machines is not None
            workers[number].end(signal.SIGKILL)
            self.machines.hire()
            self.killed["worker"] += 1


class Load:
    """A client that connects banks until it is enough and so many are acknowledged, whatever becomes of its calls."""

    def __init__(self, client: Client, least: int) -> None:
        self.client = client
        self.least = least
        self.acknowledged: list[str] = []
        self.failed = 0
        self.enough = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        for number in range(100 * self.least):
            parameters = {"user": f"user-person+{number}", "password": "password-ok"}
            try:
                answer = self.client.call("POST", "/items", json={"connectorId": PLAIN, "parameters": parameters})
            except httpx.HTTPError:
                self.failed += 1
                self.client.server.process_wait(0.02)
                continue
            assert answer.status_code in (200, 503), answer.text
            if answer.status_code == 200:
                self.acknowledged.append(answer.json()["id"])
                if len(self.acknowledged) >= self.least and self.enough.is_set():
                    return
                self.client.server.process_wait(0.03)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real receiver on a port of this machine."""
    with listening() as receiver:
        yield receiver


@pytest.fixture
def house(tmp_path: Any, database_url: str) -> Iterator[House]:
    """One server on SQLite; on PostgreSQL a server and two workers."""
    if database_url.startswith("sqlite"):
        with running(tmp_path, database_url, pace="5", private_webhooks="1") as server, storage(database_url) as stored:
            yield House(server, stored, None)
    else:
        for machines in machines_on(tmp_path, database_url, pace="5"):
            yield House(machines.server, machines.stored, machines)


def in_order(got: list[Received]) -> bool:
    """Tell whether each connection's events came one after another, none missing, however often one was sent."""
    last: defaultdict[str, int] = defaultdict(int)
    for one in got:
        event = one.json
        if event["sequence"] > last[event["connection"]] + 1:
            return False
        last[event["connection"]] = max(last[event["connection"]], event["sequence"])
    return True


def settled(client: Client) -> None:
    """Return when nothing runs any more, however often a call that waits for it has to be made."""
    for _ in range(5):
        try:
            return client.settle()
        except httpx.ReadTimeout:
            continue
    raise AssertionError("it did not come to rest")


def a_minute_passes(house: House, receiver: Receiver) -> None:
    """Let the leases of attempts that died be over, once no attempt is under way any more."""
    before = -1
    while (now := len(receiver.on(HOOK))) != before:
        before = now
        house.server.process_wait(QUIET)
    with house.stored._engine.begin() as writing:
        writing.execute(text("UPDATE deliveries SET due_at = due_at - 60000 WHERE state = 'open' AND due_at > 0"))
        writing.execute(text("UPDATE webhooks SET due_at = due_at - 60000 WHERE due_at IS NOT NULL"))


@pytest.mark.parametrize("seed", [7])
def test_nothing_acknowledged_and_no_webhook_is_lost(house: House, receiver: Receiver, seed: int) -> None:
    """Every connection ends whole, every event arrives, each connection's in order; only what is on its way at a kill
    arrives twice."""
    chance = Random(seed)
    client = house.server.client()
    client.own("POST", "/endpoints", json={"url": receiver.url + HOOK})
    database = house.stored.url.partition(":")[0]
    kills = KILLS[database]
    load = Load(house.server.client(), ITEMS[database])
    for _ in range(kills):
        house.server.process_wait(chance.uniform(0.3, 0.9))
        house.kill(chance)
    load.enough.set()
    load.thread.join(60)
    assert len(load.acknowledged) >= load.least
    settled(client)
    house.stored.check(settled=True)
    for item in load.acknowledged:
        found = client.get(f"/items/{item}")
        assert (found["status"], found["executionStatus"]) == ("UPDATED", "SUCCESS"), found
        assert min(house.stored.held(item)) > 0
    a_minute_passes(house, receiver)
    open_ones = "SELECT count(*) FROM deliveries WHERE state = 'open'"
    for _ in range(200):
        if house.stored.rows(open_ones) == [(0,)]:
            break
        house.server.process_wait(0.05)
    got = receiver.on(HOOK)
    ids = [one.headers["webhook-id"] for one in got]
    events = house.stored.rows("SELECT id FROM events")
    assert {one.json["id"] for one in got} == {id for (id,) in events}
    assert len(set(ids)) == len(events) > 8 * load.least
    assert in_order(got)
    twice = len(ids) - len(set(ids))
    assert sum(house.killed.values()) == kills and load.failed, "nothing was killed under load"
    assert twice <= IN_FLIGHT * kills, f"{twice} of {len(set(ids))} arrived twice"
