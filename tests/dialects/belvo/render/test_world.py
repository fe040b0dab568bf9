"""Everything the invented banks and authorities tell, rendered and held against the vendor's schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

import pytest

from afluente.core import fiscal
from afluente.core.accounts import Account, Bill, Transaction
from afluente.core.connections import Stored
from afluente.core.documents import Consent
from afluente.core.employment import EmploymentRecord
from afluente.core.holders import Holder
from afluente.core.identity import derived_id
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.ports import Record, Session
from afluente.core.products import Product
from afluente.dialects.belvo import render
from afluente.dialects.belvo.render import ENCODER, Origin
from tests.connectors.scripted.teller import INSTITUTIONS, NOW, ListBank, consented, enter, fetch, later, session
from tests.dialects.belvo.render.records import LINK, origin_of
from tests.dialects.belvo.render.schemas import faults

GUESTS = [
    ("erebor-mx-retail", "bnk100", "full"),
    ("erebor-co-retail", "bnk100", "full"),
    ("erebor-cl-retail", "bnk103", "negative"),
    ("erebor-br-retail", "bnk100", "full"),
    ("gotham-mx-business", "bnk100", "full"),
    ("gotham-br-business", "bnk100", "full"),
    ("tatooine-mx-fiscal", "PFIS010101000", "individual"),
    ("tatooine-mx-fiscal", "PMO010101000", "business"),
    ("tatooine-co-fiscal", "1144569588", "x"),
    ("tatooine-co-fiscal", "900123456-7", "x"),
    ("tatooine-cl-fiscal", "12.531.909-2", "x"),
    ("tatooine-cl-fiscal", "76.192.083-9", "x"),
    ("planet-mx-employment", "LOLJ970312MBSPPN08", "x"),
]
EACH = 40
"""Records of one product that are looked at."""


@cache
def _told(slug: str, user: str, password: str) -> dict[Product, tuple[Record, ...]]:
    return _all(slug, enter(slug, {"username": user, "password": password}, ListBank()))


@cache
def _shared(slug: str, **more: str) -> dict[Product, tuple[Record, ...]]:
    return _all(slug, consented(slug, "approved", **more))


def _all(slug: str, visit: Session) -> dict[Product, tuple[Record, ...]]:
    products = INSTITUTIONS[slug].products
    return {product: tuple(fetch(slug, visit, product, since=later(-60)).records) for product in products}


def _stored(record: Any) -> Stored[Any]:
    return Stored(derived_id(LINK, type(record).__name__, record.key), LINK, None, record, NOW, NOW)


def _wires(origin: Origin, told: dict[Product, tuple[Record, ...]]) -> Iterable[tuple[str | None, str | None, Any]]:
    """Each record as it is shown, with the schemas that today's and the older generation have for it."""
    everything = [record for records in told.values() for record in records]
    accounts = {record.key: _stored(record) for record in everything if isinstance(record, Account)}
    shown = {key: render.account(account, origin) for key, account in accounts.items()}
    bills = {record.key: _stored(record) for record in everything if isinstance(record, Bill)}
    held = {record.key: _stored(record) for record in everything if isinstance(record, Investment)}
    for records in told.values():
        for record in records[:EACH]:
            stored = _stored(record)
            match record:
                case Account():
                    yield "AccountOpenFinanceBrazil", "Account", shown[record.key]
                case Loan():
                    legacy = None if origin.open_finance else "Account"
                    yield "AccountOpenFinanceBrazil", legacy, render.loan_account(stored, origin)
                case Bill():
                    yield "Bill", None, render.bill(stored, shown[record.account_key])
                case Transaction():
                    bill = bills.get(record.card.bill_key or "") if record.card is not None else None
                    account = accounts[record.account_key]
                    wire = render.transaction(
                        stored, account, shown[record.account_key], origin, bill=bill, category=record.category
                    )
                    yield "TransactionOpenFinanceBrazil", None if origin.open_finance else "Transaction", wire
                case Holder():
                    yield _owner(stored, origin)
                case Investment():
                    yield "InvestmentBrazil", None, render.investment(stored)
                case InvestmentMovement():
                    position = held[record.investment_key]
                    wire = render.investment_transaction(stored, position, render.investment(position), origin)
                    yield "InvestmentTransactionBrazil", None, wire
                case Consent():
                    wire = render.consent(stored, origin, NOW, document="76109277673", organization="ACME")
                    yield "Consents", None, wire
                case _:
                    yield from _official(stored, origin)
    if held and not origin.open_finance:
        for wire in render.portfolios(held.values(), origin):
            yield None, "InvestmentsPortfolio", wire


def _owner(stored: Stored[Holder], origin: Origin) -> tuple[str, str | None, Any]:
    wire = render.owner(stored, origin, ("CONTA_DEPOSITO_A_VISTA",))
    if "filiations" in wire:
        return "OwnerIndividualOpenFinanceBrazil", None, wire
    if "parties" in wire:
        return "OwnerBusinessOpenFinanceBrazil", None, wire
    return "Owner", "Owner", wire


def _official(stored: Stored[Any], origin: Origin) -> Iterable[tuple[str | None, str | None, Any]]:
    """What tax authorities and social security tell."""
    match stored.record:
        case fiscal.Invoice() if origin.country == "CL":
            yield "invoice_chile", None, render.chilean_invoice(stored, origin)
        case fiscal.Invoice() if origin.country == "CO":
            yield None, "InvoiceDian", render.invoice(stored, origin)
        case fiscal.Invoice():
            yield "InvoiceWithIdSat", "InvoiceWithIdSat", render.invoice(stored, origin, xml=True)
        case fiscal.TaxStatus() if origin.country == "CL":
            yield "tax_status_sii", None, render.chilean_tax_status(stored, origin)
        case fiscal.TaxStatus() if origin.country == "CO":
            yield None, "TaxStatusDian", render.tax_status(stored, origin)
        case fiscal.TaxStatus():
            yield "TaxStatusSat", "TaxStatusSat", render.tax_status(stored, origin)
        case fiscal.TaxComplianceStatus():
            schema = "TaxComplianceStatus"
            yield schema, schema, render.tax_compliance_status(stored, origin)
        case fiscal.TaxReturn(company=company, month=month):
            schema = f"TaxReturn{'Business' if company else 'Personal'}{'Monthly' if month else ''}"
            yield schema, schema, render.tax_return(stored, origin)
        case fiscal.TaxRetention():
            yield "TaxRetentions", "TaxRetentions", render.tax_retention(stored, origin, xml=True)
        case fiscal.TaxDeclaration(company=company):
            schema = f"TaxDeclaration{'Business' if company else 'Individual'}"
            yield None, schema, render.tax_declaration(stored, origin)
        case fiscal.FinancialStatement():
            yield "FinancialStatement", None, render.financial_statement(stored, origin)
        case fiscal.DebtReport():
            yield "debt_chile", None, render.debt_report(stored, origin)
        case EmploymentRecord():
            today = date(2026, 11, 23)
            yield "EmploymentRecord", None, render.employment_record(stored, origin, today)
            yield "CurrentEmployment", None, render.current_employment(stored, origin)
            yield "EmploymentMetric", None, render.employment_metrics(LINK, NOW, stored, origin, today)


def _wrong(origin: Origin, told: dict[Product, tuple[Record, ...]]) -> tuple[int, list[str]]:
    """How many objects were looked at, and what is wrong with them."""
    count, wrong = 0, []
    for current, legacy, made in _wires(origin, told):
        wire = json.loads(ENCODER.encode(made))
        count += 1
        for generation, schema in (("current", current), ("legacy", legacy)):
            if schema is not None:
                wrong += [f"{schema} ({generation}): {fault}" for fault in faults(generation, schema, wire)]
    return count, sorted(set(wrong))


@pytest.mark.parametrize(("slug", "user", "password"), GUESTS)
def test_what_an_institution_tells_meets_the_schemas_of_both_generations(slug: str, user: str, password: str) -> None:
    """Every kind of record that its products have."""
    told = _told(slug, user, password)
    count, wrong = _wrong(origin_of(INSTITUTIONS[slug]), told)
    assert wrong == []
    assert count > 0
    kinds = {type(record) for records in told.values() for record in records}
    assert len(kinds) >= (1 if slug.startswith("planet") else 2)


@pytest.mark.parametrize("slug", ["sandbox-open-finance", "nubank-open-finance", "ofmockbank-br-retail"])
def test_what_a_consent_opens_meets_todays_schemas(slug: str) -> None:
    """Accounts, cards, loans, investments, the holder and the consent itself."""
    count, wrong = _wrong(origin_of(INSTITUTIONS[slug]), _shared(slug))
    assert wrong == []
    assert count > EACH


def test_what_a_consent_of_a_company_opens_meets_todays_schemas() -> None:
    """Its owner is a company."""
    slug = "sandbox-open-finance-business"
    told = _shared(slug, cnpj="11222333000181")
    count, wrong = _wrong(origin_of(INSTITUTIONS[slug]), told)
    # The bank tells nothing of who owns the company, and the schema wants somebody.
    assert wrong == ["OwnerBusinessOpenFinanceBrazil (current): parties: [] has less than 1 item"]
    assert count > EACH


@pytest.mark.parametrize("slug", ["sandbox-bank", "sandbox-broker", "sandbox-business"])
def test_banks_of_other_sandboxes_meet_the_schemas_of_both_generations(slug: str) -> None:
    """A bank that was connected in another dialect is read here as well."""
    count, wrong = _wrong(origin_of(INSTITUTIONS[slug]), _all(slug, session(slug)))
    assert wrong == []
    assert count > EACH
