"""A card's movements by the bills they are on: one that is open, and those that are closed.

Every movement of the card is in exactly one of them. A movement that names its bill is on it, if the bill is known;
any other is on the first bill that closed on its day or later. What is on no closed bill is on the open one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from afluente.analysis import debts
from afluente.core.accounts import Account, Bill
from afluente.core.connections import Stored
from afluente.dialects.klavi.render.held import Held, Moved
from afluente.dialects.klavi.render.spelling import local_day


class Open(NamedTuple):
    """The open bill. Its total is the institution's, or else what its movements add up to."""

    bill: Bill | None
    closes_on: date | None
    due_on: date | None
    total: Decimal
    minimum: Decimal | None
    moved: list[Moved]


class Closed(NamedTuple):
    """A closed bill; its day of closing is its due day where no other is told."""

    bill: Stored[Bill]
    closes_on: date
    moved: list[Moved]

    @property
    def paid(self) -> Decimal | None:
        """What was paid of it, None where nothing was."""
        payments = self.bill.record.payments
        return sum((one.amount for one in payments), Decimal(0)) if payments else None

    @property
    def paid_on(self) -> date | None:
        """When it was paid for the last time."""
        return max((one.paid_on for one in self.bill.record.payments), default=None)


class Statements(NamedTuple):
    """All bills of a card, the closed ones latest first."""

    opened: Open
    closed: list[Closed]


def statements(held: Held, account: Stored[Account]) -> Statements:
    """Return the bills of a card with what is on them."""
    bills = sorted(held.bills.get(account.id, ()), key=lambda one: (_closes(one.record), one.record.due_on, one.id))
    closed = [Closed(one, _closes(one.record), []) for one in bills if debts.is_closed(one.record, held.on)]
    coming = next((one.record for one in bills if not debts.is_closed(one.record, held.on)), None)
    opened: list[Moved] = []
    by_id = {one.bill.id: one.moved for one in closed} | dict.fromkeys(
        (one.id for one in bills if not debts.is_closed(one.record, held.on)), opened
    )
    ends = [one.closes_on for one in closed]
    for one in held.moved.get(account.id, ()):
        on = by_id.get(one.bill_id or "")
        if on is None:
            place = bisect_left(ends, local_day(one.record.occurred_at))
            on = closed[place].moved if place < len(closed) else opened
        on.append(one)
    return Statements(_open(account.record, coming, opened), closed[::-1])


def _closes(bill: Bill) -> date:
    return bill.closes_on or bill.due_on


def _open(account: Account, bill: Bill | None, moved: list[Moved]) -> Open:
    card = account.card
    if bill is not None:
        return Open(bill, _closes(bill), bill.due_on, bill.total, bill.minimum_payment, moved)
    return Open(
        bill=None,
        closes_on=card.closes_on if card is not None else None,
        due_on=card.due_on if card is not None else None,
        total=spent(moved, account.currency),
        minimum=card.minimum_payment if card is not None else None,
        moved=moved,
    )


def spent(moved: Sequence[Moved], currency: str) -> Decimal:
    """Return what movements cost their holder, as far as it is known in this currency."""
    return -sum((amount for one in moved if (amount := in_account(one, currency)) is not None), Decimal(0))


def in_account(one: Moved, currency: str) -> Decimal | None:
    """Return a movement's amount in the account's currency, None where it is not known in it."""
    record = one.record
    if record.account_amount is not None:
        return record.account_amount
    return record.amount if record.currency == currency else None
