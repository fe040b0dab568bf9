"""The place of a simulation: the real engine over the real storage, with seeded ids and a clock that stands.

The database can be away at the beginning and at the end of any transaction, and the process can be killed.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from afluente.store.database import Chain, Database, Reader, Row, Writer
from afluente.store.statement import Statement
from tests.simulation.bank import INSTITUTIONS, SimulatedBank

BEGAN: Instant = 1_790_000_000_000
"""When every simulation begins."""

_running: ContextVar[str] = ContextVar("running", default="")


class SeededIds:
    """Version 4 UUIDs that come of a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/ids")

    def new(self) -> str:
        """Return the next one."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))


class FaultyDatabase:
    """A database that is away for a moment, now and then: before a transaction begins, or before it is committed."""

    def __init__(self, real: Database, random: Random, share: float) -> None:
        self.real = real
        self.away = 0
        self.excused: set[str] = set()
        self._random = random
        self._share = share

    async def one(self, statement: Statement, **values: Any) -> Row | None:
        """Read one row."""
        return await self.real.one(statement, **values)

    async def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Read rows."""
        return await self.real.all(statement, **values)

    @asynccontextmanager
    async def transaction(self, chain: Chain | None = None, *, waits: bool = True) -> AsyncIterator[Writer]:
        """Open a transaction that may fail on its way."""
        chance = self._random.random()
        self._strike(chance < self._share / 2)
        async with self.real.transaction(chain, waits=waits) as writer:
            yield writer
            self._strike(self._share / 2 <= chance < self._share)

    def behind(self, chain: Chain) -> Reader:
        """Read what a chain has written."""
        return self.real.behind(chain)

    def _strike(self, now: bool) -> None:
        if now:
            self.away += 1
            raise sqlite3.OperationalError("the database is away, as the simulation wants it")

    def calm(self) -> None:
        """Be away no more."""
        self._share = 0.0

    async def close(self) -> None:
        """Close the real one."""
        await self.real.close()


class Place:
    """A world with its bank and its runner; after a kill there is another world on the same data."""

    def __init__(self, seed: int, database: Database, catalogue: Catalogue, faults: float, away: float) -> None:
        self.real = database
        self.clock = StoppedClock(BEGAN)
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
