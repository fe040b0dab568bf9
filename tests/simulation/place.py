"""The place of a simulation: the real engine over the real storage, with seeded ids and a clock that stands.

The database can be away at the beginning and at the end of any transaction, and the process can be killed.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from random import Random
from typing import Any

from afluente.catalogue import Catalogue
from afluente.core.clock import Instant, StoppedClock
from afluente.engine.due import schedule
from afluente.engine.runner import Runner
from afluente.engine.syncing import sync
from afluente.engine.world import World
from afluente.security.vault import Vault
from afluente.store.database import Chain, Database, Writer
from tests.simulation.bank import INSTITUTIONS, SimulatedBank

BEGAN: Instant = 1_790_000_000_000
"""When every simulation begins."""

_PAUSES = 1000
"""How often those who try again may pause in one step, all together."""

_running: ContextVar[str] = ContextVar("running", default="")


class PatientClock(StoppedClock):
    """Stands still, and lets nobody try again for ever: nothing is away for so long."""

    def __init__(self, at: Instant) -> None:
        super().__init__(at)
        self._pauses = 0

    async def pause(self, span: Instant) -> None:
        """Yield once. Raises `RuntimeError` when that has been too often since it was `rested`."""
        self._pauses += 1
        if self._pauses > _PAUSES:
            raise RuntimeError("what is tried again and again goes on for ever")
        await super().pause(span)

    def rested(self) -> bool:
        """Tell whether all came to rest by itself, and begin to count anew."""
        pauses, self._pauses = self._pauses, 0
        return pauses <= _PAUSES


class SeededIds:
    """Version 4 UUIDs that come of a seed: random where they begin, by which trees sort them, and counted where they
    end, so that no two are alike."""

    def __init__(self, seed: int) -> None:
        random = Random(f"{seed}/ids")
        self._bits = random.getrandbits
        self._middle = f"-{self._bits(16):04x}-4{self._bits(12):03x}-8{self._bits(12):03x}-"
        self._count = self._bits(40)

    def new(self) -> str:
        """Return the next one."""
        self._count += 1
        return f"{self._bits(32):08x}{self._middle}{self._count:012x}"


class FaultyDatabase:
    """A database that is away for a moment, now and then: before a transaction begins, or before it is committed.

    All else is the real one's own.
    """

    def __init__(self, real: Database, random: Random, share: float) -> None:
        self.away = 0
        self.one, self.all, self.behind, self.close = real.one, real.all, real.behind, real.close
        self._transaction = real.transaction
        self._random = random
        self._share = share
        self._sound = self._next()

    def _next(self) -> float:
        """Return how many transactions go well before the next that does not. Each is struck as likely as any other;
        to draw the gaps between them costs less than to throw a coin for each."""
        return math.log(1 - self._random.random()) // math.log(1 - self._share) if self._share else math.inf

    def transaction(
        self, chain: Chain[Any] | None = None, *, waits: bool = True
    ) -> AbstractAsyncContextManager[Writer]:
        """Open a transaction that may fail on its way."""
        opened = self._transaction(chain, waits=waits)
        self._sound -= 1
        if self._sound >= 0:
            return opened
        self._sound = self._next()
        return self._struck(opened, self._random.random() < 0.5)

    @asynccontextmanager
    async def _struck(self, opened: AbstractAsyncContextManager[Writer], early: bool) -> AsyncIterator[Writer]:
        if early:
            self._strike()
        async with opened as writer:
            yield writer
            self._strike()

    def _strike(self) -> None:
        self.away += 1
        raise sqlite3.OperationalError("the database is away, as the simulation wants it")

    def calm(self) -> None:
        """Be away no more."""
        self._sound = math.inf


class Place:
    """A world with its bank and its runner; after a kill there is another world on the same data."""

    def __init__(self, seed: int, database: Database, catalogue: Catalogue, faults: float, away: float) -> None:
        self.real = database
        self.clock = PatientClock(BEGAN)
        self.database = FaultyDatabase(database, Random(f"{seed}/database"), away)
        self.ids = SeededIds(seed)
        self.bank = SimulatedBank(seed, catalogue, faults, _running.get)
        self.vault = Vault([b"s" * 32])
        self.catalogue = catalogue
        self.counts: Counter[str] = Counter()
        self.under_way: set[str] = set()
        self.runner, self.world = self._opened()

    def _opened(self) -> tuple[Runner, World]:
        runner = Runner(self._run, self.clock.pause)
        world = World(
            database=self.database,
            vault=self.vault,
            clock=self.clock,
            ids=self.ids,
            catalogue=self.catalogue,
            institutions={institution.slug: institution for institution in INSTITUTIONS},
            connectors={"simulated": self.bank},
            start=runner.start,
            rest=runner.rest,
        )
        return runner, world

    async def _run(self, execution_id: str) -> None:
        _running.set(execution_id)
        self.under_way.add(execution_id)
        self.counts["runs"] += 1
        await sync.run(self.world, execution_id)
        self.under_way.discard(execution_id)

    async def settle(self, applications: tuple[str, ...]) -> None:
        """Return when nothing runs."""
        for application in applications:
            await self.runner.settle(application)
        if not self.clock.rested():
            self.bank.complaints.append(f"what ran at {self.clock.at} did not come to rest by itself")

    async def kill(self, applications: tuple[str, ...]) -> None:
        """End the process in the middle of what it does, and start another on its data."""
        self.counts["kills"] += 1
        # what had been said to a process that died before it wrote it down, nobody can know
        self.bank.excused |= self.under_way
        await self.runner.stop()
        self.under_way.clear()
        while True:
            # who finds the database away when it starts is started again
            self.runner, self.world = self._opened()
            try:
                await schedule.recover(self.world)
            except sqlite3.OperationalError:
                await self.runner.stop()
            else:
                return
