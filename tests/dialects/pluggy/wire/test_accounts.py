"""Accounts, their balance at this moment, statements and bills."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.errors import BAD_KEY, NOBODYS, UUID, assert_refused
from tests.server import Client

NO_ITEM = "itemId should not be null or undefined,itemId must be a UUID"


@pytest.fixture(scope="module")
def accounts(reader: Client, item_id: str) -> list[Any]:
    """The item's accounts."""
    return list(reader.get("/accounts", itemId=item_id)["results"])


@pytest.fixture(scope="module")
def card(accounts: list[Any]) -> Any:
    """The item's credit card."""
    [one] = [account for account in accounts if account["type"] == "CREDIT"]
    return one


@pytest.fixture(scope="module")
def checking(accounts: list[Any]) -> Any:
    """The item's checking account."""
    [one] = [account for account in accounts if account["subtype"] == "CHECKING_ACCOUNT"]
    return one


def test_accounts_come_in_one_page_and_by_type(reader: Client, item_id: str, accounts: list[Any]) -> None:
    """Each type is what is left of the whole; a word that is no type is refused."""
    page = reader.get("/accounts", itemId=item_id)
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(accounts))
    for type_ in ("BANK", "CREDIT"):
        expected = [account for account in accounts if account["type"] == type_]
        assert expected
        assert reader.get("/accounts", itemId=item_id, type=type_)["results"] == expected
    refused = reader.call("GET", f"/accounts?itemId={item_id}&type=LOAN")
    assert_refused(refused, 400, "type must be one of the following values: BANK, CREDIT")


def test_an_account_has_its_details_by_its_type(accounts: list[Any]) -> None:
    """A bank's account has bank data and no card's, a card the other way round; keys are there either way."""
    for account in accounts:
        assert account["itemId"]
        assert UUID.fullmatch(account["id"])
        assert account["currencyCode"] == "BRL"
        assert (account["bankData"] is None) is (account["type"] == "CREDIT")
        assert (account["creditData"] is None) is (account["type"] == "BANK")
        assert {"marketingName", "taxNumber", "owner"} <= set(account)


def test_an_account_reads_alone_as_it_does_in_the_list(reader: Client, accounts: list[Any]) -> None:
    """Every id of the list leads to the same object."""
    for account in accounts:
        assert reader.get(f"/accounts/{account['id']}") == account


def test_an_item_is_asked_for_by_a_uuid(reader: Client) -> None:
    """Missing, malformed, unknown: each has its own answer."""
    assert_refused(reader.call("GET", "/accounts"), 400, NO_ITEM)
    assert_refused(reader.call("GET", "/accounts?itemId="), 400, NO_ITEM)
    assert_refused(reader.call("GET", "/accounts?itemId=17"), 400, "itemId must be a UUID")
    assert_refused(reader.call("GET", f"/accounts?itemId={NOBODYS}"), 404, "item not found", "ITEM_NOT_FOUND")


@pytest.mark.parametrize("end", ["", "/statements"])
def test_an_unknown_account_is_not_found(reader: Client, end: str) -> None:
    """The account itself, and what hangs on it."""
    unknown = reader.call("GET", f"/accounts/{NOBODYS}{end}")
    assert_refused(unknown, 404, "account not found", "ACCOUNT_NOT_FOUND")
    assert_refused(reader.call("GET", f"/accounts/17{end}"), 400, "id must be a UUID")


def test_the_balance_of_this_moment_is_the_accounts(reader: Client, checking: Any, card: Any) -> None:
    """Just after the sync the live balance is the one that was stored."""
    for account in (checking, card):
        balance = reader.get(f"/accounts/{account['id']}/balance")
        assert (balance["balance"], balance["currencyCode"]) == (account["balance"], "BRL")
        assert balance["updateDateTime"] >= account["updatedAt"]


BALANCES = [
    ("request.balance.invalid", 400, "BALANCE_INVALID_REQUEST",
     "The balance request was rejected as invalid by the financial institution."),
    ("request.balance.consent-missing", 403, "BALANCE_CONSENT_ERROR",
     "The financial institution denied access to the account balance. "
     "The consent may be expired or missing the required permission."),
    ("request.balance.not-found", 404, "BALANCE_NOT_FOUND",
     "The account balance was not found at the financial institution."),
    ("request.balance.rate-limited", 429, "BALANCE_OPEN_FINANCE_RATE_LIMIT",
     "The financial institution rate-limited the balance request. Please try again later."),
    ("request.balance.failed", 500, "BALANCE_FETCH_ERROR",
     "An error occurred while fetching the account balance from the connector"),
    ("request.balance.unavailable", 502, "BALANCE_CONNECTOR_UNAVAILABLE",
     "The financial institution is temporarily unavailable to provide the balance. Please try again later."),
    ("institution.unavailable", 502, "BALANCE_CONNECTOR_UNAVAILABLE",
     "The financial institution is temporarily unavailable to provide the balance. Please try again later."),
    ("unexpected", 500, "BALANCE_FETCH_ERROR",
     "An error occurred while fetching the account balance from the connector"),
]  # fmt: skip


@pytest.mark.parametrize(("meaning", "status", "code", "message"), BALANCES)
def test_an_institution_may_refuse_to_tell_a_balance(
    client: Client, checking: Any, meaning: str, status: int, code: str, message: str
) -> None:
    """Each way has its own status and description; the next request is answered again."""
    client.arm(meaning, operation="balance")
    refused = client.call("GET", f"/accounts/{checking['id']}/balance")
    assert_refused(refused, status, message, code)
    assert ("retry-after" in refused.headers) is (status == 429)
    assert client.call("GET", f"/accounts/{checking['id']}/balance").status_code == 200


def test_a_user_may_be_one_whose_balance_is_refused(client: Client) -> None:
    """The same without a fault: the user's name says what the institution will do."""
    item = client.connect(0, user="act+request.balance.consent-missing@balance")
    account = client.get("/accounts", itemId=item["id"])["results"][0]
    refused = client.call("GET", f"/accounts/{account['id']}/balance")
    assert (refused.status_code, refused.json()["codeDescription"]) == (403, "BALANCE_CONSENT_ERROR")


def test_a_balance_of_an_unknown_account_has_words_of_its_own(reader: Client) -> None:
    """No description here, and another sentence than elsewhere."""
    unknown = reader.call("GET", f"/accounts/{NOBODYS}/balance")
    assert_refused(unknown, 404, "account not found for the given id")
    assert_refused(reader.call("GET", "/accounts/17/balance"), 400, "id must be a UUID")


def test_statements_have_a_month_and_an_address(reader: Client, checking: Any) -> None:
    """One for each month, in one page; the address is the key to the document."""
    page = reader.get(f"/accounts/{checking['id']}/statements")
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(page["results"]))
    assert page["results"]
    for statement in page["results"]:
        assert set(statement) == {"id", "monthYear", "url"}
        month, year = statement["monthYear"].split("-")
        assert 1 <= int(month) <= 12
        assert len(year) == 4
    document = httpx.get(page["results"][0]["url"])
    assert document.status_code == 200
    assert document.headers["content-type"] == "application/pdf"
    assert document.content.startswith(b"%PDF-")
    assert document.content == httpx.get(page["results"][0]["url"]).content


def test_the_address_of_a_statement_works_for_half_an_hour(client: Client, checking: Any) -> None:
    """Then it is refused, as it is without its key or with another statement's."""
    client.advance("PT0S")
    client.key = client.authenticate(*client.keys)
    first, second, *_ = client.get(f"/accounts/{checking['id']}/statements")["results"]
    client.advance("PT29M59S")
    assert httpx.get(first["url"]).status_code == 200
    bare, _, token = first["url"].partition("?")
    assert_refused(httpx.get(bare), 403, BAD_KEY)
    assert_refused(httpx.get(f"{second['url'].partition('?')[0]}?{token}"), 403, BAD_KEY)
    client.advance("PT1S")
    assert_refused(httpx.get(first["url"]), 403, BAD_KEY)


def test_bills_belong_to_cards(reader: Client, card: Any, checking: Any) -> None:
    """A card has them in one page; any other account has an empty page."""
    page = reader.get("/bills", accountId=card["id"])
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(page["results"]))
    assert page["results"]
    for bill in page["results"]:
        alone = reader.get(f"/bills/{bill['id']}")
        assert alone == {**bill, "accountId": card["id"]}
    empty = {"page": 1, "total": 0, "totalPages": 1, "results": []}
    assert reader.get("/bills", accountId=checking["id"]) == empty


def test_an_unknown_bill_and_an_unknown_account_are_not_found(reader: Client) -> None:
    """Each in its own words."""
    assert_refused(reader.call("GET", f"/bills/{NOBODYS}"), 404, "Bill not found", "CREDIT_CARD_BILL_NOT_FOUND")
    assert_refused(reader.call("GET", "/bills/17"), 400, "id must be a UUID")
    message = "accountId should not be null or undefined,accountId must be a UUID"
    assert_refused(reader.call("GET", "/bills"), 400, message)
    unknown = reader.call("GET", f"/bills?accountId={NOBODYS}")
    assert_refused(unknown, 404, "account not found", "ACCOUNT_NOT_FOUND")
