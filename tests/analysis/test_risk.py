from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

from afluente.analysis.history import read
from afluente.analysis.risk import Insights, Overdraft, insights
from afluente.analysis.signals import Signal
from afluente.analysis.spans import days_back
from afluente.core.accounts import (
    AccountKind,
    BankDetails,
    Bill,
    BillPayment,
    CardDetails,
    FinanceCharge,
    Transaction,
)
from afluente.core.loans import Loan, LoanRelease
from tests.analysis.made import ON, OWNER, TENANT, ZONE, account, history, moved, salaries

SAVINGS = account("savings", AccountKind.SAVINGS, balance="500.00")


def ago(days: int) -> date:
    """The day so many days before the one the tests look from."""
    return ON - timedelta(days=days)


def week() -> list[Transaction]:
    """Five movements of a week, and one of the week before."""
    return [
        moved(ago(9), "-400.00", "COMPRA"),
        moved(ago(6), "1000.00", "TED RECEBIDA", other=TENANT),
        moved(ago(4), "-100.00", "COMPRA", at=time(9)),
        moved(ago(4), "-50.00", "COMPRA", at=time(10)),
        moved(ago(1), "200.00", "TED RECEBIDA", other=TENANT),
        moved(ago(0), "-30.00", "COMPRA"),
    ]


def test_traffic_counts_what_moved_in_a_window() -> None:
    """Five movements in seven days, on four of them; the one before is not among them."""
    found = insights(history(week())).windows["1w"].traffic
    assert (found.both.count, found.incoming.count, found.outgoing.count, found.days_without) == (5, 2, 3, 3)
    assert (found.incoming.total, found.incoming.largest, found.incoming.mean) == (
        Decimal("1200.00"),
        Decimal("1000.00"),
        Decimal("600.00"),
    )
    assert (found.outgoing.total, found.outgoing.smallest, found.outgoing.median) == (
        Decimal("180.00"),
        Decimal("30.00"),
        Decimal("50.00"),
    )
    assert (found.outgoing.most_in_a_day, found.outgoing.a_day, found.incoming.deviation) == (
        2,
        Decimal("0.4286"),
        Decimal("400.00"),
    )


def test_flow_adds_up_what_was_gained_and_spent() -> None:
    """The sums, their net and their ratio; the longer the window, the more is in it."""
    windows = insights(history(week())).windows
    found = windows["1w"].flow
    assert (found.gained, found.spent, found.net, found.gross) == (
        Decimal("1200.00"),
        Decimal("180.00"),
        Decimal("1020.00"),
        Decimal("1380.00"),
    )
    assert (found.ratio, found.largest_gain, found.mean_spending) == (
        Decimal("6.6667"),
        Decimal("1000.00"),
        Decimal("60.00"),
    )
    assert [windows[name].flow.net for name in ("3d", "1w", "1m", "3m", "6m", "12m")] == [
        Decimal("170.00"),
        Decimal("1020.00"),
        *[Decimal("620.00")] * 4,
    ]


def test_flow_leaves_own_money_out_and_traffic_does_not() -> None:
    """A transfer to the holder's own account elsewhere moved, but nobody gained or spent."""
    found = insights(history([moved(ago(1), "-300.00", "TRANSFERENCIA MESMA TITULARIDADE")])).windows["1w"]
    assert (found.traffic.outgoing.total, found.flow.spent) == (Decimal("300.00"), Decimal("0.00"))
    assert found.flow.ratio is None


def test_balances_are_counted_back_from_todays() -> None:
    """No movement says what it left behind: 1000 today were 1030 yesterday and 830 the day before."""
    found = insights(history(week())).windows["1w"].balance
    assert (found.days, found.closing, found.opening) == (7, Decimal("1000.00"), Decimal("980.00"))
    assert (found.lowest, found.highest) == (Decimal("830.00"), Decimal("1030.00"))
    # 980, 980, 830, 830, 830, 1030, 1000
    assert (found.mean, found.days_below_mean) == (Decimal("925.71"), 3)
    assert (found.deviation, found.trend) == (Decimal("84.32"), Decimal("5.71"))


def test_a_movement_that_says_what_it_left_behind_is_believed() -> None:
    """Between it and today the count goes on; before it, what it says counts."""
    rows = [moved(ago(5), "-100.00", "COMPRA", after="40.00"), moved(ago(2), "-10.00", "COMPRA")]
    found = insights(history(rows)).windows["1w"].balance
    # 140, 40, then counted back from 1000: the difference is nobody's movement.
    assert (found.opening, found.lowest, found.closing) == (Decimal("140.00"), Decimal("40.00"), Decimal("1000.00"))


def test_days_are_counted_below_zero_and_below_a_threshold() -> None:
    """Two days at -20, one at 0, the rest above."""
    rows = [
        moved(ago(6), "-120.00", "COMPRA", after="-20.00"),
        moved(ago(4), "20.00", "DEPOSITO", after="0.00"),
        moved(ago(3), "50.00", "DEPOSITO", after="50.00"),
        moved(ago(0), "950.00", "DEPOSITO", after="1000.00"),
    ]
    found = insights(history(rows), threshold=Decimal(50)).windows["1w"].balance
    assert (found.days_below_zero, found.days_at_or_below_zero, found.days_at_or_below_threshold) == (2, 3, 6)


def test_an_overdraft_is_told_with_its_days_and_its_depth_also_within_a_day() -> None:
    """Two days below zero, and later an hour between a payment and a deposit."""
    rows = [
        moved(ago(8), "-120.00", "COMPRA", after="-20.00"),
        moved(ago(6), "100.00", "DEPOSITO", after="80.00"),
        moved(ago(2), "-90.00", "COMPRA", after="-10.00", at=time(9)),
        moved(ago(2), "1010.00", "DEPOSITO", after="1000.00", at=time(10)),
    ]
    found = insights(history(rows))
    # The first ends in the morning of the third day, before the deposit.
    assert found.overdrafts == (
        Overdraft(account_key="checking", first_on=ago(8), last_on=ago(6), days=3, lowest=Decimal("-20.00")),
        Overdraft(account_key="checking", first_on=ago(2), last_on=ago(2), days=1, lowest=Decimal("-10.00")),
    )
    assert (found.windows["1w"].overdrafts, found.windows["3d"].overdrafts) == (2, 1)
    # Days are counted by what was there at their end.
    assert (found.windows["1w"].balance.days_below_zero, found.windows["1m"].balance.days_below_zero) == (0, 2)


def test_only_known_days_have_balances() -> None:
    """A year is looked at and five days are known."""
    found = insights(history([], since=ago(4))).windows["12m"]
    assert (found.known_days, found.balance.days, found.balance.lowest) == (5, 5, Decimal("1000.00"))


def test_what_is_pending_is_in_a_balance_only_where_the_bank_says_so() -> None:
    """It counts in no sum; a pending movement with a balance behind it is in the account's balance already."""
    silent = insights(history([moved(ago(0), "-100.00", "COMPRA", pending=True)])).windows["1w"]
    told = insights(history([moved(ago(0), "-100.00", "COMPRA", pending=True, after="1000.00")])).windows["1w"]
    assert (silent.traffic.both.count, told.traffic.both.count) == (0, 0)
    assert (silent.balance.highest, told.balance.highest) == (Decimal("1000.00"), Decimal("1100.00"))


def test_accounts_are_counted_and_added_up_by_kind() -> None:
    """Two accounts and a card."""
    found = insights(history([], account(), SAVINGS, account("card", AccountKind.CREDIT_CARD)))
    assets = found.assets
    assert (assets.accounts, assets.checking_accounts, assets.savings_accounts) == (2, 1, 1)
    assert (assets.checking_balance, assets.savings_balance, assets.total_balance) == (
        Decimal("1000.00"),
        Decimal("500.00"),
        Decimal("1500.00"),
    )
    assert found.accounts == ("card", "checking", "savings")
    assert found.windows["1m"].balance.closing == Decimal("1500.00")


def test_accounts_of_another_currency_are_left_out_and_named() -> None:
    """Dollars cannot be added to reais; whoever wants them asks for them."""
    dollars = account("dollars", currency="USD", balance="70.00")
    known = history([moved(ON, "5.00", "DEPOSITO", on="dollars", currency="USD")], account(), SAVINGS, dollars)
    found = insights(known)
    assert (found.currency, found.left_out, found.assets.total_balance) == ("BRL", ("dollars",), Decimal("1500.00"))
    assert found.windows["1w"].traffic.both.count == 0
    asked = insights(known, currency="USD")
    assert (asked.assets.total_balance, asked.windows["1w"].flow.gained) == (Decimal("70.00"), Decimal("5.00"))


def cards() -> Insights:
    """A card with a limit of 2000 of which 500 are used, one without a limit, and four bills of the first."""
    known = history(
        [],
        account("gold", AccountKind.CREDIT_CARD, balance="500.00", card=CardDetails(limit=Decimal(2000))),
        account("plain", AccountKind.CREDIT_CARD, balance="80.00"),
    )
    bills = [
        Bill(
            key=f"bill-{number}",
            account_key="gold",
            due_on=date(2026, number, 10),
            closes_on=date(2026, number, 3),
            total=Decimal(number * 100),
            currency="BRL",
            payments=(
                BillPayment(
                    f"payment-{number}",
                    "full",
                    date(2026, number, 14 if number == 9 else 10),
                    "pix",
                    Decimal(number * 100),
                    "BRL",
                ),
            ),
            charges=(FinanceCharge("fine", "late-fee", Decimal(2), "BRL"),) if number == 10 else (),
        )
        for number in (7, 8, 9, 10, 11)
    ]
    bills.append(
        Bill(
            key="bill-12",
            account_key="gold",
            due_on=date(2026, 12, 10),
            closes_on=date(2026, 12, 3),
            total=Decimal(55),
            currency="BRL",
        )
    )
    return insights(known, bills=bills)


def test_cards_are_told_by_limit_and_use() -> None:
    """The share in use is of the card whose limit is known."""
    found = cards().credit
    assert (found.count, found.limit, found.used, found.usage) == (
        2,
        Decimal("2000.00"),
        Decimal("580.00"),
        Decimal("0.2500"),
    )


def test_bills_tell_what_a_card_costs_and_whether_it_is_paid_in_time() -> None:
    """September's bill was paid late and fined on October's: that is one late payment."""
    gold, plain = cards().cards
    assert (gold.open_bill, gold.last_bill, gold.average_bill, gold.closed_bills) == (
        Decimal(55),
        Decimal(1100),
        Decimal("1000.00"),
        5,
    )
    assert (gold.late_payments, gold.pays_in_instalments) == (1, False)
    assert (plain.closed_bills, plain.average_bill, plain.late_payments, plain.usage) == (0, None, 0, None)


def test_loans_are_added_up_while_they_run() -> None:
    """One with payments made, one with instalments to come, one settled long ago."""

    def loan(key: str, **more: object) -> Loan:
        return Loan(
            key=key,
            kind="loan",
            product_name="Crédito",
            contract_number=key,
            currency="BRL",
            contract_amount=Decimal(10_000),
            contracted_on=date(2025, 1, 1),
            **more,  # type: ignore[arg-type]
        )

    releases = tuple(
        LoanRelease(key=str(number), paid_on=date(2026, number, 1), amount=Decimal(amount), currency="BRL")
        for number, amount in ((7, 900), (8, 410), (9, 400), (10, 420))
    )
    found = insights(
        history([]),
        loans=[
            loan("a", outstanding=Decimal(6_000), releases=releases),
            loan("b", outstanding=Decimal(3_000), installments_due=10, installments_past_due=2),
            loan("c", outstanding=Decimal(0), settled_on=date(2026, 1, 1)),
        ],
    ).loans
    assert (found.count, found.principal, found.outstanding) == (2, Decimal("20000.00"), Decimal("9000.00"))
    assert (found.monthly_payment, found.usage, found.past_due) == (Decimal("710.00"), Decimal("0.4500"), 2)


def test_the_overdraft_is_as_the_bank_tells_it() -> None:
    """A quarter of the limit is used."""
    details = BankDetails(overdraft_limit=Decimal(800), overdraft_used=Decimal(200), overdraft_unarranged=Decimal(0))
    found = insights(history([], account(balance="-200.00", bank=details))).overdraft
    assert (found.limit, found.used, found.usage) == (Decimal("800.00"), Decimal("200.00"), Decimal("0.2500"))


def test_movements_that_speak_for_themselves_are_counted() -> None:
    """In four languages, on the account and on the card, and only in the direction in which they mean it."""
    rows = [
        moved(ago(3), "-12.00", "JUROS CHEQUE ESPECIAL", key="interest"),
        moved(ago(3), "-45.00", "NSF FEE", key="nsf"),
        moved(ago(2), "-5.00", "IOF", key="iof"),
        moved(ago(2), "-200.00", "RETIRO CAJERO", key="cash"),
        moved(ago(1), "-9.00", "MULTA POR ATRASO", on="card", key="late"),
        moved(ago(1), "900.00", "INSS BENEFICIO", key="inss"),
        moved(ago(1), "-80.00", "GPS INSS", key="contribution"),
        moved(ago(0), "-30.00", "COMPRA", merchant="Loteria Central", key="lottery"),
    ]
    found = insights(history(rows, account(), account("card", AccountKind.CREDIT_CARD))).windows["1w"].signals
    assert {one.signal: one.keys for one in found} == {
        Signal.OVERDRAFT_INTEREST: ("interest",),
        Signal.RETURNED_PAYMENT: ("nsf",),
        Signal.TRANSACTION_TAX: ("iof",),
        Signal.CASH_WITHDRAWAL: ("cash",),
        Signal.LATE_PAYMENT: ("late",),
        Signal.SOCIAL_SECURITY: ("inss",),
        Signal.GAMBLING: ("lottery",),
    }


def test_days_since_anything_moved_are_told() -> None:
    """The last of each direction, and the length of the history."""
    found = insights(history([*salaries(), moved(ago(3), "-5.00", "COMPRA")]))
    assert (found.days_since_last, found.days_since_last_incoming, found.days_since_last_outgoing) == (3, 14, 3)
    assert found.days_of_history == (ON - date(2025, 12, 5)).days


def test_windows_are_whichever_are_asked_for() -> None:
    """Thirty and ninety days, by names of one's own."""
    found = insights(history(week()), windows={"30": days_back(ON, 30), "90": days_back(ON, 90)})
    assert list(found.windows) == ["30", "90"]
    assert found.windows["30"].span.days == 30


def test_no_history_gives_whole_insights() -> None:
    """Zeros where there is something to count, nothing where there is nothing to tell, with accounts and without."""
    for known in (history([]), history([], on=ON, since=None)):
        found = insights(known)
        window = found.windows["12m"]
        assert (window.traffic.both.count, window.flow.net, window.flow.ratio) == (0, Decimal("0.00"), None)
        assert (window.traffic.incoming.mean, window.signals, found.overdrafts, found.categories) == (None, (), (), ())
        assert (found.days_since_last, found.days_of_history) == (None, 0)
        assert (found.credit.limit, found.loans.outstanding, found.overdraft.limit) == (None, None, None)


def test_a_holder_without_accounts_has_whole_insights_too() -> None:
    """Nothing is known, not even a currency."""
    found = insights(read([], [], zone=ZONE, on=ON, documents=(OWNER,)))
    assert (found.currency, found.accounts, found.assets.total_balance) == (None, (), None)
    assert (found.windows["1m"].balance.days, found.windows["1m"].flow.net) == (0, Decimal("0.00"))
