"""Requests that are refused: parameters that break a connector's rules, and updates that may not begin."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.rows.pluggy.stories import later, refused, stopped
from tests.server import Client, running

USER = {"code": "002", "message": 'O user deve começar com "user-"', "parameter": "user"}
PASSWORD = {"code": "002", "message": "A senha deve ter entre 6 e 20 caracteres", "parameter": "password"}
NO_PASSWORD = {"code": "001", "message": "password parameter is required", "parameter": "password"}

BUSY = {
    "code": 409,
    "codeDescription": "ITEM_ALREADY_UPDATING",
    "message": "An update is already in progress, wait until the last execution ends",
}


@pytest.mark.row("pluggy.validation/002-shape")
@pytest.mark.parametrize(
    ("parameters", "errors"),
    [
        ({"user": "me", "password": "short"}, [USER, PASSWORD]),
        ({"user": "me", "password": "password-ok"}, [USER]),
        ({"user": "user-ok"}, [NO_PASSWORD]),
    ],
)
def test_parameters_that_break_the_rules_are_named_one_by_one(
    client: Client, parameters: dict[str, str], errors: list[dict[str, str]]
) -> None:
    """One entry for each parameter, with code, message and name; no item is made."""
    count = len(client.get("/v2/items")["results"])
    answer = client.call("POST", "/items", json={"connectorId": 2, "parameters": parameters})
    body = answer.json()
    assert (answer.status_code, body.pop("errorId") != "") == (400, True)
    assert body == {
        "code": 400,
        "codeDescription": "CONNECTOR_VALIDATION_ERROR",
        "message": "Connector parameters do not match validation rules",
        "errors": errors,
        "details": errors,
    }
    assert len(client.get("/v2/items")["results"]) == count


@pytest.mark.row("pluggy.validation/002-shape")
def test_an_update_with_bad_parameters_is_refused_alike(client: Client) -> None:
    """The item stays as it is, and the credentials it has are not lost."""
    item = client.connect(2)
    status, body = refused(client, item["id"], parameters={"user": "me", "password": "short"})
    assert (status, body["message"]) == (400, "Connector parameters do not match validation rules")
    assert body["errors"] == [USER, PASSWORD]
    assert client.get(f"/items/{item['id']}") == item
    assert client.update(item["id"])["executionStatus"] == "SUCCESS"


@pytest.mark.row("pluggy.409/already-updating")
def test_an_item_that_is_updating_cannot_be_updated(tmp_path: Path) -> None:
    """At a bank that takes its time the second update is refused, and the first one goes on undisturbed."""
    with running(tmp_path, pace="400") as server, closing(server.client()) as client:
        body = {
            "connectorId": 2,
            "parameters": {"user": "user-ok", "password": "password-ok"},
            "products": ["IDENTITY"],
        }
        item: dict[str, Any] = client.call("POST", "/items", json=body).json()
        assert item["status"] == "UPDATING"
        assert refused(client, item["id"]) == (409, BUSY)
        assert refused(client, item["id"], parameters={"user": "user-ok", "password": "password-2"}) == (409, BUSY)
        item = client.settled(item["id"])
        assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
        assert client.call("PATCH", f"/items/{item['id']}", json={}).status_code == 200


@pytest.mark.row("pluggy.409/already-updating")
def test_an_item_that_waits_for_its_user_is_updating_too(client: Client) -> None:
    """The execution is not over while its question is open; the question stays open."""
    item = client.connect(3, "person+waits-for-a-token")
    assert item["status"] == "WAITING_USER_INPUT"
    assert refused(client, item["id"]) == (409, BUSY)
    assert client.answer(item["id"], token="123456")["status"] == "UPDATED"


@pytest.mark.row("pluggy.409/minimum-frequency")
def test_an_update_before_the_minimum_frequency_is_refused(alone: Client) -> None:
    """The answer says how often it may be and when it last was; once the time is over it may be again."""
    alone.policy(update_every=24 * 60 * 60)
    now = stopped(alone)
    item = alone.connect(2)
    told = {
        "code": 409,
        "codeDescription": "CLIENT_IS_UPDATING_BEFORE_ALLOWED_FREQUENCY",
        "message": f"Client updates on this item are allowed at most every 24 hours. Last update was at {now}",
        "data": {"minUpdateFrequencyAllowedInHours": 24, "lastUpdatedAt": now},
    }
    assert refused(alone, item["id"]) == (409, told)
    later(alone, "PT23H59M59S")
    assert refused(alone, item["id"]) == (409, told)
    assert alone.get(f"/items/{item['id']}") == item
    now = later(alone, "PT1S")
    assert alone.update(item["id"])["lastUpdatedAt"] == now


@pytest.mark.row("pluggy.409/minimum-frequency")
def test_the_minimum_frequency_does_not_bind_the_user_nor_a_failed_item(client: Client) -> None:
    """Somebody at the widget may update at once, and so may anybody where nothing was updated yet."""
    client.policy(update_every=24 * 60 * 60)
    item = client.connect(2)
    answer = client.call("POST", "/connect_token", json={"itemId": item["id"]})
    headers = {"x-api-key": answer.json()["accessToken"]}
    answer = client.call("PATCH", f"/items/{item['id']}", json={}, headers=headers)
    assert answer.status_code == 200, answer.text
    client.settle()
    failed = client.connect(2, "user-unavailable")
    assert client.update(failed["id"])["status"] == "OUTDATED"
