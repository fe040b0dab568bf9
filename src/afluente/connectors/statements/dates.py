"""Dates as banks write them, in OFX and in CSV, and the instant they stand for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from afluente.core.clock import Instant

_OFX = re.compile(
    r"(?P<y>[0-9]{4})[-/.]?(?P<m>[0-9]{2})[-/.]?(?P<d>[0-9]{2})"
    r"(?:[T ]?(?P<H>[0-9]{2}):?(?P<M>[0-9]{2})(?::?(?P<S>[0-9]{2}))?(?:[.,:][0-9]*)?)?"
    r"\s*(?P<zone>\[[^\]]*\]?|Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"\[?\s*(?P<sign>[+-]?)(?P<h>[0-9]{1,2})(?:[:.](?P<f>[0-9]{1,2}))?")
_ISO_OFFSET = re.compile(r"(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<f>[0-9]{2})")
_NAMES = {
    "GMT": 0, "UTC": 0, "Z": 0, "BRT": -3, "BRST": -2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "ART": -3, "CLT": -4, "COT": -5,
}  # fmt: skip
_CLOCK = (
    r"(?:[T ,]+(?P<H>[0-9]{1,2})[:h](?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"\s*(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<y>[0-9]{4})([-/.]?)(?P<m>[0-9]{1,2})\2(?P<d>[0-9]{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"(?P<a>[0-9]{1,2})[-/.](?P<b>[0-9]{1,2})[-/.](?P<y>[0-9]{4}|[0-9]{2})" + _CLOCK)
_WORDED = re.compile(r"(?P<d>[0-9]{1,2})(?:[ /.-]| de )+(?P<w>[a-z]{3,10})\.?(?:[ /.,-]| de )+(?P<y>[0-9]{4}|[0-9]{2})")
_WORDED_US = re.compile(r"(?P<w>[a-z]{3,10})\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})")
_MONTHS = (
    "january janeiro janvier enero", "february fevereiro fevrier febrero", "march marco mars marzo",
    "april abril avril", "may maio mai mayo", "june junho juin junio", "july julho juillet julio",
    "august agosto aout", "september setembro septembre septiembre setiembre", "october outubro octobre octubre",
    "november novembro novembre noviembre", "december dezembro decembre diciembre",
)  # fmt: skip
_FIRST_YEAR, _LAST_YEAR = 1950, 2150


class BadDate(ValueError):
    """The text is not a date; the message is a sentence that says so."""


class Moment(msgspec.Struct, frozen=True):
    """When a movement was: the day as the bank wrote it, and the instant."""

    day: date
    instant: Instant


def zone_of(currency: str) -> tzinfo:
    """Return the zone a date without one is in: São Paulo for reais, UTC for anything else."""
    return ZoneInfo("America/Sao_Paulo") if currency == "BRL" else UTC


def read_ofx_date(text: str, zone: tzinfo) -> Moment:
    """Return the moment of an OFX date; `zone` is where it is if it does not say. Raises `BadDate`."""
    shown = text.strip()
    found = _OFX.fullmatch(shown)
    if not shown:
        raise BadDate("the date is missing")
    if not found or shown.startswith("00000000"):
        raise BadDate(f'"{shown[:40]}" is not a date')
    return _moment(shown, _day(shown, found["y"], found["m"], found["d"]), found, zone)


class DayOrder(msgspec.Struct, frozen=True):
    """How a column of dates is to be read: `month_first` for 12/31/2024; `sure` if its dates allow only that."""

    month_first: bool
    sure: bool


def day_order(texts: Iterable[str]) -> DayOrder:
    """Return the order of day and month that the dates in `texts` show: day first unless only month first fits."""
    day_first = month_first = worded = True
    for text in texts:
        if found := _YEAR_LAST.fullmatch(text.strip()):
            worded = False
            day_first = day_first and int(found["b"]) <= 12
            month_first = month_first and int(found["a"]) <= 12
    return DayOrder(month_first=month_first and not day_first, sure=worded or day_first != month_first)


def looks_like_date(text: str) -> bool:
    """Say whether `text` has the shape of a date, existing or not."""
    shown = text.strip()
    return any(pattern.fullmatch(_folded(shown)) for pattern in (_YEAR_LAST, _WORDED, _WORDED_US)) or bool(
        _YEAR_FIRST.fullmatch(shown)
    )


def read_csv_date(text: str, order: DayOrder, zone: tzinfo) -> Moment:
    """Return the moment of a date in a CSV cell; `zone` is where it is if it does not say. Raises `BadDate`."""
    shown = text.strip()
    if not shown:
        raise BadDate("the date is missing")
    if found := _YEAR_FIRST.fullmatch(shown):
        return _moment(shown, _day(shown, found["y"], found["m"], found["d"]), found, zone)
    if found := _YEAR_LAST.fullmatch(shown):
        day, month = (found["b"], found["a"]) if order.month_first else (found["a"], found["b"])
        return _moment(shown, _day(shown, found["y"], month, day), found, zone)
    folded = _folded(shown)
    if (found := _WORDED.fullmatch(folded) or _WORDED_US.fullmatch(folded)) and (month := month_of(found["w"])):
        return _moment(shown, _day(shown, found["y"], str(month), found["d"]), None, zone)
    raise BadDate(f'"{shown[:40]}" is not a date')


@lru_cache(maxsize=1024)
def month_of(word: str) -> int | None:
    """Return the month that a word or its abbreviation names in Portuguese, Spanish, English or French, or None."""
    bare = _folded(word).strip(".,")
    if len(bare) < 3:
        return None
    for number, names in enumerate(_MONTHS, start=1):
        if any(name.startswith(bare) for name in names.split()):
            return number
    return None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in plain if not unicodedata.combining(c))


def _day(shown: str, year: str, month: str, day: str) -> date:
    number = int(year) + (2000 if len(year) == 2 else 0)
    try:
        found = date(number, int(month), int(day))
    except ValueError:
        raise BadDate(f'"{shown[:40]}" is not a day of the calendar') from None
    if not _FIRST_YEAR <= number <= _LAST_YEAR:
        raise BadDate(f'"{shown[:40]}" is in the year {number}')
    return found


def _moment(shown: str, day: date, found: re.Match[str] | None, zone: tzinfo) -> Moment:
    hour = minute = second = 0
    if found and found["H"]:
        hour, minute, second = int(found["H"]), int(found["M"]), int(found["S"] or 0)
    if hour == 24 and minute == second == 0:  # the end of the day, in some banks' words
        hour, minute, second = 23, 59, 59
    if hour > 23 or minute > 59 or second > 60:
        raise BadDate(f'"{shown[:40]}" has no such time of day')
    if found and found["zone"]:
        zone = _zone(found["zone"]) or zone
    moment = datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=zone)
    return Moment(day, int(moment.timestamp()) * 1000)


def _zone(text: str) -> tzinfo | None:
    """Return the zone in `[-3:BRT]`, `[-3.5:NST]`, `[EST]`, `-03:00` or `Z`; None if it is none we know."""
    iso = _ISO_OFFSET.fullmatch(text)
    if found := iso or _OFFSET.match(text):
        fraction = found["f"] or "0"
        if iso or fraction in ("30", "45", "15", "00"):  # written as minutes, whatever the format says
            minutes = int(fraction)
        else:
            minutes = int(fraction) * 60 // 10 ** len(fraction)
        span = timedelta(hours=int(found["h"]), minutes=minutes)
        return timezone(-span if found["sign"] == "-" else span) if span < timedelta(hours=15) else None
    hours = _NAMES.get(text.strip("[]: ").upper())
    return None if hours is None else timezone(timedelta(hours=hours))
