"""The statuses of the client dashboard, each reached by what happens in a session."""

from __future__ import annotations

import pytest

from tests.flinks import GREATDAY, Flinks, newcomer

CITY = "What city were you born in?"


@pytest.mark.row("flinks.dashboard.answering-security-challenge")
def test_a_session_that_is_asked_stands_as_answering(flinks: Flinks) -> None:
    """It does so until the answer is there, and then no more."""
    asked = flinks.authorize("Greatday", 203)
    assert flinks.status(asked["RequestId"]) == ("Answering Security Challenge", "203")
    flinks.answer(asked)
    assert flinks.status(asked["RequestId"]) == ("Operation Pending", "202")


@pytest.mark.row("flinks.dashboard.partially-completed")
def test_a_summary_that_is_there_before_the_details_stands_as_partial(flinks: Flinks) -> None:
    """The bank gives the accounts at once and their movements half a minute later."""
    id = flinks.connected("test_details_pending")
    assert flinks.post("GetAccountsSummary", RequestId=id)["Accounts"]
    flinks.post("GetAccountsDetail", 202, RequestId=id)
    assert flinks.status(id) == ("Partially Completed", "200")
    flinks.sandbox.advance("PT1M")
    assert flinks.status(id) == ("Completed", "200")
    assert flinks.get(f"GetAccountsDetailAsync/{id}")["Accounts"][0]["Transactions"]


@pytest.mark.row("flinks.dashboard.session-expired")
def test_a_session_that_is_called_too_late_has_expired(flinks: Flinks) -> None:
    """Eight minutes after its login nobody has called, and the call that comes then is refused."""
    id = flinks.connected()
    flinks.sandbox.advance("PT8M1S")
    refused = flinks.post("GetAccountsDetail", 401, RequestId=id)
    flinks.refusal(refused, "SESSION_EXPIRED")
    assert flinks.status(id) == ("Session Expired", "401")


@pytest.mark.row("flinks.dashboard.session-expired")
def test_a_user_who_stops_in_the_middle_lets_the_session_expire(flinks: Flinks) -> None:
    """One answer was given and the next was not: that is no session that was never begun."""
    asked = flinks.authorize("test_two_rounds", 203)
    flinks.answer(asked, 203)
    flinks.sandbox.advance("PT9M")
    assert flinks.status(asked["RequestId"]) == ("Session Expired", "401")


@pytest.mark.row("flinks.dashboard.completed")
def test_a_session_whose_details_are_there_is_completed(flinks: Flinks) -> None:
    """It says so once everything that was asked for has been stored."""
    id = flinks.connected()
    flinks.post("GetAccountsDetail", RequestId=id)
    assert flinks.status(id) == ("Completed", "200")


@pytest.mark.row("flinks.dashboard.invalid-password")
def test_a_password_that_the_bank_refuses_stands_as_such(flinks: Flinks) -> None:
    """The published description of this status is that of a success; the code is that of a failure."""
    refused = flinks.authorize("act+login.credentials.password", 401)
    flinks.refusal(refused, "INVALID_PASSWORD")
    assert flinks.status(refused["RequestId"]) == ("Invalid Password", "401")
    shown = flinks.session(refused["RequestId"])["dashboard"]
    assert shown["description"] == "The request was completed successfully."


@pytest.mark.row("flinks.dashboard.invalid-username")
def test_a_user_whom_the_bank_does_not_know_stands_as_such(flinks: Flinks) -> None:
    """The sandbox's bank tells an unknown user from a wrong password."""
    refused = flinks.authorize("nobody_of_that_name", 401)
    flinks.refusal(refused, "INVALID_USERNAME")
    assert flinks.status(refused["RequestId"]) == ("Invalid Username", "401")


@pytest.mark.row("flinks.dashboard.not-completed")
def test_a_question_that_nobody_answers_leaves_a_session_not_completed(flinks: Flinks) -> None:
    """Neither the bank nor the user has said that anything is wrong."""
    asked = flinks.authorize("Greatday", 203)
    flinks.sandbox.advance("PT9M")
    assert flinks.status(asked["RequestId"]) == ("Not Completed", "N/A")


@pytest.mark.row("flinks.dashboard.not-completed")
def test_a_session_in_which_nothing_is_called_is_not_completed(flinks: Flinks) -> None:
    """The login alone brings nothing."""
    id = flinks.connected()
    flinks.sandbox.advance("PT8M")
    assert flinks.status(id) == ("Not Completed", "N/A")


@pytest.mark.row("flinks.dashboard.invalid-login")
def test_a_wrong_password_of_the_sandbox_stands_as_invalid_login(flinks: Flinks) -> None:
    """The same password is not sent again, and refused with the same words; another one is tried."""
    refused = flinks.authorize("greatday_nomfa", 401, Password="Nothing")
    flinks.refusal(refused, "INVALID_LOGIN")
    assert flinks.status(refused["RequestId"]) == ("Invalid Login", "401")
    again = flinks.authorize("greatday_nomfa", 401, Password="Nothing")
    flinks.refusal(again, "INVALID_LOGIN")
    assert flinks.status(again["RequestId"]) == ("Invalid Login", "401")
    flinks.authorize("greatday_nomfa")


@pytest.mark.parametrize(
    ("username", "code", "status"),
    [
        pytest.param(
            "test_new_account", "NEW_ACCOUNT", "New Account", marks=pytest.mark.row("flinks.dashboard.new-account")
        ),
        pytest.param(
            "test_disabled_account",
            "DISABLED_LOGIN",
            "Disabled Login",
            marks=pytest.mark.row("flinks.dashboard.disabled-login"),
        ),
        pytest.param(
            "test_service_unavailable",
            "RETRY_LATER",
            "Retry Later",
            marks=pytest.mark.row("flinks.dashboard.retry-later"),
        ),
        pytest.param(
            "test_maintenance",
            "BANK_MAINTENANCE_RETRY_LATER",
            "Bank Maintenance Retry Later",
            marks=pytest.mark.row("flinks.dashboard.bank-maintenance-retry-later"),
        ),
    ],
)
def test_what_the_bank_says_at_the_door_is_the_status(flinks: Flinks, username: str, code: str, status: str) -> None:
    """The session ends with it, and its RequestId is in the refusal."""
    refused = flinks.authorize(username, 401)
    flinks.refusal(refused, code)
    assert flinks.status(refused["RequestId"]) == (status, "401")


@pytest.mark.row("flinks.dashboard.invalid-security-response")
def test_a_wrong_answer_stands_until_a_right_one_is_given(flinks: Flinks) -> None:
    """The same session is asked again at once: the refusal carries the questions."""
    asked = flinks.authorize("Greatday", 203)
    id = asked["RequestId"]
    refused = flinks.respond(id, {asked["SecurityChallenges"][0]["Prompt"]: ["Nowhere"]}, 401)
    flinks.refusal(refused, "INVALID_SECURITY_RESPONSE")
    assert flinks.status(id) == ("Invalid Security Response", "401")
    assert refused["RequestId"] == id
    assert flinks.answer(refused)["RequestId"] == id
    assert flinks.status(id) == ("Operation Pending", "202")


@pytest.mark.row("flinks.dashboard.unknown-challenge-key")
def test_an_answer_to_what_was_not_asked_stands_as_unknown_key(flinks: Flinks) -> None:
    """The question stays open: it can be answered rightly afterwards."""
    asked = flinks.authorize("Greatday", 203)
    refused = flinks.respond(asked["RequestId"], {"What is your dog called?": ["Rex"]}, 401)
    flinks.refusal(refused, "UNKNOWN_CHALLENGE_KEY")
    assert flinks.status(asked["RequestId"]) == ("Unknown Challenge Key", "401")
    flinks.answer(asked)


@pytest.mark.row("flinks.dashboard.unknown-challenge-key")
def test_a_missing_answer_of_several_stands_as_unknown_key(flinks: Flinks) -> None:
    """The dashboard has one word for both; the API tells them apart."""
    asked = flinks.authorize("test_three_questions", 203)
    assert len(asked["SecurityChallenges"]) == 3
    first = asked["SecurityChallenges"][0]["Prompt"]
    refused = flinks.respond(asked["RequestId"], {first: GREATDAY[first]}, 401)
    flinks.refusal(refused, "SECURITYRESPONSES_INCOMPLETE")
    assert flinks.status(asked["RequestId"]) == ("Unknown Challenge Key", "401")
    flinks.answer(asked)


@pytest.mark.row("flinks.dashboard.unauthorized")
def test_a_summary_that_the_bank_refuses_stands_as_unauthorized(flinks: Flinks) -> None:
    """The login went well; what it opens is closed."""
    id = flinks.connected("test_summary_refused")
    refused = flinks.post("GetAccountsSummary", 401, RequestId=id)
    flinks.refusal(refused, "UNAUTHORIZED")
    assert refused["Message"] == "The institution did not authorize the access of the summary page."
    assert flinks.status(id) == ("Unauthorized", "401")


@pytest.mark.row("flinks.dashboard.operation-pending")
def test_a_session_whose_bank_takes_half_a_minute_is_pending(flinks: Flinks) -> None:
    """The call is answered at once, and the poll has the result when the bank has it."""
    id = flinks.connected("test_pending")
    flinks.post("GetAccountsDetail", 202, RequestId=id)
    assert flinks.status(id) == ("Operation Pending", "202")
    flinks.sandbox.advance("PT2M")
    assert flinks.get(f"GetAccountsDetailAsync/{id}")["RequestId"] == id
    assert flinks.status(id) == ("Completed", "200")


@pytest.mark.row("flinks.dashboard.operation-dispatched")
def test_a_session_whose_bank_takes_longer_than_a_call_is_dispatched(flinks: Flinks) -> None:
    """It stays so while it is polled, and is completed in the end."""
    id = flinks.connected("test_dispatched")
    flinks.post("GetAccountsDetail", 202, RequestId=id)
    assert flinks.status(id) == ("Operation Dispatched", "202")
    flinks.sandbox.advance("PT1M")
    flinks.get(f"GetAccountsDetailAsync/{id}", 202)
    assert flinks.status(id) == ("Operation Dispatched", "202")
    flinks.sandbox.advance("PT10M")
    flinks.get(f"GetAccountsDetailAsync/{id}")
    assert flinks.status(id) == ("Completed", "200")


@pytest.mark.row("flinks.dashboard.get-statements-complete")
def test_statements_that_are_there_stand_as_complete(flinks: Flinks) -> None:
    """They are documents, one for each month that was asked for."""
    id = flinks.connected()
    told = flinks.post("GetStatements", RequestId=id, NumberOfStatements="Months3")
    assert len(told["StatementsByAccount"][0]["Statements"]) == 3
    assert flinks.status(id) == ("Get Statements Complete", "200")


@pytest.mark.row("flinks.dashboard.get-details-complete-statements-still-processing")
def test_details_that_are_there_before_the_statements_stand_as_such(flinks: Flinks) -> None:
    """One call wants both: it is answered with the details as soon as they are there."""
    id = flinks.connected("test_statements_pending")
    told = flinks.post("GetAccountsDetail", RequestId=id, WithDetailsAndBankingStatements=True)
    assert told["Accounts"][0]["Transactions"]
    assert flinks.status(id) == ("Get Details Complete Statements Still Processing", "200")
    flinks.post("GetStatements", 202, RequestId=id)
    flinks.sandbox.advance("PT1M")
    assert flinks.status(id) == ("Get Statements Complete", "200")
    assert flinks.get(f"GetStatementsAsync/{id}")["StatementsByAccount"][0]["Statements"]


@pytest.mark.row("flinks.dashboard.scoring-insight-completed")
def test_a_score_that_was_made_stands_as_completed(flinks: Flinks) -> None:
    """It is made of what a session of the card has brought."""
    id = flinks.connected()
    card = flinks.post("GetAccountsDetail", RequestId=id)["Login"]["Id"]
    told = flinks.post(f"/insight/login/{card}/score/{id}", LoanAmount="1000")
    assert told["Score"]
    assert flinks.status(id) == ("Scoring Insight Completed", "200")


@pytest.mark.row("flinks.dashboard.session-nonexistent")
def test_a_call_for_a_session_that_is_not_there_is_in_the_log(flinks: Flinks) -> None:
    """There is no session to stand for it, so the call itself does."""
    nobodys = "00000000-0000-4000-8000-0000000d5b0d"
    refused = flinks.post("GetAccountsDetail", 400, RequestId=nobodys)
    flinks.refusal(refused, "SESSION_NONEXISTENT")
    (latest,) = flinks.log(session_id=nobodys)
    assert (latest["operation"], latest["http_status"]) == ("GetAccountsDetail", 400)
    assert (latest["dashboard"]["status"], latest["dashboard"]["code"]) == ("Session Nonexistent", "400")


@pytest.mark.row("flinks.dashboard.concurrent-session")
def test_a_second_session_of_a_card_that_is_being_read_is_concurrent(flinks: Flinks) -> None:
    """The first one is not disturbed by it."""
    first = flinks.authorize("test_pending")
    flinks.post("GetAccountsDetail", 202, RequestId=first["RequestId"])
    refused = flinks.live(first["Login"]["Id"], 401)
    flinks.refusal(refused, "CONCURRENT_SESSION")
    assert flinks.status(refused["RequestId"]) == ("Concurrent Session", "401")
    flinks.sandbox.advance("PT2M")
    assert flinks.status(first["RequestId"]) == ("Completed", "200")


def test_sessions_are_found_by_status_tag_and_institution(flinks: Flinks) -> None:
    """The list is what a dashboard's feed shows, newest first, page by page."""
    opened = [flinks.connected(Tag="feed-tag") for _ in range(3)]
    asked = flinks.authorize("Greatday", 203, Tag="feed-tag")["RequestId"]
    own = flinks.sandbox.own

    def listed(**filters: str) -> list[str]:
        return [one["id"] for one in own("GET", "/sessions", params={"tag": "feed-tag", **filters})["sessions"]]

    assert set(listed()) == {*opened, asked}
    assert listed(status="Answering Security Challenge") == [asked]
    assert listed(institution="rbc") == []
    page = own("GET", "/sessions", params={"tag": "feed-tag", "size": 3})
    rest = own("GET", "/sessions", params={"tag": "feed-tag", "size": 3, "after": page["next"]})
    assert [one["id"] for one in (*page["sessions"], *rest["sessions"])] == listed()


def test_the_log_has_each_call_of_a_session_and_the_name_of_its_error(flinks: Flinks) -> None:
    """One whole session shows its calls in the order in which they were made."""
    username = newcomer()
    id = flinks.connected(username)
    flinks.post("GetAccountsSummary", RequestId=id)
    flinks.post("GetStatements", 401, RequestId=id, NumberOfStatements="Months12")
    calls = flinks.session(id)["calls"]
    assert [(one["operation"], one["http_status"]) for one in calls][:2] == [
        ("Authorize", 200),
        ("GetAccountsSummary", 200),
    ]
    whole = flinks.sandbox.own("GET", f"/requests/{calls[0]['id']}")
    assert {**whole, **calls[0]} == whole
