"""Every resource the official client has: created, listed, got, deleted; and nothing is left of what was deleted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from belvo.enums import TaxRetentionType, TaxReturnType
from requests import HTTPError

from tests.journeys.belvo.program import Program

pytestmark = pytest.mark.journey

BANK = ("erebor_br_retail", "bnk100", "full")
TAXPAYER = ("tatooine_mx_fiscal", "PFIS010101000", "individual")
COMPANY = ("tatooine_mx_fiscal", "PMO010101000", "business")
COLOMBIA = ("tatooine_co_fiscal", "fiscal100", "full")
WORKER = ("planet_mx_employment", "LOLJ970312MBSPPN08", None)


@dataclass(frozen=True)
class Case:
    """One resource: who has it, what its creation is told, and how many objects that answers with."""

    name: str
    user: tuple[str, str, str | None]
    told: dict[str, Any] = field(default_factory=dict)
    single: bool = False


YEAR = {"date_from": -364, "date_to": 0}
YEARS = {"year_from": -4 * 365, "year_to": -365}
"""Days are told from today, and years by a day in them."""

CASES = (
    Case("Accounts", BANK),
    Case("Owners", BANK),
    Case("Balances", BANK, {"date_from": -20}),
    Case("Transactions", BANK, {"date_from": -60}),
    Case("Incomes", BANK, {"date_from": -300}, single=True),
    Case("RecurringExpenses", BANK),
    Case("RiskInsights", BANK),
    Case("InvestmentsPortfolios", BANK, single=True),
    Case("Invoices", TAXPAYER, {**YEAR, "type_": "OUTFLOW"}),
    Case("TaxReturns", TAXPAYER, YEARS),
    Case("TaxReturns", COMPANY, {**YEAR, "type_": TaxReturnType.MONTHLY}),
    Case("TaxRetentions", TAXPAYER, {**YEAR, "_type": TaxRetentionType.INFLOW}),
    Case("TaxStatus", TAXPAYER, {"attach_pdf": True}, single=True),
    Case("TaxComplianceStatus", TAXPAYER, {"attach_pdf": True}, single=True),
    Case("TaxDeclarations", COLOMBIA, YEARS),
    Case("EmploymentRecords", WORKER, {"attach_pdf": True}),
)


def made(program: Program, case: Case) -> tuple[str, list[dict[str, Any]]]:
    """Make a link and create the resource; return the link's id and the objects that were answered."""
    for link in program.official.Links.list(institution=case.user[0]):
        assert program.official.Links.delete(link["id"])
    link = program.connect(*case.user)
    told = {}
    for name, value in case.told.items():
        day = program.days_ago(-value) if isinstance(value, int) and not isinstance(value, bool) else value
        told[name] = day[:4] if name.startswith("year") else day
    answer = program.resource(case.name).create(link["id"], raise_exception=True, **told)
    assert isinstance(answer, dict if case.single else list)
    return link["id"], [answer] if case.single else answer


def link_of(one: dict[str, Any]) -> str:
    """Return the link an object is of; movements and balances say so with their account."""
    return str(one["link"] if "link" in one else one["account"]["link"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-of-{case.user[1]}")
def test_what_is_created_is_listed_got_and_deleted(program: Program, case: Case) -> None:
    """The list has what the creation answered, an id gives the same object, and what is deleted is gone."""
    resource = program.resource(case.name)
    link_id, answered = made(program, case)
    assert answered
    listed = {one["id"]: one for one in resource.list(link=link_id)}
    assert {one["id"] for one in answered} <= set(listed)
    assert {link_of(one) for one in listed.values()} <= {link_id}
    for one in answered[:3]:
        assert resource.get(one["id"]) == listed[one["id"]]
        assert resource.delete(one["id"]) is True
        with pytest.raises(HTTPError) as refused:
            resource.get(one["id"])
        assert refused.value.response.status_code == 404
    gone = {one["id"] for one in answered[:3]}
    assert {one["id"] for one in resource.list(link=link_id)} == set(listed) - gone
    assert resource.delete(answered[0]["id"]) is False


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-of-{case.user[1]}")
def test_what_is_not_to_be_saved_is_answered_and_not_listed(program: Program, case: Case) -> None:
    """`save_data=False` answers the same objects once, and the list of the link stays empty."""
    told = Case(case.name, case.user, {**case.told, "save_data": False}, case.single)
    link_id, answered = made(program, told)
    assert answered
    assert list(program.resource(case.name).list(link=link_id)) == []


def test_statements_are_of_one_account_and_month(program: Program) -> None:
    """The month before is over, so its statement has a PDF and the movements of that month only."""
    link_id, accounts = made(program, Case("Accounts", BANK))
    account = next(one for one in accounts if one["category"] == "CHECKING_ACCOUNT")
    last = program.days_ago(program.today.day)
    statements = program.official.Statements.create(
        link_id, account["id"], last[:4], last[5:7], attach_pdf=True, raise_exception=True
    )
    (statement,) = statements
    assert statement["account"]["id"] == account["id"]
    assert statement["pdf"]
    assert {one["value_date"][:7] for one in statement["transactions"]} <= {last[:7]}
    found = program.official.Statements.get(statement["id"])
    assert found["id"] in {one["id"] for one in program.official.Statements.list(link=link_id)}
    assert found["final_balance"] == statement["final_balance"]
    assert program.official.Statements.delete(statement["id"]) is True
    assert list(program.official.Statements.list(link=link_id, id=statement["id"])) == []


def test_institutions_are_listed_by_country_and_got_by_number(program: Program) -> None:
    """A number gives the same institution as the list has, with what it offers and what its form asks."""
    institutions = program.official.Institutions
    found = {one["name"]: one for one in institutions.list(country_code="MX")}
    assert {"erebor_mx_retail", "heimdall_mx_retail", "tatooine_mx_fiscal", "planet_mx_employment"} <= set(found)
    assert "erebor_br_retail" not in found
    bank = found["erebor_mx_retail"]
    assert institutions.get(bank["id"]) == bank
    assert (bank["type"], [form["name"] for form in bank["form_fields"]]) == ("bank", ["username", "password"])
    assert {"ACCOUNTS", "TRANSACTIONS", "OWNERS"} <= set(bank["resources"])
    assert [feature["name"] for feature in found["heimdall_mx_retail"]["features"]] == ["token_required"]


def test_a_long_list_comes_page_by_page(program: Program) -> None:
    """The client follows `next` by itself; small pages and large ones give the same movements, once each."""
    link_id, answered = made(program, Case("Transactions", BANK, {"date_from": -60}))
    small = [one["id"] for one in program.official.Transactions.list(link_id, page_size=7)]
    large = [one["id"] for one in program.official.Transactions.list(link_id, page_size=1000)]
    assert small == large
    assert len(small) == len(set(small)) >= len(answered) > 14


def test_movements_are_filtered_by_what_the_client_names(program: Program) -> None:
    """Direction, account and days narrow the list as they narrow a list in memory."""
    link_id, _ = made(program, Case("Transactions", BANK, {"date_from": -90}))
    every = list(program.official.Transactions.list(link_id))
    since = program.days_ago(30)
    account = Counter(one["account"]["id"] for one in every if one["type"] == "OUTFLOW").most_common(1)[0][0]
    wanted = [
        one["id"]
        for one in every
        if one["type"] == "OUTFLOW" and one["account"]["id"] == account and one["value_date"] >= since
    ]
    assert wanted
    found = program.official.Transactions.list(link_id, type="OUTFLOW", account=account, value_date__gte=since)
    assert [one["id"] for one in found] == wanted
