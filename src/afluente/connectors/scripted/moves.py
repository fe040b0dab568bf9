"""One movement before it is anybody's record, and how a month of them becomes a statement.

A month begins with a balance that depends on the account and the month alone, and its last movement is the bank's own
sweep that brings it to the next month's: so any balance is known from one month's movements, the past never changes,
and the opening balance plus all movements since the first day is always the balance.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

import msgspec

from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import clock_time, last_day
from afluente.connectors.scripted.seeding import chance
from afluente.core.accounts import Merchant, Party, Payment, Slip
from afluente.core.clock import Instant

SWEPT_AT = clock_time(23, 55)
_CENT = Decimal("0.01")

KEPT_OPENINGS = 8_192
"""Months of which the balance is kept with which they begin."""


class Move(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """One movement of `cents` on a day, `at` milliseconds after midnight (0: the bank gives no time).

    `other` is who stands at the other end. `slow` movements stay pending for a day.
    """

    day: int
    cents: int
    description: str
    category: str
    operation: str
    at: Instant = 0
    method: str | None = None
    other: Party | None = None
    merchant: Merchant | None = None
    slip: Slip | None = None
    reason: str | None = None
    slow: bool = False


Habit = Callable[[Customer, Plan, int], list[Move]]
"""What goes on in an account in one month, in any order, without the sweep."""


@lru_cache(maxsize=KEPT_OPENINGS)
def opening(customer: Customer, plan: Plan, month: int) -> int:
    """Return the balance with which a month begins, in cents."""
    if plan.fixed is not None:
        return plan.fixed
    income = customer.holder.income
    measure = 4 if plan.habit == "savings" else 1
    held = chance("opening", customer.key, plan.key, month).randrange(income * measure // 4, income * measure)
    if plan.overdrawn:
        held -= 5 * income * measure  # so far below nothing that no month's income brings it above
    elif customer.country != "BR":
        held += 3 * income * measure  # without an overdraft an account must last until the next wages
    return customer.land.whole(held)


def whole_month(habit: Habit, customer: Customer, plan: Plan, month: int) -> tuple[Move, ...]:
    """Return all movements of a month in the order in which they happen, the sweep last."""
    moves = sorted(habit(customer, plan, month), key=lambda move: (move.day, move.at))
    missing = opening(customer, plan, month + 1) - opening(customer, plan, month) - sum(move.cents for move in moves)
    return (*moves, sweep(customer, plan, month, missing)) if missing else tuple(moves)


def sweep(customer: Customer, plan: Plan, month: int, cents: int) -> Move:
    """Return the movement in which the bank invests what is over, or takes back what is missing."""
    day = last_day(month)
    if plan.habit == "savings":
        names, category = ("savings_in", "savings_out"), "same-person-transfer"
    else:
        names, category = ("sweep_in", "sweep_out"), "investments.automatic-investment"
    return Move(
        day=day,
        at=SWEPT_AT,
        cents=cents,
        description=customer.land.words[names[cents < 0]],
        category=category,
        operation="RESGATE_APLIC_FINANCEIRA" if cents > 0 else "OUTROS",
    )


def payment(plan: Plan, move: Move, key: str) -> Payment | None:
    """Return how a movement was paid, from the account's side; None where it was no payment to or from somebody."""
    if move.method is None:
        return None
    sent = move.cents < 0
    return Payment(
        method=move.method,
        payer=plan.own if sent else move.other,
        receiver=move.other if sent else plan.own,
        reason=move.reason,
        reference=key.rpartition("-")[0][-12:],
        authentication=f"E{key[-24:].upper()}" if move.method == "pix" else None,
        slip=move.slip,
    )


def money(cents: int) -> Decimal:
    """Return cents as an amount."""
    return cents * _CENT
