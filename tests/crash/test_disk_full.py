"""A disk that is full: refusals say so, nothing acknowledged is lost, and with room again everything goes on."""

from __future__ import annotations

import itertools
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.belvo import Belvo
from tests.belvo import newcomer as belvo_newcomer
from tests.crash.storage import Storage, storage
from tests.delivery.receiver import Receiver, listening
from tests.flinks import BANK, PASSWORD, Flinks
from tests.klavi import Klavi, someone
from tests.server import Client, Server, running

pytestmark = pytest.mark.slow

PLAIN = 2
MOST = 400
"""Calls after which a disk that is nearly full must have refused one."""

FULL = """CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"""
"""What PostgreSQL says where its disk has no room for one more page, with its own code for it."""


_numbers = itertools.count(1)


class Disk:
    """The disk that a server's database lies on."""

    def __init__(self, server: Server, stored: Storage) -> None:
        self.server = server
        self.stored = stored
        self.room = 100_000
        """Bytes until it is full; on PostgreSQL it is at once."""

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no room for anything new as long as the block lasts."""
        if self.stored.url.startswith("sqlite"):
            yield from self._no_longer_files()
        else:
            yield from self._no_more_rows()

    def _no_longer_files(self) -> Iterator[None]:
        # the file that SQLite writes to cannot grow any more; every other that the process has is smaller
        written = Path(f"{self.stored.url.removeprefix('sqlite:///')}-wal")
        before = self._limit((written.stat().st_size + self.room, resource.RLIM_INFINITY))
        yield
        self._limit(before)

    def _limit(self, limits: tuple[int, int]) -> tuple[int, int]:
        assert self.server.process is not None
        return resource.prlimit(self.server.process.pid, resource.RLIMIT_FSIZE, limits)

    def _no_more_rows(self) -> Iterator[None]:
        with psycopg.connect(self.stored.url, autocommit=True) as driver:
            driver.execute(FULL)
            named = driver.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in named:
                driver.execute(
                    f"CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION no_room()"  # type: ignore[arg-type]
                )
            yield
            # one table after the other: whoever holds several in an order of its own waits for those that read
            for (table,) in named:
                driver.execute(f"DROP TRIGGER no_room ON {table}")  # type: ignore[arg-type]
            driver.execute("DROP FUNCTION no_room()")


@pytest.fixture
def disk(tmp_path: Path, database_url: str) -> Iterator[Disk]:
    """A server of the test's own, on SQLite and on PostgreSQL in turn."""
    with running(tmp_path, database_url, private_webhooks="1", pace="30") as server, storage(database_url) as stored:
        yield Disk(server, stored)


def words(answer: httpx.Response) -> list[str]:
    """Return every text in an answer's body."""
    found: list[str] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)
        elif isinstance(part, str):
            found.append(part)

    look(answer.json())
    return found


def is_told(answer: httpx.Response, server: Server) -> None:
    """A refusal has a sentence, the name of the error, and a page about it; the log has the same name."""
    body = answer.json()
    # one system calls everything a success but in its own code
    status = body["code"] if answer.status_code == 200 else answer.status_code
    assert status in (500, 503), answer.text
    assert any(text.count(" ") for text in words(answer)), answer.text
    id = answer.headers["x-request-id"]
    assert "/meanings/server.unavailable" in answer.headers["link"]
    assert id in server.log.read_text()


def create(client: Client) -> httpx.Response:
    """Ask for an item of somebody who has none yet."""
    parameters = {"user": f"user-person+{next(_numbers)}", "password": "password-ok"}
    return client.call("POST", "/items", json={"connectorId": PLAIN, "parameters": parameters})


def until_refused(disk: Disk, client: Client) -> tuple[list[str], httpx.Response]:
    """Connect one after the other until there is no room; return what was acknowledged, and the refusal."""
    acknowledged = []
    for _ in range(MOST):
        answer = create(client)
        if answer.status_code != 200:
            return acknowledged, answer
        acknowledged.append(answer.json()["id"])
    raise AssertionError("it was never full")


def everything_arrived(client: Client, receiver: Receiver) -> None:
    """Every event was told, each connection's in its order; few of them twice."""
    events = client.own("GET", "/events", params={"limit": 1000})["events"]
    ids = {event["id"] for event in events}
    got = receiver.until("/hook", lambda all: {one.json["id"] for one in all} >= ids)
    assert {one.json["id"] for one in got} == ids


def test_a_full_disk_refuses_with_a_sentence_and_loses_nothing(disk: Disk) -> None:
    """What was acknowledged before, and while it filled, is finished and told once there is room."""
    client = disk.server.client()
    with listening() as receiver:
        client.own("POST", "/endpoints", json={"url": f"{receiver.url}/hook"})
        whole = client.connect(PLAIN)
        begun = [str(create(client).json()["id"]) for _ in range(4)]
        with disk.full():
            acknowledged, refused = until_refused(disk, client)
            is_told(refused, disk.server)
            assert client.get(f"/items/{whole['id']}")["status"] == "UPDATED"
            assert client.get("/accounts", itemId=whole["id"])["results"]
        client.settle()
        disk.stored.check(settled=True)
        for item in begun + acknowledged:
            found = client.get(f"/items/{item}")
            assert (found["status"], found["executionStatus"]) == ("UPDATED", "SUCCESS"), found
            assert min(disk.stored.held(item)) > 0
        assert disk.stored.rows("SELECT count(*) FROM connections") == [(1 + len(begun + acknowledged),)]
        again = create(client)
        assert again.status_code == 200, again.text
        client.settle()
        everything_arrived(client, receiver)
    client.close()


def test_each_system_says_it_in_its_own_words(disk: Disk) -> None:
    """With its own status and shape; the same call goes well once there is room."""
    client = disk.server.client()
    belvo, flinks, klavi = Belvo(client), Flinks(client), Klavi(client)
    user, person = belvo_newcomer(), someone()
    calls = {
        "pluggy": lambda: create(client),
        "belvo": lambda: belvo.call("POST", "/api/links/", json={
            "institution": "erebor_mx_retail", "username": user, "password": "full"}),
        "flinks": lambda: flinks.call("POST", "Authorize", json={
            "Institution": BANK, "Username": "person+full", "Password": PASSWORD}),
        "klavi": lambda: klavi.call("POST", "/data/v1/tasks", json=klavi.order(person=person)),
        "our own": lambda: client.http.post(
            "/api/endpoints", headers={"x-api-key": client.key}, json={"url": "http://127.0.0.1:9/x" * 90}),
    }  # fmt: skip
    with disk.full():
        until_refused(disk, client)
        for call in calls.values():
            is_told(call(), disk.server)
    client.settle()
    for name, call in calls.items():
        assert call().status_code < 300, name
    client.settle()
    disk.stored.check(settled=True)


def test_killed_while_the_disk_is_full_it_starts_again(disk: Disk) -> None:
    """Everything acknowledged is there, and is finished by the next server."""
    client = disk.server.client()
    begun = [str(create(client).json()["id"]) for _ in range(4)]
    with disk.full():
        acknowledged, _ = until_refused(disk, client)
        client.close()
        disk.server.kill()
        if disk.stored.url.startswith("sqlite"):
            # the bound was the dead process's
            disk.server.start()
    if disk.server.process is None:
        disk.server.start()
    client = disk.server.client()
    client.settle()
    disk.stored.check(settled=True)
    for item in begun + acknowledged:
        assert client.get(f"/items/{item}")["status"] == "UPDATED"
        assert min(disk.stored.held(item)) > 0
    assert create(client).status_code == 200
    client.close()
