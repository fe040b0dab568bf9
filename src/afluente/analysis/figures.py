"""Arithmetic on amounts: exact sums, and roundings that are said out loud.

An amount is rounded to its currency's minor unit, a ratio to four decimals, both half to even, and only when it is
handed out: nothing is computed from a rounded figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import median as middle

from afluente.core.money import exponent

ZERO = Decimal(0)
ONE = Decimal(1)
_RATIO = Decimal("0.0001")


def money(value: Decimal, currency: str) -> Decimal:
    """Return an amount in whole minor units of its currency (ISO 4217), half to even."""
    return value.quantize(ONE.scaleb(-exponent(currency)), rounding=ROUND_HALF_EVEN)


def ratio(value: Decimal) -> Decimal:
    """Return a ratio with four decimals, half to even."""
    return value.quantize(_RATIO, rounding=ROUND_HALF_EVEN)


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Return `part / whole` as a ratio; None where there is nothing to divide by."""
    return ratio(Decimal(part) / whole) if whole else None


def mean(values: Sequence[Decimal]) -> Decimal:
    """Return the mean, unrounded; zero of no values."""
    return sum(values, ZERO) / len(values) if values else ZERO


def median(values: Sequence[Decimal]) -> Decimal:
    """Return the middle value, of two middle ones their mean, unrounded; zero of no values."""
    return Decimal(middle(values)) if values else ZERO


def deviation(values: Sequence[Decimal]) -> Decimal:
    """Return the population's standard deviation, unrounded; zero of fewer than two values."""
    if len(values) < 2 or min(values) == max(values):
        return ZERO
    centre = mean(values)
    apart = [value - centre for value in values]
    return (sum([one * one for one in apart], ZERO) / len(values)).sqrt()


def stability(values: Sequence[Decimal]) -> Decimal | None:
    """Return how alike positive amounts are, from 0 to 1: one less their relative deviation. None below two."""
    if len(values) < 2:
        return None
    centre = mean(values)
    return ratio(max(ZERO, ONE - deviation(values) / centre)) if centre else ratio(ZERO)


def slope(values: Sequence[Decimal]) -> Decimal | None:
    """Return the rise per step of the least-squares line through `values`, unrounded; None below two values."""
    count = len(values)
    if count < 2:
        return None
    # With steps 0 … n-1 the centre is (n-1)/2 and the sum of squares n(n²-1)/12: all in whole numbers but one division.
    weighted = sum((value * (2 * step - count + 1) for step, value in enumerate(values)), ZERO)
    return weighted * 6 / (count * (count * count - 1))
