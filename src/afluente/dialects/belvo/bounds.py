"""What storage may use of the filters of movements, to read no more than it must."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.dialects.belvo.filters import Filters, instant_of


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of a list of movements.

    Days and amounts are inclusive, instants half-open; None means no bound. The filters still have the last word: a
    bound is never narrower than they are.
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


def bounds(filters: Filters) -> Bounds:
    """Return the bounds that the filters of a list of movements set."""
    first, last = _span(filters, "value_date")
    least, most = _span(filters, "amount")
    created, collected = _span(filters, "created_at"), _span(filters, "collected_at")
    status, direction = filters.of("status"), filters.of("type")
    return Bounds(
        first_day=None if first is None else date.fromisoformat(first),
        last_day=None if last is None else date.fromisoformat(last),
        created_from=_from(created[0]),
        created_before=_before(created[1]),
        collected_from=_from(collected[0]),
        collected_before=_before(collected[1]),
        least=least,
        most=most,
        pending=next(iter(status)) == "PENDING" if status is not None and len(status) == 1 else None,
        inflow=next(iter(direction)) == "INFLOW" if direction is not None and len(direction) == 1 else None,
        currencies=filters.of("currency"),
    )


def _span(filters: Filters, name: str) -> tuple[Any, Any]:
    """The least and the greatest value that a filter lets through."""
    least: list[Any] = []
    most: list[Any] = []
    for condition in filters.conditions:
        if condition.name != name:
            continue
        if condition.test in ("gt", "gte", "is", "range"):
            least.append(condition.values[0])
        if condition.test in ("lt", "lte", "is", "range"):
            most.append(condition.values[-1])
    return max(least, default=None), min(most, default=None)


def _from(text: str | None) -> Instant | None:
    return None if text is None else instant_of(text)


def _before(text: str | None) -> Instant | None:
    return None if text is None else instant_of(text) + 1
