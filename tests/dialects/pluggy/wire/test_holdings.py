"""Investments, identity, loans, consents, resources, the Central Bank's report, merchants."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client

NO_ITEM = "itemId should not be null or undefined,itemId must be a UUID"


@pytest.fixture(scope="module")
def broker_id(reader: Client) -> str:
    """The id of a broker's item."""
    return str(reader.connect(16)["id"])


@pytest.fixture(scope="module")
def investments(reader: Client, broker_id: str) -> list[Any]:
    """The broker's investments."""
    return list(reader.get("/investments", itemId=broker_id)["results"])


def test_investments_come_in_pages_and_by_type(reader: Client, broker_id: str, investments: list[Any]) -> None:
    """The page's length is the caller's to choose up to five hundred; a type leaves only its own."""
    assert len(investments) > 3
    page = reader.get("/investments", itemId=broker_id, page=2, pageSize=2)
    assert (page["page"], page["total"], page["totalPages"]) == (2, len(investments), -(-len(investments) // 2))
    assert page["results"] == investments[2:4]
    types = {investment["type"] for investment in investments}
    assert len(types) > 1
    for type_ in types:
        expected = [investment for investment in investments if investment["type"] == type_]
        assert reader.get("/investments", itemId=broker_id, type=type_)["results"] == expected
    path = f"/investments?itemId={broker_id}"
    assert_refused(reader.call("GET", f"{path}&pageSize=501"), 400, "pageSize must not be greater than 500")
    assert reader.call("GET", f"{path}&type=GOLD").status_code == 400


def test_an_investment_reads_alone_with_its_movements(reader: Client, investments: list[Any]) -> None:
    """Alone as in the list, and its movements by page."""
    moved = [investment for investment in investments if len(investment["transactions"]) > 1]
    assert moved
    for investment in moved[:2]:
        path = f"/investments/{investment['id']}"
        assert reader.get(path) == investment
        page = reader.get(f"{path}/transactions")
        assert page["results"] == investment["transactions"]
        assert (page["page"], page["total"], page["totalPages"]) == (1, len(page["results"]), 1)
        second = reader.get(f"{path}/transactions", page=2, pageSize=1)
        assert second["results"] == investment["transactions"][1:2]
        assert second["totalPages"] == len(page["results"])


@pytest.mark.parametrize("end", ["", "/transactions"])
def test_an_unknown_investment_is_not_found(reader: Client, end: str) -> None:
    """The investment, and what hangs on it."""
    unknown = reader.call("GET", f"/investments/{NOBODYS}{end}")
    assert_refused(unknown, 404, "investment not found", "INVESTMENT_NOT_FOUND")
    assert_refused(reader.call("GET", f"/investments/17{end}"), 400, "id must be a UUID")


def test_the_identity_is_one_object(reader: Client, item_id: str) -> None:
    """By its item and by its own id it is the same, and no page."""
    identity = reader.get("/identity", itemId=item_id)
    assert identity["itemId"] == item_id
    assert identity["fullName"]
    assert reader.get(f"/identity/{identity['id']}") == identity


def test_an_identity_that_is_not_there_is_not_found(reader: Client, client: Client) -> None:
    """By an unknown id; of an item that has none; of an item that has not finished; of an unknown item."""
    words = (404, "identity not found", "IDENTITY_NOT_FOUND")
    assert_refused(reader.call("GET", f"/identity/{NOBODYS}"), *words)
    without = client.connect(2, products=["ACCOUNTS"])
    assert_refused(reader.call("GET", f"/identity?itemId={without['id']}"), *words)
    unfinished = client.connect(5, user="person+unfinished")
    assert_refused(reader.call("GET", f"/identity?itemId={unfinished['id']}"), *words)
    assert_refused(reader.call("GET", f"/identity?itemId={NOBODYS}"), 404, "item not found", "ITEM_NOT_FOUND")
    assert_refused(reader.call("GET", "/identity"), 400, NO_ITEM)
    assert_refused(reader.call("GET", "/identity/17"), 400, "id must be a UUID")


def test_loans_come_in_one_page_and_alone(reader: Client, item_id: str) -> None:
    """Each loan of the list is found by its id; an unknown one is not."""
    page = reader.get("/loans", itemId=item_id)
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(page["results"]))
    assert page["results"]
    for loan in page["results"]:
        assert reader.get(f"/loans/{loan['id']}") == loan
    assert_refused(reader.call("GET", f"/loans/{NOBODYS}"), 404, "loan not found", "LOAN_NOT_FOUND")
    assert_refused(reader.call("GET", "/loans/17"), 400, "id must be a UUID")
    assert_refused(reader.call("GET", "/loans"), 400, NO_ITEM)


def test_consents_come_in_one_page_and_alone(reader: Client, item_id: str, shared_item_id: str) -> None:
    """An Open Finance item has one, a direct one none; an unknown one is not found."""
    page = reader.get("/consents", itemId=shared_item_id)
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, 1)
    [consent] = page["results"]
    assert consent["itemId"] == shared_item_id
    assert consent["revokedAt"] is None
    assert "ACCOUNTS_ALL" in consent["openFinancePermissionsGranted"]
    assert reader.get(f"/consents/{consent['id']}") == consent
    assert reader.get("/consents", itemId=item_id) == {"page": 1, "total": 0, "totalPages": 1, "results": []}
    assert_refused(reader.call("GET", f"/consents/{NOBODYS}"), 404, "Consent not found", "CONSENT_NOT_FOUND")
    assert_refused(reader.call("GET", "/consents/17"), 400, "id must be a UUID")
    assert_refused(reader.call("GET", "/consents"), 400, NO_ITEM)


def test_what_a_consent_declares_comes_in_pages_and_by_status(reader: Client, shared_item_id: str) -> None:
    """A page's length and a status can be asked for; a word that is no status is refused."""
    path = f"/items/{shared_item_id}/resources"
    every = reader.get(path)["results"]
    assert len(every) > 2
    assert all(set(resource) == {"resourceId", "type", "status"} for resource in every)
    page = reader.get(path, page=2, pageSize=1)
    assert (page["page"], page["total"], page["totalPages"]) == (2, len(every), len(every))
    assert page["results"] == every[1:2]
    for status in ("AVAILABLE", "PENDING_AUTHORISATION"):
        expected = [resource for resource in every if resource["status"] == status]
        assert reader.get(path, status=status)["results"] == expected
    assert reader.call("GET", f"{path}?status=GONE").status_code == 400


def test_the_report_covers_up_to_sixty_months(reader: Client, shared_item_id: str) -> None:
    """Sixty are told, sixty-one refused; a month is six digits."""
    path = f"/items/{shared_item_id}/scr"
    assert reader.call("GET", f"{path}?from=202101&to=202512").status_code == 200
    refused = reader.call("GET", f"{path}?from=202012&to=202512")
    assert_refused(refused, 400, "The request cannot cover more than 60 base dates", "SCR_INVALID_REQUEST")
    assert_refused(reader.call("GET", f"{path}?from=202113"), 400, "from must be a month as YYYYMM")
    assert_refused(reader.call("GET", f"{path}?to=2021-12"), 400, "to must be a month as YYYYMM")
    assert reader.get(path)


def test_merchants_are_sorted_into_three(reader: Client, item_id: str) -> None:
    """Found, not found, and no number at all: each as it was written."""
    account = reader.get("/accounts", itemId=item_id, type="CREDIT")["results"][0]["id"]
    merchants = [t["merchant"] for t in reader.get("/transactions", accountId=account)["results"] if t["merchant"]]
    known = merchants[0]
    numbers = f"{known['cnpj']},00000000000191,11111111111111,x"
    answer = reader.get("/merchants", cnpjs=numbers)
    assert [merchant["cnpj"] for merchant in answer["foundMerchants"]] == [known["cnpj"]]
    assert answer["foundMerchants"][0]["name"] == known["name"]
    assert answer["notFoundMerchants"] == ["00000000000191"]
    assert answer["invalidCnpjs"] == ["11111111111111", "x"]
