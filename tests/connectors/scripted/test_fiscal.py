from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from afluente.core.products import Product
from tests.connectors.scripted.teller import INSTITUTIONS, NOW, ListBank, enter, fetch, later

MX, CO, CL = "tatooine-mx-fiscal", "tatooine-co-fiscal", "tatooine-cl-fiscal"
PERSON, COMPANY = ("PFIS010101000", "individual"), ("PMO010101000", "business")
TAXPAYERS = [
    (MX, *PERSON),
    (MX, *COMPANY),
    (CO, "1144569588", "x"),
    (CO, "900123456-7", "x"),
    (CL, "12.531.909-2", "x"),
    (CL, "76.192.083-9", "x"),
]
CFDI = "{http://www.sat.gob.mx/cfd/4}"


def told(slug: str, user: str, password: str, product: Product, now: int = NOW) -> tuple[Any, ...]:
    """Return what the authority tells of somebody."""
    visit = enter(slug, {"username": user, "password": password}, ListBank())
    return tuple(fetch(slug, visit, product, now=now).records)


def amounts(record: Any, section: str) -> dict[str, Decimal]:
    """Return the figures of one part."""
    found: dict[str, Decimal] = record.sections[section].amounts
    return found


@pytest.mark.parametrize(("slug", "user", "password"), TAXPAYERS)
def test_five_years_of_invoices_in_and_out(slug: str, user: str, password: str) -> None:
    """From five years ago until now, oldest first, some the holder issued and some the holder received."""
    rows = told(slug, user, password, Product.INVOICES)
    assert [row.issued_at for row in rows] == sorted(row.issued_at for row in rows)
    assert NOW - 62 * 31 * 86_400_000 < rows[0].issued_at < NOW - 59 * 30 * 86_400_000
    assert rows[-1].issued_at <= NOW
    assert len({row.key for row in rows}) == len({row.identification for row in rows}) == len(rows)
    assert {row.direction for row in rows} == {"in", "out"}


@pytest.mark.parametrize(("slug", "user", "password"), TAXPAYERS)
def test_invoices_add_up(slug: str, user: str, password: str) -> None:
    """Total, taxes and items agree, and the holder is one of the two parties of each."""
    for row in told(slug, user, password, Product.INVOICES):
        assert row.total == row.subtotal - row.discount + row.tax - row.withheld
        assert row.tax == sum(tax.amount for tax in row.taxes if not tax.withheld)
        assert row.withheld == sum(tax.amount for tax in row.taxes if tax.withheld)
        assert row.subtotal == sum(item.subtotal for item in row.items)
        assert row.total == sum(item.total for item in row.items)
        own = "".join(filter(str.isalnum, user))
        parties = ["".join(filter(str.isalnum, party.tax_id)) for party in (row.issuer, row.receiver)]
        assert sum(party.startswith(own) for party in parties) == 1


@pytest.mark.parametrize(("slug", "user", "password"), TAXPAYERS)
def test_who_is_paid_issues_the_invoice(slug: str, user: str, password: str) -> None:
    """Income comes in on one's own invoices and goes out on others'; wages are the other way round."""
    own = "".join(filter(str.isalnum, user))
    for row in told(slug, user, password, Product.INVOICES):
        issued = "".join(filter(str.isalnum, row.issuer.tax_id)).startswith(own)
        paid = row.direction == "in"
        assert issued is (paid if row.kind in ("income", "payment") else not paid)


def test_a_mexican_has_wages_and_a_company_pays_them() -> None:
    """Payroll invoices have days and parts; two fortnights of a month do not overlap."""
    rows = [row for row in told(MX, *PERSON, Product.INVOICES) if row.kind == "payroll"]
    assert {row.direction for row in rows} == {"in"} and len(rows) in range(118, 124)
    for row in rows:
        pay = row.payroll
        assert pay.days == (pay.ends_on - pay.starts_on).days + 1
        earned = sum(part.taxable + part.exempt for part in pay.earnings)
        assert earned - sum(part.amount for part in pay.deductions) == row.total == pay.amount
    spans = sorted((row.payroll.starts_on, row.payroll.ends_on) for row in rows)
    assert all(before[1] < after[0] for before, after in pairwise(spans))
    kinds = Counter((row.kind, row.direction) for row in told(MX, *COMPANY, Product.INVOICES))
    assert kinds["payroll", "out"] > 100 and kinds["credit", "out"] > 0 and kinds["payment", "in"] > 0


def test_what_is_paid_later_has_a_receipt() -> None:
    """Each receipt names an invoice that was to be paid later, and pays it whole."""
    rows = told(MX, *COMPANY, Product.INVOICES)
    known = {row.identification: row for row in rows}
    receipts = [row for row in rows if row.kind == "payment"]
    assert receipts
    for receipt in receipts:
        (payment,) = receipt.payments
        (document,) = payment.documents
        assert known[document.identification].payment_method == "PPD"
        assert document.paid == known[document.identification].total == payment.amount
        assert (document.after, receipt.total) == (0, 0)


def test_the_document_says_what_the_record_says() -> None:
    """The XML can be read, and has the record's parties, amounts and number."""
    for user in (PERSON, COMPANY):
        for row in told(MX, *user, Product.INVOICES)[:60]:
            root = ElementTree.fromstring(row.xml)
            assert root.tag == f"{CFDI}Comprobante"
            assert (Decimal(root.attrib["Total"]), root.attrib["Version"]) == (row.total, "4.0")
            assert root.find(f"{CFDI}Emisor").attrib["Rfc"] == row.issuer.tax_id  # type: ignore[union-attr]
            assert root.find(f"{CFDI}Receptor").attrib["Rfc"] == row.receiver.tax_id  # type: ignore[union-attr]
            assert f'UUID="{row.identification}"' in row.xml


def test_an_invoice_is_cancelled_some_days_later() -> None:
    """Until then it is valid; nothing else about it changes."""
    cancelled = next(r for r in told(MX, *COMPANY, Product.INVOICES)[::-1] if r.status == "cancelled")
    issued = cancelled.issued_at
    before = next(r for r in told(MX, *COMPANY, Product.INVOICES, now=issued) if r.key == cancelled.key)
    assert (before.status, before.cancelled_on, before.total) == ("valid", None, cancelled.total)
    assert cancelled.cancelled_on is not None


def test_a_year_is_returned_once_it_is_over() -> None:
    """Five years and twelve months, latest first; the next year appears when it is due."""
    for user in (PERSON, COMPANY):
        rows = told(MX, *user, Product.TAX_RETURNS)
        assert [row.year for row in rows if row.month is None] == [2025, 2024, 2023, 2022, 2021]
        assert len([row for row in rows if row.month]) == 12
        assert all(row.filed_on <= date(2026, 11, 23) for row in rows)
        assert len({row.key for row in rows}) == 17
        assert told(MX, *user, Product.TAX_RETURNS, now=later(160))[0].year == 2026


def test_a_return_follows_from_the_invoices() -> None:
    """What a company declares for a month is what its valid invoices of that month come to."""
    sold: dict[tuple[int, int | None], Decimal] = defaultdict(Decimal)
    rows = told(MX, *COMPANY, Product.INVOICES)
    for row in rows:
        issued = datetime.fromtimestamp(row.issued_at // 1000 - 3 * 3600, UTC)
        if (row.direction, row.kind, row.status) == ("in", "income", "valid"):
            sold[issued.year, issued.month] += row.subtotal
    assert any(row.status == "cancelled" for row in rows)
    for filed in told(MX, *COMPANY, Product.TAX_RETURNS):
        if filed.month is None:
            continue
        assert amounts(filed, "income-tax")["ingresos_nominales"] == sold[filed.year, filed.month]
        vat = amounts(filed, "vat")
        assert vat["cantidad_a_cargo"] - vat["saldo_a_favor"] == vat["iva_a_cargo"] - vat["iva_acreditable"]


def test_older_returns_of_companies_have_their_statements() -> None:
    """They are in the forms before 2022 alone."""
    by_year = {row.year: row.sections for row in told(MX, *COMPANY, Product.TAX_RETURNS) if row.month is None}
    assert {"balance-sheet", "income-statement", "reconciliation"} <= set(by_year[2021])
    assert "balance-sheet" not in by_year[2022] and "income" in by_year[2022]


def test_the_balance_sheet_balances() -> None:
    """What a company owns is what it owes and what belongs to its owners; people have none."""
    rows = told(MX, *COMPANY, Product.FINANCIAL_STATEMENTS)
    assert [row.year for row in rows] == [2025, 2024, 2023, 2022, 2021]
    for row in rows:
        parts = {name: amounts(row, name) for name in row.sections if name != "income-statement"}
        for part in parts.values():
            assert part["total"] == sum(value for name, value in part.items() if name != "total")
        owned = parts["current-assets"]["total"] + parts["non-current-assets"]["total"]
        owed = parts["current-liabilities"]["total"] + parts["non-current-liabilities"]["total"]
        assert owned == owed + parts["equity"]["total"]
    assert told(MX, *PERSON, Product.FINANCIAL_STATEMENTS) == ()


def test_retentions_add_up() -> None:
    """What is kept back is the sum of its lines; some of a company's go abroad."""
    for user in (PERSON, COMPANY):
        for row in told(MX, *user, Product.TAX_RETENTIONS):
            assert row.total == row.taxable + row.exempt
            assert row.retained == sum(line.amount for line in row.lines)
            assert ElementTree.fromstring(row.xml) is not None
    rows = told(MX, *COMPANY, Product.TAX_RETENTIONS)
    assert {row.direction for row in rows} == {"in", "out"}
    assert any(row.receiver_foreign and row.receiver_tax_id is None for row in rows)


@pytest.mark.parametrize(("slug", "user", "password"), TAXPAYERS)
def test_everybody_is_registered(slug: str, user: str, password: str) -> None:
    """One certificate, of today, with an address, an activity and a regime."""
    (row,) = told(slug, user, password, Product.TAX_STATUS)
    assert row.issued_on == date(2026, 11, 23)
    assert row.addresses and row.activities and row.regimes and row.started_on < row.issued_on
    assert row.company is (user in ("PMO010101000", "900123456-7", "76.192.083-9"))
    assert (row.given_name is None) is (row.company or slug == CL)


def test_the_opinion_is_of_today() -> None:
    """One for each taxpayer; of whom little is known there are no obligations."""
    (row,) = told(MX, *PERSON, Product.TAX_COMPLIANCE)
    assert (row.outcome in ("positive", "negative"), row.issued_on) == (True, date(2026, 11, 23))
    (little,) = told(MX, "fiscal102", "low", Product.TAX_COMPLIANCE)
    assert little.outcome == "no-obligations"


def test_a_colombian_declares_each_year() -> None:
    """The parts of the form agree with each other, in whole thousands of pesos."""
    for user, form in (("1144569588", "210"), ("900123456-7", "110")):
        rows = told(CO, user, "x", Product.TAX_DECLARATIONS)
        assert [row.year for row in rows] == [2025, 2024, 2023, 2022, 2021]
        for row in rows:
            assert row.form == form
            equity, tax = amounts(row, "equity"), amounts(row, "tax")
            debts = equity.get("debts", equity.get("total_debts"))
            assert debts is not None
            assert equity["total_net_equity"] == equity["total_gross_equity"] - debts
            assert tax["total_tax_due"] >= tax["total_payment"]
            for section in row.sections.values():
                assert all(value % 1000 == 0 for value in section.amounts.values())


def test_chilean_documents_know_their_month() -> None:
    """How many documents of that kind there were is told on each of them."""
    rows = told(CL, "76.192.083-9", "x", Product.INVOICES)
    counted = Counter((row.month.month, row.direction, row.kind) for row in rows)
    assert all(row.month.documents == counted[row.month.month, row.direction, row.kind] for row in rows)
    assert {row.document_code for row in rows} == {33, 61}
    assert {row.status for row in rows} == {"registered", "claimed", "pending"}


def test_debts_add_up() -> None:
    """The totals are the sums of what is owed to each lender."""
    for user in ("12.531.909-2", "76.192.083-9"):
        (row,) = told(CL, user, "x", Product.DEBT_REPORTS)
        assert row.total == sum(debt.amount for debt in row.direct)
        assert row.total == row.current + row.late + row.very_late + row.defaulted
        assert row.as_of < date(2026, 11, 23) and row.currency == "CLP"


@pytest.mark.parametrize("slug", [MX, CO, CL])
def test_of_some_nothing_is_known_and_of_some_little(slug: str) -> None:
    """One of the documented taxpayers has no documents, another a year of them."""
    for product in INSTITUTIONS[slug].products:
        assert told(slug, "fiscal101", "nodata", product) == ()
    few, many = (told(slug, *pair, Product.INVOICES) for pair in (("fiscal102", "low"), ("fiscal100", "full")))
    assert 0 < len(few) < len(many) / 5
    assert few[0].issued_at > NOW - 400 * 86_400_000


@pytest.mark.parametrize("user", ["LOLJ970312MBSPPN08", "BLPM951331IONVGR54", "somebody"])
@pytest.mark.parametrize("slug", ["planet-mx-employment", "planet-br-employment"])
def test_a_working_life_holds_together(slug: str, user: str) -> None:
    """Jobs follow each other, latest first; weeks add up; whoever has a job has one that goes on."""
    (row,) = told(slug, user, "", Product.EMPLOYMENT_RECORDS)
    jobs = row.jobs[::-1]
    assert jobs
    assert all(before.ends_on < after.starts_on for before, after in pairwise(jobs))
    assert row.weeks_contributed == sum(job.weeks for job in jobs)
    assert (row.status == "employed") is (jobs[-1].ends_on is None)
    assert (row.entitled_until is None) is (row.status == "employed")
    for job in jobs:
        assert job.weeks == ((job.ends_on or date(2026, 11, 23)) - job.starts_on).days // 7


def test_the_documented_people_are_in_work_and_out_of_it() -> None:
    """One has a job, the other has lost it; each change of a wage is told."""
    (working,) = told("planet-mx-employment", "LOLJ970312MBSPPN08", "", Product.EMPLOYMENT_RECORDS)
    (idle,) = told("planet-mx-employment", "BLPM951331IONVGR54", "", Product.EMPLOYMENT_RECORDS)
    assert (working.status, idle.status) == ("employed", "unemployed")
    for job in (*working.jobs, *idle.jobs):
        events = job.events[::-1]
        assert (events[0].kind, events[0].on) == ("hired", job.starts_on)
        assert (events[-1].kind == "left") is (job.ends_on is not None)
        assert job.base_salary == events[-1].base_salary
        assert [event.on for event in events] == sorted(event.on for event in events)


def test_a_brazilians_wages_are_told_by_month() -> None:
    """At most twelve months of each job, and December's thirteenth wage."""
    (row,) = told("planet-br-employment", "761.092.776-73", "x", Product.EMPLOYMENT_RECORDS)
    assert ("CPF", "761.092.776-73") in row.documents
    for job in row.jobs:
        regular = [wage.month for wage in job.wages if wage.kind == "regular"]
        assert len(set(regular)) == len(regular) <= 12
        assert sum(wage.kind == "thirteenth" for wage in job.wages) == sum(m.endswith("-12") for m in regular)
        assert job.occupations and len(job.employer_id) == 18


@pytest.mark.parametrize(("slug", "user", "password"), TAXPAYERS)
def test_what_was_filed_stays(slug: str, user: str, password: str) -> None:
    """A month later every document that is not about today is unchanged."""
    moving = (Product.TAX_STATUS, Product.TAX_COMPLIANCE, Product.DEBT_REPORTS, Product.HOLDER)
    for product in INSTITUTIONS[slug].products:
        if product in moving:
            continue
        later_on = {row.key: row for row in told(slug, user, password, product, now=later(31))}
        for row in told(slug, user, password, product):
            if row.key not in later_on or getattr(row, "issued_at", 0) > NOW - 30 * 86_400_000:
                continue
            assert later_on[row.key] == row
