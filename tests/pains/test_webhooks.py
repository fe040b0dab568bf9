"""Webhooks, what good looks like: what the tests of delivery do not show of the list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest

from afluente.engine.telling import LONG
from tests.delivery.receiver import Received, Receiver, Reply, listening
from tests.server import Client

pytestmark = pytest.mark.journey

SYSTEMS = ("afluente", "belvo", "flinks", "klavi", "pluggy")
PATH = "/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real receiver on a port of this machine."""
    with listening() as receiver:
        yield receiver


@pytest.fixture
def partner(client: Client) -> Iterator[Client]:
    """A client whose clock stands, and that nobody tells anything any more behind the test."""
    client.own("POST", "/sandbox/clock", json={"at": "2026-03-03T12:00:00Z"})
    client.key = client.authenticate(*client.keys)
    yield client
    client.own("DELETE", "/sandbox/clock")
    client.key = client.authenticate(*client.keys)
    for endpoint in client.own("GET", "/endpoints")["endpoints"]:
        client.http.delete(f"/api/endpoints/{endpoint['id']}", headers={"x-api-key": client.key})


def listen(client: Client, receiver: Receiver, system: str = "afluente", path: str = PATH, **more: Any) -> Any:
    """Have an address told in the words of a system."""
    return client.own("POST", "/endpoints", json={"url": receiver.url + path, "system": system, **more})


def later(client: Client, span: str = "PT0S") -> None:
    """Let time pass with all that falls due in it, and take a new key."""
    client.advance(span)
    client.key = client.authenticate(*client.keys)


def sent(client: Client, endpoint: Any, **filters: Any) -> list[Any]:
    """Return the deliveries to an endpoint, oldest first."""
    told = client.own("GET", "/deliveries", params={"endpoint": endpoint["id"], "limit": 1000, **filters})
    return list(reversed(told["deliveries"]))


def connections(got: list[Received]) -> set[str]:
    """Return the connections that messages are about."""
    return {one.json["connection"] for one in got}


def happening(client: Client, system: str) -> None:
    """Have something happen that a system tells of."""
    if system == "flinks":
        opened = {"Institution": "FlinksCapital", "Username": "person+hooks", "Password": "Everyday"}
        base = f"/flinks/v3/{client.keys[0]}/BankingServices"
        told = client.http.post(f"{base}/Authorize", json=opened).json()
        client.http.post(f"{base}/GetAccountsDetail", json={"RequestId": told["RequestId"]})
    elif system == "klavi":
        headers = {"partner_code": client.keys[0], "partner_token": client.keys[1]}
        body = {
            "cpf": "40000002178", "institution": "341", "products": ["category_checking"],
            "credentials": {"username": "user-ok", "password": "password-ok"},
        }  # fmt: skip
        assert client.http.post("/klavi/data/v1/tasks", json=body, headers=headers).json()["code"] == 200
    elif system == "belvo":
        body = {
            "institution": "erebor_mx_retail",
            "username": "hooked_1",
            "password": "x",
            "fetch_resources": ["ACCOUNTS"],
        }
        assert client.http.post("/belvo/api/links/", json=body, auth=client.keys).status_code == 201
    else:
        client.connect(2, "user-person+hooked")
    client.settle()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_message_keeps_its_id_until_it_arrives(partner: Client, receiver: Receiver, system: str) -> None:
    """Sent again after a failure and after a redirect, in every system's words: the same id, the same bytes, and each
    attempt is kept with its answer."""
    endpoint = listen(partner, receiver, system)
    receiver.line[PATH] += [Reply(500), Reply(302, {"Location": receiver.url + "/elsewhere"})]
    happening(partner, system)
    later(partner, "PT8H")
    assert receiver.on("/elsewhere") == []
    failed: list[int] = []
    for whole in sent(partner, endpoint):
        tried = [one["status"] for one in partner.own("GET", f"/deliveries/{whole['id']}")["tried"]]
        same = [one.raw for one in receiver.on(PATH) if one.headers["webhook-id"] == whole["message"]]
        # what is on its way at the same time may share the two failures
        assert len(same) == len(tried) and len(set(same)) == 1 and tried[-1] == 200
        failed += tried[:-1]
    assert sorted(failed) == [302, 500]


@pytest.mark.parametrize("system", SYSTEMS)
def test_gone_is_gone_in_every_system(partner: Client, receiver: Receiver, system: str) -> None:
    """One 410, and nothing is sent there any more."""
    endpoint = listen(partner, receiver, system)
    receiver.usual[PATH] = Reply(410)
    happening(partner, system)
    later(partner, "P1D")
    assert len(receiver.on(PATH)) == 1
    assert partner.own("GET", f"/endpoints/{endpoint['id']}")["reason"] == "gone"


def test_the_plan_takes_75_hours_and_chance_only_adds(partner: Client, receiver: Receiver) -> None:
    """Each wait is the plan's or up to a fifth longer, and no two messages wait alike."""
    endpoint = listen(partner, receiver)
    receiver.usual[PATH] = Reply(500)
    for user in ("user-person+plan1", "user-person+plan2"):
        partner.connect(2, user)
    later(partner, "P5D")
    waits = []
    for one in sent(partner, endpoint):
        tried = partner.own("GET", f"/deliveries/{one['id']}")["tried"]
        if len(tried) > 5:
            at = [datetime.fromisoformat(attempt["at"]) for attempt in tried]
            waits.append([(after - before) // timedelta(milliseconds=1) for before, after in pairwise(at)])
    assert len(waits) == 2
    for found in waits:
        assert all(span <= wait <= span * 1.2 for wait, span in zip(found, LONG, strict=False))
    # with the first that has failed for so long the endpoint is switched off, and with it the other's plan
    assert 75 * 3_600_000 <= max(map(sum, waits)) <= 91 * 3_600_000
    assert waits[0][:4] != waits[1][:4]


def test_a_date_to_come_back_at_is_kept_to(partner: Client, receiver: Receiver) -> None:
    """`Retry-After` may be a date; one that is sooner than the plan makes nothing sooner."""
    listen(partner, receiver)
    until = datetime.fromisoformat("2026-03-03T18:00:00+00:00")
    receiver.line[PATH] += [
        Reply(500, {"Retry-After": format_datetime(until, usegmt=True)}),
        Reply(500, {"Retry-After": "1"}),
    ]
    partner.connect(2, "user-person+date")
    later(partner, "PT5H59M")
    assert len(receiver.on(PATH)) == 1
    later(partner, "PT2M")
    assert len(receiver.on(PATH)) == 2
    later(partner, "PT3M")
    assert len(receiver.on(PATH)) == 2
    later(partner, "PT4M")
    assert len(receiver.on(PATH)) > 3


def test_who_is_overwhelmed_and_names_no_time_is_left_alone_all_the_same(partner: Client, receiver: Receiver) -> None:
    """Half a minute at first, for every connection."""
    listen(partner, receiver)
    receiver.line[PATH].append(Reply(429))
    partner.connect(2, "user-person+over1")
    later(partner)
    partner.connect(2, "user-person+over2")
    later(partner, "PT29S")
    assert len(receiver.on(PATH)) == 1
    later(partner, "PT2S")
    assert len(connections(receiver.on(PATH))) == 2


def test_an_endpoint_that_fails_is_not_told_everything_anew(partner: Client, receiver: Receiver) -> None:
    """While nothing arrives, connections that were never tried there wait, but for one now and then; and when one has
    arrived, all of them follow at once. Another endpoint is told as always."""
    endpoint = listen(partner, receiver, events=["connection.created"])
    listen(partner, receiver, path="/well", events=["connection.created"])
    receiver.usual[PATH] = Reply(500)
    first = partner.connect(2, "user-person+broken0")["id"]
    later(partner, "PT2H")
    assert connections(receiver.on(PATH)) == {first}
    receiver.forget()
    others = {partner.connect(2, f"user-person+broken{number}")["id"] for number in range(1, 7)}
    later(partner)
    assert len(connections(receiver.on(PATH)) & others) == 1
    assert connections(receiver.on("/well")) == others
    later(partner, "PT1M")
    assert len(connections(receiver.on(PATH)) & others) == 1
    assert {one["attempts"] for one in sent(partner, endpoint) if one["connection"] in others} >= {0}
    receiver.usual[PATH] = Reply(200)
    # the second of them would have been sent half an hour later, had the first not arrived by its own plan
    later(partner, "PT6M")
    assert others <= connections(receiver.on(PATH))
    # the one that was tried keeps to its own plan
    later(partner, "PT6H")
    assert {one["state"] for one in sent(partner, endpoint)} == {"delivered"}


def test_failure_and_recovery_are_told(partner: Client, receiver: Receiver) -> None:
    """Whoever was told of the one is told of the other, in order, with a number for each connection."""
    listen(partner, receiver)
    listen(partner, receiver, "pluggy", "/pluggy")
    id = partner.connect(2, "user-person+recovers")["id"]
    partner.arm("institution.unavailable", connection_id=id, times=2)
    assert partner.update(id)["status"] == "OUTDATED"
    partner.own("DELETE", "/sandbox/faults")
    assert partner.update(id)["status"] == "UPDATED"
    later(partner)
    got = [one.json for one in receiver.on(PATH)]
    assert [one["sequence"] for one in got] == list(range(1, len(got) + 1))
    kinds = [one["kind"] for one in got]
    assert kinds.index("connection.failed") < kinds.index("connection.recovered")
    names = [one.json["event"] for one in receiver.on("/pluggy")]
    assert names.index("item/error") < len(names) - 1 - names[::-1].index("item/updated")


def test_what_was_missed_is_listed_and_sent_again_by_filter(partner: Client, receiver: Receiver) -> None:
    """What was given up is a list; of it the messages of one name, of one connection, or all are sent again."""
    endpoint = listen(partner, receiver)
    receiver.usual[PATH] = Reply(500)
    one, other = (partner.connect(2, f"user-person+missed{number}")["id"] for number in (1, 2))
    later(partner, "P5D")
    missed = sent(partner, endpoint, state="given-up")
    assert {delivery["connection"] for delivery in missed} == {one, other}
    receiver.usual[PATH] = Reply(200)
    receiver.forget()
    partner.own("PATCH", f"/endpoints/{endpoint['id']}", json={"enabled": True})
    chosen = {"state": "given-up", "connection": one, "name": "product.collected"}
    count = sum(delivery["connection"] == one and delivery["name"] == "product.collected" for delivery in missed)
    assert partner.own("POST", "/deliveries/replay", json=chosen) == {"replayed": count}
    later(partner)
    assert {(got.json["connection"], got.json["kind"]) for got in receiver.on(PATH)} == {(one, "product.collected")}
    before = [delivery["message"] for delivery in missed if delivery["connection"] == other]
    receiver.forget()
    again = {"endpoint": endpoint["id"], "connection": other, "state": "given-up"}
    assert partner.own("POST", "/deliveries/replay", json=again) == {"replayed": len(before)}
    later(partner)
    assert [got.headers["webhook-id"] for got in receiver.on(PATH)] == before


def test_what_happened_under_a_clock_that_was_ahead_is_told(client: Client, receiver: Receiver) -> None:
    """A clock that was put back must not keep everything waiting until it comes there again."""
    client.advance("P30D")
    client.key = client.authenticate(*client.keys)
    client.connect(2, "user-person+ahead1")
    client.own("DELETE", "/sandbox/clock")
    client.key = client.authenticate(*client.keys)
    endpoint = listen(client, receiver)
    try:
        later(client)
        after = client.connect(2, "user-person+ahead2")["id"]
        later(client)
        assert after in connections(receiver.on(PATH))
    finally:
        client.http.delete(f"/api/endpoints/{endpoint['id']}", headers={"x-api-key": client.key})
