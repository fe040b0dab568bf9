"""Items as they are made, read, listed and deleted."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client, Server

GOOD = {"user": "user-ok", "password": "password-ok"}
KEYS = (
    "id", "connector", "createdAt", "updatedAt", "status", "executionStatus", "lastUpdatedAt", "webhookUrl", "error",
    "clientUserId", "consecutiveFailedLoginAttempts", "statusDetail", "parameter", "userAction", "nextAutoSyncAt",
    "autoSyncDisabledAt", "consentExpiresAt", "products", "oauthRedirectUri", "resourcesCollectedAt",
    "hasResourcesPendingAuthorization",
)  # fmt: skip
EVERY_PRODUCT = {
    "ACCOUNTS", "CREDIT_CARDS", "TRANSACTIONS", "PAYMENT_DATA", "INVESTMENTS", "INVESTMENTS_TRANSACTIONS", "IDENTITY",
    "LOANS",
}  # fmt: skip


def test_a_new_item_is_updating_and_has_every_key(client: Client) -> None:
    """What was asked for stands on it at once, and what is not known yet is null."""
    wanted = {
        "connectorId": 2,
        "parameters": GOOD,
        "webhookUrl": "https://shop.example/told",
        "clientUserId": "anna",
        "oauthRedirectUri": "https://shop.example/back",
    }
    answer = client.call("POST", "/items", json=wanted)
    assert answer.status_code == 200
    item = answer.json()
    assert tuple(item) == KEYS
    assert (item["status"], item["executionStatus"]) == ("UPDATING", "CREATED")
    assert item["connector"] == client.get("/connectors/2")
    assert all(item[name] == wanted[name] for name in ("webhookUrl", "clientUserId", "oauthRedirectUri"))
    assert set(item["products"]) == EVERY_PRODUCT
    assert item["consecutiveFailedLoginAttempts"] == 0
    assert item["createdAt"] == item["updatedAt"]
    nothing = (
        "lastUpdatedAt",
        "error",
        "statusDetail",
        "parameter",
        "userAction",
        "nextAutoSyncAt",
        "consentExpiresAt",
    )
    assert {name: item[name] for name in nothing} == dict.fromkeys(nothing)
    rested = client.settled(item["id"])
    assert tuple(rested) == KEYS
    assert (rested["status"], rested["executionStatus"]) == ("UPDATED", "SUCCESS")
    assert rested["lastUpdatedAt"] >= rested["createdAt"]
    assert rested["updatedAt"] >= rested["lastUpdatedAt"]


def test_an_item_keeps_the_values_an_update_gives_it(client: Client) -> None:
    """User, webhook and products are stored and returned; what is not given stays."""
    item = client.connect(2, clientUserId="anna", webhookUrl="https://shop.example/1")
    changed = client.update(item["id"], clientUserId="bia", products=["ACCOUNTS", "IDENTITY"])
    assert (changed["clientUserId"], changed["webhookUrl"]) == ("bia", "https://shop.example/1")
    assert changed["products"] == ["ACCOUNTS", "IDENTITY"]
    again = client.update(item["id"], webhookUrl="https://shop.example/2")
    assert (again["clientUserId"], again["webhookUrl"]) == ("bia", "https://shop.example/2")


def test_credentials_at_the_top_level_are_taken_too(client: Client) -> None:
    """An older manner of updates, beside the nested one; a field that is no credential is still refused."""
    item = client.connect(2, parameters={"user": "user-ok", "password": "password-bad"})
    assert client.update(item["id"], **GOOD)["status"] == "UPDATED"
    refused = client.call("PATCH", f"/items/{item['id']}", json={"pin": "1"})
    assert_refused(refused, 400, "property pin should not exist")


def test_encrypted_parameters_are_opened(client: Client) -> None:
    """The JSON of the credentials, under the application's public key with OAEP, makes and mends an item."""
    application = client.own("GET", "/application")
    key = serialization.load_pem_public_key(application["publicKey"].encode())
    assert isinstance(key, rsa.RSAPublicKey)

    def sealed(text: str) -> str:
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        return base64.b64encode(key.encrypt(text.encode(), oaep)).decode()

    good, bad = '{"user":"user-ok","password":"password-ok"}', '{"user":"user-ok","password":"password-bad"}'
    item = client.connect(2, parameters=sealed(bad))
    assert item["executionStatus"] == "INVALID_CREDENTIALS"
    assert client.update(item["id"], parameters=sealed(good))["executionStatus"] == "SUCCESS"
    for text in (good, sealed("no JSON"), sealed('["a list"]'), sealed(good)[:-8], ""):
        refused = client.call("POST", "/items", json={"connectorId": 2, "parameters": text})
        assert (refused.status_code, refused.json()["code"]) == (400, 400), text


def test_an_unknown_item_and_a_malformed_id_are_told_apart(client: Client) -> None:
    """Read, deleted, or taken out of the schedule: it is not there, or it is no id."""
    for method, end in (
        ("GET", ""),
        ("DELETE", ""),
        ("PATCH", "/disable-auto-sync"),
        ("GET", "/resources"),
        ("GET", "/scr"),
    ):
        assert_refused(client.call(method, f"/items/{NOBODYS}{end}"), 404, "item not found", "ITEM_NOT_FOUND")
        assert_refused(client.call(method, f"/items/17{end}"), 400, "id must be a UUID")


def test_a_deleted_item_is_gone(client: Client) -> None:
    """The answer counts it, and nothing finds it any more."""
    item = client.connect(2)
    account = client.get("/accounts", itemId=item["id"])["results"][0]
    deleted = client.call("DELETE", f"/items/{item['id']}")
    assert (deleted.status_code, deleted.json()) == (200, {"count": 1})
    gone = client.call("GET", f"/items/{item['id']}")
    assert_refused(gone, 404, "item not found", "ITEM_NOT_FOUND")
    assert_refused(client.call("GET", f"/accounts/{account['id']}"), 404, "account not found", "ACCOUNT_NOT_FOUND")
    assert_refused(client.call("DELETE", f"/items/{item['id']}"), 404, "item not found", "ITEM_NOT_FOUND")


def test_automatic_updates_can_be_switched_off(client: Client) -> None:
    """The item says since when, and is not updated when the time comes; a forced update puts it back."""
    client.advance("PT0S")
    client.policy(sync_every=86_400)
    item = client.connect(2)
    assert item["nextAutoSyncAt"] is not None
    off = client.call("PATCH", f"/items/{item['id']}/disable-auto-sync")
    assert off.status_code == 200
    assert (off.json()["nextAutoSyncAt"], off.json()["autoSyncDisabledAt"]) == (None, off.json()["updatedAt"])
    client.advance("P3D")
    client.key = client.authenticate(*client.keys)
    assert client.get(f"/items/{item['id']}")["lastUpdatedAt"] == item["lastUpdatedAt"]
    on = client.update(item["id"])
    assert (on["nextAutoSyncAt"] is not None, on["autoSyncDisabledAt"]) == (True, None)


def test_items_are_listed_by_cursor_where_the_plan_has_the_list(client: Client) -> None:
    """Results and cursor, both keys always; without the plan it is refused; bad filters are named."""
    item = client.connect(16, clientUserId="listed-one")
    page = client.get("/v2/items", clientUserId="listed-one")
    assert page == {"results": [client.get(f"/items/{item['id']}")], "next": None}
    assert client.get("/v2/items", clientUserId="listed-one", connectorId=2) == {"results": [], "next": None}
    assert_refused(client.call("GET", "/v2/items?after=nonsense"), 400, "Invalid cursor")
    long = client.call("GET", "/v2/items", params={"clientUserId": "x" * 256})
    assert_refused(long, 400, "clientUserId must be shorter than or equal to 255 characters")
    unknown = client.call("GET", "/v2/items?colour=red")
    assert_refused(unknown, 400, "property colour should not exist")
    client.policy(listing=False)
    refused = client.call("GET", "/v2/items")
    assert_refused(refused, 403, "This resource is not included in the current subscription")


def test_more_items_than_a_page_are_walked_with_the_cursor(server: Server) -> None:
    """The cursor leads from page to page, and every item comes once, oldest first."""
    client = server.client()
    made = [client.call("POST", "/items", json={"connectorId": 2, "parameters": GOOD, "products": ["IDENTITY"]})]
    client.settle()
    body = {"connectorId": 2, "products": ["IDENTITY"]}
    for number in range(501):
        parameters = {"user": f"user-{number:04}", "password": "password-ok"}
        made.append(client.call("POST", "/items", json={**body, "parameters": parameters}))
    client.settle()
    ids = [answer.json()["id"] for answer in made]
    first = client.get("/v2/items")
    assert len(first["results"]) == 500
    assert first["next"].startswith("?after=")
    second = client.call("GET", f"/v2/items{first['next']}").json()
    assert second["next"] is None
    assert sorted(item["id"] for item in first["results"] + second["results"]) == sorted(ids)
    created = [item["createdAt"] for item in first["results"] + second["results"]]
    assert created == sorted(created)
    client.close()


@pytest.mark.parametrize("connector", [2, 8, 16, 20])
def test_an_item_has_the_products_its_connector_has(client: Client, connector: int) -> None:
    """Asking for nothing in particular asks for all there is."""
    item = client.connect(connector)
    assert item["products"] == item["connector"]["products"]
