"""Time in JSON: `YYYY-MM-DDTHH:mm:ss.sssZ`, the one form that every client we know turns into a date.

A response repeats few instants many times (a sync stores all its records at once, banks date movements at
midnight), so the last ones written are kept.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from afluente.core.clock import DAY, Instant

_EPOCH = date(1970, 1, 1).toordinal()
_CLOCK = tuple(f"{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02}." for second in range(60))


def moment(ms: Instant) -> str:
    """Return `instant(ms)` without keeping it: for instants of which a page has hundreds and all are others."""
    day, rest = divmod(ms, DAY)
    minute, rest = divmod(rest, 60_000)
    second, rest = divmod(rest, 1_000)
    return f"{_day(day)}{_CLOCK[minute]}{_SECONDS[second]}{rest:03}Z"


@lru_cache(maxsize=8192)
def instant(ms: Instant) -> str:
    """Return milliseconds since the epoch as a date-time in UTC with three decimals."""
    return moment(ms)


def maybe_instant(ms: Instant | None) -> str | None:
    """Return `instant(ms)`, or None where there is none."""
    return None if ms is None else instant(ms)


def midnight(day: date | None) -> str | None:
    """Return a calendar date where a date-time is wanted: midnight UTC of that day."""
    return None if day is None else f"{day.isoformat()}T00:00:00.000Z"


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return date.fromordinal(_EPOCH + number).isoformat() + "T"
