"""Boletos: a barcode and the line that is typed in its place, both with the check digits banks verify."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from afluente.connectors.scripted.seeding import digits
from afluente.core.accounts import Slip

_CYCLE_START = date(2025, 2, 22).toordinal()
"""The day whose due-date factor is 1000 in the cycle that began when the four digits were used up."""


def slip(bank: str, due: int, cents: int, *parts: object) -> Slip:
    """Return the boleto of `cents` due on a day, issued by the bank with this compensation code."""
    factor = 1000 + (due - _CYCLE_START) % 9000
    free = digits(25, "slip", bank, due, cents, *parts)
    unchecked = f"{bank}9{factor:04d}{cents:010d}{free}"
    check = _modulo_11(unchecked)
    barcode = unchecked[:4] + check + unchecked[4:]
    fields = (bank + "9" + free[:5], free[5:15], free[15:])
    typed = "".join(field + _modulo_10(field) for field in fields) + check + barcode[5:19]
    return Slip(
        digitable_line=typed,
        barcode=barcode,
        base=(amount := Decimal(cents).scaleb(-2)),
        interest=Decimal("0.00"),
        penalty=Decimal("0.00"),
        discount=amount - amount,
    )


def _modulo_10(field: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(field)):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return str(-total % 10)


def _modulo_11(text: str) -> str:
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(reversed(text)))
    check = 11 - total % 11
    return str(check if check < 10 else 1)
