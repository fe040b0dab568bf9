"""Servers that leave syncs to workers, and workers: processes of their own on one PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.crash.storage import Storage, storage
from tests.machines.counted import TABLE
from tests.server import Server, running

ROOT = Path(__file__).parents[2]
KEY = "a2V5" * 10 + "a2U="
PLAIN = 2
LOOKS = 4_000
"""How often to look for something to happen, some milliseconds apart."""


class Worker:
    """One worker. It can be killed, frozen and revived."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.log = folder / "worker.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.machines.counted"],
                env={**environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def says(self, words: str) -> bool:
        """Tell whether its log has these words."""
        return words in self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it, and return when it is gone."""
        if self.process.poll() is None:
            # one that is frozen hears nothing
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(20)


class Machines:
    """Servers and workers on one database."""

    def __init__(self, folder: Path, server: Server, stored: Storage) -> None:
        self.folder = folder
        self.server = server
        self.stored = stored
        self.workers: list[Worker] = []
        self.client = server.client()

    def hire(self, **settings: str) -> Worker:
        """Start a worker, and return when it takes work."""
        folder = self.folder / f"worker-{len(self.workers)}"
        folder.mkdir()
        told = {f"AFLUENTE_{name.upper()}": value for name, value in settings.items()}
        worker = Worker({**self.server.environment, **told}, folder)
        self.workers.append(worker)
        self.wait_for(lambda: worker.says("worker runs") or worker.process.poll() is not None)
        assert worker.process.poll() is None, worker.log.read_text()
        return worker

    def wait_for(self, reached: Callable[[], bool]) -> None:
        """Look until it is so."""
        for _ in range(LOOKS):
            if reached():
                return
            self.server.process_wait(0.01)
        logs = "\n".join(worker.log.read_text()[-3000:] for worker in self.workers)
        raise AssertionError(f"it did not come to that:\n{logs}\n{self.server.log.read_text()[-3000:]}")

    def begin(self, number: int, connector: int = PLAIN) -> str:
        """Connect a bank for the user of this number, and return the item's id at once."""
        parameters = {"user": f"user-ok-perf-{number}x", "password": "password-ok"}
        answer = self.client.call("POST", "/items", json={"connectorId": connector, "parameters": parameters})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def whole(self, item: str, number: int) -> None:
        """The item is up to date, and has its one account with all its movements, once."""
        found = self.client.settled(item)
        assert (found["status"], found["executionStatus"]) == ("UPDATED", "SUCCESS"), found
        assert self.stored.held(item) == (1, 100 * number)

    def phase(self, item: str) -> str:
        """What is being done for an item."""
        return str(self.client.get(f"/items/{item}")["executionStatus"])

    def jobs(self) -> list[tuple[Any, ...]]:
        """What stands in the queue."""
        return self.stored.rows("SELECT status::text, args FROM procrastinate_jobs ORDER BY id")

    def overlap(self) -> int:
        """How many sessions one institution saw at the same time, at most: from a login to the last product."""
        spans = self.stored.rows("SELECT min(began), max(ended) FROM calls GROUP BY connection_id, process")
        turns = sorted([(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans])
        most = now = 0
        for _, step in turns:
            now += step
            most = max(most, now)
        return most


def machines_on(folder: Path, url: str, **settings: str) -> Iterator[Machines]:
    """Start a server that leaves syncs to workers; end it, and all that were hired, behind the test."""
    told = {"runner": "workers", "worker_heartbeat": "1", "worker_lost": "3", "worker_jobs": "4", "key": KEY}
    told |= {"private_webhooks": "1", "worker_grace": "0"}
    with running(folder, url, **told, **settings) as server, storage(url) as stored:
        with psycopg.connect(url, autocommit=True) as diary:
            diary.execute(TABLE)
        made = Machines(folder, server, stored)
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.end()
            made.client.close()


@pytest.fixture
def machines(tmp_path: Path, postgres_url: str) -> Iterator[Machines]:
    """A server without a worker yet; its bank takes its time."""
    yield from machines_on(tmp_path, postgres_url, pace="60")


@pytest.fixture
def bounded(tmp_path: Path, postgres_url: str) -> Iterator[Machines]:
    """The same, at an institution that bears two sessions at a time."""
    yield from machines_on(tmp_path, postgres_url, pace="30", bounds="sandbox-bank=2")
