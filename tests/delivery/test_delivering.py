"""Messages arrive, in order, once they can; endpoints that cannot take them are treated as they ask for."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.delivery.receiver import Received, Receiver, Reply
from tests.server import Client, Server, running

PATH = "/hook"


def listen(client: Client, receiver: Receiver, path: str = PATH, **more: Any) -> Any:
    """Have an address told of everything, in our own words."""
    return client.own("POST", "/endpoints", json={"url": receiver.url + path, **more})


def kinds(got: list[Received]) -> list[str]:
    """Return what the messages are about."""
    return [one.json["kind"] for one in got]


def in_order(got: list[Received]) -> bool:
    """Tell whether each connection's events came one after another, none missing, however often one was sent."""
    last: defaultdict[str, int] = defaultdict(int)
    for one in got:
        event = one.json
        if event["sequence"] not in (last[event["connection"]], last[event["connection"]] + 1):
            return False
        last[event["connection"]] = event["sequence"]
    return True


def later(client: Client, span: str) -> None:
    """Move the clock by so much that the key is over, and get another."""
    client.advance(span)
    client.key = client.authenticate(*client.keys)


def deliveries(client: Client, **filters: Any) -> list[Any]:
    """Return the deliveries that match, oldest first."""
    return list(client.own("GET", "/deliveries", params={"limit": 1000, **filters})["deliveries"][::-1])


def test_everything_is_told_in_order(server: Server, receiver: Receiver) -> None:
    """From the connection's creation to its deletion, each event once and in its place."""
    client = server.client()
    listen(client, receiver)
    item = client.connect(2)
    client.call("DELETE", f"/items/{item['id']}")
    got = receiver.until(PATH, lambda all: kinds(all)[-1] == "connection.deleted")
    assert [one.json["sequence"] for one in got] == list(range(1, len(got) + 1))
    told = [kind for kind in kinds(got) if kind.startswith("connection.")]
    assert told == ["connection.created", "connection.logged-in", "connection.updated", "connection.deleted"]
    assert {"product.collected", "transactions.created"} <= set(kinds(got))


def test_an_outage_of_a_day_loses_nothing_and_keeps_the_order(server: Server, receiver: Receiver) -> None:
    """Whatever happened while nobody answered arrives afterwards, connection by connection in its order."""
    client = server.client()
    client.advance("PT0S")
    endpoint = listen(client, receiver)
    receiver.usual[PATH] = Reply(500)
    items = [client.connect(2, user=f"user-person+{n}")["id"] for n in range(3)]
    for _ in range(4):
        later(client, "PT6H")
        for item in items:
            client.update(item)
    failed = receiver.on(PATH)
    assert failed and {one.json["sequence"] for one in failed} == {1}
    receiver.forget()
    receiver.usual[PATH] = Reply(200)
    later(client, "P1D")
    got = receiver.on(PATH)
    assert in_order(got)
    events = client.own("GET", "/events", params={"limit": 1000})["events"]
    assert len(got) == len({one.headers["webhook-id"] for one in got}) == len(events)
    assert {one["state"] for one in deliveries(client, endpoint=endpoint["id"])} == {"delivered"}


def test_what_one_process_began_another_finishes_after_a_kill(server: Server, receiver: Receiver) -> None:
    """Killed while a message was on its way, with more behind it: all of it arrives after the start, in order."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver)
    gate = threading.Event()
    receiver.line[PATH].append(Reply(gate=gate))
    client.connect(2)
    receiver.wait(PATH, 1)
    server.kill()
    gate.set()
    server.start()
    client = server.client()
    client.advance("PT2M")
    got = receiver.on(PATH)
    assert in_order(got)
    events = client.own("GET", "/events", params={"limit": 1000})["events"]
    assert {one.json["id"] for one in got} == {event["id"] for event in events}
    assert len(got) == len(events) + 1


def test_what_is_on_its_way_when_a_clock_is_moved_belongs_to_the_move(server: Server, receiver: Receiver) -> None:
    """A message that was sent before its application's clock stood, and fails, is sent again on the way."""
    client = server.client()
    endpoint = listen(client, receiver)
    gate = threading.Event()
    receiver.line[PATH].append(Reply(500, gate=gate))
    client.connect(2)
    receiver.wait(PATH, 1)
    moving = threading.Thread(target=client.advance, args=("PT8H",))
    moving.start()
    while not client.own("GET", "/sandbox/clock")["stopped"]:
        pass
    # long enough for whoever does not wait to have sent it again
    for _ in range(100):
        client.own("GET", "/sandbox/clock")
    assert moving.is_alive() and len(receiver.on(PATH)) == 1
    gate.set()
    moving.join()
    first, *_ = deliveries(client, endpoint=endpoint["id"])
    assert [one["status"] for one in client.own("GET", f"/deliveries/{first['id']}")["tried"]] == [500, 200]
    assert {one["state"] for one in deliveries(client, endpoint=endpoint["id"])} == {"delivered"}


def test_a_slow_endpoint_holds_up_no_other(server: Server, receiver: Receiver) -> None:
    """One that does not answer keeps its own messages waiting, and nobody else's."""
    client = server.client()
    gate = threading.Event()
    receiver.usual["/slow"] = Reply(gate=gate)
    listen(client, receiver, "/slow")
    listen(client, receiver, "/quick")
    try:
        for n in range(20):
            client.connect(2, user=f"user-person+{n}", password="wrong-password")
        got = receiver.until("/quick", lambda all: kinds(all).count("connection.failed") == 20)
        assert in_order(got)
        assert {one.json["sequence"] for one in receiver.on("/slow")} == {1}
    finally:
        gate.set()


def test_gone_switches_an_endpoint_off_at_once_and_says_so(server: Server, receiver: Receiver) -> None:
    """After a 410 nothing more is sent there; whoever else listens learns of it."""
    client = server.client()
    client.advance("PT0S")
    gone = listen(client, receiver, "/gone")
    listen(client, receiver, "/other", events=["endpoint"])
    receiver.usual["/gone"] = Reply(410)
    client.connect(2)
    later(client, "P1D")
    assert len(receiver.on("/gone")) == 1
    (told,) = receiver.on("/other")
    assert told.json["kind"] == "endpoint.disabled"
    assert told.json["fact"] == {"meaning": "gone", "reference": gone["id"], "url": receiver.url + "/gone"}
    shown = client.own("GET", f"/endpoints/{gone['id']}")
    assert shown["disabledAt"] and shown["reason"] == "gone"
    assert {one["state"] for one in deliveries(client, endpoint=gone["id"])} == {"given-up"}


def test_an_endpoint_that_fails_for_days_is_switched_off(server: Server, receiver: Receiver) -> None:
    """The attempts go on for 75 hours; then it is off, and enabling it begins anew with what happens then."""
    client = server.client()
    client.advance("PT0S")
    endpoint = listen(client, receiver)
    receiver.usual[PATH] = Reply(500)
    client.connect(2)
    later(client, "PT70H")
    assert client.own("GET", f"/endpoints/{endpoint['id']}")["disabledAt"] is None
    later(client, "PT30H")
    assert len(receiver.on(PATH)) == 10
    assert client.own("GET", f"/endpoints/{endpoint['id']}")["reason"] == "failing"
    receiver.forget()
    receiver.usual[PATH] = Reply(200)
    client.connect(2, user="user-person+2")
    later(client, "P1D")
    assert receiver.on(PATH) == []
    client.own("PATCH", f"/endpoints/{endpoint['id']}", json={"enabled": True})
    item = client.connect(2, user="user-person+3")
    client.advance("PT0S")
    assert {one.json["connection"] for one in receiver.on(PATH)} == {item["id"]}


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_is_overwhelmed_is_left_alone(server: Server, receiver: Receiver, status: int) -> None:
    """Nothing of any connection goes there until the time it named is over."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver)
    receiver.line[PATH].append(Reply(status, {"Retry-After": "3600"}))
    client.connect(2)
    client.advance("PT0S")
    client.connect(2, user="user-person+2")
    client.advance("PT59M")
    assert len(receiver.on(PATH)) == 1
    client.advance("PT2M")
    got = receiver.on(PATH)
    assert len({one.json["connection"] for one in got}) == 2 and in_order(got)


def test_a_redirect_is_a_failure_and_not_followed(server: Server, receiver: Receiver) -> None:
    """Where it leads to is not our business."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver)
    receiver.line[PATH].append(Reply(302, {"Location": receiver.url + "/elsewhere"}))
    client.connect(2)
    client.advance("PT0S")
    assert receiver.on("/elsewhere") == []
    (first, *_) = deliveries(client)
    assert (first["state"], first["status"]) == ("open", 302)
    client.advance("PT1M")
    assert deliveries(client)[0]["state"] == "delivered"


def test_every_attempt_is_kept(server: Server, receiver: Receiver) -> None:
    """What was sent, what came back and when, with no secret in it."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver, headers={"X-Secret": "do-not-show"})
    receiver.line[PATH].append(Reply(500, body=b"not today"))
    client.connect(2)
    client.advance("PT1M")
    whole = client.own("GET", f"/deliveries/{deliveries(client)[0]['id']}")
    assert [(one["status"], one["body"]) for one in whole["tried"]] == [(500, "not today"), (200, "ok")]
    assert whole["tried"][0]["sent"]["X-Secret"] == "…" and whole["tried"][0]["at"] < whole["tried"][1]["at"]
    assert whole["tried"][0]["sent"]["webhook-id"] == whole["message"]
    assert receiver.on(PATH)[0].headers["x-secret"] == "do-not-show"
    assert "do-not-show" not in server.log.read_text()


def test_two_signatures_while_the_secret_changes(server: Server, receiver: Receiver) -> None:
    """Receivers with the old secret and with the new one both believe us for a day; then only the new one counts."""
    client = server.client()
    client.advance("PT0S")
    endpoint = listen(client, receiver)
    (old,) = endpoint["secrets"]
    new = client.own("POST", f"/endpoints/{endpoint['id']}/rotate")["secrets"][0]
    assert new != old

    def believed(secret: str, one: Received) -> bool:
        moment = datetime.fromtimestamp(int(one.headers["webhook-timestamp"]), UTC)
        signature = Webhook(secret).sign(one.headers["webhook-id"], moment, one.raw.decode())
        return signature in one.headers["webhook-signature"].split(" ")

    client.connect(2)
    client.advance("PT0S")
    assert all(believed(old, one) and believed(new, one) for one in receiver.on(PATH))
    later(client, "P2D")
    receiver.forget()
    client.connect(2, user="user-person+2")
    client.advance("PT0S")
    one = receiver.on(PATH)[0]
    assert believed(new, one) and not believed(old, one)


def test_deliveries_are_sent_again_by_range_and_by_id(server: Server, receiver: Receiver) -> None:
    """In their old order, with the ids that they had."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver)
    client.connect(2)
    client.advance("PT0S")
    before = receiver.on(PATH)
    receiver.forget()
    assert client.own("POST", "/deliveries/replay", json={"after": 1, "until": 4}) == {"replayed": 3}
    client.advance("PT0S")
    again = receiver.on(PATH)
    assert [one.headers["webhook-id"] for one in again] == [one.headers["webhook-id"] for one in before[1:4]]
    assert [one.raw for one in again] == [one.raw for one in before[1:4]]
    receiver.forget()
    id = deliveries(client)[0]["id"]
    assert client.own("POST", "/deliveries/replay", json={"ids": [id]}) == {"replayed": 1}
    client.advance("PT0S")
    assert [one.raw for one in receiver.on(PATH)] == [before[0].raw]


def test_the_list_of_events_can_be_read_without_any_endpoint(server: Server) -> None:
    """Page by page, each event once, of one kind or of all; the last position leads on."""
    client = server.client()
    item = client.connect(2)
    read, after = [], 0
    while page := client.own("GET", "/events", params={"after": after, "limit": 3})["events"]:
        read += page
        after = page[-1]["position"]
    assert [event["position"] for event in read] == list(range(1, len(read) + 1))
    assert [event["sequence"] for event in read] == list(range(1, len(read) + 1))
    assert client.own("GET", "/events", params={"after": after}) == {"events": [], "next": after}
    client.update(item["id"])
    more = client.own("GET", "/events", params={"after": after, "kind": "connection.updated"})["events"]
    assert [event["sequence"] > len(read) for event in more] == [True]


def test_another_application_reads_nothing_of_it(server: Server, receiver: Receiver) -> None:
    """Events, endpoints and deliveries are each application's own."""
    client, other = server.client(), server.other_client()
    endpoint = listen(client, receiver)
    client.connect(2)
    receiver.wait(PATH, 1)
    id = deliveries(client)[0]["id"]
    assert other.own("GET", "/events")["events"] == []
    assert other.own("GET", "/endpoints")["endpoints"] == deliveries(other) == []
    for path in (f"/endpoints/{endpoint['id']}", f"/deliveries/{id}"):
        assert other.http.get(f"/api{path}", headers={"x-api-key": other.key}).status_code == 404
    assert other.own("POST", "/deliveries/replay", json={"ids": [id]}) == {"replayed": 0}


def test_a_server_that_was_not_told_to_reaches_no_private_address(tmp_path: Any, receiver: Receiver) -> None:
    """Neither when an address is given nor when a message is sent: one that was taken before is checked again."""
    with running(tmp_path, private_webhooks="1") as server:
        client = server.client()
        client.advance("PT0S")
        listen(client, receiver)
        client.connect(2)
        client.advance("PT0S")
        before = len(receiver.on(PATH))
        assert before
        server.stop()
        server.settings = {}
        server.start()
        client = server.client()
        answer = client.http.post(
            "/api/endpoints", headers={"x-api-key": client.key}, json={"url": receiver.url + "/new"}
        )
        assert answer.json()["error"]["meaning"] == "request.webhook.not-https"
        client.connect(2, user="user-person+2")
        client.advance("PT0S")
        assert len(receiver.on(PATH)) == before
        assert "request.webhook.not-https" in {one["error"] for one in deliveries(client)}


def test_an_endpoint_where_nothing_arrives_is_probed(server: Server, receiver: Receiver) -> None:
    """After a minute of failure messages that were never tried wait, all but one now and then; what is told elsewhere
    does not wait behind them, and the first that arrives lets all go."""
    client = server.client()
    client.advance("PT0S")
    listen(client, receiver)
    receiver.usual[PATH] = Reply(500)
    first = client.connect(2)["id"]
    client.advance("PT2M")
    listen(client, receiver, "/other")
    receiver.forget()
    held = {client.connect(2, user=f"user-person+{n}")["id"] for n in range(4)}
    receiver.until("/other", lambda all: kinds(all).count("connection.updated") == 4)
    client.advance("PT0S")
    assert len({one.json["connection"] for one in receiver.on(PATH)} - {first}) == 1
    receiver.usual[PATH] = Reply(200)
    receiver.forget()
    client.advance("PT30M")
    got = receiver.on(PATH)
    assert {one.json["connection"] for one in got} == {first, *held} and in_order(got)


def test_another_address_is_tried_at_once(server: Server, receiver: Receiver) -> None:
    """What was held back because nothing arrived at the old address does not wait for the new one to be probed."""
    client = server.client()
    client.advance("PT0S")
    endpoint = listen(client, receiver)
    receiver.usual[PATH] = Reply(500)
    client.connect(2)
    client.advance("PT2M")
    held = {client.connect(2, user=f"user-person+{n}")["id"] for n in range(3)}
    client.advance("PT0S")
    client.own("PATCH", f"/endpoints/{endpoint['id']}", json={"url": receiver.url + "/new"})
    client.advance("PT0S")
    assert len(held & {one.json["connection"] for one in receiver.on("/new")}) == 2
