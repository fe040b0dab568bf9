from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afluente.analysis import history
from afluente.analysis import income as incomes
from afluente.analysis.income import IncomeKind
from afluente.core.clock import DAY
from afluente.core.documents import Balance, Consent
from afluente.core.employment import EmploymentEvent
from afluente.dialects.belvo import render
from afluente.dialects.belvo.render.bills import bill_status
from afluente.dialects.belvo.render.days import day_start, local_day
from afluente.dialects.belvo.render.identification import identification, parted
from afluente.dialects.belvo.render.investments import type_of
from tests.dialects.belvo.render.fiscal_samples import IMSS
from tests.dialects.belvo.render.records import (
    BANK,
    BILL,
    BRAZILIAN,
    CARD,
    CDB,
    CHECKING,
    COMPANY,
    CONSENT,
    FINANCING,
    FUND,
    ID,
    LEAST_ACCOUNT,
    LEAST_INVESTMENT,
    LEAST_LOAN,
    LEAST_PERSON,
    LINK,
    MORNING,
    NIGHT,
    OPEN,
    OTHER,
    PERSON,
    PIX,
    PURCHASE,
    amount,
    stored,
)
from tests.dialects.belvo.render.samples import movement
from tests.dialects.belvo.render.working_samples import CAREER, FIRST_JOB, ON, SECOND_JOB


def test_an_amount_is_positive_and_its_direction_is_told() -> None:
    """Records are signed from the holder's side; nothing at all counts as coming in."""
    assert [movement(replace(PIX, amount=Decimal(cents)), CHECKING, OPEN)["type"] for cents in (-1, 0, 1)] == [
        "OUTFLOW",
        "INFLOW",
        "INFLOW",
    ]
    assert movement(PIX, CHECKING, OPEN)["amount"] == Decimal("150.00")
    bought = movement(PURCHASE, CARD, OPEN)
    assert (bought["type"], bought["amount"], bought["local_currency_amount"]) == (
        "OUTFLOW",
        Decimal("210.40"),
        Decimal("1156.20"),
    )


def test_a_movement_belongs_to_the_local_day() -> None:
    """Late in the evening it is tomorrow in UTC."""
    wire = movement(PIX, CHECKING, OPEN)
    assert (wire["value_date"], wire["transacted_at"]) == ("2024-09-27", "2024-09-28T02:00:00.000Z")


def test_what_is_booked_on_a_weekend_counts_on_monday() -> None:
    """The day it happened stays its own."""
    wire = movement(replace(PIX, occurred_at=NIGHT + DAY), CHECKING, OPEN)
    assert (wire["value_date"], wire["inferred_accounting_date"]) == ("2024-09-28", "2024-09-30")


@given(st.dates(min_value=date(1970, 1, 2), max_value=date(2100, 1, 1)), st.sampled_from(["BR", "MX", "CO", "CL", "?"]))
def test_a_day_is_the_span_of_instants_from_its_start(day: date, country: str) -> None:
    """So a filter of days can be asked of storage as one of instants."""
    start = day_start(day, country)
    assert local_day(start, country) == day
    assert local_day(start + DAY - 1, country) == day
    assert local_day(start - 1, country) < day


def test_both_generations_have_their_own_words_where_they_differ() -> None:
    """Open Finance leaves the bank's own reference and balance out, and dates its bookings by day."""
    now, before = movement(PIX, CHECKING, OPEN), movement(PIX, CHECKING, BRAZILIAN)
    assert (now["balance"], now["reference"], now["observations"]) == (None, None, None)
    assert (before["balance"], before["reference"], before["observations"]) == (amount("1059.50"), "REF1", "pão")
    assert (now["accounting_date"], before["accounting_date"]) == ("2024-09-27", "2024-09-28T02:00:00.000Z")
    assert render.loan_account(stored(FINANCING), OPEN)["category"] == "FINANCING_ACCOUNT"
    assert render.loan_account(stored(FINANCING), BRAZILIAN)["category"] == "LOAN_ACCOUNT"


def test_the_other_end_is_the_payer_of_what_comes_in_and_the_receiver_of_what_goes_out() -> None:
    """The wire has room for a person's document alone."""
    assert movement(PIX, CHECKING, OPEN)["counterparty"]["document_number"] == "11144477735"
    came = movement(replace(PIX, amount=amount("1")), CHECKING, OPEN)["counterparty"]
    assert (came["document_number"], came["agency"], came["number"], came["check_digit"]) == (
        "41679949500",
        "0001",
        "00012345",
        "0",
    )
    assert PIX.payment is not None and PIX.payment.receiver is not None
    to_company = replace(PIX.payment, receiver=replace(PIX.payment.receiver, document="08.050.608/0001-32"))
    company = movement(replace(PIX, payment=to_company), CHECKING, OPEN)["counterparty"]
    assert (company["type"], company["document_number"]) == ("COMPANY", None)


def test_a_bill_is_told_of_a_movement_once_it_has_closed() -> None:
    """Until then it has no name."""
    closed = movement(PURCHASE, CARD, OPEN, bill=stored(BILL, OTHER))["credit_card_data"]
    later = replace(BILL, closes_on=date(2024, 10, 28), due_on=date(2024, 11, 5), payments=())
    still_open = movement(PURCHASE, CARD, OPEN, bill=stored(later, OTHER))["credit_card_data"]
    assert (closed["bill_name"], closed["credit_card_bill"]["id"]) == ("sep-2024", OTHER)
    assert (still_open["bill_name"], still_open["credit_card_bill"]) == (None, None)


@pytest.mark.parametrize(
    ("on", "status"), [(date(2024, 9, 13), "OPEN"), (date(2024, 9, 14), "PAID"), (date(2024, 10, 1), "PAID")]
)
def test_a_bill_is_open_until_the_day_it_closes(on: date, status: str) -> None:
    """Then it is closed until it is paid."""
    assert bill_status(BILL, on) == status
    unpaid = replace(BILL, payments=())
    assert bill_status(unpaid, on) == ("OPEN" if status == "OPEN" else "CLOSED")


def test_an_account_of_several_says_how_they_act() -> None:
    """Only together, or each of them alone."""
    held = [replace(CHECKING, joint=joint) for joint in (None, "together", "alone")]
    told = [render.account(stored(one), OPEN)["subtype"] for one in held]
    assert told == ["INDIVIDUAL", "CONJUNTA_SIMPLES", "CONJUNTA_SOLIDARIA"]


def test_a_cards_debt_is_a_liability_that_is_positive() -> None:
    """And what a bank account holds is an asset, which may be below zero."""
    card = render.account(stored(CARD), OPEN)
    assert (card["balance_type"], card["balance"]["current"]) == ("LIABILITY", amount("503.10"))
    low = render.account(stored(replace(CHECKING, balance=amount("-1"))), OPEN)
    assert (low["balance_type"], low["balance"]["current"]) == ("ASSET", amount("-1"))


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("0001/12345-0", ("0001", "12345", "0")),
        ("341/0001/12345-0", ("0001", "12345", "0")),
        ("12345", (None, "12345", None)),
        ("12345/67", (None, "67", None)),
        ("1-2-X1", (None, "1-2", "X1")),
        ("646180110400000007", (None, "646180110400000007", None)),
        ("", (None, "", None)),
    ],
)
def test_an_account_number_falls_into_its_parts(number: str, parts: tuple[str | None, str, str | None]) -> None:
    """Branch, number and check digit, where it is written so."""
    assert parted(number) == parts


@given(st.text(max_size=150), st.sampled_from([50, 100]))
def test_an_identification_is_always_one_that_the_wire_allows(key: str, longest: int) -> None:
    """Letters, digits and dashes, not too long, and the same for the same key."""
    made = identification(key, longest)
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,99}", made)
    assert len(made) <= longest
    assert made == identification(key, longest)


def test_an_identification_that_is_allowed_stays_as_it_is() -> None:
    """Different keys stay different."""
    assert identification("abc-1") == "abc-1"
    assert identification("abc|1") != identification("abc|2")


def test_an_owner_has_the_form_for_which_enough_is_known() -> None:
    """Open Finance cannot do without a day of birth or of incorporation; credentials have one simple form."""
    assert "filiations" in render.owner(stored(PERSON), OPEN)
    assert "parties" in render.owner(stored(COMPANY), OPEN)
    for record, origin in ((LEAST_PERSON, OPEN), (PERSON, BRAZILIAN), (COMPANY, BANK)):
        assert "business_name" in render.owner(stored(record), origin)


def test_nothing_is_made_up_of_an_owner() -> None:
    """What was not told is null."""
    wire = render.owner(stored(replace(PERSON, sex=None, marital_status=None, nationality=None)), OPEN)
    assert (wire["gender"], wire["marital_status"], wire["is_local_resident"]) == (None, None, True)
    assert wire["financial_relation"] is None


def test_a_status_of_marriage_that_has_no_word_is_told_as_it_was() -> None:
    """Under OTHER."""
    wire = render.owner(stored(replace(PERSON, marital_status="betrothed")), OPEN)
    assert (wire["marital_status"], wire["marital_status_additional_info"]) == ("OTHER", "betrothed")


def test_positions_are_kept_in_portfolios_by_how_they_earn() -> None:
    """In the wire's order, each with an id that it keeps."""
    held = [stored(LEAST_INVESTMENT), stored(FUND, OTHER), stored(CDB)]
    found = render.portfolios(held, BRAZILIAN)
    assert [one["type"] for one in found] == ["FIXED_INCOME", "VARIABLE_INCOME", "OTHER"]
    assert [one["id"] for one in found] == [one["id"] for one in render.portfolios(held[::-1], BRAZILIAN)]
    assert render.portfolios([], BRAZILIAN) == []


@pytest.mark.parametrize(
    ("kind", "subkind", "type_"),
    [
        ("fixed-income", "cdb", "FIXED_INCOME_BANKING"),
        ("fixed-income", "debenture", "FIXED_INCOME_CREDIT"),
        ("fixed-income", "treasury", "TREASURY_BOND"),
        ("fund", "multimarket", "INVESTMENT_FUND"),
        ("security", "retirement", "INVESTMENT_FUND"),
        ("equity", "stock", "VARIABLE_INCOME"),
        ("crypto", None, "VARIABLE_INCOME"),
    ],
)
def test_an_investment_is_of_one_of_five_types(kind: str, subkind: str | None, type_: str) -> None:
    """What is none of them is the one that promises least."""
    assert type_of(replace(LEAST_INVESTMENT, kind=kind, subkind=subkind)) == type_


def test_a_balance_that_is_owed_leaves_nothing_available() -> None:
    """The wire has no number below zero there."""
    owed = Balance(account_key="cc", currency="BRL", available=amount("-10.50"))
    assert render.current_balance(stored(CHECKING), owed, OPEN, MORNING)["available"] == 0


@pytest.mark.parametrize(
    ("consent", "now", "status"),
    [
        (CONSENT, MORNING, "AUTHORISED"),
        (CONSENT, MORNING + 366 * DAY, "EXPIRED"),
        (replace(CONSENT, revoked_at=MORNING), MORNING, "REJECTED"),
        (replace(CONSENT, expires_at=None), MORNING * 2, "AUTHORISED"),
    ],
)
def test_a_consent_stands_until_it_ends_or_is_taken_back(consent: Consent, now: int, status: str) -> None:
    """One without an end stands for good, and says so."""
    wire = render.consent(stored(consent), OPEN, now, document="416.799.495-00", organization="ACME")
    assert wire["status"] == status
    assert wire["undefined_consent_expiration"] is (consent.expires_at is None)
    assert wire["document_number"] == "41679949500"
    assert (
        render.consent(stored(consent), OPEN, now, document="1", organization="A", status="AWAITING_AUTHORISATION")[
            "status"
        ]
        == "AWAITING_AUTHORISATION"
    )


def test_permissions_are_grouped_and_strange_ones_left_out() -> None:
    """Every group is there."""
    groups = render.consent(stored(CONSENT), OPEN, MORNING, document="1", organization="A")["permissions"]
    assert list(groups) == ["ACCOUNTS", "CREDIT_CARDS", "CREDIT_OPERATIONS", "REGISTER", "RESOURCES", "INVESTMENTS"]
    assert groups["CREDIT_CARDS"] == ["CREDIT_CARDS_ACCOUNTS_READ"]
    assert all("EXCHANGES_READ" not in names for names in groups.values())


def test_a_page_names_its_neighbours_with_every_filter() -> None:
    """Clients drop their own parameters and follow what is named."""
    asked = [("link", LINK), ("page", "2"), ("created_at__gte", "2024-01-01T00:00:00+00:00"), ("page_size", "10")]
    middle = render.page([1], 25, "https://x/api/accounts/", asked, 2, 10)
    kept = f"link={LINK}&created_at__gte=2024-01-01T00%3A00%3A00%2B00%3A00&page_size=10"
    assert middle["next"] == f"https://x/api/accounts/?{kept}&page=3"
    assert middle["previous"] == f"https://x/api/accounts/?{kept}"
    last = render.page([1], 25, "https://x/api/accounts/", asked, 3, 10)
    assert (last["count"], last["next"]) == (25, None)
    assert render.page([], 0, "https://x/", [], 1, 10) == {"count": 0, "next": None, "previous": None, "results": []}
    assert render.page([1], 11, "https://x/", [], 2, 10)["previous"] == "https://x/"
    assert render.page([1], 10, "https://x/", [], 1, 10)["next"] is None


def test_allowed_income_types_mean_kinds_and_unknown_ones_nothing() -> None:
    """A bonus is a salary; the older word for a pension is known."""
    assert render.kinds_of(["SALARY"]) == {IncomeKind.SALARY, IncomeKind.BONUS}
    assert render.kinds_of(["PENSION"]) == {IncomeKind.RETIREMENT}
    assert render.kinds_of(["NARNIA"]) == frozenset()


def test_an_income_of_movements_that_a_client_sent_names_the_clients_institution() -> None:
    """It has no link."""
    nothing = history.read([LEAST_ACCOUNT], [], zone=render.zone("CO"), on=ON)
    report = incomes.income(nothing, nothing.known)
    wire = render.income(ID, MORNING, report, None, {}, "COP", institution="My Bank")
    assert (wire["link"], wire["institution"], wire["total_income_amount"]) == (None, "My Bank", 0)


def test_a_career_is_measured_as_of_a_day() -> None:
    """Before the second job began there was one, and after the first ended weeks without."""

    def measured(on: date) -> dict[str, object]:
        return render.employment_metrics(ID, MORNING, stored(CAREER), IMSS, on)

    first, between, now = measured(date(2017, 1, 1)), measured(date(2018, 1, 18)), measured(ON)
    assert (first["current_status"], first["employer_count"], first["increases_overall"]) == ("EMPLOYED", 1, 1)
    assert (between["current_status"], between["weeks_since_last_job"]) == ("UNEMPLOYED", Decimal(2))
    assert (now["employer_count"], now["increases_after_change"], now["reference_date"]) == (2, 1, None)
    assert now["base_salary_last"] == amount("500.00")
    assert first["increases_3y"] is None


def test_weeks_with_several_jobs_count_once() -> None:
    """And are told apart."""
    both = replace(
        CAREER, jobs=(replace(FIRST_JOB, ends_on=date(2015, 1, 18)), replace(SECOND_JOB, starts_on=date(2015, 1, 12)))
    )
    wire = render.employment_metrics(ID, MORNING, stored(both), IMSS, date(2015, 1, 25))
    assert (wire["weeks_employed_total"], wire["weeks_with_multiple_employers"]) == (Decimal(3), Decimal(1))
    assert wire["current_employer_count"] == 1


def test_a_change_of_pay_counts_from_five_percent_on() -> None:
    """Both ways."""
    paid = [("300", 2015), ("310", 2016), ("400", 2017), ("350", 2018)]
    events = tuple(EmploymentEvent(kind="salary-modified", on=date(y, 1, 5), base_salary=amount(p)) for p, y in paid)
    career = replace(CAREER, jobs=(replace(FIRST_JOB, ends_on=None, events=events),))
    wire = render.employment_metrics(ID, MORNING, stored(career), IMSS, date(2018, 6, 1))
    assert (wire["increases_last_job"], wire["decreases_last_job"]) == (1, 1)
    assert (wire["increases_1y"], wire["decreases_1y"]) == (0, 1)


def test_a_loan_without_a_register_number_has_one_of_the_right_length() -> None:
    """Made of its own, filled up with zeros."""
    data = render.loan_account(stored(LEAST_LOAN), OPEN)["loan_data"]
    assert data["loan_code"] == "0" * 21 + "1"
    assert data["total_effectove_cost"] == data["total_effective_cost"]
