from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from afluente.analysis import subjects
from afluente.analysis.sight import Sight
from afluente.analysis.spans import days_back
from afluente.core.accounts import Transaction
from afluente.dialects.flinks import attributes
from afluente.dialects.flinks.attributes import business, personal
from tests.analysis.northern import ON, moved, pays, sight

YEAR = days_back(ON, 365)


def values(*names: str, of: Sight) -> list[object]:
    """Return the values of attributes."""
    asked = [found for name in names if (found := attributes.named(name))]
    assert len(asked) == len(names)
    return list(attributes.evaluate(asked, of, YEAR).values())


def bills() -> list[Transaction]:
    """Return what a home pays on the first of each of the last three months, and some trouble."""
    return [
        *(moved(ON - timedelta(days=19 + 30 * back), "-1200.00", "RENT") for back in range(3)),
        *(moved(ON - timedelta(days=17 + 30 * back), "-80.00", "ROGERS WIRELESS") for back in range(3)),
        *(moved(ON - timedelta(days=5 + 30 * back), "-410.00", "TOYOTA CREDIT") for back in range(4)),
        moved(ON - timedelta(days=3), "-48.00", "NSF FEE"),
        moved(ON - timedelta(days=70), "-48.00", "NSF FEE"),
        moved(ON - timedelta(days=2), "-100.00", "CASINO NIAGARA"),
        moved(ON - timedelta(days=1), "-300.00", "MONEY MART PMT"),
    ]


def test_known_figures_of_a_made_up_year() -> None:
    """Each is worked out by hand: twelve pays of 2,000, three rents of 1,200, four car payments of 410 …"""
    seen = sight([*pays(), *bills()])
    assert values(
        "sum_employer_income_30_days", "nbr_employer_income", "employer_income_frequency", "employer_income_average",
        "employer_name", "nbr_deposits_over500_90_days", "avg_monthly_deposit", of=seen,
    ) == [
        Decimal("4000.00"), 12, "BiWeekly", Decimal("2000.00"), "PAYROLL ACME TOOLS", 6,
        (Decimal(24000) * 30 / 365).quantize(Decimal("0.01")),
    ]  # fmt: skip
    assert values("nbr_nsf", "nbr_nsf_30_days", "days_since_last_nsf", of=seen) == [2, 1, 3]
    assert values("sum_rent_payments_90_days", "sum_telecom_payments", "nbr_auto_loan_payments", of=seen) == [
        Decimal("3600.00"), Decimal("240.00"), 4,
    ]  # fmt: skip
    assert values("auto_loan_payments_frequency", "sum_gambling_30_days", "nbr_micro_lenders", of=seen) == [
        "Monthly", Decimal("100.00"), 1,
    ]  # fmt: skip
    assert values("balance_current", "account_age", "nbr_accounts", of=seen) == [Decimal("1000.00"), 161, 1]


def test_nothing_detected_is_said_and_not_made_up() -> None:
    """A frequency of payments that are not there is no frequency, and no employer has no name."""
    seen = sight([])
    assert values("auto_loan_payments_frequency_biz", "employer_name", "employer_income_next_date", of=seen) == [
        "NONE_DETECTED", "NONE_DETECTED", "NONE_DETECTED",
    ]  # fmt: skip
    assert values("nbr_nsf", "sum_credits", "days_since_last_deposit", of=seen) == [0, Decimal("0.00"), None]


def test_a_companys_attributes_are_named_as_the_published_ones() -> None:
    """`sum_operating_income_365_days_biz` is one of the few names that are known."""
    seen = sight([moved(ON, "700.00", "STRIPE PAYOUT"), moved(ON - timedelta(days=40), "300.00", "CHEQUE 12")])
    assert values(
        "sum_operating_income_365_days_biz", "sum_operating_income_30_days_biz", "card_sales_share_biz", of=seen
    ) == [Decimal("1000.00"), Decimal("700.00"), Decimal("0.7000")]


def test_more_than_500_is_more_than_500() -> None:
    """500 itself is not over it."""
    seen = sight([moved(ON, "500.00", "PAYROLL"), moved(ON, "500.01", "PAYROLL")])
    assert values("nbr_deposits_over500", of=seen) == [1]


def test_only_the_days_that_are_looked_at_count() -> None:
    """A client that asks for ten days gets ten, also where a window is longer."""
    seen = sight(pays())
    asked = attributes.named("nbr_employer_income_365_days")
    assert asked is not None
    assert attributes.evaluate([asked], seen, days_back(ON, 10)) == {"nbr_employer_income_365_days": 1}


def test_the_transactions_behind_a_value_are_those_it_was_made_of() -> None:
    """Whoever doubts a figure can add it up."""
    seen = sight([*pays(), *bills()])
    asked = attributes.named("SUM_RENT_PAYMENTS")
    assert asked is not None
    found = attributes.transactions(asked, seen, YEAR)
    assert sum(-one.amount for one in found) == values("sum_rent_payments", of=seen)[0]
    assert {one.description for one in found} == {"RENT"}


@pytest.mark.parametrize("package", attributes.PACKAGES)
def test_every_package_can_be_reckoned_over_anything(package: str) -> None:
    """Neither a full year nor an empty account is a failure, and each name is there once."""
    asked = attributes.package(package.upper())
    assert asked
    for seen in (sight([*pays(), *bills()]), sight([])):
        found = attributes.evaluate(asked, seen, YEAR)
        assert list(found) == [one.name for one in asked]
        assert all(value is None or isinstance(value, Decimal | int | str) for value in found.values())
        assert {name.endswith("_biz") for name in found} == {"Business" in package}


def test_a_package_that_is_none_is_not_there() -> None:
    """The path has no such end."""
    assert attributes.package("GetNothing") is None
    assert attributes.named("nbr_of_cats") is None


def test_attributes_stand_on_subjects_that_there_are() -> None:
    """A misspelt subject would be zero for ever."""
    known = set(subjects.names())
    for row in (*personal.ROWS, *business.ROWS):
        assert set(row.subjects) <= known, row.name


def test_the_reference_describes_every_attribute() -> None:
    """It is what clients choose from."""
    rows = attributes.reference()
    assert len(rows) > 100
    assert {name for row in rows for name in (row.name, *row.windows)} == {
        *attributes.library(False), *attributes.library(True)
    }  # fmt: skip
    assert all(row.about.endswith(".") and row.packages for row in rows)
