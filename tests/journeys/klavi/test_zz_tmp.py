"""Reports over consents are made of data that is fresh: what is too old is fetched before, and once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.klavi import Delivery, Klavi, Receiver, named, someone
from tests.server import running

pytestmark = pytest.mark.journey

NAMES = ("pf_categorized_checking_l3", "pf_income")


def request(klavi: Klavi, person: str) -> str:
    """Request two reports and return the request's id."""
    answer = klavi.request("personal/user-data", taxId=person, products=list(NAMES))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["requestId"])


def of(request_id: str) -> Any:
    """Return what picks the reports of a request."""

    def wanted(one: Delivery) -> bool:
        return isinstance(one.body, dict) and one.body.get("requestId") == request_id

    return wanted


def fetched_at(klavi: Klavi, consent: Any) -> str:
    """Return when a consent's data was fetched last."""
    return str(klavi.sandbox.get(f"/items/{consent['consentId']}")["lastUpdatedAt"])


def arrived(klavi: Klavi, receiver: Receiver, id: str) -> list[Any]:
    """Return the reports of a request, which may be as many as were wanted and no more."""
    klavi.sandbox.settle()
    klavi.sandbox.advance("PT1S")
    reports = [one.body for one in receiver.wait(of(id), len(NAMES))]
    assert sorted(one["productName"] for one in reports) == sorted(NAMES)
    received = [one for one in receiver.wait(named("product_request_received"))
                if one.body[0]["payload"]["requestId"] == id]  # fmt: skip
    assert len(received) == 1
    return reports


def test_what_is_fresh_is_not_fetched_again(klavi: Klavi, receiver: Receiver) -> None:
    """A report that is requested soon after the consent says what was fetched with it."""
    klavi.listen(receiver)
    person = someone()
    consent = klavi.given(person)
    before = fetched_at(klavi, consent)
    klavi.sandbox.advance("PT3H")
    reports = arrived(klavi, receiver, request(klavi, person))
    assert {one["code"] for one in reports} == {200}
    klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)
    assert fetched_at(klavi, consent) == before


def test_what_is_too_old_is_fetched_from_every_bank_before(klavi: Klavi, receiver: Receiver) -> None:
    """Two consents of one person, five hours later: both are fetched, and the reports come once, behind the event."""
    klavi.listen(receiver)
    person = someone()
    consents = [klavi.given(person), klavi.given(person, "033")]
    before = [fetched_at(klavi, one) for one in consents]
    klavi.sandbox.advance("PT5H")
    klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)
    id = request(klavi, person)
    reports = arrived(klavi, receiver, id)
    assert {one["code"] for one in reports} == {200}
    assert all(len(one["links"]) == 2 for one in reports)
    assert all(now > then for now, then in zip((fetched_at(klavi, one) for one in consents), before, strict=True))
    at = {
        id: number for number, id in enumerate(one.body["productReportId"] for one in receiver.arrived if of(id)(one))
    }
    assert len(at) == len(NAMES), "a report came twice"


def test_a_bank_that_is_away_is_told_by_the_code(klavi: Klavi, receiver: Receiver) -> None:
    """The reports come all the same, of what is held, and do not say that all is well."""
    klavi.listen(receiver)
    person = someone()
    consent = klavi.given(person)
    before = fetched_at(klavi, consent)
    klavi.sandbox.advance("PT5H")
    klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)
    klavi.sandbox.arm("institution.unavailable", times=20)
    reports = arrived(klavi, receiver, request(klavi, person))
    assert {one["code"] for one in reports} == {204}
    assert fetched_at(klavi, consent) == before
    assert next(one for one in reports if one["productName"] == NAMES[0])["checkingAccounts"]


def test_banks_that_are_done_at_the_same_instant_bring_the_reports_once(klavi: Klavi, receiver: Receiver) -> None:
    """On a clock that stands still all of them end together: whichever is told last brings the reports, every time."""
    klavi.listen(receiver)
    klavi.sandbox.advance("PT0S")
    person = someone()
    for bank in ("341", "033", "237"):
        klavi.given(person, bank)
    for _ in range(4):
        klavi.sandbox.advance("PT5H")
        klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)
        arrived(klavi, receiver, request(klavi, person))
    told = [one.body["productReportId"] for one in receiver.arrived if isinstance(one.body, dict)]
    assert len(told) == len(set(told)) == 4 * len(NAMES)


@pytest.fixture(scope="module")
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Klavi]:
    """A partner of a server whose banks take their time, so that something can happen while they are asked."""
    folder: Path = tmp_path_factory.mktemp("unhurried")
    with running(folder, private_webhooks="1", pace="100") as server:
        yield Klavi(server.other_client("unhurried"))


def two_too_old(klavi: Klavi, receiver: Receiver) -> tuple[str, Any, Any]:
    """Return a person, and two consents of theirs whose data is too old for a report."""
    klavi.listen(receiver)
    person = someone()
    first, second = klavi.given(person), klavi.given(person, "033")
    klavi.sandbox.advance("PT5H")
    klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)
    return person, first, second


def test_a_consent_deleted_while_it_is_awaited_keeps_no_report_back(unhurried: Klavi, receiver: Receiver) -> None:
    """The other bank has ended before, so its deletion is the last there is to wait for: the reports come then, once."""
    person, first, second = two_too_old(unhurried, receiver)
    unhurried.sandbox.arm("institution.connection.rejected", institution="itau-open-finance", times=20)
    id = request(unhurried, person)
    for _ in range(500):
        x=[unhurried.sandbox.get(f"/items/{c['consentId']}") for c in (first,second)]; print([(y["status"],y["executionStatus"],y["lastUpdatedAt"]) for y in x])
        if unhurried.sandbox.get(f"/items/{first['consentId']}")["status"] == "OUTDATED":
            break
        unhurried.sandbox.server.process_wait(0.01)
    assert unhurried.sandbox.get(f"/items/{second['consentId']}")["status"] == "UPDATING"
    assert unhurried.sandbox.call("DELETE", f"/items/{second['consentId']}").status_code == 200
    reports = arrived(unhurried, receiver, id)
    unhurried.sandbox.reset()
    for one in reports:
        assert one["code"] == 204
        assert [c["consentId"] for link in one["links"] for c in link["consents"]] == [first["consentId"]]


def test_a_report_without_a_consent_that_was_deleted_says_that_a_source_is_missing(
    unhurried: Klavi, receiver: Receiver
) -> None:
    """It is deleted before the other bank has ended: the report is made of that one, and not said to be whole. A
    deletion of what has ended brings no report a second time."""
    person, first, second = two_too_old(unhurried, receiver)
    id = request(unhurried, person)
    for _ in range(500):
        if unhurried.sandbox.get(f"/items/{second['consentId']}")["status"] == "UPDATING":
            break
        unhurried.sandbox.server.process_wait(0.01)
    assert unhurried.sandbox.call("DELETE", f"/items/{second['consentId']}").status_code == 200
    reports = arrived(unhurried, receiver, id)
    assert {one["code"] for one in reports} == {204}
    assert all(one["checkingAccounts"] for one in reports if one["productName"] == NAMES[0])
    unhurried.sandbox.call("DELETE", f"/items/{first['consentId']}")
    unhurried.sandbox.advance("PT1S")
    assert len([one for one in receiver.arrived if of(id)(one)]) == len(NAMES)
