"""Chile's tax authority and its supervisor of lenders: tax documents, registration and what somebody owes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, first_day, instant_of, month_of, month_text, nth_day, on
from afluente.connectors.scripted.dealings import Deal, happened, vat_of
from afluente.connectors.scripted.identifiers import rut
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.people import registered
from afluente.connectors.scripted.residents import address, neighbours
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.fiscal import (
    Activity,
    AuthorizedDocument,
    CreditLine,
    Debt,
    DebtReport,
    FiscalAddress,
    Invoice,
    InvoiceItem,
    InvoiceMonth,
    InvoiceParty,
    InvoiceTax,
    Property,
    PropertyInstallment,
    Regime,
    Stake,
    TaxStatus,
)

_INVOICE, _CREDIT_NOTE = 33, 61
"""The authority's codes of the kinds of documents."""

_CLAIM_LASTS = 8
"""Days in which a buyer may claim an invoice."""


def invoices(customer: Customer, now: Instant) -> Iterator[Invoice]:
    """Yield the documents of five years, oldest first, each with what its month comes to."""
    deals = list(happened(customer, now))
    counted = Counter(_group(deal) for deal in deals)
    for deal in deals:
        yield _invoice(customer, deal, counted[_group(deal)], now)


def _group(deal: Deal) -> tuple[int, str, str]:
    return month_of(deal.day), deal.direction, deal.kind


def _invoice(customer: Customer, deal: Deal, count: int, now: Instant) -> Invoice:
    mine = InvoiceParty(tax_id=customer.holder.document, name=customer.holder.name)
    other = InvoiceParty(tax_id=deal.other.document or "", name=deal.other.name or "")
    sells = deal.direction == "in" or deal.kind == "credit"
    issuer, receiver = (mine, other) if sells else (other, mine)
    vat, issued, month = vat_of(customer, deal.net), instant_of(deal.day, deal.at), month_of(deal.day)
    claimed = deal.cancelled and now >= instant_of(deal.day + _CLAIM_LASTS)
    pending = now < instant_of(deal.day + _CLAIM_LASTS)
    tax = InvoiceTax(name="IVA", base=money(deal.net), rate=Decimal(19), amount=money(vat))
    return Invoice(
        key=f"invoice-{deal.key}",
        identification=f"{issuer.tax_id}-{digits(6, 'folio', deal.key)}",
        direction=deal.direction,
        kind=deal.kind,
        issuer=issuer,
        receiver=receiver,
        issued_at=issued,
        received_at=issued + 2 * HOUR,
        acknowledged_at=issued + 2 * DAY,
        claimed_on=on(deal.day + _CLAIM_LASTS) if claimed else None,
        currency="CLP",
        subtotal=money(deal.net),
        tax=money(vat),
        total=money(deal.net + vat),
        status="claimed" if claimed else "pending" if pending else "registered",
        document_code=_CREDIT_NOTE if deal.kind == "credit" else _INVOICE,
        category="Del Giro",
        folio=digits(6, "folio", deal.key),
        items=(
            InvoiceItem(
                description=deal.what,
                quantity=Decimal(deal.units),
                unit_price=(money(deal.net) / deal.units).quantize(Decimal("0.01")),
                subtotal=money(deal.net),
                tax=money(vat),
                total=money(deal.net + vat),
                taxes=(tax,),
            ),
        ),
        taxes=(tax,),
        figures={"vat_sales" if deal.direction == "in" else "vat_refundable_amount": money(vat)},
        month=InvoiceMonth(
            month=month_text(month),
            updated_at=min(now, instant_of(first_day(month + 1), 6 * HOUR)),
            documents=count,
            exempt=money(0),
        ),
    )


def tax_status(customer: Customer, now: Instant) -> Iterator[TaxStatus]:
    """Yield the registration with the authority, asked today."""
    if customer.holds == "none":
        return
    holder, who = customer.holder, registered(customer.holder)
    draw = chance("started", holder.key)
    started = date(draw.randrange(2012, 2018), draw.randrange(1, 13), draw.randrange(1, 29))
    home, area = address(holder.key, "CL", "work" if holder.company else "personal")
    today, owners = on(day_of(now)), neighbours("CL")[8:10]
    shares = (60, 40)
    yield TaxStatus(
        key=f"tax-status-{holder.key}",
        tax_id=holder.document,
        name=holder.name,
        company=holder.company,
        issued_on=today,
        started_on=started,
        incorporated_on=who.born if holder.company else started,
        status="ACTIVO",
        email=f"contacto{digits(4, 'mail', holder.key)}@example.com",
        phone=f"+56{area}{digits(8, 'phone', holder.key)}",
        addresses=(
            FiscalAddress(full=home.full, street=home.street, city=home.city, state=home.state, since=started),
            FiscalAddress(kind="mailing", full=home.full, city=home.city, since=started),
        ),
        activities=(
            Activity(
                name="Venta al por mayor de otros productos" if holder.company else "Servicios profesionales",
                code="469000" if holder.company else "749009",
                kind="Principal",
                category=1 if holder.company else 2,
                vat=holder.company,
                starts_on=started,
            ),
        ),
        regimes=(Regime(name="Pro Pyme General (14D)" if holder.company else "Segunda Categoría", starts_on=started),),
        representatives=tuple(
            Stake(name=owner.name or "", tax_id=owner.document or "", starts_on=started) for owner in owners[:1]
        )
        if holder.company
        else (),
        owners=tuple(
            Stake(
                name=owner.name or "",
                tax_id=owner.document or "",
                starts_on=started,
                contributed=money(holder.income * share // 100 // 100 * 100),
                outstanding=money(0),
                ownership=Decimal(share),
                profit=Decimal(share),
            )
            for owner, share in zip(owners, shares, strict=True)
        )
        if holder.company
        else (),
        stakes=()
        if holder.company
        else (
            Stake(
                name="Inversiones Cordillera SpA",
                tax_id=rut("stake", holder.key, company=True),
                starts_on=started,
                contributed=money(holder.income),
                outstanding=money(0),
                ownership=Decimal(25),
                profit=Decimal(25),
            ),
        ),
        documents=(AuthorizedDocument(kind="Factura Electrónica", limit=200, authorized_on=started),),
        properties=(_property(customer, today),),
        office=(f"Dirección Regional {home.city}", f"{home.street}, {home.city}"),
    )


def _property(customer: Customer, today: date) -> Property:
    holder = customer.holder
    home, _ = address(holder.key, "CL", "personal")
    amount = money(customer.land.whole(holder.income // 30))
    # the tax of a year is paid in April, June, September and November
    dues = [date(year, month, 30) for year in (today.year, today.year + 1) for month in (4, 6, 9, 11)]
    coming = [due for due in dues if due >= today][:4]
    return Property(
        number=f"{digits(5, 'block', holder.key)}-{digits(3, 'plot', holder.key)}",
        district=home.district or "",
        address=home.full,
        kind="Habitacional",
        scheduled=tuple(
            PropertyInstallment(year=due.year, number=(4, 6, 9, 11).index(due.month) + 1, due_on=due, amount=amount)
            for due in coming
        ),
    )


_LENDERS = ("Banco de la Cordillera", "Banco Austral", "Caja Los Copihues")


def debts(customer: Customer, now: Instant) -> Iterator[DebtReport]:
    """Yield the report of the month before last: the supervisor is that far behind."""
    if customer.holds == "none":
        return
    holder, land = customer.holder, customer.land
    month = month_of(day_of(now)) - 1
    draw = chance("debts", holder.key, month // 12)
    direct = []
    for lender, kind in zip(_LENDERS, ("Comercial" if holder.company else "Consumo", "Hipotecario"), strict=False):
        current = land.whole(draw.randrange(holder.income, holder.income * 12))
        late = land.whole(current // 40) if draw.random() < 0.3 else 0
        direct.append(
            Debt(
                institution=lender,
                kind=kind,
                amount=money(current + late),
                current=money(current),
                late=money(late),
                very_late=money(0),
                defaulted=money(0),
            )
        )
    direct = direct[:1] if customer.holds == "low" else direct
    late_total = sum((debt.late or Decimal(0) for debt in direct), Decimal("0.00"))
    yield DebtReport(
        key=f"debts-{holder.key}",
        name=holder.name,
        tax_id=holder.document,
        as_of=on(nth_day(month, 31)),
        currency="CLP",
        total=sum((debt.amount for debt in direct), Decimal("0.00")),
        current=sum((debt.current or Decimal(0) for debt in direct), Decimal("0.00")),
        late=late_total,
        very_late=money(0),
        defaulted=money(0),
        direct=tuple(direct),
        lines=(CreditLine(institution=_LENDERS[0], direct=money(land.whole(holder.income * 2)), indirect=money(0)),),
    )
