"""How connecting has been going, day by day: what institutions did of what was asked, and why the rest failed.

Shares come from visits, which tell of institutions alone. Causes come from executions, and those are told apart that
lie with the user: no institution gets better or worse by a wrong password.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from afluente.core.clock import DAY, Instant
from afluente.engine.institutions.health import DAYS, LOGIN, Health, Rate, each, first_day
from afluente.engine.world import World
from afluente.store import executions, visits
from afluente.store.executions import Execution
from afluente.store.visits import Visit

_READ, _EXECUTIONS, _CHUNK = 10_000, 3_000, 500


class Series(msgspec.Struct, frozen=True):
    """One operation (`login`, or a product): its rate on each day, oldest first, and over all of them."""

    operation: str
    days: tuple[Rate, ...]
    whole: Rate


class Cause(msgspec.Struct, frozen=True):
    """Why something failed, how often, and of which operations; `last` is the execution in which it last did."""

    meaning: str
    count: int
    operations: tuple[str, ...]
    last: Execution


class Numbers(msgspec.Struct, frozen=True):
    """`begins` are the first instants of the days; `causes` are ranked by how often they occurred, and those that lie
    with the user stand apart in `users`. `executions` are those that were looked at. `institutions` are those that were
    asked for anything, one or all of them, the least successful first.
    """

    begins: tuple[Instant, ...]
    series: tuple[Series, ...]
    causes: tuple[Cause, ...]
    users: tuple[Cause, ...]
    executions: int
    institutions: tuple[Health, ...]


async def numbers(world: World, application_id: str, institution: str | None = None) -> Numbers:
    """Return the numbers of the last two weeks, of one institution or of all, on the application's own clock."""
    now = world.now(application_id)
    first = first_day(now)
    found = await visits.latest(world.database, first * DAY, _READ, application_id)
    asked, done = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for visit in found:
        if institution in (None, visit.institution):
            for operation, went in visit.went.items():
                asked[operation, visit.ended_at // DAY - first] += 1
                done[operation, visit.ended_at // DAY - first] += went
    operations = sorted({operation for operation, _ in asked}, key=lambda name: (name != LOGIN, name))
    causes, users, looked = await _causes(world, application_id, institution, first * DAY)
    return Numbers(
        tuple((first + day) * DAY for day in range(DAYS)),
        tuple(_series(operation, asked, done) for operation in operations),
        causes,
        users,
        looked,
        _tried(world, found, now),
    )


def _tried(world: World, found: list[Visit], now: Instant) -> tuple[Health, ...]:
    tried = [one for one in each(world, found, now) if one.login.attempts or one.products]
    return tuple(sorted(tried, key=lambda one: (one.login.share or 0, one.institution.name)))


def _series(operation: str, asked: Counter[tuple[str, int]], done: Counter[tuple[str, int]]) -> Series:
    days = tuple(Rate(asked[operation, day], done[operation, day]) for day in range(DAYS))
    whole = Rate(sum(one.attempts for one in days), sum(one.succeeded for one in days))
    return Series(operation, days, whole)


async def _causes(
    world: World, application_id: str, institution: str | None, since: Instant
) -> tuple[tuple[Cause, ...], tuple[Cause, ...], int]:
    ended = await executions.ended(world.database, application_id, since, _EXECUTIONS, institution)
    counts: Counter[str] = Counter()
    of: dict[str, set[str]] = {}
    last: dict[str, Execution] = {}
    for number, one in enumerate(ended):
        if number % _CHUNK == _CHUNK - 1:
            # others are answered meanwhile
            await asyncio.sleep(0)
        for operation, meaning in _failures(one):
            counts[meaning] += 1
            of.setdefault(meaning, set()).add(operation)
            last.setdefault(meaning, one)
    ranked = [Cause(name, count, tuple(sorted(of[name])), last[name]) for name, count in counts.most_common()]
    users = [cause for cause in ranked if world.meaning(cause.meaning).blame == "user"]
    return tuple(cause for cause in ranked if cause not in users), tuple(users), len(ended)


def _failures(execution: Execution) -> list[tuple[str, str]]:
    """Return what failed in an execution, and why: the products that did, or all of it."""
    products = [
        (str(state.product), state.outcome)
        for state in execution.fetched
        if not state.updated and state.outcome is not None
    ]
    if products or execution.outcome is None or execution.outcome.startswith("success"):
        return products
    return [(LOGIN, execution.outcome)]
