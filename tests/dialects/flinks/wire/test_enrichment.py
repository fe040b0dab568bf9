from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.flinks import ZERO, Flinks, newcomer
from tests.server import Client

OWN = {
    "Origin Country": "ca",
    "MostRecentBalance": "900.00",
    "Card": ["nbr_nsf", "sum_credits", "balance_current", "balance_min"],
    "Transactions": [
        {"TransactionDate": "2021/01/22", "Description": "payroll - acme technologies", "Credit": "1000.00"},
        {"TransactionDate": "2021/01/21", "Description": "nsf fee random", "Debit": "10.00", "Credit": None},
        *(
            {"TransactionDate": f"2021/01/{day:02}", "Description": "coffee", "Debit": 1.5, "Credit": None}
            for day in range(20, 0, -1)
        ),
        *(
            {"TransactionDate": f"2020/12/{day:02}", "Description": "atm withdrawal", "Debit": "20", "Credit": ""}
            for day in (30, 20, 10)
        ),
    ],
}
"""Twenty-five transactions, newest first."""


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """A client that speaks Flinks."""
    return Flinks(client)


def read_card(flinks: Flinks) -> tuple[str, str]:
    """Return the LoginId of a card whose details were fetched, and the RequestId of a cached session with it."""
    login = flinks.card()
    return login, str(flinks.cached(login)["RequestId"])


def test_a_package_is_reckoned_over_a_card_that_was_read(flinks: Flinks) -> None:
    """Live session, details, cached session, attributes: the documented sequence."""
    login, request = read_card(flinks)
    told = flinks.get(f"/insight/login/{login}/attributes/{request}/GetIncomeAttributes")
    assert list(told) == ["HttpStatusCode", "Card", "Login", "RequestId"]
    assert told["Card"]["Id"] == told["Login"]["Id"] == login
    assert told["RequestId"] == request
    assert told["Card"]["account_age"] > 300
    assert told["Card"]["sum_credits_365_days"] > told["Card"]["sum_credits_30_days"] > 0


@pytest.mark.row("flinks.dashboard.scoring-insight-completed")
def test_the_session_shows_that_a_score_was_made(flinks: Flinks) -> None:
    """The dashboard has a status of its own for it."""
    login, request = read_card(flinks)
    told = flinks.post(f"/Insight/login/{login}/score/{request}", LoanAmount="5000", UserPersonalInformation={"Sex": 0})
    assert 300 <= int(told["Score"]) <= 900
    assert told["Login"]["Id"] == login
    assert flinks.status(request) == ("Scoring Insight Completed", "200")


def test_attributes_before_the_details_are_still_pending(flinks: Flinks) -> None:
    """Called too early they answer 202, see to the transactions, and are there when these are."""
    session = flinks.authorize(newcomer())
    path = f"/insight/login/{session['Login']['Id']}/attributes/{session['RequestId']}/GetIncomeAttributes"
    assert flinks.get(path, 202)["FlinksCode"] == "OPERATION_PENDING"
    flinks.sandbox.settle()
    assert flinks.get(path)["Card"]["nbr_accounts"] >= 1


def test_chosen_attributes_come_with_their_transactions(flinks: Flinks) -> None:
    """The details add up to the value, and their dates have slashes."""
    login, request = read_card(flinks)
    told = flinks.post(
        f"/insight/login/{login}/attributes/{request}",
        Attributes={"card": ["sum_credits_90_days", "nbr_deposits_90_days"]},
        Filters={"accountCategory": ["Operations"]},
        options={"AttributesDetail": ["sum_credits_90_days"]},
    )
    [detail] = told["AttributesDetails"]
    assert detail["Attribute"] == "sum_credits_90_days"
    assert len(detail["Transactions"]) == told["Card"]["nbr_deposits_90_days"] > 0
    credited = sum(Decimal(str(one["Credit"])) for one in detail["Transactions"])
    assert credited == Decimal(str(told["Card"]["sum_credits_90_days"]))
    dates = [one["Date"] for one in detail["Transactions"]]
    assert dates == sorted(dates, reverse=True)
    assert all(date[4] == date[7] == "/" for date in dates)


def test_accounts_and_days_can_be_limited(flinks: Flinks) -> None:
    """One account has no more than all of them, and ten days no more than a year."""
    login, request = read_card(flinks)
    accounts = [
        one["Id"]
        for one in flinks.post("GetAccountsDetail", RequestId=request)["Accounts"]
        if one["Category"] == "Operations" and len(one["Transactions"]) > 25
    ]
    path = f"/insight/login/{login}/attributes/{request}"
    asked = {"Attributes": {"card": ["nbr_accounts", "nbr_debits"]}, "Filters": {"accountCategory": ["Operations"]}}
    every = flinks.post(path, **asked)["Card"]
    one = flinks.post(path, **asked, AccountFilter={"AccountID": accounts[:1]})["Card"]
    assert one["nbr_accounts"] == 1
    few = flinks.post(path, **asked, limitDays="10")["Card"]
    assert few["nbr_debits"] < every["nbr_debits"]


def test_too_few_transactions_are_refused(flinks: Flinks) -> None:
    """Below twenty-five nothing is reckoned."""
    login, request = read_card(flinks)
    told = flinks.post(
        f"/insight/login/{login}/attributes/{request}", 400,
        Attributes={"card": ["nbr_nsf"]}, Filters={"accountCategory": ["Products"]},
    )  # fmt: skip
    flinks.refusal(told, "NO_TRANSACTION")
    few = {**OWN, "Transactions": OWN["Transactions"][:24]}  # type: ignore[index]
    flinks.refusal(flinks.post("/attributes/upload", 400, **few), "NO_TRANSACTION")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "Attributes"),
        ({"Attributes": {"card": ["nbr_of_cats"]}}, "Attributes"),
        ({"Attributes": {"card": [1]}}, "Attributes"),
        ({"Attributes": {"card": ["nbr_nsf"]}, "limitDays": 366}, "limitDays"),
        ({"Attributes": {"card": ["nbr_nsf"]}, "limitDays": 0}, "limitDays"),
        ({"Attributes": {"card": ["nbr_nsf"]}, "AttributesDetail": ["nope"]}, "AttributesDetail"),
        ({"Attributes": {"card": ["nbr_nsf"]}, "AccountFilter": {"AccountID": [ZERO]}}, "Filters"),
    ],
)
def test_what_cannot_be_reckoned_is_an_invalid_request(flinks: Flinks, body: dict[str, Any], field: str) -> None:
    """The field that is wrong is named."""
    told = flinks.post(f"/insight/login/{ZERO}/attributes/{ZERO}", 401, **body)
    assert field in flinks.refusal(told, "INVALID_REQUEST")["ValidationDetails"]


def test_a_card_of_another_session_is_not_read(flinks: Flinks) -> None:
    """Neither through a session that is not there, nor through one of another card."""
    login, request = read_card(flinks)
    other = flinks.card()
    told = flinks.get(f"/insight/login/{other}/attributes/{request}/GetIncomeAttributes", 401)
    flinks.refusal(told, "INVALID_LOGIN")
    told = flinks.get(f"/insight/login/{login}/attributes/{ZERO}/GetIncomeAttributes", 400)
    flinks.refusal(told, "SESSION_NONEXISTENT")
    told = flinks.get(f"/insight/login/{login}/attributes/nonsense/GetIncomeAttributes", 401)
    flinks.refusal(told, "INVALID_REQUEST")
    assert flinks.call("GET", f"/insight/login/{login}/attributes/{request}/GetNothing").status_code == 404


def test_own_transactions_are_reckoned_without_being_kept(flinks: Flinks) -> None:
    """900 now; before the pay of 1,000 there were 100 below zero."""
    told = flinks.post("/attributes/upload", **OWN, AttributesDetail=["nbr_nsf"], UserIdentifier="user-7")
    assert told["Card"]["Id"] == "user-7"
    assert (told["Card"]["nbr_nsf"], told["Card"]["sum_credits"]) == (1, 1000.0)
    assert (told["Card"]["balance_current"], told["Card"]["balance_min"]) == (900.0, -100.0)
    [detail] = told["AttributesDetails"]
    assert [one["Description"] for one in detail["Transactions"]] == ["nsf fee random"]


def test_own_transactions_may_come_in_either_order_and_with_the_oldest_balance(flinks: Flinks) -> None:
    """The same movements have the same figures."""
    rows = OWN["Transactions"]
    assert isinstance(rows, list)
    moved = Decimal(1000) - 10 - Decimal("1.5") * 20 - 20 * 2
    turned = {key: value for key, value in OWN.items() if key != "MostRecentBalance"} | {
        "Transactions": rows[::-1], "OldestBalance": str(900 - moved),
    }  # fmt: skip
    first, second = (flinks.post("/attributes/upload", **body)["Card"] for body in (OWN, turned))
    assert {**first, "Id": ""} == {**second, "Id": ""}


@pytest.mark.parametrize(
    "change",
    [
        {"Origin Country": "br"},
        {"Transactions": []},
        {"Transactions": "x"},
        {"Transactions": [{"TransactionDate": "2021/13/22", "Description": "x", "Debit": 1}]},
        {"Transactions": [{"TransactionDate": "2021/01/22", "Description": "x"}]},
        {"Transactions": [{"TransactionDate": "2021/01/22", "Description": "x", "Debit": "1e999999999"}]},
        {"Transactions": [{"TransactionDate": "2021/01/22", "Description": "x", "Debit": "NaN"}]},
        {"Transactions": [{"TransactionDate": "2021/01/22", "Description": "x", "Debit": -5}]},
        {"MostRecentBalance": None},
    ],
)
def test_own_transactions_that_make_no_sense_are_refused(flinks: Flinks, change: dict[str, Any]) -> None:
    """Bad input is said to be bad."""
    told = flinks.post("/attributes/upload", 401, **{**OWN, **change})
    assert flinks.refusal(told, "INVALID_REQUEST")["ValidationDetails"]


def test_a_cards_transactions_are_categorized(flinks: Flinks) -> None:
    """Each has a category of the list, with a subcategory below it."""
    login, request = read_card(flinks)
    told = flinks.get(f"/categorization/login/{login}/requestid/{request}")
    assert (told["LoginId"], told["RequestId"]) == (login, request)
    known = {
        one["PrimaryCategoryName"]: {sub["SubCategoryName"] for sub in one["SubCategories"]}
        for one in flinks.get("Categories/CA")
    }
    assert len(known) == 16
    assert all(line["SubCategory"] in known[line["Category"]] for line in told["Transactions"])
    dates = [line["Date"] for line in told["Transactions"]]
    assert len(dates) > 25
    assert dates == sorted(dates, reverse=True)
    assert any(line["Category"] == "Income" for line in told["Transactions"])


def test_own_transactions_are_categorized_in_their_order(flinks: Flinks) -> None:
    """Nothing has to be connected for it, and no balance told."""
    told = flinks.post("/Categorization/Upload", OriginCountry="us", Transactions=OWN["Transactions"])
    assert [line["Description"] for line in told["Transactions"]] == [
        row["Description"]
        for row in OWN["Transactions"]  # type: ignore[index]
    ]
    assert told["Transactions"][0]["Category"] == "Income"
    assert told["Transactions"][0]["SubCategory"] == "Employment Income"
    assert told["Transactions"][-1]["SubCategory"] == "Cash Withdrawal"
    assert (told["Transactions"][-1]["Debit"], told["Transactions"][-1]["Credit"]) == (20.0, None)


def test_the_holder_is_matched_field_by_field(flinks: Flinks) -> None:
    """What is sent is compared, and nothing else."""
    request = flinks.connected("greatday_nomfa")
    shown = flinks.post("GetAccountsDetail", RequestId=request)
    holder, login = shown["Accounts"][0]["Holder"], shown["Login"]["Id"]
    told = flinks.post(
        "FieldMatch", LoginId=login, FullName=holder["Name"], PostalCode=holder["Address"]["PostalCode"],
        Email="somebody@else.example", MiddleName="Quentin", Threshold="0.8",
    )  # fmt: skip
    assert told["FieldLevelMatchRate"]["FullName"] == 1
    assert told["FieldLevelMatchRate"]["PostalCode"] == 1
    assert told["FieldLevelMatch"]["Email"] is False
    assert told["FieldLevelMatch"]["NoData"] == ["MiddleName"]
    assert told["OverallMatch"] is False
    assert "City" not in told["FieldLevelMatchRate"]
    bare = flinks.post("FieldMatch", LoginId=login, FirstName="John", LastName="Doe", Phone="514 333 7777")
    assert list(bare) == ["HttpStatusCode", "OverallMatchRate", "FieldLevelMatch", "FieldLevelMatchRate"]
    assert bare["FieldLevelMatch"]["NoData"] == [] and all(
        said is True for name, said in bare["FieldLevelMatch"].items() if name != "NoData"
    )
    assert bare["OverallMatchRate"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "INVALID_REQUEST"),
        ({"LoginId": ZERO}, "INVALID_REQUEST"),
        ({"LoginId": ZERO, "FullName": "X", "Threshold": "2"}, "INVALID_REQUEST"),
        ({"LoginId": ZERO, "FullName": "X"}, "INVALID_LOGIN"),
    ],
)
def test_a_match_needs_a_card_and_something_to_compare(flinks: Flinks, body: dict[str, Any], code: str) -> None:
    """Each fault has its code."""
    flinks.refusal(flinks.post("FieldMatch", 401, **body), code)


def test_repayment_dates_follow_the_frequency_of_the_loan(flinks: Flinks) -> None:
    """As many dates as payments, on working days, for each account that can pay."""
    login, request = read_card(flinks)
    told = flinks.post(
        f"/prepayment/login/{login}/{request}", LoanFrequency="BiWeekly", ExpectedRepaymentTotal=1200, Duration=4
    )
    assert told["UserInformation"]["Name"]
    assert int(told["UserInformation"]["EFTEligibleAccounts"]) == len(told["AccountsInformation"]) >= 1
    for one in told["AccountsInformation"]:
        assert len(one["OptimalPayments"]) == 4
        assert one["OptimalDay"] in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
        assert 0 <= one["OverallPaymentRisk"] <= 1
        assert one["InstitutionNumber"].isdigit()


@pytest.mark.parametrize("body", [{}, {"LoanFrequency": "Yearly"}, {"LoanFrequency": "Weekly", "Duration": 0}])
def test_a_loan_needs_a_frequency_and_a_duration(flinks: Flinks, body: dict[str, Any]) -> None:
    """Without them there are no dates."""
    flinks.refusal(flinks.post(f"/prepayment/login/{ZERO}/{ZERO}", 401, **body), "INVALID_REQUEST")


def test_the_libraries_tell_every_attribute(flinks: Flinks) -> None:
    """Persons' and companies' apart."""
    persons = [one["Name"] for one in flinks.get("/attributes/library")["Attributes"]]
    companies = [one["Name"] for one in flinks.get("/attributes/library/business")["Attributes"]]
    assert "nbr_nsf_90_days" in persons
    assert "sum_operating_income_365_days_biz" in companies
    assert not set(persons) & set(companies)


def test_a_brazilian_connection_is_read_and_reckoned_too(flinks: Flinks) -> None:
    """One connection may be read in four languages; its amounts stay in its own currency."""
    item = flinks.sandbox.connect(2)
    request = flinks.cached(item["id"])["RequestId"]
    shown = flinks.post("GetAccountsDetail", RequestId=request, DaysOfTransactions="Days365")
    assert {one["Currency"] for one in shown["Accounts"]} == {"BRL"}
    assert {one["Category"] for one in shown["Accounts"]} >= {"Operations", "Credits"}
    path = f"/insight/login/{item['id']}/attributes/{request}/GetAllAttributes"
    assert flinks.get(path)["Card"]["sum_credits_365_days"] > 0
    told = flinks.get(f"/categorization/login/{item['id']}/requestid/{request}")
    assert len(told["Transactions"]) > 25
    dates = flinks.post(f"/prepayment/login/{item['id']}/{request}", LoanFrequency="Monthly")
    assert dates["AccountsInformation"] == []
