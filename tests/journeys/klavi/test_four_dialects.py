"""One connection in four dialects: made by a task and read in all, made in any and read in Klavi's reports."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from afluente.analysis.spans import months_back
from afluente.dialects.pluggy.connectors import number_of
from tests.belvo import Belvo
from tests.flinks import PASSWORD, Flinks
from tests.journeys.belvo.test_two_dialects import Told, exact, in_belvo, in_pluggy
from tests.journeys.flinks.test_three_dialects import in_flinks
from tests.klavi import Klavi, someone
from tests.server import Client

pytestmark = pytest.mark.journey

BANKS = {"077": "erebor-br-retail"}
"""Where anybody is let in, by the code; what they have follows from their name."""

NAMES = st.from_regex(r"[a-z]{3,8}_[0-9]{1,6}", fullmatch=True) | st.integers(1, 8).map(
    lambda hundreds: f"bnk_perf_{hundreds}x"
)

some = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # each example connects somebody: a smaller one is not worth the minutes
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


class Held(NamedTuple):
    """What is told of a connection where nothing has an id: balances, and how often each movement is there."""

    balances: Counter[Decimal]
    movements: Counter[tuple[Decimal, str]]

    def sums(self) -> tuple[Decimal, Decimal]:
        """Return what came in and what went out."""
        gained = [amount * count for (amount, _), count in self.movements.items() if amount > 0]
        spent = [amount * count for (amount, _), count in self.movements.items() if amount < 0]
        return sum(gained, Decimal(0)), sum(spent, Decimal(0))


def in_klavi(klavi: Klavi, person: str, key: str) -> Held:
    """Read a connection by the person's CPF: the reports of accounts, of cards and of balances."""
    told = {}
    for name in ("category_checking", "category_creditcard", "balance"):
        report = klavi.retrieve(person, name, connection_key=key)
        assert report["code"] in (200, 203, 405), report
        told[name] = report["data"]
    accounts: list[Any] = told["category_checking"]["Category_checking"] or []
    cards: list[Any] = told["category_creditcard"]["Category_creditcard"] or []
    bills = [bill for card in cards for bill in (card["OpenStatement"], *card["ClosedStatement"])]
    moved = [each for one in (*accounts, *bills) for each in one["TransactionDetail"]]
    balances = told["balance"]["accountBalance"] or []
    return Held(
        Counter(abs(exact(one["current_balance"])) for one in balances),
        Counter((exact(one["trans_amount"]), one["trans_description"]) for one in moved),
    )


def without_ids(client: Client, id: str, told: Told) -> Held:
    """Return what another dialect tells, in the same form: what is foreign in the account's own currency, and of
    accounts that hold money the last half-year."""
    converted, old = {}, set()
    today = (datetime.fromisoformat(client.advance("PT0S")) - timedelta(hours=3)).date()
    lately = months_back(today, 6).first.isoformat()
    for account in told.accounts:
        page, last = 1, 1
        while page <= last:
            answer = client.get("/transactions", accountId=account, pageSize=500, page=page)
            for one in answer["results"]:
                if one["date"] < f"{lately}T03" and told.accounts[account].kind != "card":
                    old.add(one["id"])
                if one.get("amountInAccountCurrency") is not None:
                    converted[one["id"]] = abs(exact(one["amountInAccountCurrency"]))
            page, last = page + 1, answer["totalPages"]
    return Held(
        Counter(abs(one.owed_or_held) for one in told.accounts.values()),
        Counter(
            (converted.get(key, one.amount) * (1 if one.inflow else -1), one.description)
            for key, one in told.movements.items()
            if key not in old
        ),
    )


def same(one: Held, other: Held) -> None:
    """Hold the two against each other."""
    assert one.balances == other.balances
    assert one.movements - other.movements == Counter()
    assert other.movements - one.movements == Counter()
    assert one.sums() == other.sums()


def uuid_of(key: str) -> str:
    """Return the id under which the other dialects know the connection of a key."""
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """Flinks' side of the client."""
    return Flinks(client)


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """Belvo's side of the client."""
    return Belvo(client)


@some
@given(code=st.sampled_from(sorted(BANKS)), user=NAMES)
def test_whoever_a_task_connects_is_told_the_same_by_all_four(
    client: Client, klavi: Klavi, flinks: Flinks, belvo: Belvo, code: str, user: str
) -> None:
    """An item, a link and a card under the same id, and the bank is asked nothing more."""
    person = someone()
    trace = klavi.begin(user, code, person=person, products=["all"])
    key = klavi.task(trace)["connection_key"]
    id = uuid_of(key)
    client.arm("unexpected", operation="login")
    try:
        told = in_klavi(klavi, person, key)
        assert told.balances and told.movements
        assert client.get(f"/items/{id}")["status"] == "UPDATED"
        in_items = in_pluggy(client, id)
        same(told, without_ids(client, id, in_items))
        same(told, without_ids(client, id, in_belvo(belvo, id)))
        accounts, movements = in_flinks(flinks, id)
        assert {one[2] for one in accounts.values()} == {one.owed_or_held for one in in_items.accounts.values()}
        booked = {key: one for key, one in in_items.movements.items() if not one.pending}
        assert movements.keys() <= booked.keys()
        assert {key: one.description for key, one in movements.items()} == {
            key: booked[key].description for key in movements
        }
        assert len(client.own("GET", "/sandbox/faults")["faults"]) == 1
    finally:
        client.own("DELETE", "/sandbox/faults")
    assert client.call("DELETE", f"/items/{id}").status_code == 200
    assert klavi.retrieve(person, connection_key=key)["code"] == 401


@some
@given(code=st.sampled_from(sorted(BANKS)), user=NAMES)
def test_whoever_connects_elsewhere_is_found_by_key_and_cpf(
    client: Client, klavi: Klavi, belvo: Belvo, code: str, user: str
) -> None:
    """Made through Pluggy or Belvo in turn; the report is given for the holder's own CPF, and for no other."""
    slug = BANKS[code]
    if len(user) % 2:
        id = client.connect(number_of(slug), parameters={"user": user, "password": PASSWORD})["id"]
    else:
        today = date.fromisoformat(client.advance("PT0S")[:10])
        id = belvo.link(slug.replace("-", "_"), user, password=PASSWORD)["id"]
        assert belvo.ask(id).status_code == 201
        assert belvo.ask(id, "owners").status_code == 201
        asked = {"date_from": (today - timedelta(days=364)).isoformat(), "date_to": today.isoformat()}
        answer = belvo.ask(id, "transactions", **asked)
        if answer.status_code == 408:  # more than a call can bring are there after the second
            answer = belvo.ask(id, "transactions", **asked)
        assert answer.status_code == 201, answer.text
    person = "".join(filter(str.isdigit, client.get("/identity", itemId=id)["document"]))
    key = id.replace("-", "")
    same(in_klavi(klavi, person, key), without_ids(client, id, in_pluggy(client, id)))
    assert klavi.retrieve(someone(), connection_key=key)["code"] == 401
    assert client.call("DELETE", f"/items/{id}").status_code == 200


def test_a_task_that_fails_is_an_item_that_fails(client: Client, klavi: Klavi) -> None:
    """The one outcome, in the words of each."""
    person = someone()
    trace = klavi.begin("act+institution.unavailable", person=person)
    told = klavi.task(trace)
    item = client.get(f"/items/{uuid_of(told['connection_key'])}")
    assert (told["code"], item["error"]["code"]) == (403, "SITE_NOT_AVAILABLE")
