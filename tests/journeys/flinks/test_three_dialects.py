"""One connection in three dialects: made in any, read in all, the same accounts, movements and sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from afluente.dialects.pluggy.connectors import number_of
from tests.belvo import Belvo
from tests.flinks import PASSWORD, Flinks
from tests.journeys.belvo.test_two_dialects import Told, exact, in_belvo, in_pluggy
from tests.server import Client

pytestmark = pytest.mark.journey

NORTH = ("FlinksCapital", "RBC", "Desjardins", "Chase", "FlinksCapitalUS")
ELSEWHERE = ("erebor-br-retail", "gringotts-br-retail", "gotham-br-business", "erebor-mx-retail", "erebor-co-retail")
NAMES = st.from_regex(r"[a-z]{3,8}_[0-9]{1,6}", fullmatch=True)

some = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # each example connects somebody: a smaller one is not worth the minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)

_KINDS = {"Chequing": "checking", "Savings": "savings", "CreditCard": "card"}


class Booked(NamedTuple):
    """What all three say of a movement that is booked; `amount` is None where it is told in a foreign currency."""

    account: str
    amount: Decimal | None
    inflow: bool
    description: str


Seen = tuple[dict[str, tuple[str, str, Decimal]], dict[str, Booked]]


def in_flinks(flinks: Flinks, id: str) -> Seen:
    """Read a connection as a card: its bank accounts and credit cards, and a year of their movements."""
    request = flinks.cached(id)["RequestId"]
    told: Any = flinks.call("POST", "GetAccountsDetail", json={"RequestId": request, "DaysOfTransactions": "Days365"})
    if told.status_code == 202:  # not everything was stored
        flinks.sandbox.settle()
        told = flinks.call("GET", f"GetAccountsDetailAsync/{request}")
    held = [one for one in flinks.told(told)["Accounts"] if one["Type"] in _KINDS]
    accounts = {one["Id"]: (_KINDS[one["Type"]], one["Currency"], exact(one["Balance"]["Current"])) for one in held}
    movements = {
        each["Id"]: Booked(
            one["Id"],
            exact(each["Debit"] if each["Credit"] is None else each["Credit"]),
            each["Credit"] is not None,
            each["Description"],
        )
        for one in held
        for each in one["Transactions"]
    }
    return accounts, movements


def seen(told: Told) -> Seen:
    """Return what another dialect tells, of what Flinks has: accounts, and movements that are booked."""
    return (
        {id: (one.kind, one.currency, one.owed_or_held) for id, one in told.accounts.items()},
        {
            id: Booked(
                one.account,
                one.amount if one.currency == told.accounts[one.account].currency else None,
                one.inflow,
                one.description,
            )
            for id, one in told.movements.items()
            if not one.pending
        },
    )


def within(client: Client, id: str, days: int) -> set[str]:
    """Return the ids of an item's movements of the last so many days."""
    since = (date.fromisoformat(client.own("GET", "/sandbox/clock")["now"][:10]) - timedelta(days=days)).isoformat()
    found: set[str] = set()
    for account in client.get("/accounts", itemId=id)["results"]:
        page, last = 1, 1
        while page <= last:
            told = client.get("/transactions", accountId=account["id"], pageSize=500, page=page, **{"from": since})
            found |= {one["id"] for one in told["results"]}
            page, last = page + 1, told["totalPages"]
    return found


def same(client: Client, id: str, one: Seen, other: Seen) -> None:
    """Hold the two against each other: the accounts, each movement that both have, and none of a year is missing."""
    assert one[0] == other[0]
    assert one[0]
    both = one[1].keys() & other[1].keys()
    year = within(client, id, 360)
    assert (one[1].keys() ^ other[1].keys()) & year == set()
    whole = {key for key in both if one[1][key].amount is not None and other[1][key].amount is not None}
    assert {key: one[1][key] for key in whole} == {key: other[1][key] for key in whole}
    assert [one[1][key][2:] for key in both - whole] == [other[1][key][2:] for key in both - whole]
    assert sums(one, whole) == sums(other, whole)


def sums(told: Seen, keys: set[str]) -> dict[tuple[str, bool], Decimal]:
    """Return the sum of each account and direction."""
    found: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    for key in keys:
        movement = told[1][key]
        found[movement.account, movement.inflow] += movement.amount or Decimal(0)
    return found


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """Flinks' side of the client."""
    return Flinks(client)


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """Belvo's side of the client."""
    return Belvo(client)


@some
@given(bank=st.sampled_from(NORTH), user=NAMES)
def test_whoever_authorizes_is_told_the_same_by_all(
    client: Client, flinks: Flinks, belvo: Belvo, bank: str, user: str
) -> None:
    """Made and read through Flinks, for anybody; an item and a link under the same id, with nothing asked again."""
    opened = flinks.authorize(f"person+{user}", bank=bank)
    id = opened["Login"]["Id"]
    flinks.post("GetAccountsDetail", RequestId=opened["RequestId"], DaysOfTransactions="Days365")
    told = in_flinks(flinks, id)
    assert told[1]
    assert client.get(f"/items/{id}")["status"] == "UPDATED"
    same(client, id, told, seen(in_pluggy(client, id)))
    assert belvo.get(f"/api/links/{id}/")["status"] == "valid"
    same(client, id, told, seen(in_belvo(belvo, id)))
    assert flinks.told(flinks.call("DELETE", f"DeleteCard/{id}"))["StatusCode"] == 200
    assert client.call("GET", f"/items/{id}").status_code == 404
    assert belvo.call("GET", f"/api/links/{id}/").status_code == 404


@some
@given(slug=st.sampled_from(ELSEWHERE), user=NAMES)
def test_whoever_connects_is_a_card_with_the_same_data(client: Client, flinks: Flinks, slug: str, user: str) -> None:
    """Made and read through Pluggy; through Flinks what is stored is read, and the bank is not asked."""
    item = client.connect(number_of(slug), parameters={"user": user, "password": PASSWORD})
    assert item["status"] == "UPDATED", item
    told = seen(in_pluggy(client, item["id"]))
    client.arm("unexpected", operation="login")
    try:
        same(client, item["id"], in_flinks(flinks, item["id"]), told)
        assert len(client.own("GET", "/sandbox/faults")["faults"]) == 1
    finally:
        client.own("DELETE", "/sandbox/faults")
    assert flinks.told(flinks.call("DELETE", f"DeleteCard/{item['id']}"))["StatusCode"] == 200
    assert client.call("GET", f"/items/{item['id']}").status_code == 404


@some
@given(slug=st.sampled_from(ELSEWHERE), user=NAMES)
def test_whoever_links_is_a_card_with_the_same_data(
    client: Client, flinks: Flinks, belvo: Belvo, slug: str, user: str
) -> None:
    """Made and read through Belvo for a year back."""
    today = date.fromisoformat(client.advance("PT0S")[:10])
    id = belvo.link(slug.replace("-", "_"), user, password=PASSWORD)["id"]
    assert belvo.ask(id).status_code == 201
    asked = {"date_from": (today - timedelta(days=364)).isoformat(), "date_to": today.isoformat()}
    answer = belvo.ask(id, "transactions", **asked)
    if answer.status_code == 408:  # more than a call can bring are there after the second
        answer = belvo.ask(id, "transactions", **asked)
    assert answer.status_code == 201, answer.text
    same(client, id, in_flinks(flinks, id), seen(in_belvo(belvo, id)))
    assert client.call("DELETE", f"/items/{id}").status_code == 200


def test_what_fails_in_one_dialect_has_failed_in_all(client: Client, flinks: Flinks, belvo: Belvo) -> None:
    """The one outcome in the words of each; afterwards all are well, and every id is what it was."""
    opened = flinks.authorize("person+failing")
    id = opened["Login"]["Id"]
    flinks.post("GetAccountsDetail", RequestId=opened["RequestId"])
    before = in_flinks(flinks, id)
    client.arm("institution.unavailable.maintenance", operation="login")
    flinks.refusal(flinks.live(id, 401), "BANK_MAINTENANCE_RETRY_LATER")
    item = client.get(f"/items/{id}")
    assert (item["status"], item["error"]["code"]) == ("OUTDATED", "SITE_NOT_AVAILABLE")
    flinks.refusal(flinks.cached(id, 401), "BANK_MAINTENANCE_RETRY_LATER")
    assert belvo.get(f"/api/links/{id}/")["status"] == "valid"
    assert client.update(id)["status"] == "UPDATED"
    same(client, id, in_flinks(flinks, id), before)
