"""Whether a printed statement was read right: its balances must follow from its movements, to the cent.

Nothing that does not add up is imported. Where signs are not printed, the balances are also what tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from afluente.connectors.statements.records import Unreadable
from afluente.connectors.statements.rows import Found, Row

_MOST_UNKNOWN = 16
"""Movements without a sign between two balances, for which signs are looked for."""


class Proof(msgspec.Struct, frozen=True):
    """The movements with their signs, as far as the balances tell in the order of time; `proved` says that there were
    balances to hold them against."""

    rows: tuple[Row, ...]
    opening: Decimal | None
    closing: Decimal | None
    proved: bool


class _Anchor(msgspec.Struct, frozen=True):
    """A balance that is printed, and how many movements come before it."""

    before: int
    balance: Decimal
    where: str


class _Break(Exception):
    """Between two balances the movements make something else."""

    def __init__(self, where: str, expected: Decimal, made: Decimal | None) -> None:
        super().__init__(where)
        self.where = where
        self.expected = expected
        self.made = made


def prove(found: Found) -> Proof:
    """Return the movements, held against every balance that is printed among them.

    Raises `Unreadable` (`statement.does-not-add-up`) where a balance does not follow, or where neither signs nor
    balances tell what came in and what went out.
    """
    rows = list(found.rows)
    if any(row.signed and row.amount < 0 for row in rows):
        # where what went out has a sign, what has none came in
        rows = [replace(row, signed=True) for row in rows]
    forward = _anchors(found, rows, False)
    backward = _anchors(found, rows, True)
    reversed_first = len(rows) > 1 and rows[0].day > rows[-1].day
    orders = [(True, backward), (False, forward)] if reversed_first else [(False, forward), (True, backward)]
    first: _Break | None = None
    for newest_first, anchors in orders:
        ordered = rows[::-1] if newest_first else rows
        try:
            settled, proved = _settle(ordered, anchors)
        except _Break as broke:
            first = first or broke
            continue
        opening, closing = _ends(settled, anchors)
        return Proof(tuple(settled), opening, closing, proved)
    if first is None or first.made is None:
        where = first.where if first else None
        raise Unreadable(
            "statement.does-not-add-up",
            "The statement does not tell what came in and what went out: its amounts have no signs, and its balances "
            f"do not settle them{f' at {where}' if where else ''}.",
            where,
        )
    raise Unreadable(
        "statement.does-not-add-up",
        f"The statement does not add up: its balance is {first.expected} at {first.where}, where its movements make "
        f"{first.made}.",
        first.where,
    )


def _anchors(found: Found, rows: Sequence[Row], newest_first: bool) -> list[_Anchor]:
    """Return the printed balances in the order of time, each with how many movements come before it."""
    count = len(rows)
    among = [
        _Anchor(count - place if newest_first else place + 1, row.balance, row.where)
        for place, row in enumerate(rows)
        if row.balance is not None
    ]
    among += [
        _Anchor(count - check.before if newest_first else check.before, check.balance, check.where)
        for check in found.checks
    ]
    anchors = sorted(among, key=lambda anchor: anchor.before)
    if found.opening is not None:
        anchors.insert(0, _Anchor(0, found.opening, "the opening balance"))
    if found.closing is not None:
        anchors.append(_Anchor(count, found.closing, "the closing balance"))
    return anchors


def _settle(rows: Sequence[Row], anchors: Sequence[_Anchor]) -> tuple[list[Row], bool]:
    """Return the rows with signs, and whether any stretch of them lay between two balances. Raises `_Break`."""
    settled: list[Row] = []
    proved = False
    last: _Anchor | None = None
    for anchor in anchors:
        stretch = list(rows[len(settled) : anchor.before])
        if last is None and anchor.before > 0:
            # before the first balance nothing can be held against the movements but their own signs
            if not all(row.signed for row in stretch):
                raise _Break(anchor.where, anchor.balance, None)
            settled += stretch
        elif last is not None:
            ways = _fitted(stretch, anchor.balance - last.balance)
            if len(ways) != 1:
                made = last.balance + sum((row.amount for row in stretch), Decimal(0))
                raise _Break(anchor.where, anchor.balance, None if ways else made)
            (fitted,) = ways
            settled += fitted
            proved = proved or bool(stretch)
        last = anchor
    rest = list(rows[len(settled) :])
    if not all(row.signed for row in rest):
        raise _Break(rest[0].where, Decimal(0), None)
    return settled + rest, proved or (bool(anchors) and not rows)


def _fitted(rows: Sequence[Row], change: Decimal) -> list[list[Row]]:
    """Return the rows with the signs by which they make `change`: none, one or two choices, of which two are as bad as
    many."""
    known = sum((row.amount for row in rows if row.signed), Decimal(0))
    unknown = [abs(row.amount) for row in rows if not row.signed]
    if len(unknown) > _MOST_UNKNOWN:
        return [[], []]
    choices = []
    for signs in _signs(unknown, change - known):
        given = iter(signs)
        choices.append(
            [row if row.signed else replace(row, amount=abs(row.amount) * next(given), signed=True) for row in rows]
        )
    return choices


def _signs(amounts: Sequence[Decimal], change: Decimal) -> list[tuple[int, ...]]:
    """Return up to two choices of signs by which `amounts` make `change`."""
    reached: dict[Decimal, list[tuple[int, ...]]] = {Decimal(0): [()]}
    for amount in amounts:
        following: dict[Decimal, list[tuple[int, ...]]] = {}
        for total, ways in reached.items():
            for sign in (1, -1):
                kept = following.setdefault(total + sign * amount, [])
                kept += [(*way, sign) for way in ways][: 2 - len(kept)]
        reached = following
    return reached.get(change, [])


def _ends(rows: Sequence[Row], anchors: Sequence[_Anchor]) -> tuple[Decimal | None, Decimal | None]:
    """Return the balances before the first movement and behind the last."""
    if not anchors:
        return None, None
    first, last = anchors[0], anchors[-1]
    opening = first.balance - sum((row.amount for row in rows[: first.before]), Decimal(0))
    return opening, last.balance + sum((row.amount for row in rows[last.before :]), Decimal(0))
