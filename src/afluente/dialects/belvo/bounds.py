"""What storage can take over of the filters of movements, so that no more is read than a page needs."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.dialects.belvo.filters import Condition, Filters, instant_of

_INSTANTS = ("created_at", "collected_at")
_SETS = ("status", "type", "currency")
_DIRECTIONS = frozenset({"INFLOW", "OUTFLOW"})
_STATUSES = frozenset({"PENDING", "PROCESSED"})
"""What a movement's status can be; the third word that may be asked for has no movements."""


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of a list of movements; None means no bound.

    Days and amounts are inclusive, instants half-open. `beyond` are the conditions that the bounds do not say, or not
    exactly: where there are none, storage alone can count and page.
    """

    first_day: date | None = None
    last_day: date | None = None
    created_from: Instant | None = None
    created_before: Instant | None = None
    collected_from: Instant | None = None
    collected_before: Instant | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    pending: bool | None = None
    inflow: bool | None = None
    currencies: frozenset[str] | None = None
    beyond: Filters = Filters()


def bounds(filters: Filters) -> Bounds:
    """Return the bounds that the filters of a list of movements set.

    Links and accounts are the caller's to choose by (`Filters.of`, `Filters.below`), and in no bound nor beyond.
    """
    first, last = _days(filters)
    created, collected = (_instants(filters, name) for name in _INSTANTS)
    least, most = _amounts(filters)
    pending = _one(filters.of("status"), _STATUSES, "PENDING")
    inflow = _one(filters.of("type"), _DIRECTIONS, "INFLOW")
    return Bounds(
        first_day=first,
        last_day=last,
        created_from=created[0],
        created_before=created[1],
        collected_from=collected[0],
        collected_before=collected[1],
        least=least,
        most=most,
        pending=pending,
        inflow=inflow,
        currencies=filters.of("currency"),
        beyond=Filters(tuple(c for c in filters.conditions if not _said(c, filters))),
    )


def _said(condition: Condition, filters: Filters) -> bool:
    """Whether a bound says exactly what a condition does, or the caller sees to it."""
    name = condition.name
    if name in ("status", "type"):
        asked = filters.of(name) or frozenset()
        return bool(asked & (_STATUSES if name == "status" else _DIRECTIONS))
    if name == "amount":
        return condition.test not in ("gt", "lt")
    return name in ("value_date", "currency", "link", *_INSTANTS) or condition.path[0] == "account"


def _one(asked: frozenset[str] | None, known: frozenset[str], wanted: str) -> bool | None:
    """Which of two is asked for; None for both, or for none of them."""
    told = known if asked is None else asked & known
    return wanted in told if len(told) == 1 else None


def _edges(filters: Filters, name: str) -> tuple[list[tuple[Any, bool]], list[tuple[Any, bool]]]:
    """The lower and the upper edges that a filter sets, each with whether it lies inside."""
    lower: list[tuple[Any, bool]] = []
    upper: list[tuple[Any, bool]] = []
    for condition in filters.conditions:
        if condition.name != name:
            continue
        if condition.test in ("gt", "gte", "is", "range"):
            lower.append((condition.values[0], condition.test != "gt"))
        if condition.test in ("lt", "lte", "is", "range"):
            upper.append((condition.values[-1], condition.test != "lt"))
    return lower, upper


def _days(filters: Filters) -> tuple[date | None, date | None]:
    lower, upper = _edges(filters, "value_date")
    first = [_moved(text, 0 if inside else 1) for text, inside in lower]
    last = [_moved(text, 0 if inside else -1) for text, inside in upper]
    return max(first, default=None), min(last, default=None)


def _moved(text: str, days: int) -> date:
    """A day, or the one beside it; beyond the calendar's ends there is none, and the end itself has no movements."""
    day = date.fromisoformat(text)
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return day


def _instants(filters: Filters, name: str) -> tuple[Instant | None, Instant | None]:
    lower, upper = _edges(filters, name)
    since = [instant_of(text) + (not inside) for text, inside in lower]
    before = [instant_of(text) + inside for text, inside in upper]
    return max(since, default=None), min(before, default=None)


def _amounts(filters: Filters) -> tuple[Decimal | None, Decimal | None]:
    lower, upper = _edges(filters, "amount")
    return max((edge for edge, _ in lower), default=None), min((edge for edge, _ in upper), default=None)
