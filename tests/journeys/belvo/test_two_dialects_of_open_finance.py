"""An Open Finance connection in two dialects: the consent is given once, and what is shared is the same in both."""

from __future__ import annotations

from decimal import Decimal

import pytest

from afluente.dialects.pluggy.connectors import number_of
from tests.belvo import Belvo
from tests.journeys.belvo.test_two_dialects import a_year_before, exact, in_belvo, in_pluggy, same
from tests.rows.pluggy.browser import someone
from tests.server import Client

pytestmark = pytest.mark.journey

BANK = "ofmockbank_br_retail"
SHARED = ("accounts", "br/investments", "bills", "owners")


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """Belvo's side of the client."""
    return Belvo(client)


def invested(belvo: Belvo, client: Client, id: str) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return the positions by id with their net worth, as Belvo and as Pluggy tell them."""
    ours = belvo.every("/api/br/investments/", link=id)
    theirs = client.get("/investments", itemId=id)["results"]
    return (
        {one["id"]: exact(one["balance"]["net_value"]) for one in ours},
        {one["id"]: exact(one["balance"]) for one in theirs},
    )


def borrowed(belvo: Belvo, client: Client, id: str) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Return the contracts by id with what was lent, as Belvo and as Pluggy tell them."""
    ours = [one for one in belvo.every("/api/accounts/", link=id) if one["loan_data"] is not None]
    theirs = client.get("/loans", itemId=id)["results"]
    return (
        {one["id"]: exact(one["loan_data"]["contract_amount"]) for one in ours},
        {one["id"]: exact(one["contractAmount"]) for one in theirs},
    )


def the_same_wealth(belvo: Belvo, client: Client, id: str) -> None:
    """Hold accounts, movements, positions and contracts of the two dialects against each other."""
    told = in_belvo(belvo, id)
    assert told.accounts and told.movements
    same(told, in_pluggy(client, id))
    for ours, theirs in (invested(belvo, client, id), borrowed(belvo, client, id)):
        assert ours and ours == theirs
        assert sum(ours.values()) == sum(theirs.values())


@pytest.mark.parametrize("person", ["user-ok", "person+of-two-dialects", "person+who-saves"])
def test_a_consent_given_for_a_link_serves_the_item(client: Client, belvo: Belvo, person: str) -> None:
    """The 428 sends the user to the bank; what is retrieved then is read through Pluggy too."""
    asked = belvo.refusal(belvo.try_link(BANK, someone(), password=None), 428)
    id, today = asked["link"], client.advance("PT0S")[:10]
    assert asked["token_generation_data"]["expects_user_input"] is False
    client.own("POST", f"/sandbox/connections/{id}/answer", json={"value": f"approved:{person}"})
    client.settle()
    assert belvo.status(id) == "valid"
    for resource in SHARED:
        answer = belvo.ask(id, resource)
        assert answer.status_code == 201, answer.text
    answer = belvo.ask(id, "transactions", date_from=a_year_before(today), date_to=today)
    assert answer.status_code == 201, answer.text
    the_same_wealth(belvo, client, id)


@pytest.mark.parametrize("person", ["user-ok", "person+of-two-dialects", "person+who-saves"])
def test_a_consent_given_for_an_item_serves_the_link(client: Client, belvo: Belvo, person: str) -> None:
    """The item is connected whole, and the link reads everything without asking the bank."""
    item = client.connect(number_of(BANK.replace("_", "-")), parameters={"cpf": someone()})
    assert item["status"] == "WAITING_USER_INPUT", item
    client.own("POST", f"/sandbox/connections/{item['id']}/answer", json={"value": f"approved:{person}"})
    assert client.settled(item["id"])["status"] == "UPDATED"
    assert belvo.status(item["id"]) == "valid"
    client.arm("unexpected")
    the_same_wealth(belvo, client, item["id"])
    assert len(client.own("GET", "/sandbox/faults")["faults"]) == 1
