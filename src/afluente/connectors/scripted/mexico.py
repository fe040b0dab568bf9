"""Mexico's tax authority: electronic invoices, registration and opinion of a taxpayer of the invented country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import msgspec

from afluente.connectors.scripted.cfdi import xml_of
from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, first_day, instant_of, last_day, month_of, nth_day, on
from afluente.connectors.scripted.dealings import Deal, happened, vat_of
from afluente.connectors.scripted.identifiers import clabe
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.people import registered
from afluente.connectors.scripted.residents import address
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.accounts import Party
from afluente.core.clock import MINUTE, Instant
from afluente.core.fiscal import (
    Activity,
    Deduction,
    Earning,
    FiscalAddress,
    Invoice,
    InvoiceItem,
    InvoiceParty,
    InvoicePayment,
    InvoiceTax,
    Obligation,
    PaidInvoice,
    Payroll,
    Regime,
    RelatedInvoice,
    TaxComplianceStatus,
    TaxStatus,
)
from afluente.core.identity import derived_id

_CERTIFIER = "SAT970701NN3"
_COMPANY, _WAGES, _PROFESSIONAL = "601", "605", "612"
_CODES = ("80101500", "43211500", "44121600", "81111500", "72154000")


def identification(key: str) -> str:
    """Return the UUID under which the authority keeps a document."""
    return derived_id("fiscal-document", "invoice", key).upper()


def invoices(customer: Customer, now: Instant) -> Iterator[Invoice]:
    """Yield the invoices of five years, oldest first."""
    for deal in happened(customer, now):
        made = _invoice(customer, deal, now)
        yield msgspec.structs.replace(made, xml=xml_of(made))


def _self(customer: Customer, wages: bool) -> InvoiceParty:
    regime = _COMPANY if customer.holder.company else _WAGES if wages else _PROFESSIONAL
    home, _ = address(customer.holder.key, "MX", "personal")
    return InvoiceParty(
        tax_id=customer.holder.document, name=customer.holder.name, regime=regime, postal_code=home.postal_code
    )


def _other(party: Party, wages: bool) -> InvoiceParty:
    home, _ = address(party.document or "", "MX", "work")
    return InvoiceParty(
        tax_id=party.document or "",
        name=party.name or "",
        regime=_WAGES if wages else _COMPANY,
        postal_code=home.postal_code,
    )


def _invoice(customer: Customer, deal: Deal, now: Instant) -> Invoice:
    issued = instant_of(deal.day, deal.at)
    wages = deal.kind == "payroll"
    mine, other = _self(customer, wages), _other(deal.other, wages and deal.direction == "out")
    # who pays the wages issues their invoice; of all else it is who is paid, and a credit note is the seller's too
    issues = deal.direction == "in" if deal.kind in ("income", "payment") else deal.direction == "out"
    issuer, receiver = (mine, other) if issues else (other, mine)
    cancelled = deal.cancelled and now >= instant_of(deal.day + 5)
    usual = Invoice(
        key=f"invoice-{deal.key}",
        identification=identification(deal.key),
        direction=deal.direction,
        kind=deal.kind,
        issuer=issuer,
        receiver=receiver,
        issued_at=issued,
        currency="MXN",
        subtotal=money(deal.net),
        total=money(deal.net),
        exchange_rate=Decimal(1),
        status="cancelled" if cancelled else "valid",
        cancellation="without-acceptance" if cancelled else None,
        cancelled_on=on(deal.day + 5) if cancelled else None,
        certified_at=issued + 2 * MINUTE,
        certifier=_CERTIFIER,
        version="4.0",
        place=issuer.postal_code,
        series="A",
        folio=digits(5, "folio", deal.key),
        export="01",
        payment_form="03",
        payment_method="PPD" if deal.later else "PUE",
        usage="G03",
    )
    if wages:
        return _payroll(usual, deal)
    return _receipt(usual, deal) if deal.of is not None else _sale(customer, usual, deal)


def _sale(customer: Customer, usual: Invoice, deal: Deal) -> Invoice:
    vat = vat_of(customer, deal.net)
    taxes = [InvoiceTax(name="IVA", base=money(deal.net), rate=Decimal(16), amount=money(vat))]
    withheld = 0
    if not customer.holder.company and deal.direction == "in":
        kept = (("ISR", Decimal(10), deal.net // 10), ("IVA", Decimal("10.6667"), vat * 2 // 3))
        withheld = sum(cents for _, _, cents in kept)
        taxes += [
            InvoiceTax(name=name, base=money(deal.net), rate=rate, amount=money(cents), withheld=True)
            for name, rate, cents in kept
        ]
    draw = chance("product", deal.key)
    item = InvoiceItem(
        description=deal.what,
        quantity=Decimal(deal.units),
        unit_price=(money(deal.net) / deal.units).quantize(Decimal("0.000001")) if deal.units > 1 else money(deal.net),
        subtotal=money(deal.net),
        tax=money(vat),
        total=money(deal.net + vat - withheld),
        product_code=draw.choice(_CODES),
        identifier=digits(6, "article", deal.key),
        unit_code="E48",
        unit_name="Servicio",
        tax_subject="02",
        taxes=tuple(taxes),
    )
    related = (RelatedInvoice("01", identification(f"{deal.key}-before")),) if deal.kind == "credit" else ()
    return msgspec.structs.replace(
        usual,
        items=(item,),
        taxes=tuple(taxes),
        tax=money(vat),
        withheld=money(withheld),
        total=money(deal.net + vat - withheld),
        payment_form="99" if deal.later else "03",
        usage="G02" if deal.kind == "credit" else "G03",
        related=related,
    )


def _receipt(usual: Invoice, deal: Deal) -> Invoice:
    paid = deal.of
    assert paid is not None  # a receipt is of something
    total = money(paid.net + paid.net * 16 // 100)
    document = PaidInvoice(
        identification=identification(paid.key),
        currency="MXN",
        number=1,
        before=total,
        paid=total,
        after=Decimal("0.00"),
        method="PPD",
    )
    payment = InvoicePayment(
        paid_at=usual.issued_at,
        form="03",
        currency="MXN",
        amount=total,
        rate=Decimal(1),
        operation=digits(7, "operation", deal.key),
        payer_tax_id=deal.other.document,
        payer_account=deal.other.account,
        payer_bank=deal.other.bank,
        beneficiary_tax_id=usual.issuer.tax_id,
        beneficiary_account=clabe("999", usual.issuer.tax_id),
        documents=(document,),
    )
    item = InvoiceItem(
        description="Pago",
        quantity=Decimal(1),
        unit_price=Decimal("0.00"),
        subtotal=Decimal("0.00"),
        tax=Decimal("0.00"),
        total=Decimal("0.00"),
        product_code="84111506",
        unit_code="ACT",
        tax_subject="01",
    )
    nothing = Decimal("0.00")
    return msgspec.structs.replace(
        usual,
        currency="XXX",
        exchange_rate=None,
        subtotal=nothing,
        total=nothing,
        items=(item,),
        payments=(payment,),
        payment_form=None,
        payment_method=None,
        usage="CP01",
    )


def _payroll(usual: Invoice, deal: Deal) -> Invoice:
    month = month_of(deal.day)
    fortnight = deal.direction == "in"
    starts = first_day(month) if not fortnight or deal.day == nth_day(month, 15) else nth_day(month, 16)
    ends = nth_day(month, 15) if fortnight and starts == first_day(month) else last_day(month)
    exempt = deal.net // 20
    tax, security = deal.net * 14 // 100, deal.net * 3 // 100
    kept = tax + security
    item = InvoiceItem(
        description="Pago de nómina",
        quantity=Decimal(1),
        unit_price=money(deal.net),
        subtotal=money(deal.net),
        discount=money(kept),
        tax=Decimal("0.00"),
        total=money(deal.net - kept),
        product_code="84111505",
        unit_code="ACT",
        tax_subject="01",
    )
    payroll = Payroll(
        kind="ordinary",
        version="1.2",
        days=ends - starts + 1,
        amount=money(deal.net - kept),
        starts_on=on(starts),
        ends_on=on(ends),
        paid_on=on(deal.day),
        periodicity="fortnightly" if fortnight else "monthly",
        earnings=(Earning("Sueldo", money(deal.net - exempt), money(0)), Earning("Despensa", money(0), money(exempt))),
        deductions=(Deduction("ISR", money(tax)), Deduction("IMSS", money(security))),
    )
    return msgspec.structs.replace(
        usual,
        items=(item,),
        discount=money(kept),
        total=money(deal.net - kept),
        payroll=payroll,
        payment_form=None,
        payment_method="PUE",
        usage="CN01",
    )


def tax_status(customer: Customer, now: Instant) -> Iterator[TaxStatus]:
    """Yield the certificate of registration, issued today."""
    if customer.holds == "none":
        return
    holder, who = customer.holder, registered(customer.holder)
    home, _ = address(holder.key, "MX", "work" if holder.company else "personal")
    today, started = on(day_of(now)), _started(customer)
    number = digits(11, "registration", holder.key)
    regime = (
        "Régimen General de Ley Personas Morales"
        if holder.company
        else "Régimen de Sueldos y Salarios e Ingresos Asimilados a Salarios"
    )
    street, _, door = (home.street or "").rpartition(" ")
    yield TaxStatus(
        key=f"tax-status-{holder.key}",
        tax_id=holder.document,
        name=holder.name,
        company=holder.company,
        issued_on=today,
        started_on=started,
        place=f"{home.city}, {home.state}",
        registration=number,
        personal_id=holder.personal_id,
        given_name=who.given if not holder.company else None,
        family_name=who.family or None,
        second_family_name=who.second or None,
        trade_name=who.given if holder.company else None,
        legal_form=customer.land.legal if holder.company else None,
        incorporated_on=who.born if holder.company else None,
        status="ACTIVO",
        status_changed_on=started,
        email=f"contacto{number[-4:]}@example.com",
        phone=digits(10, "fiscal-phone", holder.key),
        addresses=(
            FiscalAddress(
                full=home.full,
                postal_code=home.postal_code,
                street_type="CALLE",
                street=street,
                exterior_number=door,
                district=home.district,
                city=home.city,
                municipality=home.city,
                state=home.state,
                between=("CALLE NORTE", "CALLE SUR"),
                since=started,
            ),
        ),
        activities=(
            Activity(
                name="Comercio al por mayor de productos diversos" if holder.company else "Asalariado",
                starts_on=started,
            ),
        ),
        regimes=(Regime(name=regime, starts_on=started),),
        obligations=(
            Obligation(
                name="Declaración anual de ISR",
                due="Dentro de los tres meses siguientes al cierre del ejercicio" if holder.company else "En abril",
                starts_on=started,
            ),
            Obligation(
                name="Pago definitivo mensual de IVA",
                due="A más tardar el día 17 del mes inmediato posterior",
                starts_on=started,
            ),
        ),
        stamp=digits(18, "stamp", holder.key, today) + "==",
        stamp_chain=f"||{today:%Y/%m/%d}|{holder.document}|CONSTANCIA DE SITUACIÓN FISCAL|{number}||",
    )


def _started(customer: Customer) -> date:
    draw = chance("started", customer.holder.key)
    return date(draw.randrange(2014, 2018), draw.randrange(1, 13), draw.randrange(1, 29))


def compliance(customer: Customer, now: Instant) -> Iterator[TaxComplianceStatus]:
    """Yield the opinion on the taxpayer's duties, asked today: of some it is negative."""
    if customer.holds == "none":
        return
    month = month_of(day_of(now))
    negative = chance("compliance", customer.holder.key, month // 6).random() < 0.15
    yield TaxComplianceStatus(
        key=f"tax-compliance-{customer.holder.key}",
        tax_id=customer.holder.document,
        name=customer.holder.name,
        issued_on=on(day_of(now)),
        folio=f"{on(day_of(now)):%y}NA{digits(7, 'folio', customer.holder.key, day_of(now))}",
        outcome="no-obligations" if customer.holds == "low" else "negative" if negative else "positive",
    )
