"""Movements that say something about the holder by being there at all: overdraft interest, a bounced cheque, a tax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

import msgspec

from afluente.analysis import texts
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement
from afluente.analysis.spans import Span


class Signal(StrEnum):
    """What a movement says. Some are money received (severance, social security), the others money paid."""

    OVERDRAFT_INTEREST = "overdraft-interest"
    OVERDRAFT_FEE = "overdraft-fee"
    RETURNED_PAYMENT = "returned-payment"
    LATE_PAYMENT = "late-payment"
    TRANSACTION_TAX = "transaction-tax"
    SOCIAL_SECURITY = "social-security"
    SEVERANCE = "severance"
    CASH_WITHDRAWAL = "cash-withdrawal"
    PROPERTY_TAX = "property-tax"
    VEHICLE_TAX = "vehicle-tax"
    GAMBLING = "gambling"


_RECEIVED = frozenset({Signal.SOCIAL_SECURITY, Signal.SEVERANCE})
_EITHER = frozenset({Signal.RETURNED_PAYMENT})


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """How often one signal was seen in a span, in one currency. `total` is positive, `keys` are oldest first."""

    signal: Signal
    currency: str
    count: int
    total: Decimal
    first_on: date
    last_on: date
    keys: tuple[str, ...]


Marked = tuple[Movement, tuple[Signal, ...]]
"""A movement that says something, and what."""


def marked(history: History) -> list[Marked]:
    """Return the movements that say something, on bank accounts and on cards, oldest first."""
    known: dict[tuple[object, ...], tuple[Signal, ...]] = {}
    result = []
    for one in history.movements:
        said = (one.plain, one.category, one.amount > 0)
        found = known.get(said)
        if found is None:
            found = known[said] = signals_of(one)
        if found:
            result.append((one, found))
    return result


def sightings(movements: Iterable[Marked], span: Span) -> tuple[Sighting, ...]:
    """Return the signals of a span, in the order of `Signal`, then by currency; see `marked`."""
    together: dict[tuple[Signal, str], list[Movement]] = {}
    for one, found in movements:
        if one.day in span:
            for signal in found:
                together.setdefault((signal, one.currency), []).append(one)
    order = list(Signal)
    return tuple(
        Sighting(
            signal=signal,
            currency=currency,
            count=len(seen),
            total=money(sum((abs(one.amount) for one in seen), ZERO), currency),
            first_on=seen[0].day,
            last_on=seen[-1].day,
            keys=tuple(one.key for one in seen),
        )
        for (signal, currency), seen in sorted(together.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    )


def signals_of(movement: Movement) -> tuple[Signal, ...]:
    """Return what one movement says, in the order of the table."""
    said = _phrases().every(movement.plain)
    filed = texts.nearest(movement.category, _categories())
    gained = movement.amount > 0
    return tuple(
        signal
        for signal in map(Signal, dict.fromkeys([*said, *([filed] if filed else [])]))
        if signal in _EITHER or gained is (signal in _RECEIVED)
    )


@cache
def _phrases() -> texts.Phrases[str]:
    return texts.phrases("signal")


@cache
def _categories() -> Mapping[str, str]:
    return texts.by_category("signal_categories")
