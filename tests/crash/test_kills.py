"""A server killed with SIGKILL, at any moment: started again on the same data it finishes, and nothing is half-written.

The bank takes its time (`pace`), so that there is a middle to be killed in. Its accounts with a given number of
movements have exactly that number, whenever they are read.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.crash.storage import Storage, storage
from tests.nursery import executed
from tests.server import Client, Executed, Server, running

pytestmark = pytest.mark.slow

PLAIN, TWO_STEP, APPROVAL = 2, 5, 6
PASSWORD = "password-ok"
PACE = 40
LOOKS = 3_000
"""How often to look for the moment to kill at, a few milliseconds apart."""
ITEMS = 20
"""How many items are made at most until one is met in the phase to kill in."""


class Victim:
    """A server to be killed, with its database and a client."""

    def __init__(self, server: Server, stored: Storage) -> None:
        self.server = server
        self.stored = stored
        self.client = server.client()

    def killed(self, how: int = signal.SIGKILL) -> None:
        """End it, look at what it left, and start it again."""
        self.client.close()
        self.server.stop(how)
        self.stored.check()
        self.server.start()
        self.client = self.server.client()

    def finished(self, item: str) -> Any:
        """Wait until nothing runs and return the item."""
        found = self.client.settled(item)
        self.stored.check(settled=True)
        assert found["status"] != "UPDATING", found
        return found

    def create(self, connector: int, user: str) -> str:
        """Create an item and return its id while it is running."""
        parameters = {"user": user, "password": PASSWORD}
        answer = self.client.call("POST", "/items", json={"connectorId": connector, "parameters": parameters})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Look until it is so."""
        for _ in range(LOOKS):
            if reached():
                return
            self.server.process_wait(0.004)
        raise AssertionError("it did not come to that")

    def wait_in(self, item: str, execution: str) -> None:
        """Look until the item's execution is in this phase, in which it stays for long."""
        self.wait_for(lambda: self.client.get(f"/items/{item}")["executionStatus"] == execution)

    def met_in(self, connector: int, user: str, phase: str) -> str:
        """Return an item that is in this phase just now. It lasts a tenth of a second, and whoever looks may be kept
        waiting for longer: then it is another item's turn."""
        for _ in range(ITEMS):
            item, found = self.create(connector, user), {"status": "UPDATING"}
            while found["status"] == "UPDATING":
                found = self.client.get(f"/items/{item}")
                if found["executionStatus"] == phase:
                    return item
                self.server.process_wait(0.004)
        raise AssertionError("none was met in it")


def victim_on(folder: Path, url: str, pace: int) -> Iterator[Victim]:
    """Start a server that is going to be killed."""
    with running(folder, url, pace=str(pace)) as server, storage(url) as stored:
        victim = Victim(server, stored)
        yield victim
        victim.client.close()


@pytest.fixture
def victim(tmp_path: Path, database_url: str) -> Iterator[Victim]:
    """A server of the test's own, on SQLite and on PostgreSQL in turn."""
    yield from victim_on(tmp_path, database_url, PACE)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old_victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """One server that is killed again and again: what one death left is still there at the next."""
    folder = tmp_path_factory.mktemp("victim")
    if request.param == "sqlite":
        yield from victim_on(folder, f"sqlite:///{folder / 'afluente.db'}", PACE)
    else:
        schema = request.getfixturevalue("postgres_schema")
        with request.getfixturevalue("postgres").fresh(schema) as url:
            yield from victim_on(folder, url, PACE)


def is_whole(victim: Victim, item: str, movements: int) -> None:
    """The item is up to date, and has its one account with all its movements."""
    found = victim.finished(item)
    assert (found["status"], found["executionStatus"]) == ("UPDATED", "SUCCESS"), found
    assert victim.stored.held(item) == (1, movements)
    accounts = victim.client.get("/accounts", itemId=item)["results"]
    assert victim.client.get("/transactions", accountId=accounts[0]["id"])["total"] == movements


@pytest.mark.parametrize(
    ("old_victim", "seed"),
    [("sqlite", seed) for seed in range(11)]
    + [pytest.param("postgres", seed, marks=pytest.mark.postgres) for seed in range(11, 15)],
    indirect=["old_victim"],
)
def test_killed_at_any_moment_it_finishes_what_it_began(old_victim: Victim, seed: int) -> None:
    """Creating, answering, updating, deleting; chance says when it is over."""
    victim, chance = old_victim, Random(seed)
    hundreds = chance.randint(1, 40)
    movements, user = hundreds * 100, f"user-ok-perf-{hundreds}x"
    deed = ("create", "answer", "update", "delete")[seed % 4]
    connector = TWO_STEP if deed == "answer" else PLAIN
    item = victim.create(connector, user)
    if deed == "answer":
        victim.wait_in(item, "WAITING_USER_INPUT")
        answer = victim.client.call("POST", f"/items/{item}/mfa", json={"token": "123456"})
        assert answer.status_code == 200, answer.text
    elif deed != "create":
        victim.finished(item)
        answer = victim.client.call("PATCH", f"/items/{item}", json={})
        assert answer.status_code == 200, answer.text
    victim.server.process_wait(chance.uniform(0, 12 * PACE / 1000))
    if deed == "delete":
        assert victim.client.call("DELETE", f"/items/{item}").status_code == 200
    victim.killed()
    if deed == "delete":
        assert victim.client.call("GET", f"/items/{item}").status_code == 404
        victim.client.settle()
        victim.stored.check(settled=True)
        assert victim.stored.rows("SELECT count(*) FROM executions WHERE connection_id = :id", id=item) == [(0,)]
    else:
        is_whole(victim, item, movements)


@pytest.mark.parametrize(
    "phase", ["LOGIN_IN_PROGRESS", "ACCOUNTS_IN_PROGRESS", "TRANSACTIONS_IN_PROGRESS", "IDENTITY_IN_PROGRESS"]
)
def test_killed_in_each_phase_it_goes_on(old_victim: Victim, phase: str) -> None:
    """While it logs in, and between one product and the next."""
    item = old_victim.met_in(PLAIN, "user-ok-perf-3x", phase)
    old_victim.killed()
    is_whole(old_victim, item, 300)


def test_killed_over_and_over_it_still_comes_to_an_end(old_victim: Victim) -> None:
    """Each life gets a little further: what is stored is not fetched again."""
    item = old_victim.create(PLAIN, "user-ok-perf-5x")
    for _ in range(4):
        old_victim.server.process_wait(2.5 * PACE / 1000)
        old_victim.killed()
    is_whole(old_victim, item, 500)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_open_question_outlives_the_server(victim: Victim, how: int) -> None:
    """Asked by one process, answered through the next; the answer outlives it too."""
    # the others share a seed of hashes
    victim.server.launch = executed
    item = victim.create(TWO_STEP, "user-ok-perf-2x")
    victim.wait_in(item, "WAITING_USER_INPUT")
    asked = victim.client.get(f"/items/{item}")["parameter"]
    victim.killed(how)
    found = victim.finished(item)
    assert (found["status"], found["parameter"]) == ("WAITING_USER_INPUT", asked)
    answer = victim.client.call("POST", f"/items/{item}/mfa", json={asked["name"]: "123456"})
    assert answer.status_code == 200, answer.text
    victim.killed(how)
    is_whole(victim, item, 200)


def test_what_is_done_elsewhere_is_waited_for_by_the_next_server(victim: Victim) -> None:
    """An approval in the bank's app, given after the server that asked for it has died."""
    item = victim.create(APPROVAL, "user-ok-perf-2x")
    victim.wait_in(item, "WAITING_USER_ACTION")
    victim.killed()
    assert victim.finished(item)["status"] == "WAITING_USER_ACTION"
    victim.client.own("POST", f"/sandbox/connections/{item}/answer", json={"value": "approved"})
    victim.killed()
    is_whole(victim, item, 200)


# the rows on their way in; and later, where they are put into their place
@pytest.mark.parametrize(("word", "bytes"), [("COPY incoming", 5_000_000), ("FROM incoming", 20_000_000)])
def test_killed_in_the_middle_of_a_large_account_nothing_of_it_is_there(victim: Victim, word: str, bytes: int) -> None:
    """A hundred thousand movements are stored as one piece: none before the end, all after it."""
    postgres = "postgres" in victim.stored.url
    written = Path(f"{victim.stored.url.removeprefix('sqlite:///')}-wal")
    item = victim.create(PLAIN, "user-ok-perf-1000x")
    victim.wait_for(lambda: victim.stored.busy_with(word) if postgres else written.stat().st_size > bytes)
    victim.client.close()
    victim.server.kill()
    assert victim.stored.held(item) == (1, 0)
    victim.killed()
    is_whole(victim, item, 100_000)


def test_told_to_stop_in_the_middle_it_leaves_nothing_half_done(victim: Victim) -> None:
    """SIGTERM while a large account is stored: the server ends well, and its successor does the rest."""
    item = victim.create(PLAIN, "user-ok-perf-500x")
    victim.wait_in(item, "TRANSACTIONS_IN_PROGRESS")
    process = victim.server.process
    assert process is not None
    victim.killed(signal.SIGTERM)
    assert process.returncode == 0
    is_whole(victim, item, 50_000)


def test_two_servers_may_start_on_one_new_database(tmp_path: Path, empty_url: str) -> None:
    """At once: both answer, and know the same sandbox application."""
    key = "a2V5" * 10 + "a2U="
    servers: list[Server] = [Executed(tmp_path / name, empty_url, key=key) for name in ("one", "two")]
    for server in servers:
        server.folder.mkdir()
    try:
        with ThreadPoolExecutor() as both:
            list(both.map(Server.start, servers))
        assert servers[0].keys == servers[1].keys
        for server in servers:
            client: Client = server.client()
            assert client.connect(PLAIN)["status"] == "UPDATED"
            client.close()
    finally:
        for server in servers:
            server.stop()
