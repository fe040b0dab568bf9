"""Passes over stored movements: in pieces, between which the loop goes on, and from where the last pass stood.

What lies behind a week or two does not change any more, so of a long account only its end is read again. That it has
not changed is never guessed: the digest of what was checked then, and what storing told since, say so.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter, itemgetter

import msgspec

from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection
from afluente.core.money import to_units
from afluente.core.products import Product
from afluente.engine.records.storing import Written, account_id
from afluente.engine.world import World
from afluente.quality import Movement, Stand, Walk, Walked, movement, place
from afluente.quality.snapshot import cents
from afluente.store import findings
from afluente.store.database import Reader, Row
from afluente.store.findings import Figures, Kept, Passed

NOT_GIVEN = "product.transactions.not-given"

PIECE = 2_000
"""Movements that are read and looked at before the loop goes on."""

LONG = 20
"""Movements from which it is worth knowing where a pass stood."""

_LATE: Instant = DAY
"""How much older than what the next sync reads again a movement may be that is listed late, and no pass begun anew."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stand).decode
_at = attrgetter("at")
_owner = itemgetter(0)
_new = tuple.__new__  # in half the time
_NO_FIGURES = Figures()


class Passes(msgspec.Struct, frozen=True):
    """What passes over all accounts found, by account, over movements whose digest is `of`; `passed` are those that
    the next can go on from."""

    of: str
    currencies: dict[str, str]
    walked: dict[str, Walked]
    passed: dict[str, Passed]

    def over(self, of: str, currencies: dict[str, str]) -> bool:
        """Tell whether these are the passes over what is stored now."""
        return bool(of) and self.of == of and self.currencies == currencies


async def walk(
    world: World,
    reader: Reader,
    connection: Connection,
    currencies: dict[str, str],
    kept: Kept,
    of: str,
    written: Written,
) -> Passes:
    """Go over a connection's movements, each account from where the last pass stood, if nothing before that changed.

    `currencies` are the accounts', `kept` is of the last check, `of` the digest of the movements that are stored, and
    `written` what storing them told in this execution.
    """
    until = _until(world, connection)
    before = {
        id: one
        for id, one in _before(kept, of, written).items()
        if one.currency == currencies.get(id) and one.until <= until
    }
    passes = {id: _Pass(before.get(id), until) for id in currencies}
    near = _near(of, written, before)
    for id in currencies.keys() & near.keys():
        if near[id]:
            passes[id].feed(_movements(near[id], currencies[id]))
    left = {id: currency for id, currency in currencies.items() if id not in near}
    for since, group in _by_beginning(left, before).items():
        async for id, piece in _of_accounts(reader, group, since):
            passes[id].feed(piece)
    lacking = without_a_list(connection)
    walked, passed = dict[str, Walked](), dict[str, Passed]()
    for id, one in passes.items():
        found = one.walk.walked()
        if found.total or (lacking is not None and id not in lacking):
            walked[id] = found
        if of and (stood := one.stand()) is not None:
            passed[id] = Passed(until, currencies[id], msgspec.Raw(_encode(stood)))
    return Passes(of, currencies, walked, passed)


class _Pass:
    """A pass over one account, from where the one before it stood; of a long account it knows where it stands at
    `until`."""

    def __init__(self, before: Passed | None, until: Instant) -> None:
        stand = None if before is None else _decode(before.stand)
        self.walk = Walk() if stand is None else Walk.going_on(stand)
        self._until = until
        self._total = 0 if stand is None else stand.total
        self._stood: Stand | None = None
        self._is_behind = False

    def feed(self, piece: list[Movement]) -> None:
        """Go on over these."""
        self._total += len(piece)
        if not self._is_behind and piece[-1].at >= self._until:
            self._is_behind = True
            if self._total >= LONG:
                first = bisect_left(piece, self._until, key=_at)
                self.walk.feed(piece[:first])
                self._stood, piece = self.walk.stand(self._until), piece[first:]
        self.walk.feed(piece)

    def stand(self) -> Stand | None:
        """Return where it stood, having been fed everything; None where that is not worth knowing."""
        if self._is_behind or self._total < LONG:
            return self._stood
        return self.walk.stand(self._until)


def _before(kept: Kept, of: str, written: Written) -> dict[str, Passed]:
    """Return the passes of the last check before which nothing is other than it was then."""
    if not of or not kept.passed_of:
        return {}
    if kept.passed_of == of:
        return kept.passed
    if (kept.passed_of, of) != (written.before, written.digest):
        return {}
    touched = {one.account_id: one.touched for one in written.moved}
    return {id: one for id, one in kept.passed.items() if touched.get(id, one.until) >= one.until}


def _near(of: str, written: Written, before: Mapping[str, Passed]) -> dict[str, list[Row]]:
    """Return the rows of those accounts of which nothing need be read, for storing had it all, from where each is gone
    over."""
    if not of or of != written.digest:
        return {}
    found = dict[str, list[Row]]()
    for id, near in written.near.items():
        since = before[id].until if id in before else None
        if near.since is None or (since is not None and near.since <= since):
            rows = near.rows if since is None else [row for row in near.rows if row[2] >= since]
            found[id] = [(row[1], row[0], *row[2:8], row[11]) for row in rows]
    return found


def _by_beginning(currencies: dict[str, str], before: dict[str, Passed]) -> dict[Instant | None, dict[str, str]]:
    """Return the accounts, with their currencies, by the instant from which they are gone over: two at most."""
    groups: dict[Instant | None, dict[str, str]] = {}
    for id, currency in currencies.items():
        since = before[id].until if id in before else None
        groups.setdefault(since, {})[id] = currency
    return groups


def _until(world: World, connection: Connection) -> Instant:
    """Return the instant before which the next sync is not expected to change anything."""
    state = connection.product(Product.TRANSACTIONS)
    now = world.now(connection.application_id)
    return (state.updated_at if state is not None and state.updated_at is not None else now) - world.lookback - _LATE


def without_a_list(connection: Connection) -> frozenset[str] | None:
    """Return the accounts for which the institution gave no list of movements; None for all of them."""
    state = connection.product(Product.TRANSACTIONS)
    if state is None or state.updated_at is None:
        return None
    return frozenset(
        account_id(connection.id, finding.account_key)
        for finding in state.findings
        if finding.meaning == NOT_GIVEN and finding.account_key
    )


async def _of_accounts(
    reader: Reader, currencies: dict[str, str], since: Instant | None
) -> AsyncIterator[tuple[str, list[Movement]]]:
    """Yield accounts with their movements in pieces, in order: those that are short are read together."""
    rows = await findings.of_accounts(reader, currencies, PIECE, since)
    apart: Iterable[str] = ()
    if len(rows) == PIECE:
        last = rows[-1][0]
        rows = [row for row in rows if row[0] != last]
        whole = {row[0] for row in rows}
        apart = [id for id in currencies if id not in whole]
    for id, group in groupby(rows, key=_owner):
        yield id, _movements(group, currencies[id])
    for id in apart:
        async for piece in movements(reader, id, currencies[id], since):
            yield id, piece


async def movements(
    reader: Reader, account_id: str, currency: str, since: Instant | None = None
) -> AsyncIterator[list[Movement]]:
    """Yield an account's movements in pieces, in order; those of one instant are never taken apart."""
    behind: tuple[Instant, str] | None = None if since is None else (since, "")
    rest: list[Movement] = []
    while rows := await findings.oldest_first(reader, account_id, PIECE, behind):
        piece = _movements(rows, currency)
        behind = (rows[-1][2], rows[-1][1])
        if rest:
            piece = sorted(rest + piece, key=place)
            rest = []
        if len(rows) == PIECE:
            first = bisect_left(piece, behind[0], key=_at)
            piece, rest = piece[:first], piece[first:]
        if piece:
            yield piece
        if not rest and len(rows) < PIECE:
            return
        await asyncio.sleep(0)
    if rest:
        yield rest


def _movements(rows: Iterable[Row], currency: str) -> list[Movement]:
    """Return movements in order. Nearly all have two decimals throughout, and are made without more ado."""
    made = []
    for _, id, at, units, scale, own, description, pending, details in rows:
        figures = _NO_FIGURES if details is None else findings.figures(details)
        told = figures.balance_after
        balance = None if told is None else cents(told)
        if scale == 2 and own == currency and (told is None or balance is not None):
            values = id, at, figures.order, units, units, 2, balance, description, bool(pending)
            made.append(_new(Movement, values))
        else:
            moved = (units, scale) if own == currency else _units(figures.account_amount)
            amounts = (units, scale), moved, _units(told)
            made.append(movement(id, at, figures.order, *amounts, description, bool(pending)))
    made.sort(key=place)
    return made


def _units(amount: str | None) -> tuple[int, int] | None:
    return None if amount is None else to_units(Decimal(amount))
