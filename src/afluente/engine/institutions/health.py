"""How institutions have been doing: of what was asked of them, how much they did.

What the user or we got wrong says nothing about an institution, and is not counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import StrEnum

import msgspec

from afluente.core.clock import DAY, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.products import ProductState
from afluente.engine.world import World
from afluente.store import visits
from afluente.store.database import Writer
from afluente.store.executions import Execution
from afluente.store.visits import Visit

LOGIN = "login"
"""The operation that comes before all products."""

SPAN = 14 * DAY
"""How far back visits are counted."""

DAYS = SPAN // DAY
"""Days that are told of, today's among them."""

_READ = 10_000
"""Visits that are looked at, newest first; of a busier server's they are enough to judge by."""

_RECENT, _JUDGED = DAY, 10
"""Status follows from the last visits of a day, no more than so many of each operation."""

_LATELY = 50
"""Visits that are looked at where only the status is asked for: not each of them is of each operation."""

_FEWEST = 3
"""Attempts below which nothing is said against an institution."""

_DEGRADED = 0.9
"""The share of attempts below which an operation is impaired."""

_ITS_FAULT = ("institution", "upstream")


class Status(StrEnum):
    """How an institution is doing just now."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    DOWN = "down"


class Rate(msgspec.Struct, frozen=True):
    """How often something was asked for, and how often it was done."""

    attempts: int = 0
    succeeded: int = 0

    @property
    def share(self) -> float | None:
        """The part that was done, from 0 to 1; None where nothing was asked for."""
        return self.succeeded / self.attempts if self.attempts else None


class Health(msgspec.Struct, frozen=True):
    """One institution: its status, the logins and each product of the span, and when it last failed at anything.

    `days` has the rates of each operation on each day of the span, oldest first, where they were asked for.
    """

    institution: Institution
    status: Status
    login: Rate
    products: dict[str, Rate]
    failed_at: Instant | None
    days: dict[str, tuple[Rate, ...]] = {}

    @property
    def unclear(self) -> bool:
        """Whether nothing is held against it though nobody was let in: too few have tried lately to tell."""
        return self.status is Status.OPERATIONAL and self.login.attempts > 0 and not self.login.succeeded


async def note(world: World, writer: Writer, connection: Connection, execution: Execution, outcome: str) -> None:
    """Keep how an execution went that ends now, in the caller's transaction."""
    went = _went(world, execution, outcome)
    if went:
        visit = Visit(connection.institution, world.now(execution.application_id), went)
        await visits.add(writer, execution.application_id, visit)


async def forget(writer: Writer, application_id: str, now: Instant, size: int) -> int:
    """Delete up to `size` of an application's visits that count no more; return how many there were."""
    return await visits.drop(writer, application_id, now - SPAN, size)


def _went(world: World, execution: Execution, outcome: str) -> dict[str, bool]:
    if not execution.fetched and not outcome.startswith("success"):
        return {LOGIN: False} if _its_fault(world, outcome) else {}
    went = {LOGIN: True}
    for state in execution.fetched:
        if state.updated or _failed(world, state):
            went[str(state.product)] = state.updated
    return went


def _failed(world: World, state: ProductState) -> bool:
    return state.outcome is not None and _its_fault(world, state.outcome)


def _its_fault(world: World, meaning: str) -> bool:
    return world.meaning(meaning).blame in _ITS_FAULT


async def health(world: World, application_id: str | None = None, *, daily: bool = False) -> list[Health]:
    """Return the health of every institution that can be logged in to, as one application met it on its own clock; or
    as all did whose clock goes with the machine's. With `daily`, of each day as well."""
    now = world.clock.now() if application_id is None else world.now(application_id)
    found = await visits.latest(world.database, now - SPAN, _READ, application_id)
    return each(world, found, now, daily=daily)


def each(world: World, found: list[Visit], now: Instant, *, daily: bool = False) -> list[Health]:
    """Return what follows from visits, newest first, for every institution that can be logged in to."""
    by_institution: dict[str, list[Visit]] = {}
    for visit in found:
        by_institution.setdefault(visit.institution, []).append(visit)
    return [
        _of(institution, by_institution.get(institution.slug, []), now, daily=daily)
        for institution in world.institutions.values()
        if institution.fields or institution.open_finance
    ]


class Shown:
    """What all applications met, as anybody may look at it: it stands for a while, so that however many look, and
    however often, it is worked out once."""

    STANDS: Instant = 10 * SECOND

    def __init__(self) -> None:
        self._at: Instant | None = None
        self._found: list[Health] = []
        self._turn = asyncio.Lock()

    async def to_all(self, world: World) -> tuple[Instant, list[Health]]:
        """Return when it was worked out, and what came of it, each day included."""
        async with self._turn:
            now = world.clock.now()
            if self._at is None or not 0 <= now - self._at < self.STANDS:
                self._found = await health(world, daily=True)
                self._at = now
            return self._at, self._found


async def statuses(world: World, application_id: str) -> dict[str, Status]:
    """Return the status of every institution that can be logged in to, by slug, as an application met it."""
    now = world.now(application_id)
    found = await visits.latest(world.database, now - _RECENT, _READ, application_id)
    return {one.institution.slug: one.status for one in each(world, found, now)}


async def lately(world: World, application_id: str, institution: Institution) -> Health:
    """Return the health of one institution by what counts for its status alone: its last visits of a day.

    What it costs does not grow with what was visited before, so it can be asked for at every call.
    """
    now = world.now(application_id)
    found = await visits.at(world.database, institution.slug, now - _RECENT, _LATELY, application_id)
    return _of(institution, found, now)


async def down(world: World, application_id: str) -> frozenset[str]:
    """Return the slugs of the institutions that are down for an application."""
    return frozenset(slug for slug, status in (await statuses(world, application_id)).items() if status is Status.DOWN)


def _of(institution: Institution, told: list[Visit], now: Instant, *, daily: bool = False) -> Health:
    """`told`: its visits, newest first."""
    attempts, succeeded = Counter[str](), Counter[str]()
    asked, done = Counter[str](), Counter[str]()
    for visit in told:
        for operation, went in visit.went.items():
            attempts[operation] += 1
            succeeded[operation] += went
            if visit.ended_at > now - _RECENT and asked[operation] < _JUDGED:
                asked[operation] += 1
                done[operation] += went
    rates = {operation: Rate(attempts[operation], succeeded[operation]) for operation in sorted(attempts)}
    status = _status(institution, {operation: Rate(asked[operation], done[operation]) for operation in asked})
    failed = next((visit.ended_at for visit in told if not all(visit.went.values())), None)
    days = _days(told, now) if daily else {}
    return Health(institution, status, rates.pop(LOGIN, Rate()), rates, failed, days)


def _days(told: list[Visit], now: Instant) -> dict[str, tuple[Rate, ...]]:
    """Return the rates of each operation on each day; today's is the last."""
    first = first_day(now)
    asked, done = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for visit in told:
        for operation, went in visit.went.items():
            asked[operation, visit.ended_at // DAY - first] += 1
            done[operation, visit.ended_at // DAY - first] += went
    return {
        operation: tuple(Rate(asked[operation, day], done[operation, day]) for day in range(DAYS))
        for operation in sorted({operation for operation, _ in asked})
    }


def first_day(now: Instant) -> int:
    """Return the first day that is told of, in days since 1970."""
    return now // DAY - DAYS + 1


def _status(institution: Institution, recent: dict[str, Rate]) -> Status:
    judged = {operation: rate for operation, rate in recent.items() if rate.attempts >= _FEWEST}
    login = judged.get(LOGIN)
    if not institution.online or (login is not None and not login.succeeded):
        return Status.DOWN
    products = [rate for operation, rate in judged.items() if operation != LOGIN]
    # behind a consent nobody logs in again: there it is down when nothing of it can be had
    if institution.open_finance and products and not any(rate.succeeded for rate in products):
        return Status.DOWN
    impaired = any((rate.share or 0) < _DEGRADED for rate in judged.values())
    return Status.DEGRADED if impaired else Status.OPERATIONAL
