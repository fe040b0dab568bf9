"""Keys and connect tokens: how they are got, how long they last, what each may call."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.conftest import Widget
from tests.dialects.pluggy.wire.errors import BAD_KEY, NOBODYS, assert_refused
from tests.server import Client, Server

WRONG_KEYS = (401, "Client keys are invalid", "CLIENT_KEYS_UNAUTHORIZED")


def ask_key(client: Client, **body: Any) -> httpx.Response:
    """Ask for an API key."""
    return client.http.post("/pluggy/auth", json=body)


def test_client_id_and_secret_are_changed_for_a_key(client: Client) -> None:
    """The answer is the key and nothing else, and the key is good."""
    id, secret = client.keys
    answer = ask_key(client, clientId=id, clientSecret=secret)
    assert answer.status_code == 200
    assert set(answer.json()) == {"apiKey"}
    assert client.call("GET", "/webhooks", headers={"x-api-key": answer.json()["apiKey"]}).status_code == 200


def test_a_wrong_secret_and_an_unknown_client_are_refused_alike(client: Client) -> None:
    """Nobody learns which client ids there are."""
    id, secret = client.keys
    assert_refused(ask_key(client, clientId=id, clientSecret=str(uuid.UUID(int=7))), *WRONG_KEYS)
    assert_refused(ask_key(client, clientId=NOBODYS, clientSecret=secret), *WRONG_KEYS)
    assert_refused(ask_key(client, clientId=id, clientSecret=""), *WRONG_KEYS)


def test_keys_that_are_left_out_or_malformed_are_named(client: Client) -> None:
    """A validation error says which field, and has no description."""
    id, secret = client.keys
    missing = "clientId should not be null or undefined,clientId must be a UUID"
    assert_refused(ask_key(client, clientSecret=secret), 400, missing)
    assert_refused(ask_key(client, clientId="me", clientSecret=secret), 400, "clientId must be a UUID")
    assert_refused(ask_key(client, clientId=id), 400, "clientSecret must be a string")
    assert_refused(ask_key(client, clientId=id, clientSecret=17), 400, "clientSecret must be a string")
    assert_refused(ask_key(client, clientId=id, clientSecret=secret, pin=1), 400, "property pin should not exist")


def test_a_disabled_client_is_told_so(client: Client) -> None:
    """The description tells a disabled client from wrong keys."""
    client.arm("request.unauthenticated.disabled", operation="http")
    assert_refused(client.call("GET", "/webhooks"), 401, "Client is disabled", "CLIENT_DISABLED")


@pytest.mark.parametrize("key", ["", "nonsense", "a.b.c", "é"])
def test_a_key_that_is_none_is_refused(client: Client, key: str) -> None:
    """Missing or malformed, it is the same answer."""
    headers = {"x-api-key": key.encode("latin-1")} if key else {}
    assert_refused(client.http.get("/pluggy/webhooks", headers=headers), 403, BAD_KEY)


def test_a_key_of_another_server_is_refused(client: Client) -> None:
    """A well-formed key that somebody else signed is no key."""
    head, payload, signature = client.key.split(".")
    forged = f"{head}.{payload}.{signature[:-6]}{'AAAAAA' if not signature.endswith('AAAAAA') else 'BBBBBB'}"
    assert_refused(client.call("GET", "/webhooks", headers={"x-api-key": forged}), 403, BAD_KEY)


def test_a_key_lasts_two_hours_and_a_connect_token_half_an_hour(client: Client, widget: Widget) -> None:
    """Up to its end it is good; from then on it is refused as a missing one is."""
    client.advance("PT0S")
    client.key = client.authenticate(*client.keys)
    opened = widget(client)
    client.advance("PT29M59S")
    assert opened.call("GET", "/connectors").status_code == 200
    client.advance("PT1S")
    assert_refused(opened.call("GET", "/connectors"), 403, BAD_KEY)
    client.advance("PT1H29M59S")
    assert client.call("GET", "/webhooks").status_code == 200
    client.advance("PT1S")
    assert_refused(client.call("GET", "/webhooks"), 403, BAD_KEY)


CLOSED = [
    ("POST", "/connect_token"),
    ("POST", "/connecttokens"),
    ("GET", "/v2/items"),
    ("DELETE", "/items/{id}"),
    ("PATCH", "/items/{id}/disable-auto-sync"),
    ("GET", "/items/{id}/resources"),
    ("GET", "/items/{id}/scr"),
    ("GET", "/consents?itemId={id}"),
    ("GET", "/consents/{id}"),
    ("GET", "/accounts/{id}"),
    ("GET", "/accounts/{id}/statements"),
    ("GET", "/accounts/{id}/balance"),
    ("GET", "/transactions?accountId={id}"),
    ("GET", "/v2/transactions?accountId={id}"),
    ("GET", "/transactions/{id}"),
    ("PATCH", "/transactions/{id}"),
    ("GET", "/investments?itemId={id}"),
    ("GET", "/investments/{id}"),
    ("GET", "/investments/{id}/transactions"),
    ("GET", "/identity?itemId={id}"),
    ("GET", "/identity/{id}"),
    ("GET", "/loans?itemId={id}"),
    ("GET", "/loans/{id}"),
    ("GET", "/bills?accountId={id}"),
    ("GET", "/bills/{id}"),
    ("GET", "/categories"),
    ("GET", "/categories/01010000"),
    ("GET", "/categories/rules"),
    ("POST", "/categories/rules"),
    ("DELETE", "/categories/rules/{id}"),
    ("GET", "/merchants?cnpjs=00000000000191"),
    ("GET", "/webhooks"),
    ("POST", "/webhooks"),
    ("GET", "/webhooks/{id}"),
    ("PATCH", "/webhooks/{id}"),
    ("DELETE", "/webhooks/{id}"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_connect_token_opens_nothing_that_is_not_the_widgets(
    client: Client, method: str, path: str, widget: Widget
) -> None:
    """Out of its scope a token is as good as none, before anything is looked for."""
    opened = widget(client)
    assert_refused(opened.call(method, path.format(id=NOBODYS)), 403, BAD_KEY)


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_nothing_is_open_without_a_key(client: Client, method: str, path: str) -> None:
    """Every one of these paths wants a key first."""
    assert_refused(client.http.request(method, f"/pluggy{path.format(id=NOBODYS)}"), 403, BAD_KEY)


def test_a_widget_connects_an_item_and_sees_it_with_fewer_fields(client: Client, widget: Widget) -> None:
    """It lists connectors, validates, creates, answers, updates and reads its own item; accounts come reduced."""
    opened = widget(client)
    assert opened.get("/connectors", sandbox="true")["results"]
    assert opened.get("/connectors/5")["id"] == 5
    credentials = {"user": "user-ok", "password": "password-ok"}
    valid = opened.call("POST", "/connectors/5/validate", json=credentials)
    assert valid.json()["errors"] == []
    created = opened.call("POST", "/items", json={"connectorId": 5, "parameters": credentials})
    item_id = created.json()["id"]
    client.settle()
    assert opened.get(f"/items/{item_id}")["status"] == "WAITING_USER_INPUT"
    assert opened.call("POST", f"/items/{item_id}/mfa", json={"token": "123456"}).status_code == 200
    client.settle()
    reduced = opened.get("/accounts", itemId=item_id)["results"]
    full = client.get("/accounts", itemId=item_id)["results"]
    fields = {"id", "itemId", "type", "subtype", "number", "balance", "name", "currencyCode"}
    assert reduced == [{name: account[name] for name in account if name in fields} for account in full]
    assert all(set(account) == fields for account in reduced)
    assert opened.call("PATCH", f"/items/{item_id}", json={}).status_code == 200
    client.settle()


def test_a_widget_sees_no_item_of_another_token(client: Client, widget: Widget) -> None:
    """Neither the application's own items nor those of another widget are within its reach."""
    item = client.connect(2)
    opened = widget(client)
    for method, path in (
        ("GET", f"/items/{item['id']}"),
        ("PATCH", f"/items/{item['id']}"),
        ("POST", f"/items/{item['id']}/mfa"),
        ("GET", f"/accounts?itemId={item['id']}"),
    ):
        body = {"json": {}} if method != "GET" else {}
        assert_refused(opened.call(method, path, **body), 403, BAD_KEY)


def test_a_widget_that_is_made_for_an_item_updates_that_item(client: Client, widget: Widget) -> None:
    """The token names the item, and opens no other."""
    item, other = client.connect(2), client.connect(2, user="user-ok-two-checking-accounts")
    opened = widget(client, itemId=item["id"])
    assert opened.get(f"/items/{item['id']}")["id"] == item["id"]
    assert opened.call("PATCH", f"/items/{item['id']}").status_code == 200
    client.settle()
    assert opened.get("/accounts", itemId=item["id"])["results"]
    assert_refused(opened.call("GET", f"/items/{other['id']}"), 403, BAD_KEY)


def test_what_a_token_says_holds_for_the_items_made_with_it(client: Client, widget: Widget) -> None:
    """User, addresses, duplicates and products come from the token where the request does not give its own."""
    options = {
        "clientUserId": "anna",
        "webhookUrl": "https://shop.example/told",
        "oauthRedirectUri": "https://shop.example/back",
        "avoidDuplicates": True,
        "products": ["ACCOUNTS"],
        "connectorSortAlphabetically": True,
    }
    opened = widget(client, options=options)
    wanted = {"connectorId": 0, "parameters": {"user": "person+widget", "password": "password-ok"}}
    made = opened.call("POST", "/items", json=wanted).json()
    assert (made["clientUserId"], made["products"]) == ("anna", ["ACCOUNTS"])
    assert (made["webhookUrl"], made["oauthRedirectUri"]) == (options["webhookUrl"], options["oauthRedirectUri"])
    client.settle()
    again = opened.call("POST", "/items", json=wanted)
    assert again.json()["codeDescription"] == "ITEM_USER_ALREADY_EXISTS"
    own = {**wanted, "products": ["LOANS"], "clientUserId": "bia", "avoidDuplicates": False}
    given = opened.call("POST", "/items", json=own).json()
    assert (given["clientUserId"], given["products"]) == ("bia", ["LOANS"])
    client.settle()


def test_a_token_for_an_unknown_item_is_not_made(client: Client) -> None:
    """The item is looked for before the token is given."""
    refused = client.call("POST", "/connect_token", json={"itemId": NOBODYS})
    assert_refused(refused, 404, "item not found", "ITEM_NOT_FOUND")
    malformed = client.call("POST", "/connect_token", json={"itemId": "x"})
    assert_refused(malformed, 400, "itemId must be a UUID")
    unknown = client.call("POST", "/connect_token", json={"options": {"colour": "red"}})
    assert_refused(unknown, 400, "property colour should not exist")


def test_a_token_opens_nothing_in_another_application(server: Server, widget: Widget) -> None:
    """A widget of one application cannot name an item of another."""
    mine, theirs = server.client(), server.other_client()
    item = mine.connect(2)
    refused = theirs.call("POST", "/connect_token", json={"itemId": item["id"]})
    assert_refused(refused, 404, "item not found", "ITEM_NOT_FOUND")
    opened = widget(theirs)
    assert_refused(opened.call("GET", f"/items/{item['id']}"), 404, "item not found", "ITEM_NOT_FOUND")
    for one in (mine, theirs):
        one.close()
