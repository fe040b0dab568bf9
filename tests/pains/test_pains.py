"""What users of account aggregation suffer most, told as stories through every dialect that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from afluente.catalogue import load
from tests.klavi import someone
from tests.pains.through import Asked, Moved, Through, counted, day_of
from tests.pains.ways.belvo import ThroughBelvo
from tests.pains.ways.flinks import ThroughFlinks
from tests.pains.ways.klavi import ThroughKlavi
from tests.pains.ways.pluggy import ThroughPluggy
from tests.server import Client

WAYS = {way.name: way for way in (ThroughBelvo, ThroughFlinks, ThroughKlavi, ThroughPluggy)}
DOWN = "institution.unavailable"
SUPPORTED = ("requests", "sessions", "connections")
"""What support looks up by an id."""

pytestmark = pytest.mark.journey


@pytest.fixture(params=sorted(WAYS))
def way(request: pytest.FixtureRequest, client: Client) -> Iterator[Through]:
    """One dialect after another."""
    found: Through = WAYS[request.param](client)
    yield found
    client.own("DELETE", "/sandbox/clock")
    client.key = client.authenticate(*client.keys)
    found.close()


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
    """The failure has a code that the catalogue explains; and the connection says it whole: meaning, the bank's own
    words, a sentence for the user and one for the engineer, a page, an id."""
    id = way.connect()
    way.client.arm(DOWN, connection_id=id, times=2, said="ERR-7731")
    said = way.refresh(id)
    assert said.code
    explained = way.client.own("GET", "/explain", params={"system": way.name, "code": said.code})
    assert explained["known"], explained
    assert explained["help"].startswith("http")
    failure = way.client.own("GET", f"/connections/{id}")["failure"]
    assert (failure["code"], failure["said"], failure["blame"]) == (DOWN, "ERR-7731", "institution")
    assert failure["user"] and failure["engineer"] and failure["requestId"]
    assert way.client.http.get(failure["help"]).status_code == 200


def budgets(way: Through, id: str) -> dict[str, dict[str, Any]]:
    """Return what our own API says is left of each budget that a connection draws on."""
    told = way.client.own("GET", f"/connections/{id}/quotas")["budgets"]
    return {one["what"]: one for one in told}


def spent(way: Through, id: str) -> dict[str, int]:
    """Return what is spent of each budget."""
    return {what: one["spent"] for what, one in budgets(way, id).items()}


def test_03_quotas_discovered_by_hitting_them(way: Through) -> None:
    """A budget for each product of a person at an institution, seen from each of the person's connections: what is
    answered is counted, a retry of what failed is not, and what is used up says so until the month is over."""
    way.client.policy(quotas=True, sync_every=86_400)
    way.begin()
    person = someone()
    id, other = way.consented(person), WAYS["pluggy"](way.client).consented(person)
    before = spent(way, id)
    assert before == spent(way, other) and before["accounts"] > 1
    assert {one["renewedAt"] for one in budgets(way, id).values()} == {"2026-04-01T03:00:00.000Z"}
    failing(way, id, times=500)
    failing(way, other, times=500)
    way.later("P1DT6H")
    assert spent(way, id) == before
    way.client.own("DELETE", "/sandbox/faults")
    way.client.policy(sync_every=0)
    for _ in range(10):
        way.holder(id)
    left = budgets(way, id)["holder"]
    assert (left["left"], left["spent"]) == (0, left["most"])
    told = way.client.own("GET", f"/connections/{id}/quotas")["products"]
    [state] = [one for one in told if one["product"] == "holder"]
    assert (state["updated"], state["meaning"]) == (False, "product.quota-spent")
    assert state["updatedAt"]


def test_04_duplicates(way: Through) -> None:
    """What was pending is booked under the same id, a scheduled movement is joined to the one it became with a stated
    confidence, and whoever logs in again has the same accounts and movements, each once."""
    way.begin()
    id = way.acting("product.transactions.duplicate.settled")
    accounts, before = way.accounts(id), way.movements(id)
    [pair] = findings(way, id, "product.transactions.duplicate.settled")
    assert 0 < float(pair["details"]["confidence"]) < 1
    scheduled, posted = pair["transactions"]
    forms = {id: way.client.get(f"/transactions/{id}") for id in (scheduled, posted)}
    assert len({(one["amount"], one["description"]) for one in forms.values()}) == 1
    days_told = [one.on for one in before if not one.pending and alike(one, forms[posted])]
    assert day_of(forms[posted]["date"]) in days_told
    assert day_of(forms[scheduled]["date"]) not in days_told, "both forms of one movement are told as booked"
    if before[0].id is not None:
        assert {one.id: one.pending for one in before}.get(scheduled, True)
    way.later("P2D")
    assert way.again(id) == id
    assert way.accounts(id) == accounts
    after = way.movements(id)
    # a year is read, so its first days have gone by
    before = [one for one in before if one.on > min(one.on for one in after) + timedelta(days=3)]
    booked = [one for one in before if not one.pending]
    ids = [one.id for one in after if one.id is not None]
    assert len(ids) == len(set(ids))
    assert {one.id for one in booked if one.id is not None} <= set(ids)
    assert counted(booked) <= counted(after)
    known = {one.id: one for one in after}
    settled = [one for one in before if one.pending and one.id in known and one.id != scheduled]
    assert all(not known[one.id].pending for one in settled)


def test_04_accounts_whose_key_the_institution_changes(way: Through) -> None:
    """Accounts and movements keep their ids, and are there once, though the bank calls each account otherwise on each
    day; that it does is told once."""
    way.begin()
    meaning = "product.accounts.key-changed"
    id = way.acting(meaning)
    accounts, before, bills = way.accounts(id), way.movements(id), bills_of(way, id)
    assert accounts
    # the account of this one user has no card beside it
    assert any(bills.values()) or way.name == "pluggy"
    assert findings(way, id, meaning) == []
    for _ in range(2):
        way.later("P1D")
        assert way.refresh(id).well
        assert way.accounts(id) == accounts
        told = findings(way, id, meaning)
        assert {len(one["accounts"]) for one in told} == {1}
        billed = bills_of(way, id)
        assert billed.keys() == bills.keys()
        # a new month brings a new bill, and the oldest is listed no more
        assert all(len(billed[one] - bills[one]) == len(bills[one] - billed[one]) <= 1 for one in bills)
        after = way.movements(id)
        # a year is read, so its first days have gone by
        first = min(one.on for one in after) + timedelta(days=3)
        booked = [one for one in before if not one.pending and one.on > first]
        assert {one.id for one in booked} <= {one.id for one in after}
        assert counted(booked) <= counted(after)
        until = max(one.on for one in before) - timedelta(days=5)
        settled = [[one for one in listed if first < one.on < until] for listed in (before, after)]
        assert counted(settled[0]) == counted(settled[1])
    assert way.refresh(id).well
    assert findings(way, id, meaning) == []


def bills_of(way: Through, id: str) -> dict[str, set[str]]:
    """Return the bills of each account of a connection, as Pluggy's words tell them: not every system has them."""
    accounts = [one["id"] for one in way.client.get("/accounts", itemId=id)["results"]]
    return {one: {bill["id"] for bill in way.client.get("/bills", accountId=one)["results"]} for one in accounts}


def alike(one: Moved, told: Any) -> bool:
    """Tell whether a movement has the amount and the words of another."""
    return abs(one.amount) == abs(Decimal(str(told["amount"]))) and one.text == told["description"]


def findings(way: Through, id: str, meaning: str) -> list[dict[str, Any]]:
    """Return what the checks found on a connection's data, of one meaning."""
    told = way.client.own("GET", f"/connections/{id}/findings")["findings"]
    return [one for one in told if one["meaning"] == meaning]


def test_05_balance_and_movements_apart(way: Through) -> None:
    """The gap, and the first row where the chain of balances breaks; and where the last balance is not the account's,
    by how much."""
    id = way.acting("product.transactions.balance-mismatch.unlisted")
    [broken] = findings(way, id, "product.transactions.balance-mismatch.unlisted")
    assert len(broken["transactions"]) == 1
    gap = Decimal(broken["details"]["gap"])
    assert gap and Decimal(broken["found"]) - Decimal(broken["expected"]) == gap
    id = way.acting("product.transactions.balance-mismatch")
    [apart] = findings(way, id, "product.transactions.balance-mismatch")
    assert Decimal(apart["details"]["gap"]) == Decimal(apart["found"]) - Decimal(apart["expected"]) == 10


WELL = ("success", "progress")


def documented(way: Through, surface: str) -> dict[str, set[tuple[str, int | None]]]:
    """Return the meanings that a system has words for where it refuses, with the codes and statuses of each."""
    found: dict[str, set[tuple[str, int | None]]] = {}
    for word in load().vocabulary(way.name).rows:
        if word.surface == surface and word.writes and not word.meaning.startswith(WELL):
            found.setdefault(word.meaning, set()).add((word.code, word.http))
    return found


def test_06_errors_that_can_not_be_provoked(way: Through) -> None:
    """Every code that the system documents for a refusal is there on demand, with its status: armed, and met by the
    next call; how an item's execution can end, by the name of the user."""
    for surface in way.surfaces:
        expected = documented(way, surface)
        met = {}
        if surface == "execution":
            for meaning in expected:
                met[meaning] = (way.client.connect(0, f"act+{meaning}")["executionStatus"], None)
        else:
            for meaning in expected:
                way.client.arm(meaning, operation="http")
                code, status = way.refused(surface)
                told = {one[1] for one in expected[meaning]}
                met[meaning] = (code, None if told == {None} else status)
        assert len(met) > 5
        assert not {meaning: (met[meaning], said) for meaning, said in expected.items() if met[meaning] not in said}
    assert way.client.own("GET", "/sandbox/faults")["faults"] == []


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


def test_08_consent_expires_silently(way: Through) -> None:
    """Thirty, seven and one days before and at the end it is said so; a consent that is given again moves the end, and
    accounts and movements keep their ids."""
    way.begin()
    id = way.consented(someone())
    accounts = way.accounts(id)
    way.later("P364DT1H")
    told = [event for event in facts(way, id) if event["kind"] == "consent.expiring"]
    [ends] = {event["fact"]["at"] for event in told}
    assert [days(event["at"], ends) for event in told] == [30, 7, 1]
    way.renew(id)
    assert way.accounts(id) == accounts
    way.later("P2D")
    assert not [event for event in facts(way, id) if event["kind"] == "consent.expired"]
    assert way.refresh(id).well


def days(earlier: str, later: str) -> int:
    """Return how many whole days lie between two instants."""
    return round((datetime.fromisoformat(later) - datetime.fromisoformat(earlier)) / timedelta(days=1))


def test_09_mfa_loops(way: Through) -> None:
    """Each question says why it is asked, until when, and how many wrong answers are left; a wrong one has a code of
    its own, and after the last that the dialect lets through the same question is not asked once more."""
    asked: Asked | str = way.ask()
    codes = []
    for attempt in range(1, way.wrong_answers + 1):
        assert isinstance(asked, Asked), (attempt, asked)
        question = way.question(asked)
        assert question["words"] == asked.words
        assert question["reason"]["code"] == ("mfa.asked" if attempt == 1 else "mfa.wrong")
        assert question["reason"]["user"] and question["reason"]["help"].startswith("http")
        assert question["expiresAt"] > way.client.own("GET", "/sandbox/clock")["now"]
        assert question["attempts"]["spent"] == attempt - 1
        assert question["attempts"]["left"] == question["attempts"]["most"] - attempt + 1
        codes.append(way.answer_wrongly(asked))
        asked = way.ask_again(asked)
    assert isinstance(asked, str), asked
    for code in {*codes, asked}:
        assert way.client.own("GET", "/explain", params={"system": way.name, "code": code})["known"], code


def test_12_late_movements_missed(way: Through) -> None:
    """What the bank lists only days after its date is found by the next update, has an instant of arrival behind which
    a client reads on, and how late it came is measured against the overlap of two readings."""
    way.begin()
    id = way.late()
    before = way.movements(id)
    cursor = way.client.own("GET", "/sandbox/clock")["now"]
    way.later("P6D")
    fresh = way.movements(id)
    new = Counter(fresh) - Counter(before)
    newest = max(one.on for one in before)
    late = [one for one in new.elements() if one.on < newest]
    assert late, "nothing came late"
    measured = way.client.own("GET", f"/connections/{id}/lateness")
    # five days, and six more until the update
    assert measured["overlap"] == 7 and 0 < measured["longest"] <= 11
    assert sum(measured["late"].values()) >= len(late)
    assert measured["cursor"] > cursor
    arrived = way.arrived(id, cursor)
    assert arrived is None or arrived == {one.id for one in new.elements()}
    told = [one for one in facts(way, id) if one["kind"] == "transactions.created" and one["at"] > cursor]
    assert min(one["fact"]["since"] for one in told) < cursor
    assert {one["fact"]["stored_at"] for one in told} == {measured["cursor"]}
    assert way.movements(id) == fresh


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


def test_13_a_mistyped_password_disconnects_nobody(way: Through) -> None:
    """It is refused once and not sent again, and the good one that it was to replace goes on."""
    id = way.connect()
    refused = way.mistype(id)
    failing(way, id, times=50)
    assert way.mistype(id) in (refused, "LAST_EXECUTION_HAD_LOGIN_ERROR"), "it went to the bank"
    way.client.own("DELETE", "/sandbox/faults")
    assert way.refresh(id).well


def test_14_support_has_an_id_to_ask_for(way: Through) -> None:
    """The failure names an id, and under it support finds what happened, with no secret in it."""
    id = way.connect()
    failing(way, id, times=2)
    named = way.refresh(id).id
    assert named
    headers = {"x-api-key": way.client.key}
    found = [way.client.http.get(f"/api/{kind}/{named}", headers=headers) for kind in SUPPORTED]
    [told] = [one.text for one in found if one.status_code == 200]
    assert DOWN in told
    assert "password-ok" not in told and "Everyday" not in told and way.client.keys[1] not in told
