"""What a tax authority knows of somebody: invoices, registration, compliance, returns, retentions, debts.

Amounts are `Decimal` in the record's `currency`. `direction` is seen from the holder's side: `in` is money the holder
is paid, `out` is money the holder pays. Tax ids are written as the country's authority writes them: RFC (Mexico),
NIT (Colombia), RUT (Chile). Codes of a catalogue of the authority (regime, payment form, unit …) stay as they are.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from .clock import Instant


class Section(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One part of a form: its figures by name, and what it says in words (a regime, a period)."""

    amounts: dict[str, Decimal] = {}
    texts: dict[str, str] = {}


class InvoiceParty(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Who issued or received an invoice. `fraud_status` is the authority's list of suspicious taxpayers, None where
    the party is on none. `taxpayer_kind`, `scheme`, `address`, `phone`, `email` are told in Colombia."""

    tax_id: str
    name: str
    regime: str | None = None
    postal_code: str | None = None
    fraud_status: str | None = None
    taxpayer_kind: str | None = None
    scheme: str | None = None
    country: str | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None


class InvoiceTax(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A tax on an invoice or an item. `name` is the tax's own (IVA, ISR, IEPS), `rate` a percentage (16 is 16 %),
    `factor` how it is reckoned (rate, fixed, exempt). `withheld` taxes are kept back by the payer."""

    name: str
    base: Decimal
    amount: Decimal
    rate: Decimal | None = None
    factor: str = "rate"
    withheld: bool = False


class InvoiceItem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of an invoice. `subtotal` is before taxes, `tax` what is transferred, `total` with it."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    product_code: str | None = None
    identifier: str | None = None
    unit_code: str | None = None
    unit_name: str | None = None
    discount: Decimal = Decimal("0.00")
    tax_subject: str | None = None
    taxes: tuple[InvoiceTax, ...] = ()


class PaidInvoice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An invoice that a payment was for: what was owed `before`, what was `paid`, what is owed `after`."""

    identification: str
    currency: str
    number: int
    before: Decimal
    paid: Decimal
    after: Decimal
    method: str | None = None


class InvoicePayment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A payment that an invoice reports. `form` is the authority's code of how it was paid."""

    paid_at: Instant
    form: str
    currency: str
    amount: Decimal
    rate: Decimal | None = None
    operation: str | None = None
    payer_tax_id: str | None = None
    payer_account: str | None = None
    payer_bank: str | None = None
    beneficiary_tax_id: str | None = None
    beneficiary_account: str | None = None
    documents: tuple[PaidInvoice, ...] = ()


class Earning(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a wage, with what of it is taxed and what is not."""

    kind: str
    taxable: Decimal
    exempt: Decimal


class Deduction(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept back of a wage, or paid beside it."""

    kind: str
    amount: Decimal


class Payroll(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The wage that a payroll invoice is for. `periodicity`: weekly, fortnightly, monthly …"""

    kind: str
    version: str
    days: int
    amount: Decimal
    starts_on: date
    ends_on: date
    paid_on: date
    periodicity: str
    earnings: tuple[Earning, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    others: tuple[Deduction, ...] = ()


class RelatedInvoice(msgspec.Struct, frozen=True):
    """Another invoice that this one stands to in a `relation` (the authority's code)."""

    relation: str
    identification: str


class InvoiceMonth(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the authority tells of all documents of one kind in one month (Chile). `month` is `YYYY-MM`."""

    month: str
    updated_at: Instant
    documents: int
    exempt: Decimal


class Invoice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One electronic invoice.

    `kind`: income, credit (a credit note), payroll, payment (a receipt of payments), transfer (goods that move).
    `status`: valid, cancelled; in Chile registered, claimed, pending. `identification` is the authority's own
    (UUID, CUFE, folio). `payment_form`, `payment_method`, `usage`, `regime` … are codes of the authority. `tax` is
    what is transferred, `withheld` what is kept back: `total = subtotal - discount + tax - withheld`. `document_code`
    is Chile's code of the kind of document and `category` what it is booked as. `figures` are further amounts that
    the authority names. `xml` is the document itself where the country has one.
    """

    key: str
    identification: str
    direction: str
    kind: str
    issuer: InvoiceParty
    receiver: InvoiceParty
    issued_at: Instant
    currency: str
    subtotal: Decimal
    total: Decimal
    tax: Decimal = Decimal("0.00")
    withheld: Decimal = Decimal("0.00")
    discount: Decimal = Decimal("0.00")
    exchange_rate: Decimal | None = None
    status: str = "valid"
    cancellation: str | None = None
    cancelled_on: date | None = None
    certified_at: Instant | None = None
    certifier: str | None = None
    due_on: date | None = None
    payment_form: str | None = None
    payment_method: str | None = None
    usage: str | None = None
    version: str | None = None
    place: str | None = None
    series: str | None = None
    folio: str | None = None
    export: str | None = None
    items: tuple[InvoiceItem, ...] = ()
    taxes: tuple[InvoiceTax, ...] = ()
    payments: tuple[InvoicePayment, ...] = ()
    related: tuple[RelatedInvoice, ...] = ()
    payroll: Payroll | None = None
    received_at: Instant | None = None
    acknowledged_at: Instant | None = None
    claimed_on: date | None = None
    document_code: int | None = None
    category: str | None = None
    figures: dict[str, Decimal] = {}
    month: InvoiceMonth | None = None
    xml: str | None = None


class FiscalAddress(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A registered address. `kind`: primary, secondary, mailing, notification. `between` are the crossing streets."""

    kind: str = "primary"
    full: str
    postal_code: str | None = None
    street_type: str | None = None
    street: str | None = None
    exterior_number: str | None = None
    interior_number: str | None = None
    district: str | None = None
    city: str | None = None
    municipality: str | None = None
    state: str | None = None
    between: tuple[str, str] | None = None
    since: date | None = None


class Activity(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the taxpayer does. `share` is a percentage of the income; `category` and `vat` are told in Chile."""

    name: str
    starts_on: date
    ends_on: date | None = None
    code: str | None = None
    kind: str | None = None
    order: int = 1
    share: Decimal = Decimal(100)
    category: int | None = None
    vat: bool = True


class Regime(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A regime under which the taxpayer is taxed."""

    name: str
    starts_on: date
    ends_on: date | None = None


class Obligation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Something the taxpayer has to declare, and `due` until when, in the authority's words."""

    name: str
    due: str
    starts_on: date
    ends_on: date | None = None


class Stake(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A share in a company, or somebody who speaks for it (then without amounts). Shares are percentages."""

    name: str
    tax_id: str
    starts_on: date
    ends_on: date | None = None
    current: bool = True
    contributed: Decimal | None = None
    outstanding: Decimal | None = None
    ownership: Decimal | None = None
    profit: Decimal | None = None


class AuthorizedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of document that the taxpayer may issue, and how many."""

    kind: str
    limit: int
    authorized_on: date


class PropertyInstallment(msgspec.Struct, frozen=True, kw_only=True):
    """One instalment of a property's tax."""

    year: int
    number: int
    due_on: date
    amount: Decimal


class Property(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Real estate that is taxed."""

    number: str
    district: str
    address: str
    kind: str
    overdue: tuple[PropertyInstallment, ...] = ()
    scheduled: tuple[PropertyInstallment, ...] = ()


class TaxStatus(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The registration of a person or a company with the tax authority.

    `registration` is the number of the certificate, `status` the authority's word (ACTIVO). `given_name`,
    `family_name`, `second_family_name` are a person's; `trade_name` and `legal_form` a company's. `stamp` and
    `stamp_chain` are the authority's digital seal. `office` is the tax office's name and address.
    """

    key: str
    tax_id: str
    name: str
    company: bool
    issued_on: date
    started_on: date
    place: str | None = None
    registration: str | None = None
    personal_id: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    trade_name: str | None = None
    legal_form: str | None = None
    incorporated_on: date | None = None
    ended_on: date | None = None
    status: str | None = None
    status_changed_on: date | None = None
    email: str | None = None
    phone: str | None = None
    addresses: tuple[FiscalAddress, ...] = ()
    activities: tuple[Activity, ...] = ()
    regimes: tuple[Regime, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    representatives: tuple[Stake, ...] = ()
    owners: tuple[Stake, ...] = ()
    stakes: tuple[Stake, ...] = ()
    documents: tuple[AuthorizedDocument, ...] = ()
    properties: tuple[Property, ...] = ()
    office: tuple[str, str] | None = None
    stamp: str | None = None
    stamp_chain: str | None = None


class TaxComplianceStatus(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The authority's opinion on whether duties are met: `outcome` positive, negative or no-obligations."""

    key: str
    tax_id: str
    name: str
    issued_on: date
    folio: str
    outcome: str


class TaxReturn(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A return that was filed. `month` is None for a whole year.

    `sections` are the parts of the form, each figure under the form's own name: `general` in all of them; of a
    person's year `wages`, `professional-services`, `personal-deductions`, `determination`, `withholdings`, `dividends`,
    `information`; of a company's year `additional`, `deductions`, `closing`, `determination`, `dividends`, `payment`,
    in older years `income-statement`, `balance-sheet`, `reconciliation`, in newer ones `income`; of a month
    `income-tax` and `vat`, of a company also `income-tax-payment` and `vat-payment`.
    """

    key: str
    tax_id: str
    company: bool
    year: int
    filed_on: date
    month: int | None = None
    sections: dict[str, Section] = {}


class RetentionLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One tax that was kept back. `payment`: paid or provisioned."""

    tax: str
    base: Decimal
    amount: Decimal
    payment: str


class TaxRetention(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A certificate of taxes kept back. `code` is the authority's code of the reason."""

    key: str
    identification: str
    direction: str
    version: str
    code: int
    issued_at: Instant
    certified_at: Instant
    issuer_tax_id: str
    issuer_name: str
    receiver_name: str
    total: Decimal
    exempt: Decimal
    taxable: Decimal
    retained: Decimal
    receiver_tax_id: str | None = None
    receiver_foreign: bool = False
    cancelled_at: Instant | None = None
    lines: tuple[RetentionLine, ...] = ()
    xml: str | None = None


class TaxDeclaration(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A Colombian yearly declaration. `form` is the form's number, `reporting` the kind and number of the filing.

    `sections`: `equity` and `tax` in both; of a company also `income` and `costs`; of a person `gross-income`,
    `non-taxable-income`, `net-income` (each with `earned_income`, `fee_based_income`, `capital_income`,
    `non_labor_income`), `totals` and `pensions`.
    """

    key: str
    tax_id: str
    tax_id_kind: str
    name: str
    company: bool
    year: int
    form: str
    title: str
    issued_on: date
    activity: str
    reporting: tuple[str, str]
    given_name: str | None = None
    other_names: str | None = None
    family_name: str | None = None
    second_family_name: str | None = None
    sections: dict[str, Section] = {}


class FinancialStatement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A company's year as it told the authority.

    `sections`: `current-assets`, `non-current-assets`, `current-liabilities`, `non-current-liabilities`, `equity`,
    each with a `total`, and `income-statement`. What a company does not have is absent.
    """

    key: str
    year: int
    currency: str
    sections: dict[str, Section] = {}


class Debt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is owed to one lender, by how late it is: `late` 30 to 89 days, `very_late` from 90, `defaulted` after
    three years."""

    institution: str
    kind: str
    amount: Decimal
    current: Decimal | None = None
    late: Decimal | None = None
    very_late: Decimal | None = None
    defaulted: Decimal | None = None


class CreditLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of credit that is open, or another credit, direct and through others."""

    institution: str
    direct: Decimal | None = None
    indirect: Decimal | None = None


class DebtReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What somebody owes to all lenders together, as the supervisor reports it (Chile). Totals as in `Debt`."""

    key: str
    name: str
    tax_id: str
    as_of: date
    currency: str
    total: Decimal
    current: Decimal
    late: Decimal
    very_late: Decimal
    defaulted: Decimal
    direct: tuple[Debt, ...] = ()
    indirect: tuple[Debt, ...] = ()
    lines: tuple[CreditLine, ...] = ()
    others: tuple[CreditLine, ...] = ()
