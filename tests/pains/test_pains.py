"""What users of account aggregation suffer most, told as stories through every dialect that is there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pains.through import Through, through
from tests.server import Client

DOWN = "institution.unavailable"

pytestmark = pytest.mark.journey


@pytest.fixture(params=["pluggy", "belvo", "flinks"])
def way(request: pytest.FixtureRequest, client: Client) -> Through:
    """One dialect after another."""
    return through(request.param, client)


def freshness(way: Through, id: str) -> dict[str, Any]:
    """Return what our own API says of a connection's accounts."""
    told = way.client.own("GET", f"/connections/{id}/quotas")["products"]
    return dict(next(one for one in told if one["product"] == "accounts"))


def failing(way: Through, id: str, meaning: str = DOWN, times: int = 1) -> None:
    """Have the next operations of one connection fail."""
    way.client.arm(meaning, connection_id=id, times=times)


def facts(way: Through, id: str) -> list[dict[str, Any]]:
    """Return the events of a connection, as a client with no public address pulls them."""
    found: list[dict[str, Any]] = []
    after = 0
    while True:
        page = way.client.own("GET", "/events", params={"after": after, "limit": 1000})
        found += [event for event in page["events"] if event["connection"] == id]
        if page["next"] == after:
            return found
        after = page["next"]


def test_01_green_while_stale(way: Through) -> None:
    """A refresh that failed is never said to be well, and the accounts keep the age that they have."""
    id = way.connect()
    before = freshness(way, id)
    assert before["updated"]
    way.client.advance("PT1H")
    way.client.key = way.client.authenticate(*way.client.keys)
    failing(way, id, times=2)
    assert not way.refresh(id).well
    after = freshness(way, id)
    assert (after["updated"], after["updatedAt"]) == (False, before["updatedAt"])


def test_02_cause_swallowed(way: Through) -> None:
    """The failure has a code that the catalogue explains: whose turn it is, what to do, in words for the user."""
    id = way.connect()
    failing(way, id, times=2)
    said = way.refresh(id)
    assert said.code
    explained = way.client.own("GET", "/explain", params={"system": way.name, "code": said.code})
    assert explained["known"], explained
    assert explained["help"].startswith("http")


def test_07_reconnect_destroys_or_is_impossible(way: Through) -> None:
    """After failures the same connection is refreshed again, and its accounts are the same accounts."""
    id = way.connect()
    before = way.accounts(id)
    assert before
    failing(way, id, times=2)
    assert not way.refresh(id).well
    way.client.own("DELETE", "/sandbox/faults")
    assert way.refresh(id).well
    assert way.accounts(id) == before


def test_10_recovery_is_told_and_nothing_is_out_of_order(way: Through) -> None:
    """Pulled, with no public address: failure and recovery both, each connection's in its own order without a gap."""
    id = way.connect()
    failing(way, id, times=2)
    way.refresh(id)
    way.client.own("DELETE", "/sandbox/faults")
    way.refresh(id)
    told = facts(way, id)
    assert [event["sequence"] for event in told] == list(range(1, len(told) + 1))
    kinds = [event["kind"] for event in told]
    assert kinds.index("connection.failed") < kinds.index("connection.recovered")


def test_11_one_bad_bank_does_not_stop_the_others(way: Through) -> None:
    """What fails on one connection leaves its neighbour alone."""
    bad, good = way.connect(), way.connect()
    failing(way, bad, times=2)
    assert not way.refresh(bad).well
    assert way.refresh(good).well


def test_13_the_user_is_not_asked_to_mend_what_the_bank_did(way: Through) -> None:
    """The bank fails again and again, and still the next attempt is let through and works: nobody was disconnected.

    Five times, because six failed calls make a link invalid by Belvo's own rule, whoever failed.
    """
    id = way.connect()
    failing(way, id, times=50)
    for _ in range(5):
        assert not way.refresh(id).well
    way.client.own("DELETE", "/sandbox/faults")
    assert way.refresh(id).well


def test_14_support_has_an_id_to_ask_for(way: Through) -> None:
    """The failure names an id."""
    id = way.connect()
    failing(way, id, times=2)
    assert way.refresh(id).id
