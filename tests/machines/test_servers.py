"""Several servers on one database: one moves a clock at a time, and one that was frozen changes nothing any more."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.belvo import Belvo
from tests.delivery.receiver import Receiver, Reply, listening
from tests.machines.conftest import PLAIN, Machines
from tests.server import Client, Executed, Server, running

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

TABLES = ("connections", "executions", "records", "transactions", "events", "visits", "deliveries")
HOOK = "/hook"


@pytest.fixture
def second(machines: Machines, tmp_path: Path) -> Iterator[Server]:
    """Another server on the same database."""
    folder = tmp_path / "second"
    folder.mkdir()
    with running(folder, machines.server.database, Executed, **machines.server.settings) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's own server, on a port of this machine."""
    with listening() as made:
        yield made


def freeze(server: Server) -> None:
    """Stop a server where it stands."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)


def revive(server: Server) -> None:
    """Let it go on."""
    assert server.process is not None
    server.process.send_signal(signal.SIGCONT)


def all_rows(machines: Machines) -> list[list[tuple[Any, ...]]]:
    """Return every row that tells what was done."""
    return [machines.stored.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]


def test_moves_through_two_servers_come_one_after_the_other(machines: Machines, second: Server) -> None:
    """Eight hours asked for at once, four through each, are eight hours; time never goes back, and nothing is twice."""
    machines.hire()
    with closing(second.client()) as other:
        client = machines.client
        client.policy(sync_every=3600)
        client.connect(PLAIN)
        begun = datetime.fromisoformat(client.advance("PT0S"))

        def move(client: Client) -> list[datetime]:
            return [datetime.fromisoformat(client.advance("PT1H")) for _ in range(4)]

        with ThreadPoolExecutor() as both:
            told = list(both.map(move, (client, other)))
        assert all(sorted(one) == one for one in told)
        assert sorted(told[0] + told[1]) == [begun + timedelta(hours=n) for n in range(1, 9)]
        syncs = machines.stored.rows("SELECT started_at, count(*) FROM executions GROUP BY 1 ORDER BY 1")
        assert {count for _, count in syncs} == {1}
        assert len(syncs) >= 8
        assert machines.stored.rows("SELECT moved_by, moved_until FROM applications") == [(None, None)]


def test_a_server_frozen_while_it_moves_a_clock_moves_it_no_more(
    machines: Machines, second: Server, receiver: Receiver
) -> None:
    """Frozen with a message on its way: the other server takes over when the lease is over, and sends it again.

    The one that comes back puts no clock back, and changes nothing of what the other has done; who waited is told.
    """
    machines.hire()
    client = machines.client
    with closing(second.client()) as other, ThreadPoolExecutor() as pool:
        client.advance("PT0S")
        client.own("POST", "/endpoints", json={"url": receiver.url + HOOK})
        gate = threading.Event()
        receiver.line[HOOK].append(Reply(gate=gate))
        client.connect(PLAIN)
        receiver.wait(HOOK, 1)
        moving = pool.submit(client.http.post, "/api/sandbox/clock", headers={"x-api-key": client.key},
                             json={"advance": "PT1H"})  # fmt: skip
        machines.wait_for(lambda: machines.stored.rows("SELECT moved_by FROM applications") != [(None,)])
        freeze(machines.server)
        try:
            now = other.advance("P1D")
            arrived = receiver.on(HOOK)
            before, clock = all_rows(machines), machines.stored.rows("SELECT clock FROM applications")
            gate.set()
        finally:
            revive(machines.server)
        answer = moving.result(30)
        assert answer.status_code == 503, answer.text
        # frozen in the middle of a transaction it has lost the database's connection, which holds no lock for ever
        assert answer.json()["error"]["meaning"] in ("server.busy", "server.unavailable")
        assert answer.json()["error"]["id"] == answer.headers["x-request-id"]
        assert machines.stored.rows("SELECT clock FROM applications") == clock
        assert client.own("GET", "/sandbox/clock") == {"now": now, "stopped": True}
        assert all_rows(machines) == before
    counted = Counter(one.headers["webhook-id"] for one in arrived)
    events = client.own("GET", "/events", params={"limit": 1000})["events"]
    assert {one.json["id"] for one in arrived} == {event["id"] for event in events}
    assert sorted(counted.values())[-2:] == [1, 2], "only what was on its way was sent again"


def test_a_server_frozen_while_it_fetches_for_its_client_is_replaced(machines: Machines, second: Server) -> None:
    """What is handed over and not stored is fetched by the server that was asked: frozen past its lease, another ends
    the execution, and the stale attempt writes nothing."""
    with ThreadPoolExecutor() as pool:
        worker = machines.hire()
        belvo = Belvo(machines.client)
        link = belvo.link()
        asked = pool.submit(ask, belvo, link["id"])
        ready = "SELECT count(*) FROM executions WHERE state = 'ready' AND attempt > 0"
        machines.wait_for(lambda: machines.stored.rows(ready) == [(1,)])
        freeze(machines.server)
        try:
            machines.wait_for(lambda: machines.stored.rows(ready) == [(0,)])
            machines.wait_for(lambda: machines.jobs() == [])
            before = all_rows(machines)
            assert worker.process.poll() is None
        finally:
            revive(machines.server)
        machines.wait_for(lambda: "stale attempt stopped" in machines.server.log.read_text())
        answer = asked.result(30)
        # what was fetched was handed to nobody, and nobody is told that there is nothing
        assert answer.status_code == 500, answer.text
        assert answer.json()[0]["message"]
        assert all_rows(machines) == before
        again = ask(belvo, link["id"])
        assert again.status_code in (200, 201), again.text
        assert again.json()
    machines.stored.check(settled=True)


def ask(belvo: Belvo, link: str) -> httpx.Response:
    """Ask for accounts that are stored nowhere."""
    return belvo.ask(link, save_data=False)
