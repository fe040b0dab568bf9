"""Who may open a session and read its data, in each of the three modes; and paths as clients write them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flinks import BANK, PASSWORD, ZERO, Flinks, newcomer


@pytest.fixture
def guarded(flinks: Flinks) -> Iterator[Flinks]:
    """The same client, whose sessions need a token."""
    flinks.sandbox.policy(admission="token")
    yield flinks
    flinks.sandbox.policy(admission="open")


def token(flinks: Flinks) -> str:
    """Return a new token that opens a session."""
    headers = {"flinks-auth-key": flinks.sandbox.keys[1]}
    return str(flinks.told(flinks.call("POST", "GenerateAuthorizeToken", headers=headers))["Token"])


def body() -> dict[str, str]:
    """Return the body of a login that succeeds."""
    return {"Institution": BANK, "Username": newcomer(), "Password": PASSWORD}


def test_a_wrong_secret_gets_no_token_in_any_mode(flinks: Flinks) -> None:
    """With no secret there is one where nothing has to be shown, and none elsewhere."""
    wrong = flinks.call("POST", "GenerateAuthorizeToken", headers={"flinks-auth-key": ZERO})
    refused = flinks.refusal(flinks.told(wrong, 401), "UNAUTHORIZED")
    assert refused["Message"] == "You must provide a valid auth key"
    assert flinks.post("GenerateAuthorizeToken")["Token"]
    flinks.sandbox.policy(admission="token")
    try:
        flinks.refusal(flinks.post("GenerateAuthorizeToken", 401), "UNAUTHORIZED")
    finally:
        flinks.sandbox.policy(admission="open")


def test_a_token_opens_one_session(guarded: Flinks) -> None:
    """Its answers need no other one; a second session does."""
    key = {"flinks-auth-key": token(guarded)}
    login = {"Institution": BANK, "Username": "Greatday", "Password": PASSWORD}
    asked = guarded.told(guarded.call("POST", "Authorize", json=login, headers=key), 203)
    guarded.answer(asked)
    refused = guarded.told(guarded.call("POST", "Authorize", json=body(), headers=key), 401)
    assert guarded.refusal(refused, "UNAUTHORIZED")["Message"] == "You must provide a valid authorize token"


def test_a_session_without_a_token_is_denied(guarded: Flinks) -> None:
    """A token in the body counts as well as one in the header."""
    guarded.refusal(guarded.post("Authorize", 401, **body()), "ACCESS_DENIED")
    guarded.post("Authorize", authorizeToken=token(guarded), **body())
    card = guarded.post("Authorize", Token=token(guarded), **body())["Login"]["Id"]
    guarded.refusal(guarded.cached(card, 401), "ACCESS_DENIED")
    guarded.refusal(guarded.post("AuthorizeMultiple", 401, LoginIds=[card]), "ACCESS_DENIED")


def test_a_token_that_is_half_an_hour_old_opens_nothing(guarded: Flinks) -> None:
    """It does a moment before."""
    early, late = token(guarded), token(guarded)
    guarded.sandbox.advance("PT29M59S")
    guarded.post("Authorize", Token=early, **body())
    guarded.sandbox.advance("PT1S")
    guarded.refusal(guarded.post("Authorize", 401, Token=late, **body()), "UNAUTHORIZED")


def test_data_needs_a_key_where_both_are_wanted(flinks: Flinks) -> None:
    """The secret is the key; so is a bearer token that was given for it."""
    id, card = flinks.connected(), flinks.card()
    flinks.sandbox.policy(admission="token-and-key")
    try:
        path, told = f"GetAccountsDetailAsync/{id}", {"RequestId": id}
        flinks.refusal(flinks.post("GetAccountsDetail", 401, **told), "UNAUTHORIZED")
        flinks.refusal(flinks.told(flinks.call("GET", path, headers={"x-api-key": ZERO}), 401), "UNAUTHORIZED")
        key = {"x-api-key": flinks.sandbox.keys[1]}
        assert flinks.told(flinks.call("POST", "GetAccountsDetail", json=told, headers=key))["Accounts"]
        exchanged = flinks.post("Token", client_id=flinks.customer, secret=flinks.sandbox.keys[1])
        bearer = {"authorization": f"Bearer {exchanged['access_token']}"}
        assert flinks.told(flinks.call("GET", path, headers=bearer))["Accounts"]
        assert flinks.told(flinks.call("GET", "GetNightlyRefreshStatus", headers=bearer))["HttpStatusCode"] == 200
        flinks.refusal(flinks.get("GetNightlyRefreshStatus", 401), "UNAUTHORIZED")
        flinks.refusal(flinks.post("Token", 401, client_id=flinks.customer, secret=ZERO), "UNAUTHORIZED")
        flinks.sandbox.advance("PT1H")
        flinks.refusal(flinks.told(flinks.call("GET", "GetNightlyRefreshStatus", headers=bearer), 401), "UNAUTHORIZED")
    finally:
        flinks.sandbox.policy(admission="open")
    assert flinks.cached(card)


@pytest.mark.parametrize(
    "path",
    [
        "BankingServices/GetAccountsDetail%20",
        "bankingservices/getaccountsdetail",
        "/BankingServices//GetAccountsDetail/",
        "BANKINGSERVICES/GETACCOUNTSDETAIL",
    ],
)
def test_a_path_is_known_however_it_is_written(flinks: Flinks, path: str) -> None:
    """Letters, slashes and a blank at the end make no difference, nor does the content type."""
    id = flinks.connected()
    raw = b'{"requestid": "%s", "Token": "ignored", "MostRecentCached": true}' % id.encode()
    for media in ("application/json;charset=UTF-8", "text/plain"):
        url = f"/flinks/v3/{flinks.customer.upper()}/{path}"
        answer = flinks.sandbox.http.post(url, content=raw, headers={"content-type": media})
        assert flinks.told(answer)["RequestId"] == id


def test_a_path_that_nobody_has_is_not_found_in_the_common_form(flinks: Flinks) -> None:
    """And a verb that a path does not have is no method."""
    told = flinks.told(flinks.call("POST", "Nothing"), 404)
    assert told["FlinksCode"] and told["Message"]
    flinks.refusal(flinks.told(flinks.call("GET", "Authorize"), 405), "METHOD_NOT_AVAILABLE")
