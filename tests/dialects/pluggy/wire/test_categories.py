"""Categories, and the rules that file transactions under them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.errors import NOBODYS, UUID, assert_refused
from tests.server import Client, Server


def add(client: Client, **body: Any) -> httpx.Response:
    """Add a rule."""
    return client.call("POST", "/categories/rules", json=body)


def test_all_categories_come_in_one_page(reader: Client) -> None:
    """A hundred and thirty, each under its parent; one reads alone as in the list."""
    page = reader.get("/categories")
    assert (page["page"], page["total"], page["totalPages"]) == (1, 130, 1)
    assert len(page["results"]) == 130
    children = [category for category in page["results"] if category["parentId"] == "02000000"]
    assert reader.get("/categories", parentId="02000000")["results"] == children
    assert reader.get("/categories", parentId="77777777")["results"] == []
    for category in page["results"][:20]:
        assert reader.get(f"/categories/{category['id']}") == category
    assert_refused(reader.call("GET", "/categories/77777777"), 404, "category not found", "CATEGORY_NOT_FOUND")


def test_a_rule_is_made_listed_and_taken_back(client: Client) -> None:
    """What was not given has its default; the answer to deleting is a count, with status 200."""
    made = add(client, description="UBER", categoryId="02030003", matchType="contains", transactionType="DEBIT")
    assert made.status_code == 200
    rule = made.json()
    assert UUID.fullmatch(rule["id"])
    assert (rule["description"], rule["categoryId"], rule["category"]) == ("UBER", "02030003", "Student loan")
    assert (rule["matchType"], rule["transactionType"], rule["accountType"]) == ("contains", "DEBIT", None)
    page = client.get("/categories/rules")
    assert (page["page"], page["totalPages"], page["total"]) == (1, 1, len(page["results"]))
    assert rule in page["results"]
    deleted = client.call("DELETE", f"/categories/rules/{rule['id']}")
    assert (deleted.status_code, deleted.json()) == (200, {"count": 1})
    assert rule not in client.get("/categories/rules")["results"]
    exact = add(client, description="UBER", categoryId="02030003").json()
    assert exact["matchType"] == "exact"
    assert client.call("DELETE", f"/categories/rules/{exact['id']}").status_code == 200


@pytest.mark.parametrize("match", ["exact", "contains", "startsWith", "endsWith"])
def test_a_rule_matches_the_way_it_says(server: Server, match: str) -> None:
    """Descriptions that match have the rule's category, and no other has."""
    client = server.client()
    item = client.connect(2)
    account = client.get("/accounts", itemId=item["id"], type="BANK")["results"][0]["id"]
    before = client.get("/transactions", accountId=account)["results"]
    name = next(t["description"] for t in before if len(t["description"]) > 12)
    text = {"exact": name, "contains": name[2:-2], "startsWith": name[:8], "endsWith": name[-8:]}[match]
    meets = {
        "exact": lambda d: d == text,
        "contains": lambda d: text in d,
        "startsWith": lambda d: d.startswith(text),
        "endsWith": lambda d: d.endswith(text),
    }[match]
    assert add(client, description=text, categoryId="02030003", matchType=match).status_code == 200
    after = client.get("/transactions", accountId=account)["results"]
    assert [t["id"] for t in after] == [t["id"] for t in before]
    for old, new in zip(before, after, strict=True):
        expected = "02030003" if meets(old["description"]) else old["categoryId"]
        assert new["categoryId"] == expected, new["description"]
    client.close()


def test_a_rule_that_lacks_something_is_not_made(client: Client) -> None:
    """The field is named; an unknown category is not found; a word outside its list is refused."""
    before = client.get("/categories/rules")
    assert_refused(add(client, categoryId="01010000"), 400, "description must be a string")
    assert_refused(add(client, description=7, categoryId="01010000"), 400, "description must be a string")
    assert_refused(add(client, description="X"), 400, "categoryId must be a string")
    unknown = add(client, description="X", categoryId="77777777")
    assert_refused(unknown, 404, "category not found", "CATEGORY_NOT_FOUND")
    good = {"description": "X", "categoryId": "01010000"}
    for field, choices in (
        ("transactionType", "DEBIT, CREDIT"),
        ("matchType", "exact, contains, startsWith, endsWith"),
    ):
        message = f"{field} must be one of the following values: {choices}"
        assert_refused(add(client, **good, **{field: "SIDEWAYS"}), 400, message)
    assert_refused(add(client, **good, colour="red"), 400, "property colour should not exist")
    assert client.get("/categories/rules") == before


def test_a_rule_that_is_not_there_is_not_deleted(client: Client) -> None:
    """Unknown, or no id."""
    unknown = client.call("DELETE", f"/categories/rules/{NOBODYS}")
    assert_refused(unknown, 404, "Category rule not found", "CATEGORY_RULE_NOT_FOUND")
    assert_refused(client.call("DELETE", "/categories/rules/17"), 400, "id must be a UUID")


def test_a_rule_of_another_application_is_not_deleted(server: Server) -> None:
    """It is refused in words of its own, and stays; nor is it in the other's list or in force there."""
    mine, theirs = server.client(), server.other_client()
    rule = add(mine, description="X", categoryId="01010000").json()
    message = "You do not have permission to delete this category rule"
    refused = theirs.call("DELETE", f"/categories/rules/{rule['id']}")
    assert_refused(refused, 403, message, "CATEGORY_RULE_FORBIDDEN")
    assert mine.get("/categories/rules")["results"] == [rule]
    assert theirs.get("/categories/rules")["results"] == []
    mine.close()
    theirs.close()
