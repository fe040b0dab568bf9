from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from afluente.analysis.cadence import Cadence
from afluente.analysis.history import Nature
from afluente.analysis.income import IncomeKind, IncomeReport, income
from afluente.analysis.spans import Span, days_back, months
from afluente.analysis.streams import Confidence
from afluente.core.accounts import AccountKind, Party, Transaction
from tests.analysis.made import EMPLOYER, ON, OWNER, TENANT, YEAR, account, history, moved, salaries, working_day

MONTHS = months(YEAR)[1:]
SAVINGS = account("savings", AccountKind.SAVINGS)


def report(*transactions: Transaction, span: Span = YEAR) -> IncomeReport:
    """The income of movements on one checking account."""
    return income(history(transactions), span)


def monthly(number: int, amount: str, description: str, **more: object) -> list[Transaction]:
    """A movement on one day of each of the twelve months."""
    return [moved(month.replace(day=number), amount, description, **more) for month in MONTHS]  # type: ignore[arg-type]


def test_a_salary_on_the_fifth_working_day_is_monthly_and_sure() -> None:
    """The most ordinary income there is, in every figure."""
    (found,) = report(*salaries()).streams
    assert (found.kind, found.cadence, found.confidence) == (IncomeKind.SALARY, Cadence.MONTHLY, Confidence.HIGH)
    assert (found.name, found.occurrences, found.total) == (EMPLOYER.name, 12, Decimal("60000.00"))
    assert (found.average, found.last_amount, found.monthly_average) == (Decimal("5000.00"),) * 3
    assert (found.stability, found.regularity, found.trend) == (Decimal("1.0000"), Decimal("1.0000"), Decimal("0.0000"))
    assert (found.first_on, found.last_on) == (working_day(MONTHS[0], 5), working_day(MONTHS[-1], 5))
    assert (found.expected_next, found.missed, found.is_active) == (date(2026, 12, 7), 0, True)
    assert (found.periods_asked, found.periods_covered, found.periods_with_income) == (12, 12, 12)
    assert [(one.month, one.total, one.count) for one in found.months] == [
        (month, Decimal("5000.00"), 1) for month in MONTHS
    ]


def test_the_day_to_charge_is_the_working_day_on_which_most_income_arrives() -> None:
    """Said as the fifth working day, it is the same in each month; as a day of the month it moves with the weekends."""
    found = report(*salaries(), *monthly(20, "300.00", "RENDIMENTO"))
    assert found.pay_working_days[0] == 5
    assert set(found.pay_days) >= {5, 6, 7}


@pytest.mark.parametrize(
    ("apart", "cadence"), [pytest.param(7, Cadence.WEEKLY, id="weekly"), pytest.param(14, Cadence.BIWEEKLY, id="two")]
)
def test_pay_by_the_week_is_told(apart: int, cadence: Cadence) -> None:
    """A payroll in English, every or every other Friday, without anybody's number."""
    fridays = [date(2026, 11, 13) - timedelta(days=apart * number) for number in range(20)]
    (found,) = report(*(moved(day, "1250.00", f"ACME PAYROLL {day:%d%m}") for day in fridays)).streams
    assert (found.kind, found.cadence, found.confidence) == (IncomeKind.SALARY, cadence, Confidence.HIGH)
    assert found.expected_next == date(2026, 11, 13) + timedelta(days=apart)


def test_an_advance_and_the_rest_of_a_salary_are_one_stream_twice_a_month() -> None:
    """40 % on the 20th and 60 % on the 5th come from one employer."""
    pay = monthly(5, "3000.00", "SALARIO", other=EMPLOYER)
    pay += monthly(20, "2000.00", "ADIANTAMENTO SALARIAL", other=EMPLOYER)
    (found,) = report(*pay).streams
    assert (found.cadence, found.confidence, found.usual_days) == (Cadence.SEMI_MONTHLY, Confidence.HIGH, (5, 20))
    assert (found.average, found.monthly_median, found.stability) == (
        Decimal("2500.00"),
        Decimal("5000.00"),
        Decimal("0.8000"),
    )


def test_rent_that_is_received_is_rent() -> None:
    """An instant payment says so in its text, and the payer is the tenant."""
    (found,) = report(*monthly(10, "1800.00", "PIX RECEBIDO ALUGUEL", other=TENANT)).streams
    assert (found.kind, found.cadence, found.confidence) == (IncomeKind.RENT, Cadence.MONTHLY, Confidence.HIGH)


def test_a_payers_note_counts_where_it_says_nothing_else() -> None:
    """Rent paid with the note «Aluguel maio» is rent; the rent of a football pitch among friends is a transfer."""
    rent = monthly(10, "1800.00", "PIX RECEBIDO", other=TENANT, reason="Aluguel maio")
    pitch = [moved(date(2026, 5, 4), "35.00", "PIX RECEBIDO", other=Party(name="Rui Lima"), reason="Aluguel da quadra")]
    kinds = {found.name: found.kind for found in report(*rent, *pitch).streams}
    assert kinds == {"Paulo Moreira": IncomeKind.RENT, "Rui Lima": IncomeKind.TRANSFER}


def test_freelance_work_that_comes_as_it_comes_is_irregular() -> None:
    """Its kind makes it more than nothing, its days keep it from being sure."""
    days = [date(2026, 1, 9), date(2026, 2, 27), date(2026, 3, 2), date(2026, 4, 30), date(2026, 6, 1)]
    days += [date(2026, 7, 21), date(2026, 8, 4), date(2026, 9, 28), date(2026, 10, 2), date(2026, 11, 17)]
    amounts = ["900.00", "2400.00", "350.00", "1200.00", "80.00", "3100.00", "640.00", "95.00", "1800.00", "410.00"]
    pay = [moved(day, amount, "HONORARIOS PROJETO") for day, amount in zip(days, amounts, strict=True)]
    (found,) = report(*pay).streams
    assert (found.kind, found.cadence, found.confidence) == (
        IncomeKind.FREELANCE,
        Cadence.IRREGULAR,
        Confidence.MEDIUM,
    )
    assert (found.total, found.smallest, found.largest) == (
        Decimal("10975.00"),
        Decimal("80.00"),
        Decimal("3100.00"),
    )
    assert found.trend == Decimal("-0.5444")


def test_one_big_credit_is_single_unsure_and_has_no_ratios() -> None:
    """The sale of a car is no income to count on, and one point has no trend."""
    found = report(*salaries(), moved(date(2026, 7, 1), "80000.00", "TED RECEBIDA", other=TENANT)).streams[-1]
    assert (found.cadence, found.confidence, found.occurrences) == (Cadence.SINGLE, Confidence.LOW, 1)
    assert (found.stability, found.regularity, found.trend, found.expected_next) == (None, None, None, None)


def test_a_thirteenth_salary_is_a_bonus_and_leaves_the_salary_as_it_was() -> None:
    """The same employer pays both; the stream of the salary stays even."""
    found = report(*salaries(), moved(date(2025, 12, 15), "2500.00", "13 SALARIO", other=EMPLOYER)).streams
    assert {one.kind: one.occurrences for one in found} == {IncomeKind.SALARY: 12, IncomeKind.BONUS: 1}


def test_an_employers_name_says_nothing_of_what_is_paid() -> None:
    """A company called after salaries or rents sends a transfer like everybody."""
    name = "Salario Aluguel Ltda"
    (found,) = report(moved(ON, "10.00", f"PIX RECEBIDO {name}", other=Party(name=name))).streams
    assert found.kind is IncomeKind.TRANSFER


@pytest.mark.parametrize(
    ("transactions", "nature"),
    [
        pytest.param(
            [moved(ON, "700.00", "PIX RECEBIDO", other=Party(name="Ana Souza", document=OWNER))],
            Nature.OWN_TRANSFER,
            id="from the holder's own tax number",
        ),
        pytest.param(
            [
                moved(ON - timedelta(days=3), "-700.00", "TRANSFERENCIA ENVIADA", on="savings"),
                moved(ON, "700.00", "TRANSFERENCIA RECEBIDA"),
            ],
            Nature.OWN_TRANSFER,
            id="the other end of a transfer from the savings, over a weekend",
        ),
        pytest.param(
            [moved(ON, "700.00", "CREDITO", category="same-person-transfer.same-person-transfer-pix")],
            Nature.OWN_TRANSFER,
            id="filed as the same person's",
        ),
        pytest.param([moved(ON, "700.00", "ESTORNO COMPRA LOJA")], Nature.REFUND, id="a refund by its word"),
        pytest.param(
            [
                moved(ON - timedelta(days=9), "-700.00", "COMPRA", merchant="Loja Azul"),
                moved(ON, "700.00", "CREDITO LOJA", merchant="Loja Azul"),
            ],
            Nature.REFUND,
            id="the price of a purchase, from the shop",
        ),
        pytest.param([moved(ON, "700.00", "LIBERACAO EMPRESTIMO")], Nature.FINANCING, id="a loan"),
        pytest.param(
            [moved(ON, "700.00", "RESGATE", category="investments.fixed-income")],
            Nature.INVESTMENT,
            id="an investment cashed in",
        ),
    ],
)
def test_own_money_and_lent_money_is_no_income(transactions: list[Transaction], nature: Nature) -> None:
    """It is told among what was left out, to the cent."""
    found = income(history(transactions, account(), SAVINGS), YEAR)
    assert found.streams == ()
    assert [(one.nature, one.count, one.total) for one in found.left_out] == [(nature, 1, Decimal("700.00"))]


def test_equal_amounts_on_two_accounts_are_no_transfer_where_a_third_person_is_named() -> None:
    """Somebody pays in what the holder happens to send elsewhere on the same day."""
    given = [
        moved(ON, "-700.00", "PIX ENVIADO", on="savings", other=Party(name="Rui Lima")),
        moved(ON, "700.00", "PIX RECEBIDO", other=TENANT),
    ]
    assert len(income(history(given, account(), SAVINGS), YEAR).streams) == 1


def test_what_was_paid_once_is_given_back_once() -> None:
    """A friend who sends the same again, or sends it back too late, sends money."""
    rows = [
        moved(ON - timedelta(days=60), "-50.00", "PIX ENVIADO", other=TENANT),
        moved(ON - timedelta(days=29), "50.00", "PIX RECEBIDO", other=TENANT, key="too late"),
        moved(ON - timedelta(days=9), "-50.00", "PIX ENVIADO", other=TENANT),
        moved(ON - timedelta(days=5), "50.00", "PIX RECEBIDO", other=TENANT, key="back"),
        moved(ON - timedelta(days=4), "50.00", "PIX RECEBIDO", other=TENANT, key="again"),
    ]
    found = report(*rows)
    assert found.streams[0].keys == ("too late", "again")
    assert [(one.nature, one.count) for one in found.left_out] == [(Nature.REFUND, 1)]


def test_one_account_can_be_looked_at_as_all_together_show_it() -> None:
    """The transfer from the savings stays the holder's own where only the checking account is asked about."""
    rows = [
        moved(ON, "-700.00", "TRANSFERENCIA ENVIADA", on="savings"),
        moved(ON, "700.00", "TRANSFERENCIA RECEBIDA"),
        moved(ON, "3.00", "RENDIMENTO", on="savings"),
    ]
    known = history(rows, account(), SAVINGS)
    assert income(known.of("checking"), YEAR).streams == ()
    assert [one.kind for one in income(known.of("savings"), YEAR).streams] == [IncomeKind.INTEREST]
    assert list(known.of("savings").accounts) == ["savings"]


def test_dividends_and_interest_are_income_although_investments_are_not() -> None:
    """What an investment earns is earned."""
    category = "investments.proceeds-interests-and-dividends"
    found = report(
        *monthly(1, "12.30", "RENDIMENTO POUPANCA", category=category),
        moved(ON, "50.00", "DIVIDENDOS ACOES SA", category=category),
    )
    assert {one.kind for one in found.streams} == {IncomeKind.INTEREST, IncomeKind.DIVIDENDS}


def test_what_is_paid_into_a_card_is_no_income() -> None:
    """A card's credits pay its bill or give a purchase back."""
    card = account("card", AccountKind.CREDIT_CARD)
    found = income(history([moved(ON, "700.00", "PAGAMENTO RECEBIDO", on="card")], card), YEAR)
    assert (found.streams, found.left_out) == ((), ())


def test_what_is_pending_waits_until_it_is_booked() -> None:
    """It may still be cancelled, or come again under another key."""
    assert report(moved(ON, "700.00", "SALARIO", pending=True)).streams == ()


def test_a_salary_that_stopped_is_not_to_be_counted_on() -> None:
    """Nine months without a break and three without pay: known, missed three times, unsure."""
    pay = [one for one in salaries() if one.occurred_at < salaries()[9].occurred_at]
    (found,) = report(*pay).streams
    assert (found.cadence, found.missed, found.is_active) == (Cadence.MONTHLY, 3, False)
    assert found.confidence is Confidence.LOW


def test_only_what_was_asked_for_is_told_and_added_up() -> None:
    """Confidence and kinds filter the streams, and the totals are those of the streams told."""
    single = moved(date(2026, 7, 1), "80000.00", "TED RECEBIDA", other=TENANT)
    known = history([*salaries(), single])
    everything = income(known, YEAR)
    sure = income(known, YEAR, least=Confidence.MEDIUM)
    transfers = income(known, YEAR, kinds={IncomeKind.TRANSFER})
    assert [len(one.streams) for one in (everything, sure, transfers)] == [2, 1, 1]
    assert everything.totals[0].everything.total == Decimal("140000.00")
    assert sure.totals[0].everything.total == Decimal("60000.00")
    assert transfers.totals[0].everything.total == Decimal("80000.00")


def test_totals_are_parted_by_regularity_confidence_kind_and_age() -> None:
    """Salary by the month and one transfer: each total has its share, and the monthly figures stand on 12 months."""
    found = report(*salaries(), moved(date(2026, 7, 1), "1200.00", "TED RECEBIDA", other=TENANT))
    (totals,) = found.totals
    assert (totals.everything.total, totals.everything.monthly) == (Decimal("61200.00"), Decimal("5100.00"))
    assert (totals.regular.total, totals.irregular.total) == (Decimal("60000.00"), Decimal("1200.00"))
    assert totals.by_confidence[Confidence.HIGH].monthly == Decimal("5000.00")
    assert totals.by_confidence[Confidence.LOW].total == Decimal("1200.00")
    assert totals.by_kind[IncomeKind.TRANSFER].total == Decimal("1200.00")
    assert totals.trailing == {
        30: Decimal("5000.00"),
        60: Decimal("10000.00"),
        90: Decimal("15000.00"),
        180: Decimal("31200.00"),
    }


def test_a_span_bounds_what_is_looked_at_and_how_many_periods_there_are() -> None:
    """Ninety days are three rolling months, with three salaries in them."""
    found = report(*salaries(), span=days_back(ON, 90))
    assert (found.streams[0].occurrences, found.streams[0].confidence) == (3, Confidence.HIGH)
    assert (found.periods_asked, found.periods_covered) == (3, 3)
    assert (found.first_on, found.last_on) == (date(2026, 9, 7), date(2026, 11, 6))


def test_periods_are_covered_only_from_where_the_history_begins() -> None:
    """A year is asked for and the bank knows a hundred days: averages stand on three periods."""
    known = history(salaries(days_back(ON, 100)), since=days_back(ON, 100).first)
    (found,) = income(known, YEAR).streams
    assert (found.periods_asked, found.periods_covered, found.periods_with_income) == (12, 3, 3)


def test_days_that_fill_no_period_belong_to_the_oldest() -> None:
    """A year has twelve rolling months and five days: what came on these came in the twelfth."""
    (found,) = report(
        moved(YEAR.first, "10.00", "DEPOSITO"), moved(ON - timedelta(days=340), "10.00", "DEPOSITO")
    ).streams
    assert (found.periods_with_income, found.monthly_average) == (1, Decimal("20.00"))


def test_the_last_thirty_days_are_thirty() -> None:
    """Today is one of them: what came thirty days ago is too old."""
    rows = [moved(ON - timedelta(days=29), "1.00", "DEPOSITO"), moved(ON - timedelta(days=30), "5.00", "DEPOSITO")]
    assert report(*rows).totals[0].trailing[30] == Decimal("1.00")


def test_movements_of_a_day_are_in_the_order_of_the_clock() -> None:
    """The last of them is the last one."""
    rows = [moved(ON, "2.00", "DEPOSITO", at=time(15)), moved(ON, "1.00", "DEPOSITO", at=time(9))]
    assert report(*rows).streams[0].last_amount == Decimal("2.00")


def test_the_time_zone_decides_the_day() -> None:
    """Half past eleven in the evening of the 31st is already the 1st in UTC; it belongs to the 31st."""
    late = moved(date(2026, 10, 31), "10.00", "DEPOSITO", at=time(23, 30))
    assert report(late).streams[0].last_on == date(2026, 10, 31)


def test_currencies_are_never_added_up() -> None:
    """Each has its own streams and totals; the one that comes more often is first."""
    pay = [*salaries(), moved(ON, "99.00", "PAYOUT", currency="USD")]
    assert [one.currency for one in report(*pay).totals] == ["BRL", "USD"]


def test_an_amount_that_was_converted_counts_in_the_accounts_currency() -> None:
    """A hundred dollars arrive as 520 reais."""
    (found,) = report(moved(ON, "100.00", "PAYOUT", currency="USD", account_amount="520.00")).streams
    assert (found.total, found.currency) == (Decimal("520.00"), "BRL")


def test_movements_of_accounts_that_were_not_handed_in_are_not_looked_at() -> None:
    """Whoever asks about one account gets that account."""
    assert income(history(salaries(), SAVINGS), YEAR).streams == ()


def test_no_history_gives_an_empty_and_whole_report() -> None:
    """Every figure is there: nothing is missing but the income."""
    for known in (history([]), history([], since=None)):
        found = income(known, YEAR)
        assert (found.streams, found.totals, found.left_out, found.pay_days) == ((), (), (), ())
        assert (found.first_on, found.last_on) == (None, None)
        zeros = found.main("BRL")
        assert (zeros.currency, zeros.everything.total, zeros.trailing[30]) == ("BRL", Decimal("0.00"), Decimal("0.00"))
