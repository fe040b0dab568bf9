"""How findings name what they are about: ids, a bounded number of them, and amounts as texts."""

from __future__ import annotations

from collections.abc import Sequence

from afluente.core.outcome import Finding
from afluente.quality.snapshot import decimal

NAMED = 50
"""Ids that one finding names; how many more there are is in its `left_out`."""


def about(
    meaning: str,
    *,
    accounts: Sequence[str] = (),
    transactions: Sequence[str] = (),
    expected: str | None = None,
    found: str | None = None,
    **data: str,
) -> Finding:
    """Return a finding that names no more than it may, and says how many ids it left out."""
    left = max(0, len(accounts) - NAMED) + max(0, len(transactions) - NAMED)
    if left:
        data["left_out"] = str(left)
    return Finding(
        meaning,
        data=data,
        accounts=tuple(accounts[:NAMED]),
        transactions=tuple(transactions[:NAMED]),
        expected=expected,
        found=found,
    )


def amount(units: int, scale: int) -> str:
    """Return an amount as text."""
    return format(decimal(units, scale), "f")
