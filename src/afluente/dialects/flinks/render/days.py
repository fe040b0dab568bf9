"""Calendar days of movements.

Every institution that is reached books its days three hours before UTC, whatever its country (Brasília's time, which
has no summer time).
"""

from __future__ import annotations

from datetime import date, timedelta, timezone, tzinfo
from functools import lru_cache

from afluente.core.clock import DAY, HOUR, Instant

ZONE: tzinfo = timezone(timedelta(hours=-3))
"""The time zone days are counted in."""

_BEHIND = 3 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()


def local_day(at: Instant) -> date:
    """Return the day an instant lies in."""
    return date.fromordinal(_EPOCH + (at - _BEHIND) // DAY)


@lru_cache(maxsize=8192)
def _iso(number: int) -> str:
    return date.fromordinal(number).isoformat()


def local_date(at: Instant) -> str:
    """Return `local_day` as `YYYY-MM-DD`."""
    return _iso(_EPOCH + (at - _BEHIND) // DAY)


def day_start(day: date) -> Instant:
    """Return the instant at which a day begins."""
    return (day.toordinal() - _EPOCH) * DAY + _BEHIND
