from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from stdnum import isin

from afluente.core.products import Product
from tests.connectors.scripted.teller import NOW, fetch, later, session


def _positions(slug, user="user-ok", now=NOW):
    left = session(slug, user)
    return (
        fetch(slug, left, Product.INVESTMENTS, now=now).records,
        fetch(slug, left, Product.INVESTMENT_MOVEMENTS, now=now).records,
    )


@pytest.mark.parametrize("slug", ["sandbox-bank", "sandbox-broker", "xp"])
def test_positions_are_what_was_bought_less_what_was_sold(slug):
    """The quantity of each position follows from its movements, and its value from the quantity."""
    positions, movements = _positions(slug)
    held = defaultdict(Decimal)
    for row in movements:
        if row.kind in ("buy", "sell"):
            held[row.investment_key] += row.quantity if row.kind == "buy" else -row.quantity
    assert {row.key for row in positions} == set(held)
    for row in positions:
        assert row.quantity == held[row.key] > 0
        assert abs(row.amount - row.quantity * row.value) < Decimal("0.01")
        assert row.balance == row.amount - row.taxes
        assert row.profit == row.amount - row.original


def test_a_broker_has_more_kinds_than_a_bank():
    """Stocks, funds of several sorts, treasury, ETF, COE and retirement are there to be read."""
    at_bank = {(row.kind, row.subkind) for row in _positions("sandbox-bank")[0]}
    at_broker = {(row.kind, row.subkind) for row in _positions("sandbox-broker")[0]}
    assert at_bank < at_broker
    assert {"stock", "real-estate-fund", "bdr", "treasury", "etf", "multimarket", "retirement"} <= {
        subkind for _, subkind in at_broker
    }


def test_movements_of_investments_stay_as_they_were():
    """A year later all that had moved is still there, unchanged."""
    before = _positions("sandbox-broker")[1]
    after = {row.key: row for row in _positions("sandbox-broker", now=later(365))[1]}
    assert len({row.key for row in before}) == len(before)
    assert all(after[row.key] == row for row in before)
    assert len(after) > len(before)


def test_deals_on_the_exchange_have_their_costs():
    """A note of brokerage has a number and expenses, which the net amount takes into account."""
    listed = [row for row in _positions("sandbox-broker")[1] if row.note_number]
    assert listed
    for row in listed:
        spent = sum(row.expenses.values())
        assert row.net_amount == (row.amount + spent if row.kind == "buy" else row.amount - spent)


def test_some_investments_pay_interest():
    """Interest comes with its tax, where there is one."""
    paid = [row for row in _positions("sandbox-broker")[1] if row.kind == "interest"]
    assert paid
    assert all(row.net_amount == row.amount - row.expenses.get("income-tax", Decimal(0)) for row in paid)


def test_isins_are_valid():
    """Twelve characters that begin with the country and end in the right check digit."""
    codes = [row.isin for row in _positions("sandbox-broker")[0] if row.isin]
    assert codes
    assert [code for code in codes if not (isin.is_valid(code) and code.startswith("BR"))] == []


@pytest.mark.parametrize("slug", ["sandbox-bank", "sandbox-business"])
def test_loans_are_paid_back_month_by_month(slug):
    """Instalments paid are those that fell due; a month later one more is, and less is owed."""
    left = session(slug)
    now = {row.key: row for row in fetch(slug, left, Product.LOANS).records}
    after = {row.key: row for row in fetch(slug, left, Product.LOANS, now=later(31)).records}
    assert now.keys() == after.keys()
    today = datetime.fromtimestamp(NOW / 1000, UTC).date()
    for key, loan in now.items():
        assert len(loan.releases) == loan.installments_paid
        assert loan.installments_paid + loan.installments_due == loan.installments_total
        assert all(release.paid_on < today for release in loan.releases)
        assert 0 < loan.outstanding < loan.contract_amount
        assert after[key].installments_paid == loan.installments_paid + 1
        assert after[key].outstanding < loan.outstanding
        assert after[key].releases[: len(loan.releases)] == loan.releases


def test_a_loan_that_ran_its_term_is_settled():
    """Twenty years on nothing is owed, and the loan says when it was settled."""
    for loan in fetch("sandbox-bank", session(), Product.LOANS, now=later(7300)).records:
        assert loan.outstanding == 0
        assert loan.settled_on == loan.due_on
        assert loan.installments_due == 0


def test_nobody_had_a_loan_before_it_was_signed():
    """Far enough back there is no contract yet."""
    assert fetch("sandbox-bank", session(), Product.LOANS, now=later(-1500)).records == ()
