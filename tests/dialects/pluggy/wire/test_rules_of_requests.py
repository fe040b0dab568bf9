"""The compatibility rules on what clients send, each by its number: an official client breaks where one is ignored."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.conftest import Widget
from tests.dialects.pluggy.wire.errors import BAD_KEY, NOBODYS, assert_refused
from tests.server import Client, free_port, running

GOOD = {"user": "user-ok", "password": "password-ok"}


@pytest.fixture(scope="module")
def account_id(reader: Client, item_id: str) -> str:
    """An account with more transactions than a page holds."""
    return str(reader.get("/accounts", itemId=item_id, type="BANK")["results"][0]["id"])


def payload(token: str) -> dict[str, Any]:
    """The middle of a token, decoded without its key, as clients do."""
    head, middle, signature = token.split(".")
    assert head
    assert signature
    return dict(json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))))


def test_rule_01_whatever_succeeds_answers_exactly_200(client: Client) -> None:
    """Every POST, PATCH and DELETE of the API: no 201, no 204."""
    id, secret = client.keys
    statuses: dict[str, int] = {}

    def call(method: str, path: str, **options: Any) -> Any:
        answer = client.call(method, path, **options)
        statuses[f"{method} {path}"] = answer.status_code
        return answer.json()

    call("POST", "/auth", json={"clientId": id, "clientSecret": secret})
    call("POST", "/connect_token")
    call("POST", "/connecttokens", json={})
    call("POST", "/connectors/2/validate", json={})
    item = call("POST", "/items", json={"connectorId": 5, "parameters": {**GOOD, "user": "person+rule-1"}})["id"]
    client.settle()
    call("POST", f"/items/{item}/mfa", json={"token": "123456"})
    client.settle()
    account = client.get("/accounts", itemId=item)["results"][0]["id"]
    transaction = client.get("/v2/transactions", accountId=account)["results"][0]["id"]
    call("PATCH", f"/transactions/{transaction}", json={"categoryId": "01010000"})
    call("PATCH", f"/items/{item}/disable-auto-sync")
    call("PATCH", f"/items/{item}", json={})
    client.settle()
    client.answer(item, token="123456")
    rule = call("POST", "/categories/rules", json={"description": "X", "categoryId": "01010000"})["id"]
    call("DELETE", f"/categories/rules/{rule}")
    webhook = call("POST", "/webhooks", json={"event": "all", "url": "https://shop.example/rule-1"})["id"]
    call("PATCH", f"/webhooks/{webhook}", json={"enabled": False})
    call("DELETE", f"/webhooks/{webhook}")
    call("DELETE", f"/items/{item}")
    assert len(statuses) == 15
    assert {call: status for call, status in statuses.items() if status != 200} == {}


def test_rule_02_the_key_is_a_token_whose_payload_is_flat(client: Client) -> None:
    """Three parts; texts and whole numbers only; it ends two hours after it began."""
    told = payload(client.key)
    assert all(isinstance(value, str | int) and not isinstance(value, bool) for value in told.values())
    assert told["clientId"] == client.keys[0]
    assert told["exp"] - told["iat"] == 7_200
    now = datetime.fromisoformat(client.own("GET", "/sandbox/clock")["now"]).timestamp()
    assert told["iat"] <= now < told["exp"]


def test_rule_03_the_connect_token_is_one_too_and_names_the_client(client: Client, widget: Widget) -> None:
    """Its payload is as flat, ends after half an hour, and what it allows cannot be read from it."""
    told = payload(widget(client, options={"clientUserId": "canary-anna"}).key)
    assert told["clientId"] == client.keys[0]
    assert told["exp"] - told["iat"] == 1_800
    assert all(isinstance(value, str | int) and not isinstance(value, bool) for value in told.values())
    assert "canary-anna" not in json.dumps(told)


@pytest.mark.parametrize("path", ["/connect_token", "/connecttokens"])
def test_rule_04_connect_tokens_have_two_paths(client: Client, path: str) -> None:
    """With a body and with none; what comes is a good token either way."""
    for options in ({}, {"json": {}}, {"json": {"options": {"clientUserId": "anna"}}}):
        answer = client.call("POST", path, **options)
        assert (answer.status_code, set(answer.json())) == (200, {"accessToken"})
        key = {"x-api-key": answer.json()["accessToken"]}
        assert client.call("GET", "/connectors/2", headers=key).status_code == 200


def test_rule_05_lists_come_in_three_ways(reader: Client, account_id: str) -> None:
    """Joined by commas, with an index in brackets, repeated: the same answer."""
    types = [
        "types=INVESTMENT,BUSINESS_BANK",
        "types[0]=INVESTMENT&types[1]=BUSINESS_BANK",
        "types%5B0%5D=INVESTMENT&types%5B1%5D=BUSINESS_BANK",
        "types[]=INVESTMENT&types[]=BUSINESS_BANK",
        "types=INVESTMENT&types=BUSINESS_BANK",
        "types=INVESTMENT%2CBUSINESS_BANK",
    ]
    read = [reader.call("GET", f"/connectors?sandbox=true&{query}").json()["results"] for query in types]
    assert {connector["type"] for connector in read[0]} == {"INVESTMENT", "BUSINESS_BANK"}
    assert all(one == read[0] for one in read)
    a, b, c = (t["id"] for t in reader.get("/v2/transactions", accountId=account_id)["results"][3:6])
    for path in ("/transactions", "/v2/transactions"):
        for ids in (f"ids={a},{b},{c}", f"ids[0]={a}&ids[1]={b}&ids[2]={c}", f"ids={a}&ids={b}&ids={c}"):
            found = reader.call("GET", f"{path}?accountId={account_id}&{ids}").json()["results"]
            assert [transaction["id"] for transaction in found] == [a, b, c]


def test_rule_06_an_empty_value_is_no_filter(reader: Client, item_id: str, account_id: str) -> None:
    """What a client sends empty because it always sends it changes nothing."""
    pairs = [
        (f"/accounts?itemId={item_id}", "&type="),
        (f"/investments?itemId={item_id}", "&type=&page=&pageSize="),
        ("/categories", "?parentId="),
        ("/connectors?sandbox=true", "&types=&countries=&name=&isOpenFinance=&healthDetails="),
        (f"/transactions?accountId={account_id}", "&ids=&from=&to=&createdAtFrom=&billId=&page=&pageSize="),
        (f"/v2/transactions?accountId={account_id}", "&ids=&dateFrom=&dateTo=&createdAtFrom=&after="),
    ]
    for path, empty in pairs:
        assert reader.call("GET", path + empty).json() == reader.call("GET", path).json(), path


def test_rule_07_the_extra_keys_of_official_clients_pass(client: Client, item_id: str) -> None:
    """Each of them where its client sends it."""
    id, secret = client.keys
    body = {"clientId": id, "clientSecret": secret, "nonExpiring": False}
    assert client.http.post("/pluggy/auth", json=body).status_code == 200
    account = client.get("/accounts", itemId=item_id, type="CREDIT")["results"][0]["id"]
    investment = client.get("/investments", itemId=item_id)["results"][0]["id"]
    for path in (
        f"/investments/{investment}/transactions?investmentId={investment}",
        "/connectors?includeHealth=true",
        "/connectors/2?includeHealth=true",
        f"/loans?itemId={item_id}&page=1&pageSize=20",
        f"/bills?accountId={account}&page=1&pageSize=20",
        f"/consents?itemId={item_id}&page=1&pageSize=20",
        f"/investments?itemId={item_id}&page=1&pageSize=20",
    ):
        assert client.call("GET", path).status_code == 200, path
    own = client.connect(2)
    assert (
        client.call("PATCH", f"/items/{own['id']}", json={"id": own["id"], "products": ["ACCOUNTS"]}).status_code == 200
    )
    client.settle()


UNKNOWN = [
    "/accounts?itemId={id}", "/transactions?accountId={id}", "/v2/transactions?accountId={id}", "/v2/items?",
    "/items/{id}/resources?", "/items/{id}/scr?", "/connectors?", "/connectors/2?", "/investments?itemId={id}",
    "/investments/{id}/transactions?", "/identity?itemId={id}", "/loans?itemId={id}", "/bills?accountId={id}",
    "/consents?itemId={id}", "/categories?", "/merchants?cnpjs=00000000000191",
]  # fmt: skip


@pytest.mark.parametrize("path", UNKNOWN)
def test_rule_07_any_other_key_in_a_query_is_refused(reader: Client, path: str) -> None:
    """By its name, and before anything is looked for."""
    refused = reader.call("GET", f"{path.format(id=NOBODYS)}&colour=red")
    assert_refused(refused, 400, "property colour should not exist")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth", {}),
        ("POST", "/connect_token", {}),
        ("POST", "/items", {"connectorId": 2, "parameters": GOOD}),
        ("POST", "/categories/rules", {"description": "X", "categoryId": "01010000"}),
        ("POST", "/webhooks", {"event": "all", "url": "https://shop.example/x"}),
    ],
)
def test_rule_07_any_other_key_in_a_body_is_refused(client: Client, method: str, path: str, body: Any) -> None:
    """By its name, and nothing is made."""
    refused = client.call(method, path, json={**body, "colour": "red"})
    assert_refused(refused, 400, "property colour should not exist")


def test_rule_08_an_update_may_come_with_no_body_at_all(client: Client) -> None:
    """Nothing, an empty object, or values: each starts an update."""
    item = client.connect(2)
    for options in ({}, {"json": {}}, {"content": b"", "headers": {"content-type": "application/json"}},
                    {"json": {"parameters": GOOD}}, {"json": {"parameters": {}}}):  # fmt: skip
        answer = client.call("PATCH", f"/items/{item['id']}", **options)
        assert answer.status_code == 200, (options, answer.text)
        assert (answer.json()["status"], answer.json()["executionStatus"]) == ("UPDATING", "CREATED")
        assert client.settled(item["id"])["executionStatus"] == "SUCCESS"


def test_rule_16_client_id_and_secret_are_uuids(client: Client) -> None:
    """Those of the sandbox and those of an application that was added."""
    other = client.server.other_client("sixteen")
    for id, secret in (client.keys, other.keys):
        assert str(uuid.UUID(id)) == id
        assert str(uuid.UUID(secret)) == secret
    assert other.keys != client.keys
    other.close()


def test_rule_17_keys_are_given_for_json_and_for_a_form(client: Client) -> None:
    """The same answer; a wrong secret is refused in a form as well."""
    id, secret = client.keys
    form = client.http.post("/pluggy/auth", data={"clientId": id, "clientSecret": secret})
    assert form.request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form.status_code == 200
    assert client.call("GET", "/webhooks", headers={"x-api-key": form.json()["apiKey"]}).status_code == 200
    boolean = client.http.post("/pluggy/auth", data={"clientId": id, "clientSecret": secret, "nonExpiring": "false"})
    assert boolean.status_code == 200
    wrong = client.http.post("/pluggy/auth", data={"clientId": id, "clientSecret": "no"})
    assert_refused(wrong, 401, "Client keys are invalid", "CLIENT_KEYS_UNAUTHORIZED")


def test_rule_18_items_are_never_listed_there(client: Client, widget: Widget) -> None:
    """With a key, with a connect token, with none: 401."""
    assert_refused(client.call("GET", "/items"), 401, "Unauthorized")
    assert_refused(widget(client).call("GET", "/items"), 401, "Unauthorized")
    assert_refused(client.http.get("/pluggy/items"), 401, "Unauthorized")


def test_rule_19_too_many_requests_say_when_to_come_again(client: Client) -> None:
    """The three headers are whole numbers of seconds and requests, and the next request is answered."""
    message = "Too many requests. Please try again later (see Retry-After header in seconds)"
    for method, path, options in (
        ("GET", "/webhooks", {}),
        ("POST", "/items", {"json": {"connectorId": 2, "parameters": GOOD}}),
    ):
        client.arm("request.too-many", operation="http")
        refused = client.call(method, path, **options)
        assert_refused(refused, 429, message)
        for header in ("retry-after", "ratelimit-limit", "ratelimit-reset"):
            assert int(refused.headers[header]) > 0
        assert client.call("GET", "/webhooks").status_code == 200


def test_rule_19_a_client_that_waits_and_repeats_gets_through(client: Client) -> None:
    """Two refusals in a row, as many as the Node client bears with, and then the answer."""
    client.arm("request.too-many", operation="http", times=2)
    statuses = [client.call("GET", "/categories").status_code for _ in range(3)]
    assert statuses == [429, 429, 200]


def test_rule_20_the_dialect_can_have_an_origin_of_its_own(tmp_path: Path) -> None:
    """On a port of its own it lies at the root, so that a widget's origin and the API need no path."""
    port = free_port()
    with running(tmp_path, listen=f"pluggy=127.0.0.1:{port}", private_webhooks="1") as server:
        client = server.client()
        origin = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"x-api-key": client.key})
        assert origin.get("/connectors/2").json() == client.get("/connectors/2")
        assert origin.get("/webhooks", headers={"x-api-key": "no"}).json()["message"] == BAD_KEY
        item = client.connect(2)
        account = client.get("/accounts", itemId=item["id"], type="BANK")["results"][0]["id"]
        [statement, *_] = origin.get(f"/accounts/{account}/statements").json()["results"]
        assert statement["url"].startswith(f"http://127.0.0.1:{port}/accounts/")
        assert httpx.get(statement["url"]).status_code == 200
        origin.close()
        client.close()


def test_a_browser_may_call_from_any_origin(client: Client) -> None:
    """The headers that the browser's client sends are allowed before and with the call itself."""
    wanted = {
        "origin": "https://shop.example",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "content-type,pluggy-user-agent,x-api-key",
    }
    before = client.http.options(f"/pluggy/items/{NOBODYS}", headers=wanted)
    assert before.status_code in (200, 204)
    allowed = before.headers["access-control-allow-headers"].lower()
    assert all(name in allowed for name in ("x-api-key", "pluggy-user-agent", "content-type"))
    assert "PATCH" in before.headers["access-control-allow-methods"]
    odd = client.http.options(f"/pluggy/items/{NOBODYS}", headers={**wanted, "access-control-request-headers": "a b;c"})
    assert odd.headers["access-control-allow-headers"] == "content-type, authorization"
    answer = client.call("GET", "/connectors/2", headers={"origin": "https://shop.example"})
    assert answer.headers["access-control-allow-origin"] == before.headers["access-control-allow-origin"] == "*"
