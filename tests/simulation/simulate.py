"""A simulation: so many connections over so many days, and what came of them."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import uvloop
from sqlalchemy import func, select, union_all

from afluente.catalogue import Catalogue, load
from afluente.core.clock import DAY, MINUTE, Instant
from afluente.core.lifecycle import State
from afluente.engine.due import schedule
from afluente.store import applications
from afluente.store import connections as rows
from afluente.store.applications import Application, Policy
from afluente.store.opening import open_database
from afluente.store.schema import applications as application_rows
from afluente.store.schema import clearings, notices, sessions
from afluente.store.schema import connections as connection_rows
from afluente.store.statement import Statement
from tests.simulation.invariants import Watch
from tests.simulation.people import People
from tests.simulation.place import BEGAN, Place

APPLICATIONS = {"monthly": 30 * DAY, "biweekly": 14 * DAY}
"""The applications, and how often each has its connections synced."""

_STEP = 10 * MINUTE
"""How far apart the looks at what is due are, at least: what falls due meanwhile runs at the same time."""

_AT_TWICE = 0.02
"""The share of looks at what is due in which what runs is taken over by somebody else."""

_TURNS = 12
"""Turns of the loop within which an execution is taken over, or broken off."""

_dues = union_all(
    *(
        select(func.min(at).label("at")).where(at.is_not(None))
        for at in (
            connection_rows.c.due_at,
            sessions.c.due_at,
            notices.c.due_at,
            clearings.c.due_at,
            application_rows.c.log_due_at,
        )
    )
).subquery()
_NEXT = Statement(select(func.min(_dues.c.at)))
"""The first of all that falls due, in the tables of `schedule.SOURCES`: asked together, and not by the engine's own
statements, so that what those overlook is due for ever."""


@dataclass(frozen=True)
class Plan:
    """What to simulate. `faults` is the share of a bank's operations that go wrong, `kills` the share of steps in which
    the process dies, `away` that of transactions that the database fails."""

    seed: int = 1
    connections: int = 10_000
    days: int = 90
    faults: float = 0.06
    kills: float = 0.01
    away: float = 0.001
    mended: int = 300


@dataclass
class Report:
    """What came of it; `wrong` is empty where everything held."""

    wrong: list[str] = field(default_factory=list)
    digest: str = ""
    runs: int = 0
    steps: int = 0
    checks: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    figures: dict[str, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)


class Violated(Exception):
    """Something that must hold does not."""


async def simulate(plan: Plan, folder: Path, progress: Callable[[int], None] = lambda day: None) -> Report:
    """Run a plan on a new SQLite file in a folder; stop at the first step in which something does not hold."""
    database = await open_database(f"sqlite:///{folder / 'simulation.db'}")
    catalogue: Catalogue = load()
    report, began, used = Report(), time.perf_counter(), _cpu()
    with _quiet(), _settled_in():
        place = Place(plan.seed, database, catalogue, plan.faults, plan.away)
        watch = Watch(place)
        names = tuple(APPLICATIONS)
        people = People(plan.seed, place, watch, names)
        try:
            async with database.transaction() as writer:
                for name, every in APPLICATIONS.items():
                    added = Application(name, name, "", None, Policy(sync_every=every))
                    await applications.add(writer, added, BEGAN)
                    await applications.set_policy(writer, name, added.policy)
            await watch.load()
            chance = Random(f"{plan.seed}/arrivals")
            # everybody comes within the first third, so that all are there for long
            for _ in range(plan.connections):
                people.come(BEGAN + chance.randrange(plan.days * DAY // 3))
            await _days(plan, place, watch, people, report, names, progress)
            await _way_out(plan, place, watch, people, names)
        except Violated as violated:
            report.wrong = list(violated.args)
        finally:
            await place.runner.stop()
            await database.close()
    report.digest, report.runs, report.checks = watch.digest, place.counts["runs"], watch.checked
    report.seconds, report.cpu = time.perf_counter() - began, _cpu() - used
    report.figures = {
        **watch.seen, **place.counts, "database away": place.database.away,
        "connections at the end": len(watch.alive), **{f"refused: {name}": n for name, n in people.refused.items()},
    }  # fmt: skip
    report.struck = dict(place.bank.struck)
    return report


async def _days(
    plan: Plan, place: Place, watch: Watch, people: People, report: Report, names: tuple[str, ...],
    progress: Callable[[int], None],
) -> None:  # fmt: skip
    chance = Random(f"{plan.seed}/steps")
    ends, day, due = BEGAN + plan.days * DAY, 0, await next_due(place)
    while True:
        coming = [at for at in (people.next_at, due) if at is not None]
        if not coming or min(coming) > ends:
            break
        place.clock.at = max(place.clock.at, -(-min(coming) // _STEP) * _STEP)
        await people.act(place.clock.at)
        if chance.random() < plan.kills:
            await _killed(place, chance, names)
        due = await _until_quiet(place, chance, names)
        news, wrong = await watch.step()
        people.hear(news)
        if (place.clock.at - BEGAN) // DAY > day:
            day = (place.clock.at - BEGAN) // DAY
            wrong += await watch.sweep()
            progress(day)
        report.steps += 1
        if wrong:
            raise Violated(f"seed {plan.seed}, day {day}, at {place.clock.at}", *wrong[:10])


async def next_due(place: Place) -> Instant | None:
    """Return when something falls due next."""
    found = await place.real.one(_NEXT)
    return None if found is None else found[0]


async def _until_quiet(place: Place, chance: Random, names: tuple[str, ...]) -> Instant | None:
    """Do all that is due, with what that makes due; now and then somebody else takes over what runs.

    Returns when something is due next.
    """
    for _ in range(1000):
        if chance.random() < _AT_TWICE:
            await _twice(place, chance, names)
        else:
            await schedule.tick(place.world)
        await place.settle(names)
        due = await next_due(place)
        if due is None or due > place.clock.at:
            return due
    raise Violated(f"something is due at {place.clock.at} for ever")


async def _killed(place: Place, chance: Random, names: tuple[str, ...]) -> None:
    """Have the process die in the middle of what is due."""
    with place.bank.slow():
        ticking = await _begun(place, chance)
        ticking.cancel()
        await asyncio.wait({ticking})
    await place.kill(names)


async def _twice(place: Place, chance: Random, names: tuple[str, ...]) -> None:
    """Run what runs a second time beside itself: what a worker does that was thought dead."""
    with place.bank.slow():
        ticking = await _begun(place, chance)
        for id in sorted(place.under_way):
            place.counts["twice"] += 1
            # both say the same password, and neither knows what the other was told
            place.bank.excused.add(id)
            place.world.start(next(iter(APPLICATIONS)), id)
        await ticking
        await place.settle(names)


async def _begun(place: Place, chance: Random) -> asyncio.Task[int]:
    """Begin to do what is due; return in the middle of it."""
    ticking = asyncio.create_task(schedule.tick(place.world))
    for _ in range(chance.randrange(_TURNS)):
        await asyncio.sleep(0)
    return ticking


async def _way_out(plan: Plan, place: Place, watch: Watch, people: People, names: tuple[str, ...]) -> None:
    """When everything works again, whoever does what is asked gets every connection fresh."""
    place.bank.faults = 0.0
    place.database.calm()
    place.clock.at += 40 * DAY
    await _until_quiet(place, Random(0), names)
    _, wrong = await watch.step()
    if wrong:
        raise Violated(f"seed {plan.seed}, 40 days later", *wrong[:10])
    chance = Random(f"{plan.seed}/mended")
    chosen = chance.sample(sorted(watch.alive), min(plan.mended, len(watch.alive)))
    for id in chosen:
        await people.mend(id)
        found = await rows.get(place.real, id)
        if found is None or found.state is not State.FRESH:
            raise Violated(
                f"seed {plan.seed}: {id} ({watch.alive[id]}) cannot be mended: it is {found and found.state}, "
                f"for {found and found.outcome}"
            )
    _, wrong = await watch.step()
    if wrong:
        raise Violated(f"seed {plan.seed}, when everything works again", *wrong[:10])


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def _quiet() -> Iterator[None]:
    """Write no log: what breaks, breaks on purpose."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _settled_in() -> Iterator[None]:
    """Keep what is loaded by now from those who collect garbage, as a server does."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def run(plan: Plan, progress: Callable[[int], None] = lambda day: None) -> Report:
    """Run a plan in a folder of its own, in memory where there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="afluente-", dir=memory if memory.is_dir() else None) as folder:
        return uvloop.run(simulate(plan, Path(folder), progress))
