"""What an operator does: the clock, faults, sending again, changing the secret."""

from __future__ import annotations

import re

import pytest

from tests.delivery.receiver import Receiver
from tests.operator import Operator, marked
from tests.server import Client

SANDBOX = 2


def test_the_clock_is_stopped_moved_and_let_go(operator: Operator) -> None:
    """What falls due on the way has happened when the page comes back."""
    client = operator.client
    client.policy(sync_every=86_400)
    item = client.connect(SANDBOX)
    operator.post("sandbox/clock", do="stop")
    before = client.own("GET", "/sandbox/clock")
    assert before["stopped"] is True
    assert "The clock stands at" in operator.get("connections")
    operator.post("sandbox/clock", do="advance", number="2", unit="days")
    after = client.own("GET", "/sandbox/clock")["now"]
    assert after[:10] > before["now"][:10]
    assert operator.get(f"connections/{item['id']}").count("the schedule") >= 2
    operator.post("sandbox/clock", do="release")
    assert client.own("GET", "/sandbox/clock")["stopped"] is False


@pytest.mark.parametrize("given", [{"do": "jump"}, {"do": "advance", "number": "-1", "unit": "days"},
                                   {"do": "advance", "number": "401", "unit": "days"},
                                   {"do": "advance", "number": "1", "unit": "years"}])  # fmt: skip
def test_a_clock_that_cannot_be_moved_so_stays(operator: Operator, given: dict[str, str]) -> None:
    """With a sentence that says why."""
    operator.post("sandbox/clock", 400, **given)
    assert operator.client.own("GET", "/sandbox/clock")["stopped"] is False


def test_a_fault_is_armed_listed_and_disarmed(operator: Operator) -> None:
    """One alone or all; what is armed strikes."""
    operator.post("sandbox/faults", meaning="institution.unavailable", operation="login", times="1", said="")
    operator.post("sandbox/faults", meaning="login.locked", institution="sandbox-bank", times="5")
    listed = operator.client.own("GET", "/sandbox/faults")["faults"]
    assert [one["meaning"] for one in listed] == ["institution.unavailable", "login.locked"]
    page = operator.get("sandbox")
    assert all(f"/meanings/{one['meaning']}" in page for one in listed)
    operator.post("sandbox/faults/disarm", id=listed[1]["id"])
    item = operator.client.connect(SANDBOX)
    assert "institution.unavailable" in operator.get(f"connections/{item['id']}")
    operator.post("sandbox/faults", meaning="login.locked", times="1")
    operator.post("sandbox/faults/disarm")
    assert operator.client.own("GET", "/sandbox/faults") == {"faults": []}
    operator.post("sandbox/faults", 400, meaning="no.such-meaning", times="1")
    operator.post("sandbox/faults", 400, meaning="login.locked", times="many")


def test_scenarios_are_told_in_the_operator_s_language_and_found_by_its_words(operator: Operator) -> None:
    """The first of them at first, all where they are asked for."""
    first, every = operator.get("sandbox", lang="fr"), operator.get("sandbox", lang="fr", all="1")
    assert "tout se passe bien" in first and "everything goes well" not in first
    assert "le consentement est rejeté" in every and "le consentement est rejeté" not in first
    found = operator.get("sandbox", lang="fr", text="bloqué le compte")
    assert "user-locked" in found and "user-ok-img" not in found
    listed = operator.client.own("GET", "/scenarios", params={"locale": "es"})["scenarios"]
    assert listed[0]["does"] == "todo sale bien"


def test_a_message_is_shown_with_each_attempt_and_sent_again(operator: Operator, receiver: Receiver) -> None:
    """What was sent, what came back, and again on purpose: one alone, or all that filters choose."""
    client = operator.client
    client.own(
        "POST",
        "/endpoints",
        json={"url": f"{receiver.url}/hook?token=canary-url", "headers": {"Authorization": "canary-header"}},
    )
    client.connect(SANDBOX)
    client.advance("PT1M")
    page = operator.get("webhooks")
    listed = re.findall(r'<a id="d-([^"]*)"', page)
    assert listed and "arrived" in page
    one = operator.get(f"deliveries/{listed[-1]}")
    assert "HTTP 200" in one and "webhook-signature" in one and "connection.created" in one
    assert "canary" not in one + page
    sent = len(receiver.got)
    operator.http.post("/dashboard/webhooks/replay", data={"form": marked(page), "id": listed[-1]})
    client.advance("PT1M")
    assert len(receiver.got) == sent + 1
    answer = operator.http.post("/dashboard/webhooks/replay", data={"form": marked(page), "name": "connection.created"})
    assert answer.headers["location"] == "/dashboard/webhooks?sent=1"
    assert operator.http.post("/dashboard/webhooks/replay", data={"form": marked(page)}).status_code == 400


def test_a_new_secret_opens_and_the_old_one_for_as_long_as_was_chosen(client: Client) -> None:
    """In every API; sessions that were begun with the old one are over, but the one that changed it."""
    other = client.server.other_client("rotating")
    with Operator(other) as changing, Operator(other) as elsewhere:
        changing.log_in()
        elsewhere.log_in()
        page = changing.post("keys/rotate", 200, overlap="3600000").text
        found = re.search(r'<code class="secret">([^<]*)</code>', page)
        assert found is not None
        secret = found[1]
        assert secret != other.keys[1] and other.keys[1] not in page
        assert secret not in changing.get("keys")
        assert elsewhere.http.get("/dashboard/connections").status_code == 303
        for one in (secret, other.keys[1]):
            assert other.authenticate(other.keys[0], one)
            assert client.http.get("/belvo/api/links/", auth=(other.keys[0], one)).status_code == 200
        changing.post("keys/retire")
        assert other.authenticate(other.keys[0], secret)
        refused = client.http.post("/pluggy/auth", json={"clientId": other.keys[0], "clientSecret": other.keys[1]})
        assert refused.status_code in (401, 403)
        again = re.search(r'<code class="secret">([^<]*)', changing.post("keys/rotate", 200, overlap="0").text)
        assert again is not None
        assert client.http.get("/belvo/api/links/", auth=(other.keys[0], secret)).status_code == 401
        assert client.http.get("/belvo/api/links/", auth=(other.keys[0], again[1])).status_code == 200
        changing.post("keys/rotate", 400, overlap="1")


def test_the_sandbox_application_keeps_the_keys_that_are_printed(client: Client) -> None:
    """They follow from the master key: another secret would be forgotten at the next start."""
    with Operator(client).log_in() as operator:
        assert "printed at every start" in operator.get("keys")
        operator.post("keys/rotate", 403, overlap="0")
        assert client.authenticate(*client.keys)
