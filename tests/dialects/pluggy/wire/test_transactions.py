"""Transactions: by number of page, by cursor, by id, and under another category."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client

MISSING = "accountId should not be null or undefined,accountId must be a UUID"


@pytest.fixture(scope="module")
def account_id(reader: Client, item_id: str) -> str:
    """The checking account of the shared item."""
    return str(reader.get("/accounts", itemId=item_id, type="BANK")["results"][0]["id"])


@pytest.fixture(scope="module")
def every(reader: Client, account_id: str) -> list[Any]:
    """All transactions of that account."""
    read: list[Any] = []
    while True:
        page = reader.get("/transactions", accountId=account_id, page=len(read) // 500 + 1)
        read += page["results"]
        if len(read) == page["total"]:
            return read


def test_numbered_pages_have_their_length(reader: Client, account_id: str, every: list[Any]) -> None:
    """The whole is cut in order, and a page behind the last is empty."""
    size = 100
    pages = -(-len(every) // size)
    for number in (1, 2, pages, pages + 1):
        page = reader.get("/transactions", accountId=account_id, page=number, pageSize=size)
        assert (page["page"], page["total"], page["totalPages"]) == (number, len(every), pages)
        assert page["results"] == every[(number - 1) * size : number * size]


def test_pages_are_asked_for_by_whole_positive_numbers(reader: Client, account_id: str) -> None:
    """More than five hundred on a page is refused, and so is what is no number."""
    path = f"/transactions?accountId={account_id}"
    assert_refused(reader.call("GET", f"{path}&pageSize=501"), 400, "pageSize must not be greater than 500")
    for name in ("page", "pageSize"):
        for value in ("0", "-1", "1.5", "many"):
            message = f"{name} must be a positive integer number"
            assert_refused(reader.call("GET", f"{path}&{name}={value}"), 400, message)


def test_the_newest_come_first(every: list[Any]) -> None:
    """By their date, and none twice."""
    assert [t["date"] for t in every] == sorted((t["date"] for t in every), reverse=True)
    assert len({t["id"] for t in every}) == len(every)


def test_a_day_is_meant_whole(reader: Client, account_id: str, every: list[Any]) -> None:
    """Both ways of listing take days and instants, and a day's last moment is in it."""
    day = every[len(every) // 3]["date"][:10]
    expected = [t for t in every if t["date"][:10] == day]
    assert expected
    assert reader.get("/transactions", accountId=account_id, **{"from": day, "to": day})["results"] == expected
    page = reader.get("/v2/transactions", accountId=account_id, dateFrom=day, dateTo=day)
    assert page == {"results": expected, "next": None}
    moment = expected[0]["date"]
    exact = reader.get("/v2/transactions", accountId=account_id, dateFrom=moment, dateTo=moment)["results"]
    assert exact == [t for t in every if t["date"] == moment]


def test_what_is_no_date_is_refused(reader: Client, account_id: str) -> None:
    """The field is named."""
    for path, field in (("/transactions", "from"), ("/transactions", "to"), ("/v2/transactions", "dateFrom"),
                        ("/v2/transactions", "createdAtFrom")):  # fmt: skip
        refused = reader.call("GET", f"{path}?accountId={account_id}&{field}=yesterday")
        assert_refused(refused, 400, f"{field} must be a valid ISO 8601 date string")


def test_a_list_of_ids_makes_the_dates_void(reader: Client, account_id: str, every: list[Any]) -> None:
    """What is named comes, whatever the days; a stranger's id is passed over."""
    wanted = every[2:5]
    ids = ",".join([*(t["id"] for t in wanted), NOBODYS])
    page = reader.get("/transactions", accountId=account_id, ids=ids, **{"from": "2001-01-01", "to": "2001-01-02"})
    assert page["results"] == wanted
    assert page["total"] == 3


def test_more_than_five_hundred_ids_are_refused(reader: Client, account_id: str) -> None:
    """Five hundred are taken; the refusal has a description."""
    ids = [f"4d6b2b3e-6f0a-4a5e-9d0f-{number:012}" for number in range(501)]
    page = reader.get("/v2/transactions", accountId=account_id, ids=",".join(ids[:500]))
    assert page == {"results": [], "next": None}
    refused = reader.call("GET", "/v2/transactions", params={"accountId": account_id, "ids": ",".join(ids)})
    message = "The ids parameter cannot have more than 500 transaction ids"
    assert_refused(refused, 400, message, "IDS_PARAMETER_EXCEEDS_MAX_LENGTH")


def test_what_was_stored_since_an_instant_is_listed(client: Client) -> None:
    """Later than all there is nothing; from the first on there is everything; not together with a first day."""
    item = client.connect(2)
    account = client.get("/accounts", itemId=item["id"], type="BANK")["results"][0]["id"]
    page = client.get("/v2/transactions", accountId=account)
    created = page["results"][0]["createdAt"]
    since = client.get("/v2/transactions", accountId=account, createdAtFrom=created)
    assert since["results"] == page["results"]
    later = client.get("/v2/transactions", accountId=account, createdAtFrom=client.advance("PT1H"))
    assert later == {"results": [], "next": None}
    both = f"/v2/transactions?accountId={account}&createdAtFrom={created}&dateFrom=2026-01-01"
    assert_refused(client.call("GET", both), 400, "createdAtFrom cannot be used together with dateFrom")


def test_the_cursor_says_where_the_page_ended(reader: Client, account_id: str, every: list[Any]) -> None:
    """It is the date and the id of the page's last transaction, in base64."""
    page = reader.get("/v2/transactions", accountId=account_id)
    assert page["results"] == every[:500]
    assert page["next"] is not None
    told = dict(parse_qsl(page["next"].removeprefix("?")))
    assert told["accountId"] == account_id
    last = every[499]
    assert base64.b64decode(told["after"]).decode() == f"{last['date']}|{last['id']}"
    rest = reader.get("/v2/transactions", **told)
    assert rest == {"results": every[500:], "next": None}


def test_a_cursor_that_is_none_is_refused(reader: Client, account_id: str) -> None:
    """Whatever is wrong with it, the answer is the same."""
    halves = [b"x|y", b"2026-01-01T00:00:00.000Z", f"yesterday|{NOBODYS}".encode(), b"\xff\xfe"]
    for cursor in ["nonsense", "====", *(base64.b64encode(half).decode() for half in halves)]:
        refused = reader.call("GET", "/v2/transactions", params={"accountId": account_id, "after": cursor})
        assert_refused(refused, 400, "Invalid cursor")


def test_the_newer_list_has_no_page_size(reader: Client, account_id: str) -> None:
    """Its pages have a fixed length, and asking for another is an unknown field."""
    refused = reader.call("GET", f"/v2/transactions?accountId={account_id}&pageSize=10")
    assert_refused(refused, 400, "property pageSize should not exist")


def test_an_account_is_asked_for_by_a_uuid(reader: Client) -> None:
    """Missing (the newer list puts a space behind the comma), malformed, unknown."""
    assert_refused(reader.call("GET", "/transactions"), 400, MISSING)
    assert_refused(reader.call("GET", "/v2/transactions"), 400, MISSING.replace(",", ", "))
    for path in ("/transactions", "/v2/transactions"):
        assert_refused(reader.call("GET", f"{path}?accountId=17"), 400, "accountId must be a UUID")
        unknown = reader.call("GET", f"{path}?accountId={NOBODYS}")
        assert_refused(unknown, 404, "account not found", "ACCOUNT_NOT_FOUND")


def test_a_transaction_reads_alone_as_it_does_in_the_list(reader: Client, every: list[Any]) -> None:
    """By its id; an unknown one is not found."""
    for transaction in every[:3]:
        assert reader.get(f"/transactions/{transaction['id']}") == transaction
    unknown = reader.call("GET", f"/transactions/{NOBODYS}")
    assert_refused(unknown, 404, "Transaction not found", "TRANSACTION_NOT_FOUND")
    assert_refused(reader.call("GET", "/transactions/17"), 400, "id must be a UUID")


def test_a_transaction_is_filed_under_another_category_for_good(client: Client) -> None:
    """The choice stays after the next update of the item; everything else of the transaction is as it was."""
    item = client.connect(2)
    account = client.get("/accounts", itemId=item["id"], type="BANK")["results"][0]["id"]
    before = client.get("/transactions", accountId=account, pageSize=1)["results"][0]
    answer = client.call("PATCH", f"/transactions/{before['id']}", json={"categoryId": "02030003"})
    assert answer.status_code == 200
    changed = {"category": "Student loan", "categoryId": "02030003", "updatedAt": answer.json()["updatedAt"]}
    assert answer.json() == {**before, **changed}
    client.update(item["id"])
    assert client.get(f"/transactions/{before['id']}")["categoryId"] == "02030003"


def test_a_transaction_is_not_filed_under_what_is_no_category(reader: Client, every: list[Any]) -> None:
    """Missing, of another type, unknown; or the transaction itself is unknown."""
    path = f"/transactions/{every[0]['id']}"
    assert_refused(reader.call("PATCH", path, json={}), 400, "categoryId must be a string")
    assert_refused(reader.call("PATCH", path, json={"categoryId": 1}), 400, "categoryId must be a string")
    unknown = reader.call("PATCH", path, json={"categoryId": "77777777"})
    assert_refused(unknown, 404, "category not found", "CATEGORY_NOT_FOUND")
    other = reader.call("PATCH", path, json={"categoryId": "01010000", "amount": 1})
    assert_refused(other, 400, "property amount should not exist")
    nobody = reader.call("PATCH", f"/transactions/{NOBODYS}", json={"categoryId": "01010000"})
    assert_refused(nobody, 404, "Transaction not found", "TRANSACTION_NOT_FOUND")
    assert reader.get(path) == every[0]


def test_the_older_list_is_withdrawn_for_newer_applications(client: Client, account_id: str) -> None:
    """Such an application is pointed to the newer list."""
    client.arm("request.unsupported.retired", operation="GET /transactions")
    message = "This endpoint is deprecated. Use GET /v2/transactions with cursor pagination instead."
    refused = client.call("GET", f"/transactions?accountId={account_id}")
    assert_refused(refused, 410, message, "ENDPOINT_DEPRECATED")
