"""What is found in the histories of the invented bank, whose habits are known."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from afluente.analysis.cadence import Cadence
from afluente.analysis.history import History, read
from afluente.analysis.income import IncomeKind, income
from afluente.analysis.recurring import ExpenseKind, expenses
from afluente.analysis.risk import insights
from afluente.analysis.spans import days_back
from afluente.analysis.streams import Confidence
from afluente.core.accounts import Account, Transaction
from afluente.core.clock import DAY
from afluente.core.products import Product
from tests.analysis.made import ZONE
from tests.connectors.scripted.teller import NOW, fetch, session

BANK = "sandbox-bank"


@pytest.fixture(scope="module", params=[0, 41, 113, 200], ids=["now", "in 41 days", "in 113 days", "in 200 days"])
def known(request: pytest.FixtureRequest) -> History:
    """A person's accounts and card as read on a day, with a year of movements."""
    now = NOW + request.param * DAY
    on = datetime.fromtimestamp(now // 1000, UTC).astimezone(ZONE).date()
    visit = session(BANK, now=now)
    records = [
        record
        for product in (Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS)
        for record in fetch(BANK, visit, product, now=now).records
    ]
    return read(
        [record for record in records if isinstance(record, Account)],
        [record for record in records if isinstance(record, Transaction)],
        zone=ZONE,
        on=on,
        since=days_back(on, 365).first,
    )


def test_the_salary_is_found_monthly_and_sure(known: History) -> None:
    """It comes on the first working day from the fifth on."""
    salaries = [one for one in income(known, days_back(known.on, 365)).streams if one.kind is IncomeKind.SALARY]
    assert [(one.cadence, one.confidence, one.stability) for one in salaries] == [
        (Cadence.MONTHLY, Confidence.HIGH, Decimal("1.0000"))
    ]
    assert salaries[0].occurrences in (11, 12)


def test_interest_is_found_and_what_is_put_aside_is_not_income(known: History) -> None:
    """Only wages, interest and what others send come in."""
    found = income(known, days_back(known.on, 365))
    kinds = {one.kind for one in found.streams if one.confidence is Confidence.HIGH}
    assert kinds == {IncomeKind.SALARY, IncomeKind.INTEREST}
    assert "own-transfer" in {one.nature for one in found.left_out}


def test_the_household_bills_are_found(known: History) -> None:
    """Rent, four utilities, the card, the bank's fee, and what is subscribed to with the card."""
    found = expenses(known, days_back(known.on, 365), least=Confidence.HIGH)
    of_kind = {kind: sum(one.kind is kind for one in found) for kind in ExpenseKind}
    assert of_kind[ExpenseKind.RENT] == 1
    assert of_kind[ExpenseKind.UTILITY] == of_kind[ExpenseKind.TELECOM] == 2
    assert of_kind[ExpenseKind.SUBSCRIPTION] == 2
    assert of_kind[ExpenseKind.CARD_BILL] == of_kind[ExpenseKind.FITNESS] == 1
    assert {one.cadence for one in found} == {Cadence.MONTHLY}


def test_the_balances_close_at_what_the_accounts_hold(known: History) -> None:
    """And every day of the year is known."""
    found = insights(known)
    assert found.windows["12m"].balance.closing == found.assets.total_balance
    assert found.windows["12m"].known_days == found.windows["12m"].balance.days == found.windows["12m"].span.days
