"""How often a month an Open Finance institution has to answer about one person, and how much of that is spent.

The regulator's least, which institutions grant and no more: each call that is answered counts, a refused one does not,
and beyond it the institution refuses until the month is over. All of an application's connections of one person at one
institution spend the same budget, so it is counted by person, where the application's policy says so (`quotas`). What
is spent is not asked for: the product stays as it is, and says why and until when.

A call is counted before it is made, in one transaction with the look at what is left: connections that run at the
same time must not all find the last one. It is given back where it was not answered, and an execution that is begun
again goes on with the call that it had counted; so a failed sync has spent nothing of what it did not get, and trying
it again costs what the sync itself would have cost, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.institutions import credentials as typed
from afluente.engine.world import World
from afluente.store import allowances, applications
from afluente.store.allowances import Drawn
from afluente.store.database import Reader, Writer
from afluente.store.executions import Execution

_BRASILIA: Instant = -3 * HOUR
"""Months are the regulator's; there has been no daylight saving time since 2019."""

_RECENT: Instant = 8 * DAY
"""What lies behind this is history: institutions have a call of its own for the last seven days."""

_LOW, _MEDIUM, _MEDIUM_HIGH, _HIGH, _BALANCES = 8, 30, 120, 240, 420
"""The classes of the regulator's table (Manual de APIs 7.0, in force since July 2025), in calls a month."""

_PREFIX = "quota"
HISTORY = "history"
"""The part of a product that lies behind what is recent."""

_MOST: Mapping[str, int] = {
    Product.ACCOUNTS: _BALANCES,
    Product.CARDS: _MEDIUM,
    Product.TRANSACTIONS: _HIGH,
    f"{Product.TRANSACTIONS}/{HISTORY}": _LOW,
    Product.INVESTMENTS: _MEDIUM_HIGH,
    Product.INVESTMENT_MOVEMENTS: _LOW,
    Product.HOLDER: _LOW,
    Product.LOANS: _MEDIUM,
}

_PUNCTUATION = str.maketrans("", "", " ./-")
"""How a tax number is written makes no other person: clients send it with these signs or without."""


class Budget(msgspec.Struct, frozen=True):
    """What one person's data at one institution may still cost this month. `what` is a product, or a part of one;
    `renewed_at` is when all of it is there again."""

    what: str
    most: int
    spent: int
    renewed_at: Instant

    @property
    def left(self) -> int:
        """How many calls are left."""
        return max(self.most - self.spent, 0)


def next_month(now: Instant) -> Instant:
    """Return when the next month begins in Brasília."""
    here = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now + _BRASILIA)
    first = (here.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1) - _BRASILIA


def _month_of(now: Instant) -> Instant:
    here = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=now + _BRASILIA)
    first = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1) - _BRASILIA


def _what(product: Product, since: Instant | None, now: Instant) -> str:
    history = product is Product.TRANSACTIONS and (since is None or now - since > _RECENT)
    return f"{product}/{HISTORY}" if history else str(product)


class Call(msgspec.Struct, frozen=True):
    """A call that was counted, for `give_back`."""

    application_id: str
    key: str
    execution_id: str
    attempt: int


async def spend(
    world: World,
    connection: Connection,
    execution: Execution,
    institution: Institution,
    product: Product,
    since: Instant | None,
) -> Call | None:
    """Count the call that an attempt is about to make for a product; None where nothing is counted.

    What the execution has counted before is its own, and is not counted again. Raises `Refused` (`product.quota-spent`
    and what is beneath it, `until` as a text) where nothing is left.
    """
    now = world.now(connection.application_id)
    what = _what(product, since, now)
    if what not in _MOST or not await _counted(world, connection, institution):
        return None
    key = _key(now, await _person(world, connection, institution), what)
    call = Call(connection.application_id, key, execution.id, execution.attempt)
    async with world.database.transaction() as writer:
        await applications.lock(writer, call.application_id)
        drawn = await _drawn(writer, connection.application_id, key, now)
        others = [one for one in drawn if one.execution_id != execution.id]
        if len(others) == len(drawn) and len(others) >= _MOST[what]:
            meaning = "product.quota-spent"
            if product is Product.TRANSACTIONS:
                meaning += ".history" if what.endswith(HISTORY) else ".recent"
            raise Refused(meaning, data={"until": _text(next_month(now))})
        own = Drawn(now, execution.id, execution.attempt)
        await allowances.write_drawn(writer, call.application_id, key, [*others, own])
    return call


async def give_back(world: World, call: Call | None) -> None:
    """Count a call no longer that the institution has not answered, unless a later attempt counts on it."""
    if call is None:
        return
    async with world.database.transaction() as writer:
        await applications.lock(writer, call.application_id)
        drawn = await allowances.drawn(writer, call.application_id, call.key)
        left = [one for one in drawn if (one.execution_id, one.attempt) != (call.execution_id, call.attempt)]
        if len(left) < len(drawn):
            await allowances.write_drawn(writer, call.application_id, call.key, left)


async def forget(writer: Writer, application_id: str, now: Instant, size: int) -> int:
    """Delete up to `size` of the budgets of months that are over; return how many there were."""
    return await allowances.forget(writer, application_id, f"{_PREFIX}/", f"{_PREFIX}/{_month(now)}", size)


async def budgets(world: World, connection: Connection) -> list[Budget]:
    """Return what is left of each budget that a connection draws on; none where nothing is counted."""
    institution = world.institutions[connection.institution]
    if not await _counted(world, connection, institution):
        return []
    owner = connection.application_id
    now = world.now(owner)
    person = await _person(world, connection, institution)
    return [
        Budget(what, most, len(await _drawn(world.database, owner, _key(now, person, what), now)), next_month(now))
        for what, most in _MOST.items()
        if what.partition("/")[0] in institution.products
    ]


async def _counted(world: World, connection: Connection, institution: Institution) -> bool:
    if not institution.open_finance:
        return False
    application = await applications.get(world.database, connection.application_id)
    return application is not None and application.policy.quotas


async def _person(world: World, connection: Connection, institution: Institution) -> str:
    """Return the key of whose data it is: the company or the person that was typed in, however it was written, or the
    connection where that is forgotten."""
    values = (await typed.read(world.database, world.vault, connection.id)).values
    first = values.get(institution.fields[0].name) if institution.fields else None
    who = (values.get("cnpj") or first or "").translate(_PUNCTUATION)
    return world.vault.fingerprint(f"user:{institution.slug}:{who or connection.id}")


def _month(now: Instant) -> str:
    """Return the month as a text that sorts as months do."""
    return f"{_month_of(now):016}"


def _key(now: Instant, person: str, what: str) -> str:
    return f"{_PREFIX}/{_month(now)}/{person}/{what}"


async def _drawn(reader: Reader, application_id: str, key: str, now: Instant) -> list[Drawn]:
    return [one for one in await allowances.drawn(reader, application_id, key) if one.at <= now]


def _text(at: Instant) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
