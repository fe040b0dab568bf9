"""One connection in two dialects: made in either, read in both, the same accounts, movements and sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.dialects.pluggy.connectors import number_of
from tests.belvo import Belvo
from tests.server import Client

pytestmark = pytest.mark.journey

PEOPLE = (
    ("erebor-br-retail", "bnk100", "full"),
    ("gringotts-br-retail", "bnk102", "low"),
    ("gringotts-br-retail", "bnk103", "negative"),
    ("gotham-br-business", "a_company_7", "anything"),
    ("erebor-mx-retail", "bnk100", "full"),
    ("erebor-co-retail", "somebody_4", "anything"),
    ("erebor-br-retail", "bnk_perf_9x", "anything"),
)
BANKS = ("erebor-br-retail", "gringotts-br-retail", "gotham-br-business", "erebor-mx-retail", "erebor-co-retail")

people = st.tuples(
    st.sampled_from(BANKS),
    # the banks make up accounts, balances and movements from the name; of a `perf` user as many as it says
    st.from_regex(r"[a-z]{3,8}_[0-9]{1,6}", fullmatch=True)
    | st.integers(1, 12).map(lambda hundreds: f"bnk_perf_{hundreds}x"),
    st.from_regex(r"secret-[A-Za-z0-9]{1,12}", fullmatch=True),
)
"""Anybody, at any bank: what there is to be read is another for each."""

some = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Account(NamedTuple):
    """What both dialects say of an account."""

    kind: str
    currency: str
    owed_or_held: Decimal


class Movement(NamedTuple):
    """What both dialects say of a movement."""

    account: str
    currency: str
    amount: Decimal
    inflow: bool
    pending: bool
    description: str


class Told(NamedTuple):
    """One connection, as a dialect tells it."""

    accounts: dict[str, Account]
    movements: dict[str, Movement]

    def sums(self) -> dict[tuple[str, str, bool], Decimal]:
        """Return the sum of each account, currency and direction."""
        found: dict[tuple[str, str, bool], Decimal] = defaultdict(Decimal)
        for one in self.movements.values():
            found[one.account, one.currency, one.inflow] += one.amount
        return found


def exact(number: Any) -> Decimal:
    """Return an amount of the wire as the decimal that is written there."""
    return Decimal(str(number)).normalize()


_KINDS = {"CHECKING_ACCOUNT": "checking", "SAVINGS_ACCOUNT": "savings", "CREDIT_CARD": "card"}
_SUBTYPES = {"CHECKING_ACCOUNT": "checking", "SAVINGS_ACCOUNT": "savings", "CREDIT_CARD": "card"}


def in_belvo(belvo: Belvo, id: str) -> Told:
    """Read a connection as a link. What is owed is told as such by the kind, so it counts without its sign."""
    accounts = [one for one in belvo.every("/api/accounts/", link=id) if one["category"] in _KINDS]
    movements = belvo.every("/api/transactions/", link=id)
    return Told(
        {
            one["id"]: Account(_KINDS[one["category"]], one["currency"], exact(one["balance"]["current"]))
            for one in accounts
        },
        {
            one["id"]: Movement(
                one["account"]["id"],
                one["currency"],
                exact(one["amount"]),
                one["type"] == "INFLOW",
                one["status"] == "PENDING",
                one["description"],
            )
            for one in movements
        },
    )


def in_pluggy(client: Client, id: str) -> Told:
    """Read the same connection as an item, page by page."""
    accounts = client.get("/accounts", itemId=id)["results"]
    movements = []
    for account in accounts:
        page, last = 1, 1
        while page <= last:
            answer = client.get("/transactions", accountId=account["id"], pageSize=500, page=page)
            movements += answer["results"]
            page, last = page + 1, answer["totalPages"]
    return Told(
        {one["id"]: Account(_SUBTYPES[one["subtype"]], one["currencyCode"], exact(one["balance"])) for one in accounts},
        {
            one["id"]: Movement(
                one["accountId"],
                one["currencyCode"],
                abs(exact(one["amount"])),
                one["type"] == "CREDIT",
                one["status"] == "PENDING",
                one["description"],
            )
            for one in movements
        },
    )


def a_year_before(day: str) -> str:
    """Return the first day of the longest span that one request may be for."""
    return (date.fromisoformat(day) - timedelta(days=364)).isoformat()


def same(one: Told, other: Told) -> None:
    """Hold the two against each other, part by part."""
    assert one.accounts == other.accounts
    assert one.movements.keys() == other.movements.keys()
    assert one.movements == other.movements
    assert one.sums() == other.sums()


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """Belvo's side of the client."""
    return Belvo(client)


@pytest.mark.parametrize(("slug", "user", "password"), PEOPLE, ids=[f"{slug}-{user}" for slug, user, _ in PEOPLE])
def test_a_link_is_an_item_with_the_same_data(
    client: Client, belvo: Belvo, slug: str, user: str, password: str
) -> None:
    """Made and read through Belvo for a year back, read through Pluggy under the same id."""
    institution = slug.replace("-", "_")
    belvo.clear(institution)
    link = belvo.link(institution, user, password=password)
    id, today = link["id"], client.advance("PT0S")[:10]
    assert belvo.ask(id).status_code == 201
    answer = belvo.ask(id, "transactions", date_from=a_year_before(today), date_to=today)
    assert answer.status_code == 201, answer.text
    assert client.get(f"/items/{id}")["status"] == "UPDATED"
    told = in_belvo(belvo, id)
    assert told.accounts and told.movements
    assert {one["id"] for one in answer.json()} <= told.movements.keys()
    same(told, in_pluggy(client, id))
    gone = belvo.call("DELETE", f"/api/links/{id}/", headers={"x-belvo-request-mode": "async"})
    assert gone.status_code == 202
    assert client.call("GET", f"/items/{id}").status_code == 404


@pytest.mark.parametrize(("slug", "user", "password"), PEOPLE, ids=[f"{slug}-{user}" for slug, user, _ in PEOPLE])
def test_an_item_is_a_link_with_the_same_data(
    client: Client, belvo: Belvo, slug: str, user: str, password: str
) -> None:
    """Made and read through Pluggy, read through Belvo under the same id without asking the bank anything."""
    belvo.clear(slug.replace("-", "_"))
    item = client.connect(number_of(slug), parameters={"user": user, "password": password})
    assert item["status"] == "UPDATED", item
    link = belvo.get(f"/api/links/{item['id']}/")
    assert (link["status"], link["institution"]) == ("valid", slug.replace("-", "_"))
    told = in_pluggy(client, item["id"])
    assert told.accounts and told.movements
    client.arm("unexpected")
    same(in_belvo(belvo, item["id"]), told)
    assert len(client.own("GET", "/sandbox/faults")["faults"]) == 1
    assert client.call("DELETE", f"/items/{item['id']}").status_code == 200
    assert belvo.refusal(belvo.call("GET", f"/api/links/{item['id']}/"), 404)["code"] == "not_found"


@some
@given(person=people)
def test_whoever_links_is_told_the_same_by_both(client: Client, belvo: Belvo, person: tuple[str, str, str]) -> None:
    """Made and read through Belvo, for anybody."""
    slug, user, password = person
    institution = slug.replace("-", "_")
    today = client.advance("PT0S")[:10]
    id = belvo.link(institution, user, password=password)["id"]
    assert belvo.ask(id).status_code == 201
    asked = {"date_from": a_year_before(today), "date_to": today}
    answer = belvo.ask(id, "transactions", **asked)
    # more than two thousand in a month are there after the second call
    if answer.status_code == 408:
        answer = belvo.ask(id, "transactions", **asked)
    assert answer.status_code == 201, answer.text
    told = in_belvo(belvo, id)
    assert told.accounts
    same(told, in_pluggy(client, id))
    assert client.call("DELETE", f"/items/{id}").status_code == 200


@some
@given(person=people)
def test_whoever_connects_is_told_the_same_by_both(client: Client, belvo: Belvo, person: tuple[str, str, str]) -> None:
    """Made and read through Pluggy, for anybody."""
    slug, user, password = person
    item = client.connect(number_of(slug), parameters={"user": user, "password": password})
    assert item["status"] == "UPDATED", item
    told = in_pluggy(client, item["id"])
    assert told.accounts
    same(in_belvo(belvo, item["id"]), told)
    assert client.call("DELETE", f"/items/{item['id']}").status_code == 200


def test_a_pluggy_banks_item_goes_on_as_a_link(client: Client, belvo: Belvo) -> None:
    """What one dialect has read, the other reads anew: the same accounts and movements keep their ids."""
    item = client.connect(2)
    before = in_belvo(belvo, item["id"])
    same(before, in_pluggy(client, item["id"]))
    assert {one["id"] for one in belvo.ask(item["id"]).json()} >= before.accounts.keys()
    after = in_pluggy(client, item["id"])
    assert before.accounts == after.accounts
    assert before.movements == after.movements


def test_a_link_that_fails_is_an_item_that_fails(client: Client, belvo: Belvo) -> None:
    """The one outcome, in the words of each; afterwards both are well."""
    link = belvo.link("erebor_br_retail")
    assert belvo.ask(link["id"]).status_code == 201
    client.arm("institution.unavailable", operation="login")
    assert belvo.refusal(belvo.ask(link["id"]), 400)["code"] == "institution_unavailable"
    item = client.get(f"/items/{link['id']}")
    assert (item["status"], item["error"]["code"]) == ("OUTDATED", "SITE_NOT_AVAILABLE")
    assert client.update(link["id"])["status"] == "UPDATED"
    assert belvo.status(link["id"]) == "valid"
