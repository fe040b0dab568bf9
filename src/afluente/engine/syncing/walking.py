"""Passes over stored movements: in pieces, between which the loop goes on, and from where the last pass stood.

What lies behind a week or two does not change any more, so of a long account only its end is read again. That it has
not changed is never guessed: the digest of what was checked then, and what storing told since, say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from decimal import Decimal

import msgspec

from afluente.core.accounts import Account
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection, Stored
from afluente.core.money import to_units
from afluente.core.products import Product
from afluente.engine.records.storing import Written, account_id
from afluente.engine.world import World
from afluente.quality import Movement, Stand, Walk, Walked, movement, place
from afluente.quality.snapshot import cents
from afluente.store import findings
from afluente.store.database import Reader, Row
from afluente.store.findings import Kept, Passed

NOT_GIVEN = "product.transactions.not-given"

PIECE = 2_000
"""Movements that are read and looked at before the loop goes on."""

LONG = 200
"""Movements from which it is worth knowing where a pass stood."""

_LATE: Instant = DAY
"""How much older than what the next sync reads again a movement may be that is listed late, and no pass begun anew."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Stand).decode


class Passes(msgspec.Struct, frozen=True):
    """What passes over all accounts found, by account, over movements whose digest is `of`; `passed` are those that
    the next can go on from."""

    of: str
    currencies: dict[str, str]
    walked: dict[str, Walked]
    passed: dict[str, Passed]

    def over(self, of: str, accounts: Iterable[Stored[Account]]) -> bool:
        """Tell whether these are the passes over what is stored now."""
        return bool(of) and self.of == of and self.currencies == _currencies(accounts)


async def walk(
    world: World,
    reader: Reader,
    connection: Connection,
    accounts: list[Stored[Account]],
    kept: Kept,
    of: str,
    written: Written,
) -> Passes:
    """Go over a connection's movements, each account from where the last pass stood, if nothing before that changed.

    `kept` is of the last check, `of` the digest of the movements that are stored, and `written` what storing them told
    in this execution.
    """
    walked, passed = dict[str, Walked](), dict[str, Passed]()
    lacking, until = without_a_list(connection), _until(world, connection)
    before = _before(kept, of, written)
    for account in accounts:
        found, stood = await _over(reader, account, before.get(account.id), until)
        if found.total or (lacking is not None and account.id not in lacking):
            walked[account.id] = found
        if of and stood is not None and stood.total >= LONG:
            passed[account.id] = Passed(until, account.record.currency, msgspec.Raw(_encode(stood)))
    return Passes(of, _currencies(accounts), walked, passed)


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


async def _over(
    reader: Reader, account: Stored[Account], before: Passed | None, until: Instant
) -> tuple[Walked, Stand | None]:
    """Go over one account; return what was found, and where the pass stood at `until`."""
    if before is not None and before.currency == account.record.currency and before.until <= until:
        walk, since = Walk.going_on(_decode(before.stand)), before.until
    else:
        walk, since = Walk(), None
    stood: Stand | None = None
    looked = False
    async for piece in movements(reader, account, since):
        if not looked and piece[-1].at >= until:
            first = next(number for number, one in enumerate(piece) if one.at >= until)
            walk.feed(piece[:first])
            stood, looked, piece = walk.stand(until), True, piece[first:]
        walk.feed(piece)
    return walk.walked(), stood if looked else walk.stand(until)


def _currencies(accounts: Iterable[Stored[Account]]) -> dict[str, str]:
    return {account.id: account.record.currency for account in accounts}


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


async def movements(
    reader: Reader, account: Stored[Account], since: Instant | None = None
) -> AsyncIterator[list[Movement]]:
    """Yield an account's movements in pieces, in order; those of one instant are never taken apart."""
    behind: tuple[Instant, str] | None = None if since is None else (since, "")
    rest: list[Movement] = []
    currency = account.record.currency
    while rows := await findings.oldest_first(reader, account.id, PIECE, behind):
        piece = rest + [_movement(row, currency) for row in rows]
        behind = (rows[-1][1], rows[-1][0])
        rest = []
        if len(rows) == PIECE:
            last = behind[0]
            while piece and piece[-1].at == last:
                rest.append(piece.pop())
        piece.sort(key=place)
        if piece:
            yield piece
        if not rest and len(rows) < PIECE:
            return
        await asyncio.sleep(0)
    if rest:
        rest.sort(key=place)
        yield rest


def _movement(row: Row, currency: str) -> Movement:
    id, at, units, scale, own, description, pending, details = row
    order, moved, behind = 0, (units, scale) if own == currency else None, None
    if details is not None:
        figures = findings.figures(details)
        order = figures.order
        if moved is None and figures.account_amount is not None:
            moved = to_units(Decimal(figures.account_amount))
        balance = figures.balance_after
        if balance is not None:
            whole = cents(balance)
            behind = (whole, 2) if whole is not None else to_units(Decimal(balance))
    if scale == 2 and moved == (units, 2) and (behind is None or behind[1] == 2):
        values = id, at, order, units, units, 2, None if behind is None else behind[0], description, bool(pending)
        return tuple.__new__(Movement, values)
    return movement(id, at, order, (units, scale), moved, behind, description, bool(pending))
