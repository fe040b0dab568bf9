"""Summary, details and statements on the wire: what their options leave out, and what their polls show."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.flinks import ZERO, Flinks, newcomer


def balances(accounts: list[dict[str, Any]]) -> list[Any]:
    """Return the balances of accounts."""
    return [account["Balance"] for account in accounts]


def test_the_summary_has_the_accounts_of_the_details_without_their_transactions(flinks: Flinks) -> None:
    """Ids, balances and identities are the same."""
    id = flinks.connected()
    summary = flinks.post("GetAccountsSummary", RequestId=id)
    detail = flinks.post("GetAccountsDetail", RequestId=id)
    assert [{**one, "Transactions": []} for one in summary["Accounts"]] == [
        {**one, "Transactions": []} for one in detail["Accounts"]
    ]
    assert all("Transactions" not in one for one in summary["Accounts"])
    assert detail["RequestId"] == id and detail["Login"]["Type"] == "Personal"
    assert [link["rel"] for link in summary["Links"]] == ["AccountsDetail", "Statements"]
    assert [link["rel"] for link in detail["Links"]] == ["AccountsSummary", "Statements"]


def test_what_is_not_wanted_is_left_out(flinks: Flinks) -> None:
    """Each option takes its own part away, and keeps the keys."""
    id = flinks.connected()
    whole = flinks.post("GetAccountsDetail", RequestId=id)["Accounts"][0]
    assert whole["AccountNumber"] and whole["TransitNumber"].isdigit() and whole["Holder"]["Name"]
    told = flinks.post(
        "GetAccountsDetail",
        RequestId=id,
        WithAccountIdentity="false",
        WithKyc=False,
        WithBalance="False",
        WithTransactions=False,
    )["Accounts"][0]
    assert (told["AccountNumber"], told["TransitNumber"], told["InstitutionNumber"]) == (None, None, None)
    assert told["Holder"] is None and told["Transactions"] == []
    assert told["Balance"] == {"Available": None, "Current": None, "Limit": None}
    assert list(told) == list(whole) and told["EftEligibleRatio"] is not None


def test_a_year_of_transactions_is_given_to_who_asks_for_it(flinks: Flinks) -> None:
    """Ninety days are given otherwise, newest first."""
    id = flinks.connected()

    def days(**more: Any) -> list[str]:
        accounts = flinks.post("GetAccountsDetail", RequestId=id, **more)["Accounts"]
        return [one["Date"] for one in accounts[0]["Transactions"]]

    usual, year = days(), days(DaysOfTransactions="Days365")
    assert len(year) > len(usual) > 0
    assert usual == sorted(usual, reverse=True)
    assert days(DaysOfTransaction="Days360") == year
    window = days(DateFrom=usual[-1], DateTo=usual[len(usual) // 2])
    assert window and max(window) <= usual[len(usual) // 2]
    refused = flinks.post("GetAccountsDetail", 401, RequestId=id, DaysOfTransactions="Days7")
    assert "DaysOfTransactions" in refused["ValidationDetails"]


def test_accounts_are_chosen_and_only_what_is_new_of_them(flinks: Flinks) -> None:
    """A delta names the last transaction that the client has."""
    id = flinks.connected()
    accounts = flinks.post("GetAccountsDetail", RequestId=id)["Accounts"]
    account = accounts[0]["Id"]
    (one,) = flinks.post("GetAccountsDetail", RequestId=id, AccountsFilter=[account])["Accounts"]
    assert one == accounts[0]
    delta = [{"AccountId": account, "TransactionId": one["Transactions"][2]["Id"]}]
    (newer,) = flinks.post("GetAccountsDetail", RequestId=id, AccountsFilter=[account], RefreshDelta=delta)["Accounts"]
    assert newer["Transactions"] == one["Transactions"][:2]


def test_a_poll_shows_what_the_call_wanted(flinks: Flinks) -> None:
    """It has no body of its own; by GET and by POST it is the same."""
    id = flinks.connected("test_pending")
    flinks.post("GetAccountsDetail", 202, RequestId=id, WithKYC=False)
    assert flinks.get(f"GetAccountsDetailAsync/{id}", 202)["FlinksCode"] == "OPERATION_PENDING"
    flinks.sandbox.advance("PT2M")
    told = flinks.get(f"GetAccountsDetailAsync/{id}")
    assert told["Accounts"][0]["Holder"] is None
    posted = flinks.call("POST", f"GetAccountsDetailAsync/{id}", headers={"content-type": "application/json"})
    assert flinks.told(posted) == told


def test_data_before_the_login_is_over_is_refused(flinks: Flinks) -> None:
    """The question stays open."""
    asked = flinks.authorize("Greatday", 203)
    flinks.refusal(flinks.post("GetAccountsDetail", 401, RequestId=asked["RequestId"]), "UNAUTHORIZED")
    flinks.answer(asked)


@pytest.mark.parametrize("operation", ["GetAccountsSummary", "GetAccountsDetail", "GetStatements"])
def test_a_session_that_is_not_there_has_no_data(flinks: Flinks, operation: str) -> None:
    """Neither at the call nor at its poll, whatever stands in the path."""
    flinks.refusal(flinks.post(operation, 400, RequestId=ZERO), "SESSION_NONEXISTENT")
    flinks.refusal(flinks.get(f"{operation}Async/{ZERO}", 400), "SESSION_NONEXISTENT")
    flinks.refusal(flinks.get(f"{operation}Async/nothing", 400), "SESSION_NONEXISTENT")
    flinks.refusal(flinks.post(operation, 401), "INVALID_REQUEST")


def test_a_session_that_failed_tells_the_same_error_again(flinks: Flinks) -> None:
    """The poll gets what the call got."""
    id = flinks.connected("test_summary_refused")
    flinks.refusal(flinks.post("GetAccountsSummary", 401, RequestId=id), "UNAUTHORIZED")
    flinks.refusal(flinks.get(f"GetAccountsSummaryAsync/{id}", 401), "UNAUTHORIZED")


def test_statements_are_documents_with_numbers_of_their_own(flinks: Flinks) -> None:
    """Each is a PDF; a year of them is given of one account at a time."""
    id = flinks.connected()
    one = flinks.post("GetStatements", RequestId=id)["StatementsByAccount"]
    assert all(len(account["Statements"]) == 1 for account in one) and len(one) >= 2
    document = one[0]["Statements"][0]
    assert document["FileType"] == "PDF" and len(document["UniqueId"]) == 32
    assert document["UniqueId"] == document["UniqueId"].upper()
    assert base64.b64decode(document["Base64Bytes"]).startswith(b"%PDF-")
    refused = flinks.post("GetStatements", 401, RequestId=id, NumberOfStatements="Months12")
    assert list(refused["ValidationDetails"]) == ["AccountsFilter"]
    # whoever goes on with a session is told which one it was; before there is one nobody is
    assert flinks.refusal(refused, "INVALID_REQUEST")["RequestId"] == id
    assert "RequestId" not in flinks.refusal(flinks.post("GetStatements", 401), "INVALID_REQUEST")
    account = flinks.post("GetAccountsSummary", RequestId=id)["Accounts"][0]["Id"]
    year = flinks.post("GetStatements", RequestId=id, NumberOfStatements="Months12", AccountsFilter=[account])
    assert len(year["StatementsByAccount"][0]["Statements"]) >= 11


def test_there_are_no_statements_in_the_united_states(flinks: Flinks) -> None:
    """The method is said to be not available."""
    id = flinks.connected(bank="Chase")
    flinks.refusal(flinks.post("GetStatements", 405, RequestId=id), "METHOD_NOT_AVAILABLE")


def test_movements_of_an_earlier_session_are_not_shown_to_who_wants_none(flinks: Flinks) -> None:
    """They stay stored, as the next session shows; that they are is no fault to warn of."""
    username = newcomer()
    card = flinks.card(username)
    id = flinks.connected(username)
    told = flinks.post("GetAccountsDetail", RequestId=id, WithTransactions="false")
    assert all(account["Transactions"] == [] for account in told["Accounts"])
    assert "TransactionsMisconfigured" not in [one["code"] for one in flinks.session(id)["warnings"]]
    later = flinks.post("GetAccountsDetail", RequestId=flinks.cached(card)["RequestId"])
    assert later["Accounts"][0]["Transactions"]


def test_a_window_without_end_and_a_filter_without_accounts_leave_nothing_out(flinks: Flinks) -> None:
    """Typed clients send an empty list and the least and the greatest date where they want all."""
    id = flinks.connected()
    year = flinks.post("GetAccountsDetail", RequestId=id, DaysOfTransactions="Days365")["Accounts"]
    every = flinks.post(
        "GetAccountsDetail", RequestId=id, AccountsFilter=[], DateFrom="0001-01-01", DateTo="9999-12-31"
    )["Accounts"]
    assert [one["Id"] for one in every] == [one["Id"] for one in year]
    assert [len(one["Transactions"]) for one in every] == [len(one["Transactions"]) for one in year]
    assert len(flinks.post("GetStatements", RequestId=id, AccountsFilter=[])["StatementsByAccount"]) >= 2


def test_a_session_whose_password_the_bank_takes_no_more_says_what_the_bank_said(flinks: Flinks) -> None:
    """Nothing is sent again, neither for the older session nor for its poll."""
    id = flinks.connected()
    card = flinks.session(id)["connection_id"]
    flinks.sandbox.arm("login.credentials.password", operation="login", connection_id=card)
    flinks.refusal(flinks.live(card, 401), "INVALID_PASSWORD")
    refused = flinks.refusal(flinks.post("GetAccountsDetail", 401, RequestId=id), "INVALID_PASSWORD")
    assert refused["RequestId"] == id
    flinks.refusal(flinks.get(f"GetAccountsDetailAsync/{id}", 401), "INVALID_PASSWORD")
    assert flinks.status(id) == ("Invalid Password", "401")


def test_a_wrong_password_for_a_card_leaves_its_other_sessions_alone(flinks: Flinks) -> None:
    """The card keeps the one that the bank let in: older sessions, stored data and live logins go on with it."""
    username = newcomer()
    id = flinks.connected(username)
    refused = flinks.refusal(flinks.authorize(username, 401, Password="wrong"), "INVALID_LOGIN")
    assert flinks.status(refused["RequestId"]) == ("Invalid Login", "401")
    card = flinks.post("GetAccountsDetail", RequestId=id)["Login"]["Id"]
    flinks.refusal(flinks.authorize(username, 401, Password="wrong"), "INVALID_LOGIN")
    flinks.refusal(flinks.authorize(username, 401, Password="wrong too"), "INVALID_LOGIN")
    assert flinks.get(f"GetNightlyRefreshStatus?loginId={card}")["IneligibleCards"] == []
    assert flinks.post("GetAccountsSummary", RequestId=flinks.cached(card)["RequestId"])["Accounts"]
    flinks.live(card)
