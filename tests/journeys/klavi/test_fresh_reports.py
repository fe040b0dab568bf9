"""Reports over consents are made of data that is fresh: what is too old is fetched before, and once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.klavi import Delivery, Klavi, Receiver, named, someone

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
