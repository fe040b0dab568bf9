"""Authorize on the wire: the three ways to open a session, what its answers say, and who may open one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.flinks import BANK, PASSWORD, ZERO, Flinks, newcomer

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LINKS = [
    {"rel": "AccountsDetail", "href": "/GetAccountsDetail", "example": None},
    {"rel": "AccountsSummary", "href": "/GetAccountsSummary", "example": None},
    {"rel": "Statements", "href": "/GetStatements", "example": None},
]


def test_a_new_card_is_authorized_with_the_keys_of_the_samples(flinks: Flinks) -> None:
    """Typed clients parse every id as a GUID, and a card that was never refreshed has a date for it."""
    told = flinks.authorize("greatday_nomfa", Tag="loan-7")
    assert list(told) == [
        "Links",
        "HttpStatusCode",
        "InstitutionName",
        "Login",
        "InstitutionId",
        "Institution",
        "RequestId",
        "Tag",
    ]
    assert told["Links"] == LINKS
    assert (told["Institution"], told["InstitutionName"], told["InstitutionId"]) == (BANK, "FlinksCapital", 14)
    login = told["Login"]
    assert GUID.fullmatch(login.pop("Id")) and GUID.fullmatch(told["RequestId"])
    assert login == {
        "Username": "greatday_nomfa",
        "IsScheduledRefresh": False,
        "LastRefresh": "0001-01-01T00:00:00",
        "Type": None,
    }
    assert told["Tag"] == "loan-7"


def test_the_same_user_has_the_same_card_whatever_the_letters_and_the_password(flinks: Flinks) -> None:
    """Only another language, or another institution, is another card."""
    username = "greatday_nomfa"
    card = flinks.authorize(username)["Login"]["Id"]
    assert flinks.authorize("GreatDay_NoMFA")["Login"]["Id"] == card
    refused = flinks.authorize(username, 401, Password="another")
    assert flinks.authorize(username)["Login"]["Id"] == card
    assert refused["FlinksCode"] == "INVALID_LOGIN"
    assert flinks.authorize(username, Language="fr")["Login"]["Id"] != card
    assert flinks.authorize(username, bank="RBC")["Login"]["Id"] != card


def test_a_card_that_is_not_to_be_saved_goes_with_its_session(flinks: Flinks) -> None:
    """As long as the session lasts it can be read; then there is no way back to it."""
    username = newcomer()
    kept = flinks.authorize(username)["Login"]["Id"]
    told = flinks.authorize(username, bank="RBC", Save="false")
    assert told["Login"]["Id"] != kept
    assert flinks.post("GetAccountsDetail", RequestId=told["RequestId"])["Accounts"]
    flinks.sandbox.advance("PT31M")
    flinks.refusal(flinks.cached(told["Login"]["Id"], 401), "INVALID_LOGIN")
    assert flinks.sandbox.call("GET", f"/items/{told['Login']['Id']}").status_code == 404
    assert flinks.live(kept)["Login"]["Id"] == kept


def test_a_card_that_nobody_has_is_refused_in_both_modes(flinks: Flinks) -> None:
    """The session of the refusal is in the log with its RequestId."""
    for way in (flinks.cached, flinks.live):
        refused = way(ZERO, 401)
        flinks.refusal(refused, "INVALID_LOGIN")
        assert refused["Message"] == "The LoginId provided is either invalid or does not belong to the CustomerId"


def test_another_customers_card_is_not_there(flinks: Flinks) -> None:
    """The LoginId alone opens nothing."""
    card = flinks.card()
    other = Flinks(flinks.sandbox.server.other_client("flinks-other"))
    other.refusal(other.cached(card, 401), "INVALID_LOGIN")
    id = flinks.cached(card)["RequestId"]
    other.refusal(other.post("GetAccountsDetail", 400, RequestId=id), "SESSION_NONEXISTENT")


def test_a_cached_authorize_tells_the_error_of_the_last_refresh(flinks: Flinks) -> None:
    """What is stored is old then, and the client is to know why."""
    username = newcomer()
    card = flinks.card(username)
    flinks.sandbox.arm("institution.unavailable.maintenance", operation="login")
    flinks.refusal(flinks.live(card, 401), "BANK_MAINTENANCE_RETRY_LATER")
    flinks.refusal(flinks.cached(card, 401), "BANK_MAINTENANCE_RETRY_LATER")
    flinks.live(card)
    flinks.cached(card)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "Institution"),
        ({"Institution": BANK, "Username": "Greatday"}, "Password"),
        ({"Institution": "NoBank", "Username": "Greatday", "Password": PASSWORD}, "Institution"),
        ({"LoginId": "not-a-guid"}, "LoginId"),
        ({"LoginId": ZERO, "MostRecentCached": "perhaps"}, "MostRecentCached"),
        ({"RequestId": "not-a-guid", "SecurityResponses": {}}, "RequestId"),
        ({"RequestId": ZERO, "SecurityResponses": ["Montreal"]}, "SecurityResponses"),
        ({"Institution": BANK, "Username": {"a": 1}, "Password": PASSWORD}, "Username"),
        ({"Institution": BANK, "Username": "Greatday", "Password": PASSWORD, "Language": "pt"}, "Language"),
    ],
)
def test_what_is_missing_or_wrong_is_named(flinks: Flinks, body: dict[str, Any], field: str) -> None:
    """ValidationDetails has the field's name and a sentence for it."""
    refused = flinks.refusal(flinks.post("Authorize", 401, **body), "INVALID_REQUEST")
    assert next(iter(refused["ValidationDetails"])) == field
    assert refused["Message"] and "{" not in refused["Message"]


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"text"', b"\xff", b'{"Username": "a\\u0000"}'])
def test_a_body_that_is_no_object_is_refused_whole(flinks: Flinks, raw: bytes) -> None:
    """Whatever the content type says."""
    answer = flinks.call("POST", "Authorize", content=raw, headers={"content-type": "text/plain"})
    flinks.refusal(flinks.told(answer, 401), "INVALID_REQUEST")


def test_an_authorized_session_is_not_authorized_again(flinks: Flinks) -> None:
    """Neither with answers nor without them."""
    id = flinks.connected()
    flinks.refusal(flinks.post("Authorize", 401, RequestId=id), "ALREADY_AUTHORIZED")
    flinks.refusal(flinks.respond(id, {"What?": ["That"]}, 401), "ALREADY_AUTHORIZED")


def test_a_session_with_no_waiting_is_polled_with_its_request_id(flinks: Flinks) -> None:
    """Each step is answered at once: pending, asked, pending, authorized."""
    body = {"Institution": BANK, "Username": "Greatday", "Password": PASSWORD}
    started = flinks.refusal(flinks.post("AuthorizeAsync", 202, **body), "OPERATION_PENDING")
    id = started["RequestId"]
    assert started["Links"][0]["rel"] == "AuthorizeAsync"
    flinks.sandbox.settle()
    asked = flinks.post("AuthorizeAsync", 203, RequestId=id)
    assert asked["RequestId"] == id
    prompt = asked["SecurityChallenges"][0]["Prompt"]
    wrong = flinks.post("AuthorizeAsync", 202, RequestId=id, SecurityResponses={prompt: "Nowhere"})
    assert wrong["RequestId"] == id
    flinks.sandbox.settle()
    again = flinks.refusal(flinks.post("AuthorizeAsync", 401, RequestId=id), "INVALID_SECURITY_RESPONSE")
    assert again["SecurityChallenges"]
    flinks.answer(again)
    assert flinks.post("AuthorizeAsync", RequestId=id)["Login"]["Username"] == "Greatday"


def test_many_cards_are_opened_at_once(flinks: Flinks) -> None:
    """Those that are nobody's are named, and the others can be read."""
    cards = [flinks.card() for _ in range(2)]
    told = flinks.post("AuthorizeMultiple", LoginIds=[*cards, ZERO], MostRecentCached=True)
    assert [one["LoginId"] for one in told["ValidLoginIds"]] == cards
    assert told["InvalidLoginIds"] == [ZERO]
    id = told["ValidLoginIds"][1]["RequestId"]
    assert flinks.post("GetAccountsDetail", RequestId=id)["Login"]["Id"] == cards[1]
    flinks.refusal(flinks.post("AuthorizeMultiple", 401), "INVALID_REQUEST")


def test_a_customer_that_nobody_is_is_not_found(flinks: Flinks) -> None:
    """The customerId of the published sandbox stands for the sandbox application."""
    lost = Flinks(flinks.sandbox, ZERO)
    lost.refusal(lost.authorize("greatday_nomfa", 401), "CUSTOMER_NOT_FOUND")
    published = Flinks(flinks.sandbox, "43387CA6-0391-4C82-857D-70D95F087ECB")
    card = published.authorize("greatday_nomfa")["Login"]["Id"]
    assert flinks.authorize("greatday_nomfa")["Login"]["Id"] == card


def test_a_session_lasts_eight_minutes_idle_and_half_an_hour_once_it_is_used(flinks: Flinks) -> None:
    """What it has brought can be read as long; then the RequestId is nobody's."""
    id = flinks.connected()
    flinks.sandbox.advance("PT7M59S")
    assert flinks.post("GetAccountsSummary", RequestId=id)["Accounts"]
    flinks.sandbox.advance("PT29M")
    assert flinks.post("GetAccountsSummary", RequestId=id)["Accounts"]
    flinks.sandbox.advance("PT1M")
    flinks.refusal(flinks.post("GetAccountsSummary", 400, RequestId=id), "SESSION_NONEXISTENT")


@pytest.mark.parametrize("username", ["greatday_nomfa", "Chat_GPT", "multiple_employers"])
def test_a_user_of_the_published_samples_is_let_in(flinks: Flinks, username: str) -> None:
    """In whatever capitals the name is written."""
    assert flinks.authorize(username)["Login"]["Username"] == username
