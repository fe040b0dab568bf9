"""Every resource over HTTP: retrieved and kept, retrieved and not kept, listed, shown, deleted, retrieved again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from afluente.core.clock import SECOND, RealClock
from afluente.dialects.belvo.resources.table import TABLE
from tests.belvo import Belvo, newcomer
from tests.dialects.belvo.render.schemas import faults

DAY = "%Y-%m-%d"
NOW = datetime.fromtimestamp(RealClock().now() / SECOND, UTC)
SPAN = {"date_from": (NOW - timedelta(days=200)).strftime(DAY), "date_to": (NOW - timedelta(days=1)).strftime(DAY)}
YEARS = {"year_from": str(NOW.year - 3), "year_to": str(NOW.year - 1)}

LINKS: dict[str, dict[str, Any]] = {
    "bank": {"institution": "erebor_br_retail"},
    "authority": {"institution": "tatooine_mx_fiscal", "username": "PMO010101000", "password": "business"},
    "chile": {"institution": "tatooine_cl_fiscal", "password": "12345678"},
    "colombia": {"institution": "tatooine_co_fiscal", "password": "12345678"},
    "work": {"institution": "planet_mx_employment", "username": "LOLJ970312MBSPPN08"},
    "brazil": {"institution": "planet_br_employment", "username": "76109277673"},
    "open": {"institution": "ofmockbank_br_retail", "username": "76109277673"},
}
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "/api/accounts/": ("bank", {}),
    "/api/owners/": ("bank", {}),
    "/api/balances/": ("bank", SPAN),
    "/api/transactions/": ("bank", SPAN),
    "/api/statements/": ("bank", {"attach_pdf": True}),
    "/api/incomes/": ("bank", {}),
    "/api/recurring-expenses/": ("bank", {}),
    "/api/risk-insights/": ("bank", {}),
    "/investments/portfolios/": ("bank", {}),
    "/api/invoices/": ("authority", {**SPAN, "type": "OUTFLOW", "attach_xml": True}),
    "/api/tax-status/": ("authority", {"attach_pdf": True}),
    "/api/tax-compliance-status/": ("authority", {"attach_pdf": True}),
    "/api/tax-returns/": ("authority", {**YEARS, "type": "yearly"}),
    "/api/tax-retentions/": ("authority", {**SPAN, "type": "outflow"}),
    "/api/financial-statements/": ("authority", {}),
    "/api/cl/invoices/": ("chile", SPAN),
    "/api/cl/tax-status/": ("chile", {}),
    "/api/cl/debt-reports/": ("chile", {}),
    "/api/tax-declarations/": ("colombia", YEARS),
    "/api/employment-records/": ("work", {"attach_pdf": True}),
    "/api/mx/current-employments/": ("work", {}),
    "/api/employment-metrics/": ("work", {"reference_date": SPAN["date_to"]}),
    "/api/br/employments/": ("brazil", {}),
    "/api/br/balances/": ("open", {}),
    "/api/bills/": ("open", {}),
    "/api/br/investments/": ("open", {}),
    "/api/br/investment-transactions/": ("open", {}),
}
EMPTY = {"/api/br/exchanges/", "/receivables/transactions/"}
SINGLE = {
    "/api/incomes/",
    "/investments/portfolios/",
    "/api/tax-status/",
    "/api/tax-compliance-status/",
    "/api/employment-metrics/",
}
SCHEMAS = {
    "/api/transactions/": ("legacy", "Transaction"),
    "/api/statements/": None,
    "/api/bills/": ("current", "Bill"),
    "/api/incomes/": ("legacy", "Income"),
    "/api/tax-compliance-status/": ("current", "TaxComplianceStatus"),
    "/api/employment-records/": ("current", "EmploymentRecord"),
}


@pytest.fixture(scope="module")
def links(reader: Belvo) -> Iterator[dict[str, str]]:
    """A link of each kind, made when the first test asks for one of them; gone at the end."""
    made = {}
    for name, credentials in LINKS.items():
        reader.clear(credentials["institution"])
        body = {"username": newcomer(), "password": "anything", **credentials}
        answer = reader.call("POST", "/api/links/", json=body)
        if answer.status_code == 428:
            (asked,) = answer.json()
            reader.sandbox.own(
                "POST", f"/sandbox/connections/{asked['link']}/answer", json={"value": "approved:user-ok"}
            )
            reader.sandbox.settle()
            made[name] = asked["link"]
        else:
            assert answer.status_code == 201, answer.text
            made[name] = answer.json()["id"]
    yield made
    for id in made.values():
        reader.call("DELETE", f"/api/links/{id}/")


def test_every_resource_is_walked_through_here() -> None:
    """A new row of the table needs a body here."""
    assert {resource.path for resource in TABLE} == BODIES.keys() | EMPTY


@pytest.mark.parametrize("path", BODIES)
def test_a_resource_is_retrieved_listed_shown_and_deleted(path: str, reader: Belvo, links: dict[str, str]) -> None:
    """201 and kept, 200 and not kept with the same ids, 204 and gone, 201 and there again."""
    kind, body = BODIES[path]
    body = {"link": links[kind], **body}
    if path == "/api/statements/":
        accounts = reader.post("/api/accounts/", link=links[kind])
        checking = next(one for one in accounts if one["category"] == "CHECKING_ACCOUNT")
        last_month = NOW.replace(day=1) - timedelta(days=1)
        body |= {"account": checking["id"], "year": f"{last_month:%Y}", "month": f"{last_month:%m}"}
    kept = reader.post(path, **body)
    assert isinstance(kept, dict) == (path in SINGLE)
    objects = [kept] if isinstance(kept, dict) else kept
    assert objects
    if SCHEMAS.get(path) is not None:
        generation, name = SCHEMAS[path]  # type: ignore[misc]
        assert [fault for one in objects[:3] for fault in faults(generation, name, one)] == []
    unkept = reader.post(path, expected=200, **body, save_data=False)
    assert _ids(unkept) == _ids(kept)
    listed = reader.every(path, link=links[kind])
    assert _ids(kept) <= _ids(listed)
    id = objects[0]["id"]
    assert reader.get(f"{path}{id}/")["id"] == id
    assert reader.get(f"{path}{id}")["id"] == id
    if path == "/api/br/balances/":
        assert reader.call("DELETE", f"{path}{id}/").status_code == 405
        return
    answer = reader.call("DELETE", f"{path}{id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert reader.call("GET", f"{path}{id}/").status_code == 404
    assert id not in _ids(reader.every(path, link=links[kind]))
    assert id in _ids(reader.post(path, **body))
    assert reader.get(f"{path}{id}/")["id"] == id


def _ids(wires: Any) -> set[str]:
    return {one["id"] for one in (wires if isinstance(wires, list) else [wires])}


def test_what_is_not_kept_is_nowhere(belvo: Belvo) -> None:
    """A link that was only ever asked with `save_data` false has nothing to list."""
    link = belvo.link()["id"]
    accounts = belvo.post("/api/accounts/", expected=200, link=link, save_data=False)
    assert len(accounts) > 1
    assert belvo.get("/api/accounts/", link=link)["count"] == 0
    assert belvo.call("GET", f"/api/accounts/{accounts[0]['id']}/").status_code == 404


def test_an_income_of_what_is_not_kept_is_that_of_what_is(belvo: Belvo) -> None:
    """The analysis reads either in the same way."""
    link = belvo.link()["id"]
    apart = belvo.post("/api/incomes/", expected=200, link=link, save_data=False)
    assert belvo.get("/api/incomes/", link=link)["count"] == 0
    kept = belvo.post("/api/incomes/", link=link)
    moving = ("created_at",)
    assert {k: v for k, v in apart.items() if k not in moving} == {k: v for k, v in kept.items() if k not in moving}
    assert kept["income_streams"]


def test_an_asynchronous_request_is_answered_at_once_and_done_later(belvo: Belvo) -> None:
    """202 with an id, and the movements are there when nothing runs any more."""
    link = belvo.link()["id"]
    answer = belvo.call(
        "POST", "/api/transactions/", json={"link": link, **SPAN}, headers={"X-Belvo-Request-Mode": "async"}
    )
    assert answer.status_code == 202
    assert set(answer.json()) == {"request_id"} and len(answer.json()["request_id"]) == 32
    belvo.sandbox.settle()
    assert belvo.get("/api/transactions/", link=link)["count"] > 100


def test_balances_are_what_movements_left(reader: Belvo, read_link: str) -> None:
    """From one day to the next, a balance changes by what moved on that day."""
    (account,) = (
        one for one in reader.every("/api/accounts/", link=read_link) if one["category"] == "CHECKING_ACCOUNT"
    )
    balances = reader.every("/api/balances/", link=read_link, account=account["id"])
    assert balances[0]["balance"] == account["balance"]["current"]
    moved: dict[str, float] = {}
    for one in reader.every("/api/transactions/", link=read_link, account=account["id"]):
        signed = one["amount"] if one["type"] == "INFLOW" else -one["amount"]
        moved[one["value_date"]] = moved.get(one["value_date"], 0) + signed
    for later, earlier in pairwise(balances):
        change = later["balance"] - earlier["balance"]
        assert change == pytest.approx(moved.get(later["value_date"], 0), abs=0.005)
