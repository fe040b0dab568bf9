from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from afluente.analysis.cadence import Cadence
from afluente.analysis.repayments import periods, plan
from afluente.analysis.spans import Span
from tests.analysis.northern import ON, moved, pays, sight

FRIDAY = 4


def test_payments_follow_the_paydays() -> None:
    """Pay comes every second Friday, next on the 27th: that is when there is money."""
    found = plan(sight(pays()), Cadence.BIWEEKLY, Decimal(400), ON, 3)
    assert found.days == (date(2026, 11, 27), date(2026, 12, 11), date(2026, 12, 25))
    assert found.weekday == FRIDAY
    assert found.payment == Decimal("133.33")
    assert found.stream is not None


def test_a_monthly_loan_is_paid_on_the_first_payday_of_each_month() -> None:
    """Of two paydays in a month, the first leaves no time for the money to go."""
    found = plan(sight(pays()), Cadence.MONTHLY, Decimal(300), ON, 2)
    assert found.days == (date(2026, 12, 11), date(2027, 1, 8))


def test_without_a_rhythm_the_weekday_of_deposits_counts() -> None:
    """Deposits that come when they come still have a best weekday: here Wednesdays."""
    wednesday = date(2026, 11, 18)
    found = plan(
        sight([moved(wednesday, "900.00", "CHEQUE"), moved(wednesday - timedelta(days=70), "800.00", "CHEQUE")]),
        Cadence.WEEKLY, Decimal(100), ON, 2,
    )  # fmt: skip
    assert found.stream is None
    assert [day.weekday() for day in found.days] == [2, 2]


def test_without_any_deposit_payments_fall_on_fridays_of_their_periods() -> None:
    """There is nothing to follow, and a plan is wanted all the same."""
    found = plan(sight([]), Cadence.WEEKLY, Decimal(100), ON, 3)
    assert all(day.weekday() == FRIDAY for day in found.days)
    assert len(set(found.days)) == 3


@pytest.mark.parametrize("frequency", [Cadence.WEEKLY, Cadence.BIWEEKLY, Cadence.SEMI_MONTHLY, Cadence.MONTHLY])
def test_every_period_has_one_payment_on_a_working_day(frequency: Cadence) -> None:
    """Money moves on working days, and never before the loan is paid out."""
    found = plan(sight(pays()), frequency, Decimal(1200), ON, 24)
    assert len(found.days) == 24
    assert all(day > ON and day.weekday() < 5 for day in found.days)
    assert list(found.days) == sorted(found.days)


def test_periods_twice_a_month_are_halves_of_calendar_months() -> None:
    """BiMonthly means twice a month; the first half begins behind the funding's own."""
    assert periods(Cadence.SEMI_MONTHLY, date(2026, 2, 3), 2) == [
        Span(date(2026, 2, 16), date(2026, 2, 28)),
        Span(date(2026, 3, 1), date(2026, 3, 15)),
    ]


def test_the_risk_is_how_often_a_payment_could_not_have_been_made() -> None:
    """The account holds 1,000 throughout: it can pay 100 always and 2,000 never."""
    seen = sight([])
    assert plan(seen, Cadence.WEEKLY, Decimal(100), ON, 1).risk == 0
    assert plan(seen, Cadence.WEEKLY, Decimal(2000), ON, 1).risk == 1
