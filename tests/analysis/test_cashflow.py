from __future__ import annotations

from datetime import date
from decimal import Decimal

from afluente.analysis.cashflow import by_category, by_month, main_currency, on_accounts
from afluente.analysis.spans import Span
from afluente.core.accounts import AccountKind
from tests.analysis.made import ON, YEAR, account, history, moved, salaries

AUTUMN = Span(date(2026, 9, 16), ON)


def rows() -> list:  # type: ignore[type-arg]
    """Three months with a salary, a rent, shopping and money put aside."""
    return [
        moved(date(2026, 9, 10), "5000.00", "SALARIO", category="income.salary"),
        moved(date(2026, 9, 20), "-80.00", "COMPRA", category="groceries"),
        moved(date(2026, 10, 7), "5000.00", "SALARIO", category="income.salary"),
        moved(date(2026, 10, 10), "-1500.00", "ALUGUEL", category="housing.rent"),
        moved(date(2026, 10, 20), "-120.00", "COMPRA", category="groceries"),
        moved(date(2026, 10, 21), "20.00", "DEVOLUCAO", category="groceries"),
        moved(date(2026, 10, 22), "-700.00", "APLICACAO CDB", category="investments.fixed-income"),
        moved(date(2026, 11, 7), "-33.00", "COMPRA"),
    ]


def test_each_month_has_its_flow_its_traffic_and_its_balances() -> None:
    """The first and the last month are as long as the span has days of them."""
    september, october, november = by_month(history(rows()), AUTUMN, "BRL")
    assert [one.month for one in (september, october, november)] == [
        date(2026, 9, 1),
        date(2026, 10, 1),
        date(2026, 11, 1),
    ]
    assert (september.flow.gained, september.flow.spent) == (Decimal("0.00"), Decimal("80.00"))
    assert (october.flow.gained, october.flow.spent, october.flow.net) == (
        Decimal("5020.00"),
        Decimal("1620.00"),
        Decimal("3400.00"),
    )
    assert (october.traffic.outgoing.total, october.traffic.outgoing.count) == (Decimal("2320.00"), 3)
    assert (september.balance.days, october.balance.days, november.balance.days) == (15, 31, 20)
    assert (october.balance.closing, november.balance.closing) == (Decimal("1033.00"), Decimal("1000.00"))


def test_categories_tell_what_was_gained_spent_and_which_share_it_was() -> None:
    """What came back counts against what was spent; investments are no category of spending."""
    october = by_month(history(rows()), AUTUMN, "BRL")[1].categories
    assert [(one.category, one.gained, one.spent, one.net, one.count) for one in october] == [
        ("housing.rent", Decimal("0.00"), Decimal("1500.00"), Decimal("-1500.00"), 1),
        ("groceries", Decimal("20.00"), Decimal("120.00"), Decimal("-100.00"), 2),
        ("income.salary", Decimal("5000.00"), Decimal("0.00"), Decimal("5000.00"), 1),
    ]
    assert [one.gained_share for one in october] == [Decimal("-0.2988"), Decimal("-0.0199"), Decimal("0.9960")]


def test_what_has_no_category_is_gathered_under_none() -> None:
    """It is spent all the same; where nothing was gained there is no share."""
    known = history(rows())
    (found,) = by_category(on_accounts(known, "BRL"), Span(date(2026, 11, 1), ON), known.known, "BRL")
    assert (found.category, found.spent, found.gained_share) == (None, Decimal("33.00"), None)


def test_a_month_before_the_history_is_not_told() -> None:
    """No month is said to be empty of which nothing is known."""
    known = history(rows(), since=date(2026, 10, 5))
    assert [one.month for one in by_month(known, YEAR, "BRL")] == [date(2026, 10, 1), date(2026, 11, 1)]
    assert by_month(known, Span(date(2026, 1, 1), date(2026, 2, 1)), "BRL") == ()


def test_a_trend_is_the_rise_of_a_day() -> None:
    """Spending grows by two a day over five days."""
    spent = [moved(date(2026, 11, 16 + day), Decimal(-10 - 2 * day), "COMPRA") for day in range(5)]
    (month,) = by_month(history(spent), Span(date(2026, 11, 16), ON), "BRL")
    assert (month.flow.spent_trend, month.flow.net_trend, month.flow.gained_trend) == (
        Decimal("2.00"),
        Decimal("-2.00"),
        Decimal("0.00"),
    )


def test_cards_have_no_part_in_cash_flow() -> None:
    """What is bought with a card leaves the account when its bill is paid."""
    card = account("card", AccountKind.CREDIT_CARD)
    (month,) = by_month(
        history([moved(ON, "-9.00", "COMPRA", on="card")], account(), card), Span(date(2026, 11, 1), ON), "BRL"
    )
    assert month.flow.spent == Decimal("0.00")


def test_the_main_currency_is_that_of_most_accounts() -> None:
    """Of equals the first by alphabet; cards do not count."""
    dollars, card = account("a", currency="USD"), account("c", AccountKind.CREDIT_CARD, currency="USD")
    assert main_currency(history([], account(), account("b"), dollars, card)) == "BRL"
    assert main_currency(history([], dollars, account(), card)) == "BRL"
    assert main_currency(history([], card)) is None


def test_months_add_up_to_the_whole() -> None:
    """A year of salaries, month by month."""
    flows = by_month(history([*salaries(), *rows()]), YEAR, "BRL")
    assert sum(one.flow.net for one in flows) == Decimal("60000.00") + Decimal("8287.00")
