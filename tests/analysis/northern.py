"""A made-up year in Canada whose figures can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from afluente.analysis.history import History
from afluente.analysis.sight import Sight
from afluente.core.accounts import Account, Transaction
from tests.analysis import made

ON = date(2026, 11, 20)  # a Friday
PAYS = tuple(ON - timedelta(days=7 + 14 * back) for back in range(12))
"""Twelve paydays, every second Friday, the last one a week ago."""


def account(balance: str = "1000.00", key: str = "checking") -> Account:
    """Return a Canadian chequing account."""
    return made.account(key=key, balance=balance, currency="CAD")


def moved(day: date, amount: str, description: str, **more: str) -> Transaction:
    """Return one movement in Canadian dollars."""
    return made.moved(day, amount, description, currency="CAD", **more)  # type: ignore[arg-type]


def pays() -> list[Transaction]:
    """Return the pay of each payday: 2,000 dollars."""
    return [moved(day, "2000.00", "PAYROLL ACME TOOLS") for day in PAYS]


def history(transactions: Iterable[Transaction], balance: str = "1000.00", since: date = made.YEAR.first) -> History:
    """Return the history of a chequing account, seen on a Friday."""
    return made.history(transactions, account(balance), on=ON, since=since)


def sight(transactions: Iterable[Transaction], balance: str = "1000.00", since: date = made.YEAR.first) -> Sight:
    """Return what is seen of it."""
    return Sight(history(transactions, balance, since))
