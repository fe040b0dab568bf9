"""Pluggy's webhooks at a real receiver, while an item lives."""

from __future__ import annotations

from typing import Any

from tests.delivery.receiver import Receiver, Reply
from tests.server import Client, Server

PATH = "/hook"


def hook(client: Client, receiver: Receiver, event: str = "all", path: str = PATH, **more: Any) -> Any:
    """Register a webhook with Pluggy's own API."""
    answer = client.call("POST", "/webhooks", json={"event": event, "url": receiver.url + path, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(receiver: Receiver, count: int, path: str = PATH) -> list[str]:
    """Return the first events that arrive at a path."""
    return [received.json["event"] for received in receiver.wait(path, count)][:count]


def test_an_item_is_told_from_login_to_its_end(server: Server, receiver: Receiver) -> None:
    """Login, creation with the movements of each account behind it, update, deletion: in this order."""
    client = server.client()
    hook(client, receiver, headers={"Authorization": "Bearer ours"})
    item = client.connect(2, clientUserId="u-1")
    accounts = client.get("/accounts", itemId=item["id"])["results"]
    client.update(item["id"])
    client.call("DELETE", f"/items/{item['id']}")
    got = receiver.until(PATH, lambda all: all[-1].json["event"] == "item/deleted")
    told = [one.json["event"] for one in got]
    assert told[:2] == ["item/login_succeeded", "item/created"]
    assert set(told[2:4]) == {"transactions/created"}
    rest = told[2:]
    assert [name for name in rest if name.startswith("item/")] == [
        "item/login_succeeded",
        "item/updated",
        "item/deleted",
    ]
    created = got[1].json
    assert created | {"eventId": ""} == {
        "event": "item/created",
        "eventId": "",
        "id": item["id"],
        "itemId": item["id"],
        "triggeredBy": "CLIENT",
        "clientUserId": "u-1",
        "clientId": client.keys[0],
    }
    assert {one.headers["authorization"] for one in got} == {"Bearer ours"}
    assert len({one.json["eventId"] for one in got}) == len(got)
    assert {one.json["accountId"] for one in got if one.json["event"] == "transactions/created"} <= {
        account["id"] for account in accounts
    }


def test_the_link_to_new_movements_finds_exactly_them(server: Server, receiver: Receiver) -> None:
    """`transactions/created` says how many there are, and its link leads to as many."""
    client = server.client()
    hook(client, receiver, "transactions/created")
    client.connect(2)
    told = receiver.wait(PATH, 1)[0].json
    link = told["createdTransactionsLinkV2"].partition("/pluggy")[2]
    found, path = [], link
    while path:
        page = client.get(path)
        found += page["results"]
        path = "/v2/transactions" + page["next"] if page["next"] else ""
    assert len(found) == told["transactionsCount"] > 0
    assert min(one["date"] for one in found) == told["transactionsMinDate"]


def test_a_refused_login_is_told_with_its_code(server: Server, receiver: Receiver) -> None:
    """`item/error` carries the item's own error."""
    client = server.client()
    hook(client, receiver, "item/error")
    item = client.connect(2, password="wrong-password")
    told = receiver.wait(PATH, 1)[0].json
    assert told["error"]["code"] == item["error"]["code"] == "INVALID_CREDENTIALS"
    assert told["error"]["message"] == item["error"]["message"]


def test_a_question_is_told(server: Server, receiver: Receiver) -> None:
    """What the user types is one event, what they do elsewhere another."""
    client = server.client()
    hook(client, receiver)
    client.connect(5)
    assert names(receiver, 1) == ["item/waiting_user_input"]
    client.connect(6)
    assert names(receiver, 2)[1] == "item/waiting_user_action"


def test_an_items_own_address_is_told_of_it_alone(server: Server, receiver: Receiver) -> None:
    """`webhookUrl` hears every event of its item, and is none of the client's webhooks."""
    client = server.client()
    mine = client.connect(2, webhookUrl=receiver.url + "/mine")
    client.connect(2, user="user-person+other")
    got = receiver.wait("/mine", 2)
    assert {one.json["itemId"] for one in got} == {mine["id"]}
    assert client.get("/webhooks")["results"] == []
    assert len(client.own("GET", "/endpoints")["endpoints"]) == 1


def test_nine_attempts_as_pluggy_makes_them_and_then_for_three_days(server: Server, receiver: Receiver) -> None:
    """Three at once, three after an hour, three two hours later; what is still not taken is not forgotten."""
    client = server.client()
    client.advance("PT0S")
    hook(client, receiver, "item/created")
    receiver.usual[PATH] = Reply(500)
    client.connect(2)
    for span, attempts in (("PT10S", 3), ("PT59M", 3), ("PT2M", 6), ("PT1H58M", 6), ("PT3M", 9), ("PT24H", 10)):
        client.advance(span)
        assert len(receiver.on(PATH)) == attempts, span
    receiver.usual[PATH] = Reply(200)
    client.advance("P2D")
    assert len(receiver.on(PATH)) == 11
    (delivery,) = client.own("GET", "/deliveries")["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 11)


def test_a_login_is_told_three_times_at_most(server: Server, receiver: Receiver) -> None:
    """`item/login_succeeded` is worth nothing an hour later, and what comes behind it goes its way."""
    client = server.client()
    client.advance("PT0S")
    hook(client, receiver)
    receiver.line[PATH].extend([Reply(500)] * 3)
    client.connect(2)
    client.advance("PT10S")
    told = [one.json["event"] for one in receiver.on(PATH)]
    assert told[:4] == ["item/login_succeeded"] * 3 + ["item/created"]
