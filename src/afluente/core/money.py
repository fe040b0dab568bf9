"""Amounts: `Decimal` in records, whole numbers of a declared scale in rows, never a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_EXPONENTS = {"CLP": 0, "JPY": 0, "KRW": 0, "PYG": 0, "VND": 0, "BHD": 3, "KWD": 3, "TND": 3, "CLF": 4}
"""ISO 4217 currencies whose minor unit is not a hundredth."""

_UNITS = tuple(Decimal(1).scaleb(-scale) for scale in range(9))
"""What one unit is worth, by scale."""


def exponent(currency: str) -> int:
    """Return how many decimals the currency's minor unit has (ISO 4217); 2 for one we do not know."""
    return _EXPONENTS.get(currency, 2)


def to_units(amount: Decimal) -> tuple[int, int]:
    """Return `amount` as (units, scale): exactly `units / 10**scale`, with a scale of at least 2."""
    # most amounts are written with two decimals, and there are many of them: their digits are the units
    whole, _, decimals = str(amount).partition(".")
    if len(decimals) == 2 and decimals.isdecimal():
        return int(whole + decimals), 2
    sign, digits, power = amount.as_tuple()
    if not isinstance(power, int):
        raise InvalidOperation("an amount must be a finite number")
    units = 0
    for digit in digits:
        units = units * 10 + digit
    if power > -2:
        units *= 10 ** (power + 2)
        power = -2
    return (-units if sign else units), -power


def from_units(units: int, scale: int) -> Decimal:
    """Return the amount that `to_units` took apart."""
    # exact: no row's units have as many digits as arithmetic keeps
    return units * _UNITS[scale] if scale < len(_UNITS) else Decimal(units).scaleb(-scale)
