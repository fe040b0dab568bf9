"""Calendar days. A movement's day is the local one where the institution is; instants are UTC.

Every institution we reach books its days by Brasília's time, three hours before UTC all year, whatever its country; an
institution that books by another would need its country's row in `OFFSETS`. A span of days is a span of instants.
"""

from __future__ import annotations

from datetime import date, timedelta, timezone, tzinfo
from functools import cache, lru_cache

from afluente.core.clock import DAY, HOUR, Instant

OFFSETS = {"BR": -3, "CA": -3, "CL": -3, "CO": -3, "MX": -3, "US": -3}
"""Hours before UTC (below zero) by which an institution's days are counted, by country; elsewhere it is UTC."""

_EPOCH = date(1970, 1, 1).toordinal()


@cache
def zone(country: str) -> tzinfo:
    """Return a country's time zone."""
    return timezone(timedelta(hours=OFFSETS.get(country, 0)))


def local_day(at: Instant, country: str) -> date:
    """Return the day it is in a country at an instant."""
    return date.fromordinal(_EPOCH + (at + OFFSETS.get(country, 0) * HOUR) // DAY)


def local_date(at: Instant, country: str) -> str:
    """Return `local_day` as `YYYY-MM-DD`. Days are kept, and not the instants: of those there are millions."""
    return _numbered((at + OFFSETS.get(country, 0) * HOUR) // DAY)


@lru_cache(maxsize=4096)
def _numbered(number: int) -> str:
    return date.fromordinal(_EPOCH + number).isoformat()


def day_start(day: date, country: str) -> Instant:
    """Return the instant at which a day begins in a country."""
    return (day.toordinal() - _EPOCH) * DAY - OFFSETS.get(country, 0) * HOUR


def iso(day: date | None) -> str | None:
    """Return a date as `YYYY-MM-DD`, None where there is none."""
    return None if day is None else day.isoformat()
