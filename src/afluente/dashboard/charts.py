"""Charts, drawn by the server as SVG: a bar for each day, as high as much was asked for, coloured by how it went.

The figures stand in a table beside each chart, which is what a screen reader is told; colours are the sheet's.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from afluente.core.clock import Instant
from afluente.engine.institutions.health import Rate
from afluente.engine.operating.numbers import Numbers

HEIGHT, WIDTH, GAP = 64, 20, 4
"""Pixels of a bar's full height, of its width, and between two of them."""


class Bar(msgspec.Struct, frozen=True):
    """One day: where its bars stand, how high they are, and its figures. `share` is None where nothing was tried."""

    x: int
    good: int
    bad: int
    at: Instant
    attempts: int
    succeeded: int
    share: float | None


class Chart(msgspec.Struct, frozen=True):
    """One operation over all days."""

    operation: str
    bars: tuple[Bar, ...]
    width: int
    height: int
    whole: Rate


def charts(numbers: Numbers) -> list[Chart]:
    """Return a chart for each operation."""
    return [
        Chart(one.operation, _bars(one.days, numbers.begins), len(one.days) * (WIDTH + GAP) - GAP, HEIGHT, one.whole)
        for one in numbers.series
    ]


def _bars(days: Sequence[Rate], begins: Sequence[Instant]) -> tuple[Bar, ...]:
    """Return the bars; each is as high as the share of attempts on the busiest day allows, so that a day with one
    attempt does not look like one with a thousand."""
    most = max((one.attempts for one in days), default=0) or 1
    made = []
    for place, (rate, at) in enumerate(zip(days, begins, strict=True)):
        high = 0 if not rate.attempts else max(4, round(HEIGHT * rate.attempts / most))
        good = round(high * rate.succeeded / rate.attempts) if rate.attempts else 0
        made.append(Bar(place * (WIDTH + GAP), good, high - good, at, rate.attempts, rate.succeeded, rate.share))
    return tuple(made)
