from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from afluente.analysis import balances
from afluente.dialects.flinks import uploaded
from afluente.dialects.flinks.forms import Form

NEWEST_FIRST = [
    {"TransactionDate": "2021/01/22", "Description": "rent", "Debit": "700.00", "Balance": "200.00"},
    {"TransactionDate": "2021/01/22", "Description": "payroll", "Credit": "1000.00", "Balance": "900.00"},
    {"TransactionDate": "2021/01/20", "Description": "coffee", "Debit": 5, "Balance": -100},
]
"""The account fell to -100, rose to 900, and holds 200."""


def without_balances(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without their running balances."""
    return [{name: value for name, value in row.items() if name != "Balance"} for row in rows]


@pytest.mark.parametrize("rows", [NEWEST_FIRST, NEWEST_FIRST[::-1]], ids=["newest-first", "oldest-first"])
@pytest.mark.parametrize("told", [{}, {"MostRecentBalance": "200.00"}, {"OldestBalance": "-100.00"}], ids=str)
def test_balances_are_the_same_however_they_are_told(rows: list[dict[str, Any]], told: dict[str, str]) -> None:
    """With each transaction, behind the newest or behind the oldest; in either order of dates."""
    body = {"Origin Country": "CA", "Transactions": without_balances(rows) if told else rows, **told}
    form = Form(body)
    found = uploaded.read(form, {}, balances=True)
    assert found is not None, form.faults
    [line] = balances.lines(found.history).values()
    assert line.closing == (Decimal(-100), Decimal(-100), Decimal(200))
    assert line.lowest == (Decimal(-100), Decimal(-100), Decimal(-100))
    assert [one.record.description for one in found.transactions] == [row["Description"] for row in rows]


def test_transactions_of_one_day_are_taken_to_be_newest_first() -> None:
    """The published example is in that order."""
    form = Form({"Origin Country": "us", "Transactions": NEWEST_FIRST[:2]})
    found = uploaded.read(form, {}, balances=True)
    assert found is not None
    assert [one.description for one in found.history.movements] == ["payroll", "rent"]
    assert {one.currency for one in found.history.movements} == {"USD"}


@pytest.mark.parametrize("value", [True, "x", "1e999999999", "NaN", "Infinity", "9" * 41, [], {}, "0.00000001"])
def test_what_is_no_amount_is_said_to_be_none(value: object) -> None:
    """Nothing that a client sends breaks the reckoning."""
    form = Form({"Amount": value})
    assert uploaded.amount(form, "Amount") is None
    assert list(form.faults) == ["Amount"]


def test_amounts_are_exact() -> None:
    """0.1 is a tenth."""
    assert uploaded.amount(Form({"Amount": "0.1"}), "Amount") == Decimal("0.1")
    assert uploaded.amount(Form({"Amount": 12.35}), "Amount") == Decimal("12.35")
