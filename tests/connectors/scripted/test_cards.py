from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afluente.core.accounts import Account, Bill
from afluente.core.clock import DAY
from afluente.core.products import Product
from tests.connectors.scripted.teller import NOW, balance, fetch, later, session

TODAY = date(2026, 11, 23)
NEXT_MONTH = int(datetime(2026, 12, 1, 3, tzinfo=UTC).timestamp()) * 1000
PEOPLE = ("user-ok", "person+ana", "person+rui", "person+bia")


def _card(user="user-ok", now=NOW):
    left = session(user=user)
    got = fetch("sandbox-bank", left, Product.CARDS, now=now).records
    (card,) = [row for row in got if isinstance(row, Account)]
    bills = [row for row in got if isinstance(row, Bill)]
    moved = fetch("sandbox-bank", left, Product.TRANSACTIONS, now=now, since=now - 460 * DAY).records
    return card, bills, [row for row in moved if row.account_key == card.key], moved


def _reais(row):
    return row.amount if row.account_amount is None else row.account_amount


@pytest.mark.parametrize("user", PEOPLE)
def test_bills_are_the_sum_of_what_is_on_them(user):
    """Each closed bill, and the open one so far, equals its purchases, fees and charges."""
    _, bills, moved, _ = _card(user)
    sums = defaultdict(Decimal)
    for row in moved:
        if row.card.bill_key:
            sums[row.card.bill_key] -= _reais(row)
    assert len(bills) == 13
    for bill in bills:
        assert bill.total == sums[bill.key]


@pytest.mark.parametrize("user", PEOPLE)
def test_closed_bills_are_paid_from_the_checking_account(user):
    """What the bill says was paid came to the card and left the bank account, to the cent."""
    _, bills, moved, everything = _card(user)
    arrived = {row.amount for row in moved if row.category == "transfers.credit-card-payment"}
    left = {-row.amount for row in everything if row.category == "transfers.credit-card-payment" and row.amount < 0}
    paid = [bill for bill in bills if bill.payments]
    assert len(paid) >= 11
    for bill in paid:
        (payment,) = bill.payments
        assert payment.amount == bill.total
        assert payment.paid_on <= TODAY
        assert payment.amount in arrived
        assert payment.amount in left


def test_exactly_one_bill_is_open():
    """The latest closes today or later, all others closed before."""
    _, bills, _, _ = _card()
    closing = [bill.closes_on for bill in bills]
    assert closing[0] >= TODAY
    assert all(day < TODAY for day in closing[1:])
    assert closing == sorted(closing, reverse=True)
    assert all(bill.due_on > bill.closes_on for bill in bills)


def test_a_closed_bill_never_changes():
    """A month later the same bill has the same total and the same dates."""
    _, now, _, _ = _card()
    _, after, _, _ = _card(now=later(35))
    totals = {bill.key: (bill.total, bill.due_on, bill.closes_on) for bill in after}
    assert all(totals[bill.key] == (bill.total, bill.due_on, bill.closes_on) for bill in now[1:12])


@pytest.mark.parametrize("user", PEOPLE)
def test_what_is_owed_is_what_is_not_paid(user):
    """The balance is positive when the holder owes: the bills that are not paid yet."""
    card, bills, _, _ = _card(user)
    assert card.balance == sum(bill.total for bill in bills if not bill.payments)
    assert balance("sandbox-bank", session(user=user), card.key).available == card.balance
    assert card.card.available <= card.card.limit


@pytest.mark.parametrize("user", PEOPLE)
def test_instalments_that_later_months_will_hold_are_not_available(user):
    """What is left of the limit is without what is owed, and without the rest of what was bought in instalments."""
    card, _, _, _ = _card(user)
    ahead = fetch("sandbox-bank", session(user=user), Product.TRANSACTIONS, now=later(370), since=NEXT_MONTH).records
    to_come = -sum(row.amount for row in ahead if row.card and row.card.installment and row.card.purchased_on <= TODAY)
    assert to_come > 0
    assert card.card.available == max(0, card.card.limit - card.balance - to_come)


@settings(max_examples=40, deadline=None)
@given(days=st.integers(-900, 900), user=st.sampled_from(PEOPLE))
def test_what_is_owed_is_right_on_any_day(days, user):
    """Around closings, due dates and late payments alike, the balance is the bills that are not paid."""
    got = fetch("sandbox-bank", session(user=user), Product.CARDS, now=later(days)).records
    bills = [row for row in got if isinstance(row, Bill)]
    assert got[0].balance == sum(bill.total for bill in bills if not bill.payments)
    assert len({bill.key for bill in bills}) == 13


def test_instalments_count_up_and_add_up_to_the_purchase():
    """Each instalment is a movement of its own; those of a whole purchase make its total."""
    complete = 0
    for user in PEOPLE:
        _, _, moved, _ = _card(user)
        plans = defaultdict(list)
        for row in moved:
            if row.card.installment:
                plans[row.key.rpartition("-")[0]].append(row)
        for rows in plans.values():
            rows.sort(key=lambda row: row.card.installment)
            numbers = [row.card.installment for row in rows]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            if len(rows) == rows[0].card.installments:
                complete += 1
                assert -sum(row.amount for row in rows) == rows[0].card.total
                assert len({row.card.bill_key for row in rows}) == len(rows)
    assert complete


def test_purchases_abroad_are_told_in_both_currencies():
    """What was paid in dollars carries what it cost in reais, and its tax is a charge of the bill."""
    _, bills, moved, _ = _card()
    abroad = [row for row in moved if row.currency == "USD"]
    assert abroad
    assert all(row.account_amount is not None and row.account_amount < row.amount < 0 for row in abroad)
    taxes = [charge for bill in bills for charge in bill.charges if charge.kind == "iof"]
    assert taxes


def test_a_bill_that_was_paid_late_is_charged_on_the_next():
    """Among several people somebody pays late, and the fine is on the bill that follows."""
    kinds = {charge.kind for user in PEOPLE for bill in _card(user)[1] for charge in bill.charges}
    assert {"late-interest", "late-fee"} <= kinds


def test_purchases_are_negative_and_payments_positive():
    """The holder's side: spending loses, paying the bill gains on the card."""
    _, _, moved, _ = _card()
    for row in moved:
        if row.category == "transfers.credit-card-payment" or row.description.startswith("ESTORNO"):
            assert row.amount > 0
        else:
            assert row.amount < 0
