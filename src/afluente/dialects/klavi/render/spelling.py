"""How reports write amounts, days, months, flags and names, in each generation.

Open Data has money as JSON numbers, names in small letters with underscores, and -1 where a figure is not available.
Reports over consents have money as an object whose amount is text with four decimals, and names in one word with
capitals; what is not available is null.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from afluente.core.clock import DAY, HOUR, Instant

ZONE = timezone(timedelta(hours=-3))
"""By which days are counted: Brazil has had no summer time since 2019."""

UNAVAILABLE = -1
"""What stands in the place of a figure that nobody told."""

_BEFORE_UTC = 3 * HOUR
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


Money = Callable[[Decimal | None, str], Any]
"""How one generation writes an amount, which may not be known, in a currency: `as_number` or `money`."""


def local_day(at: Instant) -> date:
    """Return the day that an instant lies in."""
    return date.fromordinal(_EPOCH + (at - _BEFORE_UTC) // DAY)


def day_start(day: date) -> Instant:
    """Return the instant at which a day begins."""
    return (day.toordinal() - _EPOCH) * DAY + _BEFORE_UTC


def day_text(at: Instant) -> str:
    """Return the day that an instant lies in, as `YYYY-MM-DD`."""
    return _numbered((at - _BEFORE_UTC) // DAY)


@lru_cache(maxsize=4096)
def _numbered(number: int) -> str:
    return date.fromordinal(_EPOCH + number).isoformat()


def iso(day: date | None) -> str | None:
    """Return a day as `YYYY-MM-DD`, None where there is none."""
    return None if day is None else day.isoformat()


def month(day: date) -> str:
    """Return what the bill of a month is called: `mar/23`."""
    return f"{_MONTHS[day.month - 1]}/{day.year % 100:02d}"


def yes(flag: bool) -> str:
    """Return a flag as it is written."""
    return "Yes" if flag else "No"


class Plain(list[Any]):
    """Rows whose numbers are plain already: nobody looks at them again before they are sent."""


def plain(value: Decimal) -> Decimal | int:
    """Return an amount as JavaScript writes it: without zeros behind what it is worth."""
    text = str(value)
    if text[-3:-2] == "." and text[-1] != "0":
        # as most amounts are
        return value
    whole = int(value)
    return whole if whole == value else value.normalize()


def number(value: Decimal | None) -> Decimal | int:
    """Return an amount of Open Data."""
    return UNAVAILABLE if value is None else plain(value)


def as_number(value: Decimal | None, currency: str) -> Decimal | int:
    """Return an amount of Open Data, where nobody tells a currency."""
    return number(value)


def count(value: int | None) -> int:
    """Return a count of Open Data."""
    return UNAVAILABLE if value is None else value


def fixed(value: Decimal) -> str:
    """Return an amount as text with four decimals."""
    return f"{value:.4f}"


def money(value: Decimal | None, currency: str) -> dict[str, str] | None:
    """Return an amount of a report over consents."""
    return None if value is None else {"amount": f"{value:.4f}", "currency": currency}


def rate(value: Decimal | None) -> str | None:
    """Return a rate as text with six decimals."""
    return None if value is None else f"{value:.6f}"


@lru_cache(maxsize=1024)
def capitals(name: str) -> str:
    """Return a name in one word: `card_last4num` is `cardLast4num`, `OpenStatement` is `openStatement`."""
    first, *rest = (name[:1].lower() + name[1:]).split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def in_capitals(value: Any) -> Any:
    """Return an object with all its names, and those of what it holds, in one word."""
    if isinstance(value, dict):
        return {capitals(name): in_capitals(one) for name, one in value.items()}
    if isinstance(value, list):
        return [in_capitals(one) for one in value]
    return value
