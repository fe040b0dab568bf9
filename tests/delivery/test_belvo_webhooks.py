"""Belvo's webhooks at a real receiver: what is loaded while nobody waits, and what becomes of a link."""

from __future__ import annotations

from typing import Any

import pytest

from tests.belvo import Belvo
from tests.delivery.receiver import Receiver, Reply
from tests.server import Client, Server

PATH = "/belvo"


def listen(client: Client, receiver: Receiver, **more: Any) -> None:
    """Have an address told in Belvo's words, with the credentials that Belvo is given for it."""
    body = {"url": receiver.url + PATH, "system": "belvo", "headers": {"Authorization": "Bearer ours"}, **more}
    client.own("POST", "/endpoints", json=body)


def codes(received: list[Any]) -> list[tuple[str, str]]:
    """Return type and code of messages."""
    return [(one.json["webhook_type"], one.json["webhook_code"]) for one in received]


def test_a_link_that_loads_resources_is_told_of_each(server: Server, receiver: Receiver) -> None:
    """Accounts, owners and movements, with what the client finds when it asks for them then."""
    client = server.client()
    belvo = Belvo(client)
    listen(client, receiver)
    link = belvo.link(username="bnk100", fetch_resources=["ACCOUNTS", "OWNERS", "TRANSACTIONS"], external_id="ours-1")
    got = receiver.wait(PATH, 3)
    by_type = {one.json["webhook_type"]: one.json for one in got}
    assert set(codes(got)) == {(type_, "historical_update") for type_ in ("ACCOUNTS", "OWNERS", "TRANSACTIONS")}
    for told in by_type.values():
        assert (told["link_id"], told["external_id"]) == (link["id"], "ours-1")
        assert told["process_type"] == "historical_update"
        assert len(told["webhook_id"]) == len(told["request_id"]) == 32
    assert by_type["ACCOUNTS"]["data"] == {"total_accounts": len(belvo.every("/api/accounts/", link=link["id"]))}
    assert by_type["OWNERS"]["data"] == {"total_owners": len(belvo.every("/api/owners/", link=link["id"]))}
    movements = belvo.every("/api/transactions/", link=link["id"])
    days = sorted(one["value_date"] for one in movements)
    assert by_type["TRANSACTIONS"]["data"] == {
        "total_transactions": len(movements),
        "total_inflow_transactions": sum(one["type"] == "INFLOW" for one in movements),
        "total_outflow_transactions": sum(one["type"] == "OUTFLOW" for one in movements),
        "first_transaction_date": days[0],
        "last_transaction_date": days[-1],
    }
    assert {one.headers["authorization"] for one in got} == {"Bearer ours"}


def test_what_a_client_waits_for_is_not_told(server: Server, receiver: Receiver) -> None:
    """An ordinary POST has its answer; what comes next is the word that the link is gone."""
    client = server.client()
    belvo = Belvo(client)
    listen(client, receiver)
    link = belvo.link()
    assert belvo.ask(link["id"]).status_code == 201
    assert belvo.call("DELETE", f"/api/links/{link['id']}/").status_code == 204
    got = receiver.wait(PATH, 1)
    assert codes(got) == [("LINK", "link_deleted")]


def test_news_of_an_async_request_carry_its_id(server: Server, receiver: Receiver) -> None:
    """The id of the 202 comes back with `async_post`."""
    client = server.client()
    belvo = Belvo(client)
    listen(client, receiver)
    link = belvo.link()
    answer = belvo.call("POST", f"/api/links/{link['id']}/refresh/", json={"fetch_resources": ["ACCOUNTS"]})
    assert answer.status_code == 202, answer.text
    (told,) = receiver.until(PATH, lambda all: ("ACCOUNTS", "historical_update") in codes(all))[:1]
    assert (told.json["process_type"], told.json["request_id"]) == ("async_post", answer.json()["request_id"])


def test_a_login_that_failed_is_no_link_that_was_deleted(server: Server, receiver: Receiver) -> None:
    """The client was answered 400 and never had a link."""
    client = server.client()
    belvo = Belvo(client)
    listen(client, receiver)
    assert belvo.try_link(username="act+login.credentials").status_code == 400
    link = belvo.link()
    belvo.call("DELETE", f"/api/links/{link['id']}/")
    (told,) = receiver.wait(PATH, 1)
    assert told.json["link_id"] == link["id"]


def test_a_message_is_tried_five_times_a_little_later_each_time(server: Server, receiver: Receiver) -> None:
    """After one, two, three, four and five minutes; then as seldom as all others."""
    client = server.client()
    client.advance("PT0S")
    belvo = Belvo(client)
    listen(client, receiver)
    receiver.usual[PATH] = Reply(500)
    link = belvo.link()
    belvo.call("DELETE", f"/api/links/{link['id']}/")
    for minutes, attempts in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)):
        client.advance(f"PT{minutes}M")
        assert len(receiver.on(PATH)) == attempts
    receiver.usual[PATH] = Reply(200)
    client.advance("PT3H")
    assert len(receiver.on(PATH)) == 7


@pytest.mark.parametrize("wanted", [["LINK"], ["LINK/link_deleted"]])
def test_an_endpoint_chooses_by_type_or_by_code(server: Server, receiver: Receiver, wanted: list[str]) -> None:
    """Other messages do not go there."""
    client = server.client()
    belvo = Belvo(client)
    listen(client, receiver, events=wanted)
    link = belvo.link(fetch_resources=["ACCOUNTS"])
    client.settle()
    belvo.call("DELETE", f"/api/links/{link['id']}/")
    assert codes(receiver.wait(PATH, 1)) == [("LINK", "link_deleted")]
