"""Colombia's tax authority: electronic invoices, registration and yearly declarations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, instant_of, on
from afluente.connectors.scripted.dealings import YEARS, Deal, figures, happened, vat_of
from afluente.connectors.scripted.identifiers import cedula_nit, nit
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.people import registered
from afluente.connectors.scripted.residents import address
from afluente.connectors.scripted.seeding import chance, digits, seed
from afluente.core.accounts import Party
from afluente.core.clock import MINUTE, Instant
from afluente.core.fiscal import (
    Activity,
    FiscalAddress,
    Invoice,
    InvoiceItem,
    InvoiceParty,
    InvoiceTax,
    Obligation,
    Regime,
    Section,
    TaxDeclaration,
    TaxStatus,
)

_CERTIFIER = "DIAN"
_COMPANY_FORM, _PERSON_FORM = "110", "210"


def _nit(customer: Customer) -> str:
    document = customer.holder.document
    return document if "-" in document else cedula_nit(document)


def invoices(customer: Customer, now: Instant) -> Iterator[Invoice]:
    """Yield the invoices of five years, oldest first."""
    for deal in happened(customer, now):
        yield _invoice(customer, deal, now)


def _party(tax_id: str, name: str, company: bool) -> InvoiceParty:
    home, area = address(tax_id, "CO", "work")
    return InvoiceParty(
        tax_id=tax_id,
        name=name,
        regime="Responsable de IVA" if company else "No responsable de IVA",
        taxpayer_kind="Persona Jurídica" if company else "Persona Natural",
        scheme="IVA",
        country="CO",
        address=home.full,
        phone=f"+57 {area} {digits(7, 'phone', tax_id)}",
        email=f"facturas{digits(5, 'mail', tax_id)}@example.com",
    )


def _other(party: Party) -> InvoiceParty:
    return _party(party.document or nit(party.name), party.name or "", "-" in (party.document or ""))


def _invoice(customer: Customer, deal: Deal, now: Instant) -> Invoice:
    mine, other = _party(_nit(customer), customer.holder.name, customer.holder.company), _other(deal.other)
    sells = deal.direction == "in" or deal.kind == "credit"
    issuer, receiver = (mine, other) if sells else (other, mine)
    vat, issued = vat_of(customer, deal.net), instant_of(deal.day, deal.at)
    tax = InvoiceTax(name="IVA", base=money(deal.net), rate=Decimal(19), amount=money(vat))
    cancelled = deal.cancelled and now >= instant_of(deal.day + 5)
    item = InvoiceItem(
        description=deal.what,
        quantity=Decimal(deal.units),
        unit_price=(money(deal.net) / deal.units).quantize(Decimal("0.01")),
        subtotal=money(deal.net),
        tax=money(vat),
        total=money(deal.net + vat),
        product_code=digits(6, "article", deal.key),
        unit_code="94",
        unit_name="unidad",
        taxes=(tax,),
    )
    return Invoice(
        key=f"invoice-{deal.key}",
        # the authority's code of an invoice is 96 hexadecimal digits
        identification="".join(f"{seed('cufe', deal.key, part):016x}" for part in range(6)),
        direction=deal.direction,
        kind=deal.kind,
        issuer=issuer,
        receiver=receiver,
        issued_at=issued,
        currency="COP",
        subtotal=money(deal.net),
        tax=money(vat),
        total=money(deal.net + vat),
        exchange_rate=Decimal(1),
        status="cancelled" if cancelled else "valid",
        cancellation="annulled" if cancelled else None,
        cancelled_on=on(deal.day + 5) if cancelled else None,
        certified_at=issued + MINUTE,
        certifier=_CERTIFIER,
        due_on=on(deal.day) + timedelta(days=30 if deal.later else 0),
        payment_form="credit" if deal.later else "cash",
        payment_method="credit" if deal.later else "cash",
        version="UBL 2.1",
        place="Bogotá",
        series="FE",
        folio=f"FE{digits(6, 'folio', deal.key)}",
        items=(item,),
        taxes=(tax,),
    )


def _started(customer: Customer) -> date:
    draw = chance("started", customer.holder.key)
    return date(draw.randrange(2010, 2018), draw.randrange(1, 13), draw.randrange(1, 29))


def _activity(customer: Customer) -> tuple[str, str]:
    if customer.holder.company:
        return "4690", "Comercio al por mayor no especializado"
    return "0010", "Asalariados"


def tax_status(customer: Customer, now: Instant) -> Iterator[TaxStatus]:
    """Yield the registration with the authority, asked today."""
    if customer.holds == "none":
        return
    holder, who, started = customer.holder, registered(customer.holder), _started(customer)
    home, area = address(holder.key, "CO", "work" if holder.company else "personal")
    today, (code, activity) = on(day_of(now)), _activity(customer)
    regime = "Régimen ordinario" if holder.company else "Impuesto de renta personas naturales"
    yield TaxStatus(
        key=f"tax-status-{holder.key}",
        tax_id=_nit(customer),
        name=holder.name,
        company=holder.company,
        issued_on=today,
        started_on=started,
        place=home.city,
        registration=digits(14, "rut", holder.key),
        given_name=None if holder.company else who.given,
        family_name=who.family or None,
        second_family_name=who.second or None,
        trade_name=who.given if holder.company else None,
        legal_form=customer.land.legal if holder.company else None,
        incorporated_on=who.born if holder.company else None,
        status="REGISTRO ACTIVO",
        status_changed_on=started,
        email=f"contacto{digits(4, 'mail', holder.key)}@example.com",
        phone=f"{area}{digits(7, 'phone', holder.key)}",
        addresses=(
            FiscalAddress(
                full=home.full,
                postal_code=home.postal_code,
                street=home.street,
                district=home.district,
                city=home.city,
                municipality=home.city,
                state=home.state,
                since=started,
            ),
        ),
        activities=(Activity(name=activity, code=code, starts_on=started),),
        regimes=(Regime(name=regime, starts_on=started),),
        obligations=(Obligation(name="Declaración de renta y complementario", due="Anual", starts_on=started),),
    )


def declarations(customer: Customer, now: Instant) -> Iterator[TaxDeclaration]:
    """Yield the declarations of five closed years, latest first."""
    if customer.holds == "none":
        return
    today = on(day_of(now))
    most = 1 if customer.holds == "low" else YEARS
    filed = [year for year in range(today.year - most - 1, today.year) if _filed_on(customer, year) <= today]
    for year in filed[::-1][:most]:
        yield _declaration(customer, year)


def _filed_on(customer: Customer, year: int) -> date:
    return date(year + 1, 5, 14) if customer.holder.company else date(year + 1, 8, 26)


def _amounts(**cents: int) -> Section:
    return Section(amounts={name: money(value) for name, value in cents.items()})


def _declaration(customer: Customer, year: int) -> TaxDeclaration:
    holder, who = customer.holder, registered(customer.holder)
    sections = _company_sections(customer, year) if holder.company else _person_sections(customer, year)
    code, activity = _activity(customer)
    return TaxDeclaration(
        key=f"declaration-{customer.key}-{year}",
        tax_id=_nit(customer),
        tax_id_kind="NIT" if holder.company else "CC",
        name=holder.name,
        company=holder.company,
        year=year,
        form=_COMPANY_FORM if holder.company else _PERSON_FORM,
        title="Declaración de Renta y Complementario",
        issued_on=_filed_on(customer, year),
        activity=f"{code} {activity}",
        reporting=("Inicial", digits(13, "declared", customer.key, year)),
        given_name=None if holder.company else who.given,
        other_names="",
        family_name=who.family or None,
        second_family_name=who.second or None,
        sections=sections,
    )


_THOUSAND = 1_000_00
"""Declarations are made in thousands of pesos."""


def _round(cents: int) -> int:
    return cents // _THOUSAND * _THOUSAND


def _company_sections(customer: Customer, year: int) -> dict[str, Section]:
    sums = figures(customer, year * 12, year * 12 + 11)
    sold, refunded, cost = _round(sums.sold), _round(sums.refunded), _round(sums.bought)
    net = sold - refunded
    administration, selling, interest = _round(net // 10), _round(net // 20), _round(net // 20)
    base = max(0, net - cost - administration - selling - interest)
    tax, kept = _round(base * 35 // 100), _round(net // 40)
    cash, owed, stock, plant, debts = map(_round, (net // 12, net // 8, cost // 6, net // 5, net // 6))
    gross = cash + owed + stock + plant
    return {
        "equity": _amounts(
            cash_and_cash_equivalents=cash,
            investments_and_derivative_financial_instruments=0,
            accounts_documents_and_finance_leases_receivable=owed,
            inventory=stock,
            property_plant_and_equipment_investment_properties=plant,
            total_gross_equity=gross,
            debts=debts,
            total_net_equity=gross - debts,
        ),
        "income": _amounts(
            gross_income_from_ordinary_activities=sold,
            dividends=0,
            other_income=0,
            total_gross_income=sold,
            returns_rebates_and_discounts_on_sales=refunded,
            total_net_income=net,
        ),
        "costs": _amounts(
            costs=cost,
            administration_expenses=administration,
            distribution_and_sales_expenses=selling,
            financial_expenses=interest,
            total_costs_and_deductible_expenses=cost + administration + selling + interest,
        ),
        "tax": _amounts(
            net_income_taxable=base,
            fortuitous_profit_tax=0,
            total_tax_on_taxable_net_income=tax,
            net_income_tax=tax,
            total_tax_due=tax,
            total_withholdings_for_the_taxable_year_to_be_declared=kept,
            total_balance_payable=max(0, tax - kept),
            total_balance_in_favor=max(0, kept - tax),
            total_payment=max(0, tax - kept),
        ),
    }


def _kinds(earned: int, fees: int, capital: int) -> Section:
    return _amounts(earned_income=earned, fee_based_income=fees, capital_income=capital, non_labor_income=0)


def _person_sections(customer: Customer, year: int) -> dict[str, Section]:
    sums, wages = figures(customer, year * 12, year * 12 + 11), customer.holder.income * 12
    fees, interest, security = _round(sums.sold), _round(wages // 80), _round(wages * 8 // 100)
    exempt = _round((wages - security) // 4)
    net = wages - security + fees + interest
    base = max(0, net - exempt)
    tax, kept = _round(base * 12 // 100), _round(wages // 25)
    gross, debts = wages * 3, _round(wages // 2)
    return {
        "equity": _amounts(total_gross_equity=gross, total_debts=debts, total_net_equity=gross - debts),
        "gross-income": _kinds(wages, fees, interest),
        "non-taxable-income": _kinds(security, 0, 0),
        "net-income": _kinds(wages - security, fees, interest),
        "totals": _amounts(
            total_exempt_income=exempt,
            total_applicable_deductions=0,
            total_exemptions_and_deductions=exempt,
            total_ordinary_net_income=base,
        ),
        "pensions": _amounts(net_pension_income=0, net_taxable_pension_income=0),
        "tax": _amounts(
            fortuitous_profit_tax=0,
            total_tax_on_taxable_net_income=tax,
            net_income_tax=tax,
            total_tax_due=tax,
            previous_year_balance=0,
            total_withheld_tax=kept,
            balance_payable=max(0, tax - kept),
            balance_refundable=max(0, kept - tax),
            total_payment=max(0, tax - kept),
        ),
    }
