"""The compatibility rules on what clients read, each by its number: an official client breaks where one is ignored."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from pluggy_sdk import models

from tests.dialects.pluggy.wire import walk
from tests.dialects.pluggy.wire.errors import NOBODYS
from tests.server import Client

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


@pytest.fixture(scope="module")
def answers(reader: Client, item_id: str, shared_item_id: str) -> walk.Answers:
    """Everything a direct item, an Open Finance item and the application itself lead to."""
    items = (item_id, shared_item_id, str(reader.connect(8)["id"]))
    read = walk.of_application(reader)
    for id in items:
        read |= walk.of_item(reader, id)
    return read


PLAIN_DAYS = {".results[].creditCardMetadata.billForecastDate", ".creditCardMetadata.billForecastDate"}
"""A month, and named so in the contract."""


def test_rule_09_every_date_has_the_one_pattern_that_clients_revive(answers: walk.Answers) -> None:
    """In all answers, whatever looks like a date is whole: three digits behind the second, and a Z."""
    dates = 0
    for path, answer in answers.items():
        for name, value in walk.leaves(answer):
            if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}", value):
                continue
            if name in PLAIN_DAYS:
                assert re.fullmatch(r"\d{4}-\d{2}", value), (path, name, value)
            elif not path.endswith("/scr"):  # the Central Bank's own document, whose days are texts
                assert INSTANT.fullmatch(value), (path, name, value)
                dates += 1
    assert dates > 1_000
    named = {name.rpartition(".")[2] for answer in answers.values() for name, value in walk.leaves(answer) if value}
    assert {"createdAt", "lastUpdatedAt", "dueDate", "updateDateTime", "consentExpiresAt", "expiresAt"} <= named


def as_node_does(client: Client, path: str, next: str | None) -> str | None:
    """The Node client resolves `next` against its base address and reads `after`."""
    if next is None:
        return None
    return dict(parse_qsl(urlsplit(urljoin(client.server.url, next)).query))["after"]


def as_dotnet_does(client: Client, path: str, next: str | None) -> str | None:
    """The .NET client strips the question mark, splits at the ampersands, and decodes what stands behind `after=`."""
    if next is None:
        return None
    parts = next.lstrip("?").split("&")
    [after] = [part.removeprefix("after=") for part in parts if part.startswith("after=")]
    return dict(parse_qsl(f"after={after}"))["after"]


@pytest.mark.parametrize("read", [as_node_does, as_dotnet_does])
def test_rule_10_a_cursor_is_walked_to_its_end(client: Client, read: Any) -> None:
    """Page after page by the cursor, until it is null: every transaction once."""
    item = client.connect(2, user="user-ok-perf-12x")
    [account] = client.get("/accounts", itemId=item["id"])["results"]
    total = client.get("/transactions", accountId=account["id"], pageSize=1)["total"]
    ids, after, pages = [], None, 0
    while True:
        query = {"accountId": account["id"]} | ({} if after is None else {"after": after})
        page = client.get("/v2/transactions", **query)
        assert list(page) == ["results", "next"]
        ids += [transaction["id"] for transaction in page["results"]]
        pages += 1
        after = read(client, "/v2/transactions", page["next"])
        if after is None:
            break
        assert len(page["results"]) == 500
    assert (len(ids), len(set(ids)), pages) == (total, total, -(-total // 500))


def test_rule_10_the_cursor_is_a_query_that_can_be_appended_as_it_is(client: Client) -> None:
    """It keeps the filters that were asked for, and a question mark begins it."""
    item = client.connect(2, user="user-ok-perf-12x")
    [account] = client.get("/accounts", itemId=item["id"])["results"]
    newest = client.get("/v2/transactions", accountId=account["id"])["results"][0]["date"]
    day = newest[:10]
    path, read = f"?accountId={account['id']}&dateTo={day}", 0
    while path is not None:
        assert path.startswith("?")
        assert dict(parse_qsl(path[1:]))["dateTo"] == day
        page = client.call("GET", f"/v2/transactions{path}").json()
        read += len(page["results"])
        path = page["next"]
    assert read == client.get("/transactions", accountId=account["id"], pageSize=1)["total"]


CURSORS = ("/v2/transactions", "/v2/items", "/merchants")


def test_rule_11_every_page_has_its_four_keys(answers: walk.Answers) -> None:
    """Page, total, pages and results, and the numbers agree."""
    pages = [path for path, answer in answers.items() if "results" in answer and not path.startswith(CURSORS)]
    assert {re.split(r"[/?]", path)[1] for path in pages} >= {
        "accounts", "transactions", "investments", "loans", "bills", "consents", "categories", "webhooks", "connectors",
        "items",
    }  # fmt: skip
    for path in pages:
        page = answers[path]
        assert list(page) == ["page", "total", "totalPages", "results"], path
        assert page["page"] == 1
        assert len(page["results"]) == min(page["total"], 500), path
        assert (page["totalPages"] > 1) is (page["total"] > 500), path


def test_rule_12_deleting_answers_with_a_count(client: Client) -> None:
    """JSON for all three kinds of things that can be deleted."""
    item = client.connect(2)
    rule = client.call("POST", "/categories/rules", json={"description": "X", "categoryId": "01010000"}).json()
    webhook = client.call("POST", "/webhooks", json={"event": "all", "url": "https://shop.example/12"}).json()
    for path in (f"/items/{item['id']}", f"/categories/rules/{rule['id']}", f"/webhooks/{webhook['id']}"):
        answer = client.call("DELETE", path)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == {"count": 1}


def test_rule_13_errors_are_objects_with_a_number_and_a_message(client: Client) -> None:
    """Whatever goes wrong; validation of credentials lists its details under both names."""
    wrong = [
        client.call("GET", f"/items/{NOBODYS}"),
        client.call("GET", "/nowhere"),
        client.call("PUT", "/items"),
        client.call("POST", "/items", content=b"{"),
        client.call("POST", "/items", json=[]),
        client.http.get("/pluggy/webhooks"),
        client.call("GET", "/items"),
    ]
    for answer in wrong:
        body = answer.json()
        assert type(body["code"]) is int
        assert body["code"] == answer.status_code >= 400
        assert isinstance(body["message"], str)
        assert body["message"]
        assert uuid.UUID(body["errorId"]).version == 4
    invalid = client.call("POST", "/items", json={"connectorId": 2, "parameters": {}}).json()
    assert isinstance(invalid["details"], list)
    assert invalid["errors"] == invalid["details"]
    assert all(set(entry) == {"code", "message", "parameter"} for entry in invalid["details"])


MODELS = {
    "/connectors?": models.ConnectorListResponse,
    "/connectors/": models.Connector,
    "/items/": models.Item,
    "/v2/items": models.CursorPageResponseItems,
    "/accounts?": models.AccountsList200Response,
    "/accounts/": models.Account,
    "/transactions?": models.PageResponseTransactions,
    "/v2/transactions": models.CursorPageResponseTransactions,
    "/transactions/": models.Transaction,
    "/investments?": models.InvestmentsList200Response,
    "/investments/": models.Investment,
    "/identity": models.IdentityResponse,
    "/loans?": models.LoansList200Response,
    "/loans/": models.Loan,
    "/bills?": models.BillsList200Response,
    "/bills/": models.Bill,
    "/consents?": models.PageResponseConsents,
    "/consents/": models.Consent,
    "/categories/rules": models.PageResponseCategoryRules,
    "/categories/": models.Category,
    "/categories": models.PageResponseCategories,
    "/webhooks/": models.Webhook,
    "/webhooks": models.WebhooksList200Response,
    "/merchants": models.MerchantsGetByCnpj200Response,
}
ENDS = {
    "/balance": models.AccountBalanceGet200Response,
    "/statements": models.AccountStatementsList200Response,
    "/resources": models.ItemsResources200Response,
    "/scr": models.ScrResponse,
    "/transactions": models.PageResponseInvestmentTransactions,
}


def model_of(path: str) -> Any:
    """The Python client's own class for the answer of a path."""
    for end, model in ENDS.items():
        if path.count("/") == 3 and path.endswith(end):
            return model
    return next(model for start, model in MODELS.items() if path.startswith(start))


def test_rule_14_and_15_the_strictest_client_reads_every_answer(answers: walk.Answers) -> None:
    """No value outside its lists and no required key missing, in any answer there is."""
    used = set()
    for path, answer in answers.items():
        model = model_of(path)
        assert model.from_dict(answer) is not None, path
        used.add(model)
    assert used == {*MODELS.values(), *ENDS.values()}


def test_rule_14_values_that_the_python_client_does_not_know_are_not_sent(
    client: Client, answers: walk.Answers
) -> None:
    """Statements are served though no list of products names them, and a redirect is a parameter of a known type."""
    for answer in answers.values():
        for name, value in walk.leaves(answer):
            assert value != "ACCOUNT_STATEMENTS", name
            assert not (name.endswith("credentials[].type") and value == "oauth")
    waiting = client.connect(600, parameters={"cpf": "761.092.776-73"})
    assert waiting["parameter"]["name"] == "oauthCode"
    assert waiting["parameter"]["type"] in ("text", "password", "number", "image", "select")
    client.call("DELETE", f"/items/{waiting['id']}")
    asked = client.connect(2, products=["ACCOUNT_STATEMENTS", "ACCOUNTS"])
    assert asked["products"] == ["ACCOUNTS"]
    account = client.get("/accounts", itemId=asked["id"])["results"][0]
    assert client.get(f"/accounts/{account['id']}/statements")["results"]


@pytest.mark.parametrize("user", ["user-ok", "user-ok-account-error", "user-ok-account-warning", "user-nobody"])
def test_rule_15_items_in_trouble_are_read_too(client: Client, user: str) -> None:
    """Partial, warned, refused: each is an item the Python client takes."""
    item = models.Item.from_dict(client.connect(2, user=user))
    assert item is not None
    assert item.status in ("UPDATED", "LOGIN_ERROR")
