"""What holds for every history, whatever is in it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from afluente.analysis.cashflow import by_month
from afluente.analysis.history import History, read
from afluente.analysis.income import income
from afluente.analysis.recurring import expenses
from afluente.analysis.risk import insights
from afluente.core.accounts import AccountKind, BankDetails, Party, Transaction
from tests.analysis.made import EMPLOYER, ON, OWNER, TENANT, YEAR, ZONE, account, history, moved

ACCOUNTS = (
    account(bank=BankDetails(overdraft_limit=Decimal(500), overdraft_used=Decimal(0))),
    account("savings", AccountKind.SAVINGS),
    account("card", AccountKind.CREDIT_CARD),
)
TEXTS = ("SALARIO", "PIX RECEBIDO", "ESTORNO", "COMPRA", "ALUGUEL", "RESGATE CDB", "NETFLIX", "", "12/05 991", "JUROS")
CATEGORIES = (None, "income.salary", "transfers.transfer-pix", "groceries", "same-person-transfer", "housing.rent")
OTHERS = (None, EMPLOYER, TENANT, Party(name="Ana Souza", document=OWNER), Party(name="Rui Lima"))

DAYS = [YEAR.last - timedelta(days=19 * number) for number in range(19)]
"""Few enough that several things happen on one day."""

movements = st.builds(
    moved,
    st.sampled_from(DAYS),
    st.decimals(-5000, 5000, places=2),
    st.sampled_from(TEXTS),
    on=st.sampled_from([one.key for one in ACCOUNTS]),
    other=st.sampled_from(OTHERS),
    category=st.sampled_from(CATEGORIES),
    merchant=st.sampled_from([None, "Loja Azul", "Netflix"]),
    pending=st.sampled_from([False, False, False, True]),
)


@st.composite
def monthly(draw: st.DrawFn) -> list[Transaction]:
    """The same movement on about the same day of some months."""
    amount = draw(st.decimals(-5000, 5000, places=2))
    text, other = draw(st.sampled_from(TEXTS)), draw(st.sampled_from(OTHERS))
    first = draw(st.dates(YEAR.first, date(2026, 6, 1)))
    return [moved(first + timedelta(days=30 * month), amount, text, other=other) for month in range(6)]


histories = st.builds(
    lambda singles, series: [*singles, *(one for rows in series for one in rows)],
    st.lists(movements, max_size=25),
    st.lists(monthly(), max_size=3),
)


def everything(known: History) -> tuple[object, ...]:
    """All that is told of a history."""
    return income(known, YEAR), expenses(known, YEAR), insights(known), by_month(known, YEAR, "BRL")


@settings(max_examples=60)
@given(histories)
def test_every_credit_is_income_once_or_left_out_once(rows: list[Transaction]) -> None:
    """To the cent, and to the movement."""
    known = history(rows, *ACCOUNTS)
    found = income(known, YEAR)
    credits_ = [one for one in rows if one.amount > 0 and not one.pending and one.account_key != "card"]
    told = [key for one in found.streams for key in one.keys]
    assert len(told) == len(set(told))
    assert len(told) + sum(one.count for one in found.left_out) == len(credits_)
    streamed = sum((one.total for one in found.streams), Decimal(0))
    left_out = sum((one.total for one in found.left_out), Decimal(0))
    assert streamed + left_out == sum((one.amount for one in credits_), Decimal(0))
    assert streamed == sum((one.everything.total for one in found.totals), Decimal(0))


@settings(max_examples=60)
@given(histories)
def test_flow_and_traffic_of_a_year_are_the_sums_of_its_months(rows: list[Transaction]) -> None:
    """And net is gained less spent, in each of them."""
    known = history(rows, *ACCOUNTS)
    year = insights(known, windows={"year": YEAR}).windows["year"]
    found = by_month(known, YEAR, "BRL")
    assert sum((one.flow.net for one in found), Decimal(0)) == year.flow.net
    assert sum(one.traffic.both.count for one in found) == year.traffic.both.count
    assert all(one.flow.gained - one.flow.spent == one.flow.net for one in found)
    booked = [one.amount for one in rows if not one.pending and one.account_key != "card"]
    assert year.traffic.incoming.total - year.traffic.outgoing.total == sum(booked, Decimal(0))


@settings(max_examples=60)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_in_which_movements_arrive_makes_no_difference(rows: list[Transaction], chance: Random) -> None:
    """Nor does that of the accounts."""
    mixed, turned = rows[:], list(ACCOUNTS)
    chance.shuffle(mixed)
    chance.shuffle(turned)
    assert everything(history(mixed, *turned)) == everything(history(rows, *ACCOUNTS))


@settings(max_examples=60)
@given(histories, st.dates(YEAR.first, YEAR.last), st.sampled_from([Decimal("7777.77"), Decimal("-7777.77")]))
def test_an_unrelated_movement_changes_no_other_stream(rows: list[Transaction], day: date, amount: Decimal) -> None:
    """Somebody else, another amount: what was there stays as it was, in every figure."""
    stranger = moved(day, amount, "PIX XYLOPHONE", other=Party(name="Zoe Xylophone"))
    before, after = history(rows, *ACCOUNTS), history([*rows, stranger], *ACCOUNTS)
    streams = income(after, YEAR).streams
    recurring = expenses(after, YEAR)
    assert [one for one in streams if stranger.key not in one.keys] == list(income(before, YEAR).streams)
    assert recurring == expenses(before, YEAR)


@settings(max_examples=60)
@given(histories)
def test_every_ratio_lies_where_it_may(rows: list[Transaction]) -> None:
    """Regularity and stability from 0 to 1, periods within each other, days in order, everything serialisable."""
    known = history(rows, *ACCOUNTS)
    found = income(known, YEAR)
    for one in (*found.streams, *expenses(known, YEAR)):
        for value in (one.regularity, one.stability):
            assert value is None or 0 <= value <= 1
        assert list(one.days) == sorted(one.days)
        assert one.smallest <= one.median <= one.largest
        assert one.occurrences == len(one.keys) == len(one.amounts) == sum(month.count for month in one.months)
        assert one.expected_next is None or one.expected_next > one.last_on
    assert all(one.periods_with_income <= one.periods_covered <= one.periods_asked for one in found.streams)
    for one in everything(known):
        msgspec.json.encode(one)


@settings(max_examples=40)
@given(histories, st.integers(0, 40))
def test_balances_that_movements_tell_are_those_that_are_counted_back(rows: list[Transaction], opening: int) -> None:
    """Where a bank tells the balance behind each movement, counting from today's gives the same days."""
    rows = [msgspec.structs.replace(one, account_key="checking", pending=False) for one in rows]
    by_key = {one.key: one for one in rows}
    booked = read([account()], rows, zone=ZONE, on=ON, since=YEAR.first).movements
    balance, told = Decimal(opening), []
    for one in booked:
        balance += one.amount
        told.append(msgspec.structs.replace(by_key[one.key], balance_after=balance))
    closing = account(balance=str(balance))
    counted, believed = history(rows, closing), history(told, closing)
    assert insights(counted).windows == insights(believed).windows
    assert insights(counted).overdrafts == insights(believed).overdrafts
