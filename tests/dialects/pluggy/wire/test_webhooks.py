"""Webhooks: made, read, changed, deleted, and the addresses that are not called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.errors import NOBODYS, UUID, assert_refused
from tests.server import Client, Server, running

URL = "https://shop.example/told"
EVENTS = [
    "item/created", "item/updated", "item/error", "item/deleted", "item/waiting_user_input",
    "item/waiting_user_action", "item/login_succeeded", "connector/status_updated", "transactions/created",
    "transactions/updated", "transactions/deleted", "payment_intent/created", "payment_intent/completed",
    "payment_intent/waiting_payer_authorization", "payment_intent/error", "payment_request/updated",
    "scheduled_payment/created", "scheduled_payment/completed", "scheduled_payment/error",
    "scheduled_payment/canceled", "scheduled_payment/all_completed", "scheduled_payment/all_created",
    "boleto/updated", "automatic_pix_payment/created", "automatic_pix_payment/completed",
    "automatic_pix_payment/error", "automatic_pix_payment/canceled", "smart_transfer_preauthorization/completed",
    "smart_transfer_preauthorization/error", "smart_transfer_payment/completed", "smart_transfer_payment/error",
    "all",
]  # fmt: skip


def add(client: Client, event: Any = "item/created", url: Any = URL, **more: Any) -> httpx.Response:
    """Add a webhook."""
    return client.call("POST", "/webhooks", json={"event": event, "url": url, **more})


@pytest.fixture
def clean(client: Client) -> Iterator[Client]:
    """A client whose webhooks are deleted afterwards."""
    yield client
    for webhook in client.get("/webhooks")["results"]:
        client.call("DELETE", f"/webhooks/{webhook['id']}")


def test_a_webhook_is_made_with_status_200(clean: Client) -> None:
    """The answer is the webhook with all its keys; headers are an object even when there are none."""
    answer = add(clean, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 200
    webhook = answer.json()
    assert UUID.fullmatch(webhook["id"])
    times = {"createdAt": webhook["createdAt"], "updatedAt": webhook["createdAt"], "disabledAt": None}
    made = {"url": URL, "event": "item/created", "headers": {"Authorization": "Bearer x"}}
    assert webhook == {"id": webhook["id"], **made, **times}
    assert add(clean, "item/error").json()["headers"] == {}


def test_webhooks_are_listed_and_read_alone(clean: Client) -> None:
    """In one page, oldest first, and by id where they are of one instant."""
    made = [add(clean, event).json() for event in ("item/created", "item/updated", "all")]
    made.sort(key=lambda one: (one["createdAt"], one["id"]))
    page = clean.get("/webhooks")
    assert page == {"page": 1, "total": 3, "totalPages": 1, "results": made}
    for webhook in made:
        assert clean.get(f"/webhooks/{webhook['id']}") == webhook


@pytest.mark.parametrize("event", EVENTS)
def test_every_documented_event_can_be_subscribed_to(clean: Client, event: str) -> None:
    """Thirty-one and the word for all of them."""
    assert len(EVENTS) == 32
    assert add(clean, event).status_code == 200


def test_a_webhook_is_changed_in_part(clean: Client) -> None:
    """What is not given stays; null clears the headers; enabling clears when it was disabled."""
    webhook = add(clean, headers={"a": "1"}).json()
    path = f"/webhooks/{webhook['id']}"
    event = clean.call("PATCH", path, json={"event": "all"}).json()
    assert event == {**webhook, "event": "all", "updatedAt": event["updatedAt"]}
    url = clean.call("PATCH", path, json={"url": f"{URL}/2"}).json()
    assert (url["url"], url["event"], url["headers"]) == (f"{URL}/2", "all", {"a": "1"})
    assert clean.call("PATCH", path, json={"headers": None}).json()["headers"] == {}
    assert clean.call("PATCH", path, json={"headers": {"b": "2"}}).json()["headers"] == {"b": "2"}
    off = clean.call("PATCH", path, json={"enabled": False}).json()
    assert off["disabledAt"] == off["updatedAt"]
    assert clean.call("PATCH", path, json={"enabled": True}).json()["disabledAt"] is None
    assert clean.call("PATCH", path).status_code == 200


def test_a_webhook_is_deleted(clean: Client) -> None:
    """The answer counts it, and then it is gone."""
    webhook = add(clean).json()
    deleted = clean.call("DELETE", f"/webhooks/{webhook['id']}")
    assert (deleted.status_code, deleted.json()) == (200, {"count": 1})
    assert clean.get("/webhooks")["results"] == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_webhook_that_is_not_there_is_not_found(client: Client, method: str) -> None:
    """Unknown, or no id."""
    assert_refused(client.call(method, f"/webhooks/{NOBODYS}"), 404, "webhook not found", "WEBHOOK_NOT_FOUND")
    assert_refused(client.call(method, "/webhooks/17"), 400, "id must be a UUID")


def test_an_event_nobody_knows_is_refused(clean: Client) -> None:
    """When it is made and when it is changed; the event is named."""
    assert_refused(add(clean, "item/eaten"), 400, "Invalid event type 'item/eaten' for webhook")
    webhook = add(clean).json()
    changed = clean.call("PATCH", f"/webhooks/{webhook['id']}", json={"event": "item/eaten"})
    assert_refused(changed, 400, "Invalid event type 'item/eaten' for webhook")
    assert clean.get("/webhooks")["results"] == [webhook]


def test_the_same_webhook_twice_is_refused(clean: Client) -> None:
    """The same event at the same address; another event or another address is another webhook."""
    first = add(clean).json()
    message = f"A webhook for event 'item/created' and url '{URL}' already exists."
    assert_refused(add(clean), 400, message)
    second = add(clean, "item/updated").json()
    changed = clean.call("PATCH", f"/webhooks/{second['id']}", json={"event": "item/created"})
    assert_refused(changed, 400, message)
    assert add(clean, url=f"{URL}/2").status_code == 200
    assert clean.call("PATCH", f"/webhooks/{first['id']}", json={"event": "item/created"}).status_code == 200


def test_a_sixth_webhook_for_one_event_is_refused(clean: Client) -> None:
    """Five are taken; another event has five of its own."""
    for number in range(5):
        assert add(clean, url=f"{URL}/{number}").status_code == 200
    message = "You have reached the maximum of 5 webhooks for event 'item/created'."
    assert_refused(add(clean, url=f"{URL}/6"), 400, message)
    other = add(clean, "item/updated", url=f"{URL}/6").json()
    changed = clean.call("PATCH", f"/webhooks/{other['id']}", json={"event": "item/created"})
    assert_refused(changed, 400, message)
    assert len(clean.get("/webhooks")["results"]) == 6


def test_headers_that_are_none_are_refused(clean: Client) -> None:
    """An object of texts, and nothing that would break a request apart."""
    assert_refused(add(clean, headers="x"), 400, "headers must be an object of strings")
    assert_refused(add(clean, headers={"a": 1}), 400, "headers must be an object of strings")
    for headers in ({"a b": "1"}, {"a": "1\r\nb: 2"}):
        assert_refused(add(clean, headers=headers), 400, "headers must be an object of valid HTTP headers")
    assert_refused(add(clean, colour="red"), 400, "property colour should not exist")
    assert clean.get("/webhooks")["results"] == []


def test_a_broken_webhook_route_says_so_without_a_description(client: Client) -> None:
    """Elsewhere a 500 has one."""
    client.arm("unexpected", operation="http")
    assert_refused(client.call("GET", "/webhooks"), 500, "Internal Server Error")
    client.arm("unexpected", operation="http")
    assert_refused(client.call("GET", "/categories"), 500, "Internal Server Error", "INTERNAL_SERVER_ERROR")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that calls the public internet only, as it does unless it is told otherwise."""
    with running(tmp_path_factory.mktemp("strict")) as server:
        yield server


MALFORMED = "Webhook url must be valid URL address and not localhost"
PLAIN = "Webhook url must be a https secured url"
LITERAL = "Webhook url host can't be an IP address"
INTERNAL = "Webhook url host can't be localhost or a reserved/internal name"
UNRESOLVED = "Webhook url host could not be resolved"

ADDRESSES = [
    ("nonsense", MALFORMED),
    ("", MALFORMED),
    ("ftp://shop.example/x", MALFORMED),
    ("https://", MALFORMED),
    ("https://shop.example:99999/x", MALFORMED),
    ("https://[::1/x", MALFORMED),
    ("https://user:secret@example.org/x", MALFORMED),
    ("https://example.org:8443/x", MALFORMED),
    ("http://example.org/x", PLAIN),
    ("https://93.184.216.34/x", LITERAL),
    ("https://127.0.0.1/x", LITERAL),
    ("https://[::1]/x", LITERAL),
    ("https://2130706433/x", LITERAL),
    ("https://0x7f.1/x", LITERAL),
    ("https://localhost/x", INTERNAL),
    ("https://LOCALHOST./x", INTERNAL),
    ("https://intranet/x", INTERNAL),
    ("https://db.internal/x", INTERNAL),
    ("https://printer.local/x", INTERNAL),
    ("https://nobody-has-this-name.example.org/x", UNRESOLVED),
]


@pytest.mark.parametrize(("url", "message"), ADDRESSES)
def test_only_the_public_internet_is_called(strict: Server, url: str, message: str) -> None:
    """An address that may not be called is refused wherever one can be given, each kind in its own words."""
    client = strict.client()
    assert_refused(add(client, url=url), 400, message)
    if url:
        item = {"connectorId": 2, "parameters": {"user": "user-ok", "password": "password-ok"}, "webhookUrl": url}
        assert_refused(client.call("POST", "/items", json=item), 400, message)
        assert_refused(client.call("POST", "/connect_token", json={"options": {"webhookUrl": url}}), 400, message)
    assert client.get("/webhooks")["results"] == []
    client.close()


def test_a_public_address_that_leads_inside_is_refused(client: Client) -> None:
    """Names cannot be made to resolve here, so this refusal is armed."""
    client.arm("request.webhook.private-address", operation="POST /webhooks")
    message = "Webhook url can't resolve to a private, loopback, link-local or reserved address"
    assert_refused(add(client), 400, message)
