"""Whole stories with a typed client, and what other people's clients send all the same."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest

from tests.flinks import BANK, PASSWORD, Flinks, newcomer
from tests.journeys.flinks.program import Authorized, Program

pytestmark = pytest.mark.journey


def test_a_typed_client_reads_everything_of_the_documented_user(program: Program) -> None:
    """From the login over a question to balances, details and statements; every id is the GUID it was before."""
    told = program.authorize(BANK, "Greatday", PASSWORD, Tag="journey")
    assert (told.http_status_code, told.institution, told.institution_id, told.tag) == (200, BANK, 14, "journey")
    assert told.login is not None and told.request_id is not None
    assert [link.rel for link in told.links] == ["AccountsDetail", "AccountsSummary", "Statements"]
    short = program.summary(told.request_id)
    full = program.details(told.request_id, DaysOfTransaction="Days365", WithTransactions="True")
    assert full.request_id == told.request_id
    assert [one.id for one in short.accounts] == [one.id for one in full.accounts]
    first = next(one for one in full.accounts if one.title == "Chequing CAD")
    assert (first.account_number, first.transit_number, first.institution_number) == ("1111000", "77777", "777")
    assert (str(first.balance.available), str(first.balance.current)) == ("6.04", "49993.96")
    assert first.holder is not None and first.holder.email == "johndoe@flinks.io"
    year = sum(len(one.transactions) for one in full.accounts)
    season = sum(len(one.transactions) for one in program.details(told.request_id).accounts)
    assert year > season > 0
    files = program.statements(told.request_id, NumberOfStatements="Months3").statements_by_account
    assert len([one for one in files if len(one.statements) == 3]) >= 2
    assert base64.b64decode(files[0].statements[0].base64_bytes).startswith(b"%PDF-")
    for verb in ("GET", "POST"):
        assert program.poll(told.request_id, verb).accounts
    again = program.cached(told.login.id)
    assert again.login is not None and again.login.id == told.login.id and again.login.type == "Personal"
    assert again.request_id is not None
    assert [one.id for one in program.details(again.request_id).accounts] == [one.id for one in full.accounts]


def test_what_can_be_left_out_is_null_for_a_typed_client(program: Program) -> None:
    """Each switch takes its part away and nothing else."""
    request = program.authorize(BANK, newcomer(), PASSWORD).request_id
    assert request is not None
    bare = program.details(
        request, WithAccountIdentity="false", WithKYC="False", WithTransactions="false", WithBalance="FALSE"
    )
    for account in bare.accounts:
        assert (account.account_number, account.transit_number, account.institution_number) == (None, None, None)
        assert account.holder is None
        assert (account.balance.available, account.balance.current, account.balance.limit) == (None, None, None)
        assert account.transactions == []
    one = program.details(request).accounts[0]
    only = program.details(request, AccountsFilter=[str(one.id)])
    assert [account.id for account in only.accounts] == [one.id]


def test_a_slow_bank_is_polled(flinks: Flinks, program: Program) -> None:
    """202 with the address to poll, until the time has come; then the same answer for ever."""
    for username, code, span in (
        ("test_pending", "OPERATION_PENDING", "PT1M"), ("test_dispatched", "OPERATION_DISPATCHED", "PT5M")
    ):  # fmt: skip
        request = program.authorize(BANK, username, PASSWORD).request_id
        assert request is not None
        first = program.details(request)
        assert (first.http_status_code, first.flinks_code) == (202, code)
        assert first.links[0].example == f"/GetAccountsDetailAsync/{request}"
        assert program.poll(request, "POST").http_status_code == 202
        flinks.sandbox.advance(span)
        assert program.poll(request).accounts
        assert program.poll(request, "POST").accounts


def test_an_error_is_parsed_as_well(program: Program) -> None:
    """With its code, its sentence, and for what was asked for wrongly the fields."""
    for username, code in (("test_disabled_account", "DISABLED_LOGIN"), ("test_service_unavailable", "RETRY_LATER")):
        told = program.authorize(BANK, username, PASSWORD)
        assert (told.http_status_code, told.flinks_code) == (401, code)
        assert told.message and told.request_id
    told = program.authorize("", "", "")
    assert told.flinks_code == "INVALID_REQUEST"
    assert set(told.validation_details) == {"Institution", "Username", "Password"}


def test_empty_answers_are_asked_again_and_a_wrong_one_too(program: Program) -> None:
    """In the same session, as long as the user may try."""
    body = {"Institution": BANK, "Username": "Greatday", "Password": PASSWORD}
    asked = program.send("POST", "Authorize", Authorized, body)
    same = program.respond(asked, {})
    assert (same.http_status_code, same.request_id) == (203, asked.request_id)
    wrong = program.respond(asked, {asked.security_challenges[0].prompt: "Nowhere"})
    assert (wrong.http_status_code, wrong.flinks_code) == (401, "INVALID_SECURITY_RESPONSE")
    prompt = wrong.security_challenges[0].prompt
    right = program.respond(asked, {prompt: program.answers[prompt]})  # a text, not a list of texts
    assert (right.http_status_code, right.request_id) == (200, asked.request_id)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["-H", "content-type: application/json"],
        ["-H", "content-type:"],
        ["-H", "content-type: text/plain"],
        ["-H", "content-type: application/json;charset=UTF-8"],
    ],
    ids=["curl's own", "JSON", "none", "text", "charset"],
)
def test_a_request_that_is_pasted_into_a_shell_works(flinks: Flinks, headers: list[str]) -> None:
    """`curl -d '{…}'` says that it sends a form, and sends JSON."""
    body = json.dumps({"Institution": BANK, "Username": newcomer(), "Password": PASSWORD})
    url = f"{flinks.sandbox.server.url}/flinks/v3/{flinks.customer}/BankingServices/Authorize"
    done = subprocess.run(["curl", "-s", url, "-d", body, *headers], capture_output=True, check=True, timeout=60)
    assert json.loads(done.stdout)["Login"]["Id"]


def test_a_form_is_read_too(flinks: Flinks) -> None:
    """Where a client does send one."""
    told = flinks.call("POST", "Token", data={"client_id": flinks.customer, "secret": flinks.sandbox.keys[1]})
    assert flinks.told(told)["access_token"]


def test_a_setting_comes_by_query_or_in_either_case(flinks: Flinks) -> None:
    """As three clients send it; the answer is a text."""
    card = flinks.card()
    for told, word in (
        ({"params": {"login_id": card, "is_activated": "true"}}, "activated"),
        ({"params": {"loginId": card, "isActivated": "False"}}, "deactivated"),
        ({"json": {"LOGINID": card.upper(), "isactivated": "True"}}, "activated"),
        ({"content": json.dumps({"loginId": card, "isActivated": False})}, "deactivated"),
    ):
        answer: Any = flinks.told(flinks.call("PATCH", "SetScheduledRefresh", **told))
        assert answer == f"LoginId {card} has now been {word} for automatic refresh"


def test_a_login_that_is_polled_names_no_path_of_its_own(flinks: Flinks) -> None:
    """It is polled with the RequestId in the body; the link's example would lead nowhere."""
    told = flinks.post("AuthorizeAsync", 202, Institution=BANK, Username=newcomer(), Password=PASSWORD)
    assert told["Links"] == [{"rel": "AuthorizeAsync", "href": "/AuthorizeAsync", "example": None}]
    assert flinks.call("POST", f"AuthorizeAsync/{told['RequestId']}").status_code == 404


def test_a_path_that_nobody_has_is_no_reason_to_log_in_again(flinks: Flinks) -> None:
    """Clients begin a new session when they are told that theirs is gone."""
    flinks.refusal(flinks.told(flinks.call("POST", "GetEverything"), 404), "METHOD_NOT_AVAILABLE")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_too_many_requests_are_refused_with_the_status_that_the_customer_knows(flinks: Flinks, status: int) -> None:
    """And where that is 429, with the seconds to wait."""
    request = flinks.connected()
    try:
        flinks.sandbox.policy(calls_limit=1, too_many_status=status)
        refused = [flinks.call("POST", "GetAccountsSummary", json={"RequestId": request}) for _ in range(2)][-1]
    finally:
        flinks.sandbox.policy(calls_limit=0)
    flinks.refusal(flinks.told(refused, status), "TOO_MANY_REQUESTS")
    assert ("retry-after" in refused.headers) is (status == 429)


def test_a_status_that_nobody_knows_is_no_setting(flinks: Flinks) -> None:
    """Nor a text."""
    key = {"x-api-key": flinks.sandbox.key}
    for status in (400, 500, "429", None):
        answer = flinks.sandbox.http.patch("/api/application", json={"too_many_status": status}, headers=key)
        assert answer.status_code == 400, status


@pytest.mark.parametrize("bank", ["HSBC", "CIBC", "Laurentienne", "Simplii", "Chase"])
def test_some_banks_take_no_answers_for_later(flinks: Flinks, bank: str) -> None:
    """Four of Canada, and those of other countries: nothing is gathered there, and nothing can be left."""
    card = flinks.authorize(newcomer(), bank=bank, WithMfaQuestions=True)["Login"]["Id"]
    assert flinks.get(f"GetMFAQuestions/{card}")["Questions"] == []
    body = {"LoginId": card, "Questions": [{"Question": "What city were you born in?", "Answer": "Montreal"}]}
    answer = flinks.told(flinks.call("PATCH", "AnswerMFAQuestions", json=body), 405)
    flinks.refusal(answer, "METHOD_NOT_AVAILABLE")
