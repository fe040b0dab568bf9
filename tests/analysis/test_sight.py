from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from afluente.analysis import filing, subjects
from afluente.analysis.cadence import Cadence
from afluente.analysis.score import HIGHEST, LOWEST, score
from afluente.analysis.sight import cadence_of, share, total
from afluente.analysis.spans import days_back
from afluente.core.accounts import Merchant
from tests.analysis import northern
from tests.analysis.northern import ON, history, moved, pays, sight


@pytest.mark.parametrize(
    ("amount", "text", "subject"),
    [
        ("2000.00", "PAYROLL ACME TOOLS", "income.salary"),
        ("500.00", "CANADA CHILD BENEFIT", "in.child-benefit"),
        ("900.00", "Assurance-emploi Canada", "in.employment-insurance"),
        ("300.00", "MONEY MART ADVANCE", "in.payday-advance"),
        ("-350.00", "MONEY MART PMT", "out.payday-payment"),
        ("-410.00", "TOYOTA CREDIT CANADA", "out.auto-loan"),
        ("-48.00", "NSF FEE", "signal.returned-payment"),
        ("-20.00", "ONTARIO LOTTERY", "signal.gambling"),
        ("-1500.00", "RENT NOVEMBER", "paid.rent"),
    ],
)
def test_a_movement_is_about_what_its_words_say(amount: str, text: str, subject: str) -> None:
    """A lender asks for these by name, in either of Canada's languages."""
    [(_, found)] = subjects.of(history([moved(ON, amount, text)]).movements)
    assert subject in found
    assert subject in subjects.names()


def test_money_between_own_accounts_is_neither_deposit_nor_spending() -> None:
    """It would count the same dollar twice."""
    seen = sight([moved(ON, "100.00", "Transfer from savings"), moved(ON, "-100.00", "Transfer to savings")])
    assert seen.about(["deposit", "spending"], seen.everything) == []


def test_movements_about_several_subjects_come_once_and_oldest_first() -> None:
    """A payday lender's payment is a loan's payment too, and must not be added up twice."""
    late = moved(ON, "-100.00", "PAYDAY LOAN PAYMENT")
    early = moved(ON - timedelta(days=3), "-50.00", "CAR LOAN PAYMENT")
    seen = sight([late, early])
    found = seen.about(["paid.loan", "out.payday-payment", "out.auto-loan"], seen.everything)
    assert [one.key for one in found] == [early.key, late.key]
    assert total(found) == Decimal("150.00")


def test_pay_every_second_friday_is_a_rhythm() -> None:
    """Attributes tell the frequency of pay, and when it should come next."""
    seen = sight(pays())
    found = seen.about(["income.salary"], seen.everything)
    assert cadence_of(seen, found) is Cadence.BIWEEKLY
    assert seen.rhythm(found).expected_next == ON + timedelta(days=7)


def test_shares_are_by_amount_and_unknown_of_nothing() -> None:
    """A quarter of what was spent is 0.25; of nothing spent there is no share."""
    seen = sight([moved(ON, "-25.00", "CASINO NIAGARA"), moved(ON, "-75.00", "RENT")])
    spent = seen.about(["spending"], seen.everything)
    assert share(seen.about(["signal.gambling"], seen.everything), spent) == Decimal("0.2500")
    assert share([], []) is None


def test_balances_and_overdrafts_are_counted_back_from_today() -> None:
    """The account holds 1,000 now; before yesterday's deposit of 1,200 it was 200 below zero for three days."""
    seen = sight(
        [
            moved(ON - timedelta(days=4), "-500.00", "RENT"),
            moved(ON - timedelta(days=1), "1200.00", "PAYROLL"),
        ]
    )
    week = days_back(ON, 7)
    assert seen.lowest_in(week) == Decimal("-200.00")
    assert seen.balances_in(week).highest == Decimal("1000.00")
    assert seen.balances_in(week).days_below_zero == 3
    assert seen.overdrawn_in(week) == 1
    assert seen.overdrawn_in(days_back(ON, 1)) == 0


def test_a_month_is_thirty_known_days() -> None:
    """Figures by the month must not be thinned by days nothing is known of."""
    seen = sight(pays(), since=ON - timedelta(days=59))
    assert seen.months_in(days_back(ON, 365)) == 2
    assert seen.months_in(days_back(ON, 5)) == 1


def test_a_good_payer_scores_higher_than_one_in_trouble() -> None:
    """The score says why: its parts add up to it."""
    good = score(sight([*pays(), *(moved(day, "-800.00", "RENT") for day in northern.PAYS)], balance="9000.00"))
    trouble = [
        moved(ON - timedelta(days=10 * place), amount, text)
        for place in range(3)
        for amount, text in (("-48.00", "NSF FEE"), ("-300.00", "MONEY MART PMT"), ("-200.00", "CASINO NIAGARA"))
    ]
    bad = score(sight([*pays(), *trouble], balance="-900.00"))
    assert LOWEST <= bad.points < good.points <= HIGHEST
    assert good.points == LOWEST + sum(part.points for part in good.parts)
    assert {part.name: part.points for part in bad.parts}["returned"] == 0
    assert sum(part.most for part in good.parts) == HIGHEST - LOWEST


def test_a_larger_loan_weighs_on_the_score() -> None:
    """A loan of many months' deposits is a burden; none is none."""
    seen = sight(pays())
    assert score(seen, Decimal(100_000)).points < score(seen).points


def test_whoever_has_no_movements_has_no_points() -> None:
    """That no trouble was seen says nothing where nothing was seen."""
    assert score(sight([])).points == LOWEST


@pytest.mark.parametrize(
    ("amount", "text", "slug"),
    [
        ("2000.00", "PAYROLL ACME", "income.salary"),
        ("-60.00", "ABM WITHDRAWAL", "transfers.transfer-cash"),
        ("-20.00", "ONTARIO LOTTERY", "gambling"),
        ("-90.00", "ROGERS WIRELESS", "services.telecommunications"),
        ("-12.00", "SOMETHING ELSE", None),
    ],
)
def test_a_movement_is_filed_by_what_it_is_for(amount: str, text: str, slug: str | None) -> None:
    """One way of filing serves every dialect."""
    [one] = history([moved(date(2026, 11, 1), amount, text)]).movements
    assert filing.category_of(one) == slug


def test_a_known_seller_is_found_in_a_description() -> None:
    """Its own category is nearer than any word."""
    seller = Merchant(name="Corner Bakery", category="food-and-drinks.eating-out")
    assert filing.seller_of("POS CORNER BAKERY 12", {"corner bakery": seller}) is seller
    assert filing.seller_of("POS OTHER", {"corner bakery": seller}) is None
