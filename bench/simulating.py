"""Simulated time: ten thousand connections over ninety days of faults, and a clock that is moved by ninety days."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import uvloop

from afluente.app import build
from afluente.core.clock import DAY
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.connecting.connections import Wanted
from afluente.engine.due import schedule
from afluente.settings import Settings
from bench.report import Figure, Section, spread
from tests.simulation.simulate import APPLICATIONS, Plan, run

CONNECTIONS, DAYS = 10_000, 90
BUDGET = 60.0
MOVED, JUMP = 100, 5.0
"""Connections whose clock is moved by ninety days, and how long that may take."""


def section(rounds: int, all_of_it: bool) -> Section:
    """Simulate (a tenth of it, unless the long runs are wanted), then move a clock."""
    made = Section("simulating", "Simulated time", "python -m bench simulating --all")
    plan = Plan(seed=7, connections=CONNECTIONS if all_of_it else CONNECTIONS // 10, days=DAYS)
    report = run(plan)
    if report.wrong:
        raise RuntimeError("\n".join(report.wrong))
    each = 1000 * report.cpu / report.runs
    made.figures.append(
        Figure(
            f"{plan.connections:,} connections over {DAYS} days, {report.runs:,} executions, seed {plan.seed}",
            f"{report.cpu:.0f} s of one processor",
            f"{each:.2f} ms for each execution with its checks",
            "",
            f"≤ {BUDGET:g} s" if all_of_it else "",
            report.cpu <= BUDGET if all_of_it else None,
        )
    )
    made.notes.append(
        f"Through the real engine and SQLite on a file system in memory: {sum(report.struck.values()):,} faults of "
        f"{len(report.struck):,} kinds, {report.figures.get('kills', 0):,} kills, the database away "
        f"{report.figures['database away']:,} times; {report.checks:,} checks of a connection after a step. Synced by "
        f"themselves every {' or '.join(str(every // DAY) for every in APPLICATIONS.values())} days."
    )
    times = [uvloop.run(_jump()) for _ in range(rounds)]
    made.figures.append(
        Figure(
            f"a clock moved by 90 days, {MOVED} connections synced every week: {MOVED * 13:,} syncs",
            spread(times, "{:.2f}", " s"),
            f"{1000 * statistics.median(times) / (MOVED * 13):.2f} ms for each sync",
            "",
            f"≤ {JUMP:g} s",
            statistics.median(times) <= JUMP,
        )
    )
    return made


async def _jump() -> float:
    """Connect a hundred users of the invented bank and return how long ninety days take, in seconds."""
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        folder = Path(name)
        settings = Settings(database=f"sqlite:///{folder / 'a.db'}", key_file=str(folder / "key"), pace=0)
        server = await build(settings)
        world, id = server.world, server.keys[0]
        await schedule.stop_clock(world, id, world.clock.now())
        await applications.set_policy(world, id, sync_every=7 * DAY)
        bank = world.institutions["sandbox-bank"]
        for number in range(MOVED):
            credentials = {"username": f"user-person+jump{number}", "password": "password-ok"}
            wanted = Wanted(
                institution=bank.slug, credentials=credentials, products=(Product.ACCOUNTS, Product.TRANSACTIONS)
            )
            await connections.create(world, id, wanted)
            await server.runner.settle(id)
        began = time.perf_counter()
        await schedule.advance(world, id, world.now(id) + 90 * DAY, server.runner.settle)
        spent = time.perf_counter() - began
        await server.close()
        return spent
