"""What a process needs that shares its database with others: made by `join`, and handed to the engine in its world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from afluente.core.clock import SECOND, Clock
from afluente.engine.sandbox.refreshing import Refresh
from afluente.engine.world import World
from afluente.jobs.queue import Workers
from afluente.jobs.worker import Crew, Pulse, prepare
from afluente.store.database import Database


@dataclass(frozen=True)
class Times:
    """In seconds: how often a worker says that it is there, after how long it is thought dead, and how long it lets
    run on what runs when it is told to stop."""

    heartbeat: int
    lost: int
    grace: int


@dataclass(frozen=True)
class Machines:
    """One process among several. `own` is its own queue, of executions whose results it hands over itself."""

    url: str
    times: Times
    own: str | None
    runner: Workers
    refresh: Refresh
    pulse: Pulse

    @property
    def parts(self) -> dict[str, Any]:
        """The fields of a world that are different where there are several processes."""
        return {"queue": self.runner.queue, "refresh": self.refresh, "alive": self.pulse.alive}

    def crew(self, world: World, run: Callable[[str], Awaitable[None]]) -> Crew:
        """Return the workers of this process, which `run` executions of its world."""
        self.refresh.world = world
        times = self.times
        return Crew(
            self.url,
            world,
            run,
            self.pulse,
            heartbeat=times.heartbeat,
            lost=times.lost,
            grace=times.grace,
            name=self.own or "afluente worker",
        )


async def join(url: str, database: Database, clock: Clock, times: Times, own: str | None) -> Machines:
    """Make the tables of the job engine if they are not there, and what this process needs."""
    await prepare(url, database)
    # whoever was away has to notice it before the others act on it
    pulse = Pulse(clock, (times.lost - times.heartbeat) * SECOND)
    return Machines(url, times, own, Workers(database, clock, own), Refresh(), pulse)
