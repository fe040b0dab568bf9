"""How often a month an Open Finance institution has to answer about one person, and how much of that is spent.

The regulator's least, which institutions grant and no more: each call that is answered counts, a refused one does not,
and beyond it the institution refuses until the month is over. All of an application's connections of one person at one
institution spend the same budget, so it is counted by person, where the application's policy says so (`quotas`). What
is spent is not asked for: the product stays as it is, and says why and until when. A failed sync has spent nothing of
what it did not get, so trying it again costs what the sync itself would have cost, and no more.
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
from afluente.store import allowances, applications, connections
from afluente.store.database import Reader

_BRASILIA: Instant = -3 * HOUR
"""Months are the regulator's; there has been no daylight saving time since 2019."""

_RECENT: Instant = 8 * DAY
"""What lies behind this is history: institutions have a call of its own for the last seven days."""

_LOW, _MEDIUM, _MEDIUM_HIGH, _HIGH, _BALANCES = 8, 30, 120, 240, 420
"""The classes of the regulator's table (Manual de APIs 7.0, in force since July 2025), in calls a month."""

_HISTORY = "history"
_MOST: Mapping[str, int] = {
    Product.ACCOUNTS: _BALANCES,
    Product.CARDS: _MEDIUM,
    Product.TRANSACTIONS: _HIGH,
    f"{Product.TRANSACTIONS}/{_HISTORY}": _LOW,
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
    return f"{product}/{_HISTORY}" if history else str(product)


async def check(
    world: World, connection: Connection, institution: Institution, product: Product, since: Instant | None
) -> None:
    """Raise `Refused` (`product.quota-spent` and what is beneath it, `until`) where nothing is left for a product."""
    now = world.now(connection.application_id)
    what = _what(product, since, now)
    if what not in _MOST or not await _counted(world, connection, institution):
        return
    person = await _person(world, connection, institution)
    if len(await _spent(world.database, connection, person, what, now)) >= _MOST[what]:
        meaning = "product.quota-spent"
        if product is Product.TRANSACTIONS:
            meaning += ".history" if what.endswith(_HISTORY) else ".recent"
        raise Refused(meaning, data={"until": next_month(now)})


async def spend(
    world: World, connection: Connection, institution: Institution, product: Product, since: Instant | None
) -> None:
    """Count a call that the institution has answered."""
    now = world.now(connection.application_id)
    what = _what(product, since, now)
    if what not in _MOST or not await _counted(world, connection, institution):
        return
    person = await _person(world, connection, institution)
    async with world.database.transaction() as writer:
        await applications.lock(writer, connection.application_id)
        spent = await _spent(writer, connection, person, what, now)
        await allowances.write(writer, connection.application_id, _key(person, what), [*spent, now])


async def budgets(world: World, connection: Connection) -> list[Budget]:
    """Return what is left of each budget that a connection draws on; none where nothing is counted."""
    institution = world.institutions[connection.institution]
    if not await _counted(world, connection, institution):
        return []
    now = world.now(connection.application_id)
    person = await _person(world, connection, institution)
    return [
        Budget(what, most, len(await _spent(world.database, connection, person, what, now)), next_month(now))
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
    sealed = await connections.sealed_credentials(world.database, connection.id)
    values = typed.unseal(world.vault, connection.id, sealed)
    first = values.get(institution.fields[0].name) if institution.fields else None
    who = (values.get("cnpj") or first or "").translate(_PUNCTUATION)
    return world.vault.fingerprint(f"user:{institution.slug}:{who or connection.id}")


def _key(person: str, what: str) -> str:
    return f"quota/{person}/{what}"


async def _spent(reader: Reader, connection: Connection, person: str, what: str, now: Instant) -> list[Instant]:
    found = await allowances.spent(reader, connection.application_id, _key(person, what))
    return [at for at in found if _month_of(now) <= at <= now]
