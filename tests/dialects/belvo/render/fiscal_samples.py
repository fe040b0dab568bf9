"""Records of tax authorities and social security, and what the analysis finds, to render."""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec.structs import replace

from afluente.core.fiscal import (
    Activity,
    AuthorizedDocument,
    CreditLine,
    Debt,
    DebtReport,
    Deduction,
    Earning,
    FinancialStatement,
    FiscalAddress,
    Invoice,
    InvoiceItem,
    InvoiceMonth,
    InvoiceParty,
    InvoicePayment,
    InvoiceTax,
    Obligation,
    PaidInvoice,
    Payroll,
    Property,
    PropertyInstallment,
    Regime,
    RelatedInvoice,
    RetentionLine,
    Section,
    Stake,
    TaxComplianceStatus,
    TaxDeclaration,
    TaxRetention,
    TaxReturn,
    TaxStatus,
)
from afluente.core.institutions import Institution, Kind
from afluente.dialects.belvo import render
from tests.dialects.belvo.render.records import (
    MORNING,
    NIGHT,
    Sample,
    amount,
    origin_of,
    stored,
)


def _authority(slug: str, country: str, kind: Kind) -> Any:
    return origin_of(
        Institution(slug=slug, name=slug, country=country, kind=kind, connector="scripted", fields=(), products=())
    )


SAT = _authority("tatooine-mx-fiscal", "MX", Kind.FISCAL)
DIAN = _authority("tatooine-co-fiscal", "CO", Kind.FISCAL)
SII = _authority("tatooine-cl-fiscal", "CL", Kind.FISCAL)
IMSS = _authority("planet-mx-employment", "MX", Kind.EMPLOYMENT)
INSS = _authority("planet-br-employment", "BR", Kind.EMPLOYMENT)

SELLER = InvoiceParty(tax_id="AAA111111AA1", name="ACME SA de CV", regime="601", postal_code="11560")
BUYER = InvoiceParty(
    tax_id="PFIS010101000", name="Juan Pérez", regime="605", postal_code="01165", fraud_status="PRESUNTO"
)
IVA = InvoiceTax(name="IVA", base=amount("400.00"), rate=amount("16"), amount=amount("64.00"))
ISR = InvoiceTax(name="ISR", base=amount("400.00"), rate=amount("10"), amount=amount("40.00"), withheld=True)
ITEM = InvoiceItem(
    description="Honorarios",
    quantity=amount("2.00"),
    unit_price=amount("200.00"),
    subtotal=amount("400.00"),
    tax=amount("64.00"),
    total=amount("464.00"),
    product_code="84101600",
    identifier="A-1",
    unit_code="E48",
    unit_name="Servicio",
    tax_subject="02",
    taxes=(IVA, ISR),
)
INVOICE = Invoice(
    key="i",
    identification="7EE015F3-6311-11EA-B02A-00155D014007",
    direction="in",
    kind="income",
    issuer=SELLER,
    receiver=BUYER,
    issued_at=NIGHT,
    currency="MXN",
    subtotal=amount("400.00"),
    tax=amount("64.00"),
    withheld=amount("40.00"),
    total=amount("424.00"),
    exchange_rate=amount("1"),
    status="cancelled",
    cancellation="without-acceptance",
    cancelled_on=date(2024, 9, 30),
    certified_at=NIGHT + 60_000,
    certifier="SAT970701NN3",
    payment_form="03",
    payment_method="PUE",
    usage="G03",
    version="4.0",
    place="11560",
    series="A",
    folio="26",
    export="01",
    items=(ITEM,),
    taxes=(IVA, ISR),
    payments=(
        InvoicePayment(
            paid_at=NIGHT,
            form="03",
            currency="MXN",
            amount=amount("464.00"),
            rate=amount("1"),
            operation="1234567",
            payer_tax_id="PFIS010101000",
            payer_account="646180110400000007",
            payer_bank="STP",
            beneficiary_tax_id="AAA111111AA1",
            beneficiary_account="002180110400000008",
            documents=(
                PaidInvoice(
                    identification="7EE015F3-6311-11EA-B02A-00155D014008",
                    currency="MXN",
                    number=1,
                    before=amount("464.00"),
                    paid=amount("464.00"),
                    after=amount("0.00"),
                    method="PPD",
                ),
            ),
        ),
    ),
    related=(RelatedInvoice("01", "7EE015F3-6311-11EA-B02A-00155D014009"),),
    payroll=Payroll(
        kind="ordinary",
        version="1.2",
        days=15,
        amount=amount("9000.00"),
        starts_on=date(2024, 9, 1),
        ends_on=date(2024, 9, 15),
        paid_on=date(2024, 9, 15),
        periodicity="fortnightly",
        earnings=(Earning("Sueldo", amount("9000.00"), amount("500.00")),),
        deductions=(Deduction("ISR", amount("500.00")),),
        others=(Deduction("Subsidio", amount("10.00")),),
    ),
    xml="<cfdi/>",
)
LEAST_INVOICE = Invoice(
    key="i",
    identification="x",
    direction="out",
    kind="transfer",
    issuer=InvoiceParty(tax_id="A", name="A"),
    receiver=InvoiceParty(tax_id="B", name="B"),
    issued_at=MORNING,
    currency="MXN",
    subtotal=amount("0"),
    total=amount("0"),
)
COLOMBIAN = replace(
    INVOICE,
    issuer=InvoiceParty(
        tax_id="900123456-7",
        name="Ruedas SAS",
        regime="Responsable de IVA",
        taxpayer_kind="Persona Jurídica",
        scheme="IVA",
        country="CO",
        address="Calle 1",
        phone="+57 1 2345678",
        email="ruedas@example.com",
    ),
    currency="COP",
    payment_form="credit",
    payment_method="credit",
    due_on=date(2024, 10, 27),
)
CHILEAN = replace(
    LEAST_INVOICE,
    direction="out",
    kind="income",
    currency="CLP",
    subtotal=amount("1000"),
    tax=amount("190"),
    total=amount("1190"),
    status="registered",
    received_at=NIGHT,
    acknowledged_at=NIGHT + 1,
    claimed_on=date(2024, 10, 5),
    document_code=33,
    category="Del Giro",
    folio="23559723",
    figures={"vat_refundable_amount": amount("190")},
    month=InvoiceMonth(month="2024-09", updated_at=NIGHT, documents=3, exempt=amount("0")),
)

STATUS = TaxStatus(
    key="s",
    tax_id="PFIS010101000",
    name="Juan Pérez Gil",
    company=False,
    issued_on=date(2024, 9, 27),
    started_on=date(2014, 3, 1),
    place="Puebla, Puebla",
    registration="12345678901",
    personal_id="PEGJ910501HPLRLN09",
    given_name="Juan",
    family_name="Pérez",
    second_family_name="Gil",
    trade_name="Ruedas",
    incorporated_on=date(2014, 2, 1),
    status="ACTIVO",
    status_changed_on=date(2014, 3, 1),
    email="juan@example.com",
    phone="2221234567",
    addresses=(
        FiscalAddress(
            full="Calle 5 de Mayo 12, Centro, Puebla",
            postal_code="72000",
            street_type="CALLE",
            street="5 DE MAYO",
            exterior_number="12",
            interior_number="A",
            district="CENTRO",
            city="PUEBLA",
            municipality="PUEBLA",
            state="PUEBLA",
            between=("NORTE", "SUR"),
            since=date(2014, 3, 1),
        ),
    ),
    activities=(Activity(name="Asalariado", code="702000", kind="Principal", category=2, starts_on=date(2014, 3, 1)),),
    regimes=(Regime(name="Sueldos y Salarios", starts_on=date(2014, 3, 1)),),
    obligations=(Obligation(name="Declaración anual", due="En abril", starts_on=date(2014, 3, 1)),),
    representatives=(Stake(name="Ana", tax_id="12345678-9", starts_on=date(2014, 3, 1)),),
    owners=(
        Stake(
            name="Ana",
            tax_id="12345678-9",
            starts_on=date(2014, 3, 1),
            current=False,
            ends_on=date(2020, 1, 1),
            contributed=amount("1000"),
            outstanding=amount("0"),
            ownership=amount("60"),
            profit=amount("60"),
        ),
    ),
    stakes=(Stake(name="Sol SpA", tax_id="76192083-9", starts_on=date(2014, 3, 1), ownership=amount("10")),),
    documents=(AuthorizedDocument(kind="Factura Electrónica", limit=100, authorized_on=date(2014, 3, 1)),),
    properties=(
        Property(
            number="1",
            district="ÑUÑOA",
            address="Calle 1",
            kind="HABITACIONAL",
            overdue=(PropertyInstallment(year=2024, number=1, due_on=date(2024, 4, 30), amount=amount("100")),),
        ),
    ),
    office=("Santiago Oriente", "Calle 2"),
    stamp="abc==",
    stamp_chain="||2024||",
)
LEAST_STATUS = TaxStatus(
    key="s", tax_id="X", name="X", company=True, issued_on=date(2024, 9, 27), started_on=date(2014, 3, 1)
)
COMPLIANCE = TaxComplianceStatus(
    key="c", tax_id="X", name="X", issued_on=date(2024, 9, 27), folio="24NA1", outcome="no-obligations"
)
GENERAL = Section(texts={"nombre": "Juan Pérez Gil", "tipo_declaracion": "Complementaria"})
FIGURES = Section(amounts={"ingresos-acumulables": amount("120000.00")})
RETURN = TaxReturn(
    key="r",
    tax_id="X",
    company=False,
    year=2023,
    filed_on=date(2024, 4, 20),
    sections={"general": GENERAL, "wages": FIGURES, "determination": FIGURES, "dividends": FIGURES},
)
COMPANY_RETURN = replace(
    RETURN, company=True, sections={"general": GENERAL, "income-tax": FIGURES, "balance-sheet": FIGURES}
)
RETENTION = TaxRetention(
    key="r",
    identification="DEF404AF-5EEF-4112-AA99-D1EC8493B89A",
    direction="out",
    version="2.0",
    code=14,
    issued_at=MORNING,
    certified_at=MORNING + 1,
    issuer_tax_id="A",
    issuer_name="A",
    receiver_tax_id="B",
    receiver_name="B",
    total=amount("100.00"),
    exempt=amount("0.00"),
    taxable=amount("100.00"),
    retained=amount("10.00"),
    cancelled_at=NIGHT,
    lines=(RetentionLine(tax="ISR", base=amount("100.00"), amount=amount("10.00"), payment="paid"),),
    xml="<retenciones/>",
)
LEAST_RETENTION = TaxRetention(
    key="r",
    identification="no uuid",
    direction="in",
    version="1.0",
    code=23,
    issued_at=MORNING,
    certified_at=MORNING,
    issuer_tax_id="A",
    issuer_name="A",
    receiver_name="B",
    receiver_foreign=True,
    total=amount("1"),
    exempt=amount("0"),
    taxable=amount("1"),
    retained=amount("1"),
)
DECLARATION = TaxDeclaration(
    key="d",
    tax_id="123",
    tax_id_kind="CC",
    name="Ana Gil",
    company=False,
    year=2023,
    form="210",
    title="Declaración de Renta",
    issued_on=date(2024, 8, 26),
    activity="0010 Asalariados",
    reporting=("Inicial", "1"),
    given_name="Ana",
    family_name="Gil",
    sections={
        "equity": Section(amounts={"total_gross_equity": amount("300"), "total_net_equity": amount("200")}),
        "gross-income": Section(amounts={"earned_income": amount("100")}),
        "tax": Section(amounts={"total_tax_due": amount("12")}),
    },
)
YEAR = FinancialStatement(
    key="f",
    year=2023,
    currency="MXN",
    sections={
        "current-assets": Section(amounts={"inventory": amount("10"), "total": amount("10")}),
        "income-statement": Section(amounts={"net_income": amount("5")}),
    },
)
DEBTS = DebtReport(
    key="d",
    name="Ana Gil",
    tax_id="12345678-9",
    as_of=date(2024, 8, 31),
    currency="CLP",
    total=amount("110"),
    current=amount("100"),
    late=amount("10"),
    very_late=amount("0"),
    defaulted=amount("0"),
    direct=(Debt(institution="Banco Sol", kind="Consumo", amount=amount("110"), current=amount("100")),),
    indirect=(Debt(institution="Banco Luna", kind="Aval", amount=amount("5")),),
    lines=(CreditLine(institution="Banco Sol", direct=amount("50")),),
    others=(CreditLine(institution="Banco Luna", indirect=amount("1")),),
)

SAMPLES: dict[str, Sample] = {
    "invoice": Sample(lambda: render.invoice(stored(INVOICE), SAT, xml=True), "InvoiceWithIdSat", "InvoiceWithIdSat"),
    "invoice-least": Sample(lambda: render.invoice(stored(LEAST_INVOICE), SAT), "InvoiceWithIdSat", "InvoiceWithIdSat"),
    "invoice-colombia": Sample(lambda: render.invoice(stored(COLOMBIAN), DIAN), None, "InvoiceDian"),
    "invoice-chile": Sample(lambda: render.chilean_invoice(stored(CHILEAN), SII), "invoice_chile"),
    "invoice-chile-sale": Sample(
        lambda: render.chilean_invoice(stored(replace(LEAST_INVOICE, direction="in", currency="CLP")), SII),
        "invoice_chile",
    ),
    "tax-status": Sample(
        lambda: render.tax_status(stored(STATUS), SAT, pdf="JVBERi0="), "TaxStatusSat", "TaxStatusSat"
    ),
    "tax-status-least": Sample(lambda: render.tax_status(stored(LEAST_STATUS), SAT), "TaxStatusSat", "TaxStatusSat"),
    "tax-status-colombia": Sample(lambda: render.tax_status(stored(STATUS), DIAN), None, "TaxStatusDian"),
    "tax-status-chile": Sample(lambda: render.chilean_tax_status(stored(STATUS), SII), "tax_status_sii"),
    "tax-status-chile-least": Sample(lambda: render.chilean_tax_status(stored(LEAST_STATUS), SII), "tax_status_sii"),
    "tax-compliance-status": Sample(
        lambda: render.tax_compliance_status(stored(COMPLIANCE), SAT), "TaxComplianceStatus", "TaxComplianceStatus"
    ),
    "tax-return-person": Sample(
        lambda: render.tax_return(stored(RETURN), SAT, pdf="JVBERi0="), "TaxReturnPersonal", "TaxReturnPersonal"
    ),
    "tax-return-person-month": Sample(
        lambda: render.tax_return(stored(replace(RETURN, month=2, sections={"vat": FIGURES})), SAT),
        "TaxReturnPersonalMonthly",
        "TaxReturnPersonalMonthly",
    ),
    "tax-return-company": Sample(
        lambda: render.tax_return(stored(COMPANY_RETURN), SAT), "TaxReturnBusiness", "TaxReturnBusiness"
    ),
    "tax-return-company-month": Sample(
        lambda: render.tax_return(stored(replace(COMPANY_RETURN, month=11)), SAT),
        "TaxReturnBusinessMonthly",
        "TaxReturnBusinessMonthly",
    ),
    "tax-retention": Sample(
        lambda: render.tax_retention(stored(RETENTION), SAT, xml=True), "TaxRetentions", "TaxRetentions"
    ),
    "tax-retention-least": Sample(
        lambda: render.tax_retention(stored(LEAST_RETENTION), SAT), "TaxRetentions", "TaxRetentions"
    ),
    "tax-declaration-person": Sample(
        lambda: render.tax_declaration(stored(DECLARATION), DIAN), None, "TaxDeclarationIndividual"
    ),
    "tax-declaration-company": Sample(
        lambda: render.tax_declaration(stored(replace(DECLARATION, company=True)), DIAN), None, "TaxDeclarationBusiness"
    ),
    "financial-statement": Sample(lambda: render.financial_statement(stored(YEAR), SAT), "FinancialStatement"),
    "debt-report": Sample(lambda: render.debt_report(stored(DEBTS), SII), "debt_chile"),
}
"""By name; expected wires lie in `expected/`."""
