"""Loans and financing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class LoanRate(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One interest rate. `index` is the reference (PRE_FIXADO, CDI, IPCA …); rates are fractions (0.018 is 1.8 %)."""

    tax_type: str = "effective"
    kind: str = "simple"
    periodicity: str = "monthly"
    calculation: str = "21/252"
    index: str | None = None
    pre_fixed: Decimal | None = None
    post_fixed: Decimal | None = None
    info: str | None = None


class LoanFee(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A fee or a finance charge agreed in the contract."""

    name: str
    code: str | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None


class LoanWarranty(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What secures the loan."""

    kind: str
    subkind: str
    amount: Decimal
    currency: str


class Installment(msgspec.Struct, frozen=True, kw_only=True):
    """A balloon payment or one instalment."""

    due_on: date
    amount: Decimal
    currency: str


class LoanRelease(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A payment that was made on the loan."""

    key: str
    paid_on: date
    amount: Decimal
    currency: str
    over_parcel: bool = False
    installment_key: str | None = None


class Loan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One contract. `kind`: loan, financing, invoice-financing, overdraft. `cet`: total effective cost, a fraction."""

    key: str
    kind: str
    product_name: str
    contract_number: str
    currency: str
    contract_amount: Decimal
    contracted_on: date
    ipoc: str | None = None
    disbursed_on: tuple[date, ...] = ()
    settled_on: date | None = None
    due_on: date | None = None
    first_due_on: date | None = None
    periodicity: str = "monthly"
    amortization: str = "price"
    cet: Decimal | None = None
    consignee_cnpj: str | None = None
    rates: tuple[LoanRate, ...] = ()
    fees: tuple[LoanFee, ...] = ()
    charges: tuple[LoanFee, ...] = ()
    warranties: tuple[LoanWarranty, ...] = ()
    installments_total: int | None = None
    installments_paid: int | None = None
    installments_due: int | None = None
    installments_past_due: int | None = None
    balloons: tuple[Installment, ...] = ()
    outstanding: Decimal | None = None
    releases: tuple[LoanRelease, ...] = ()
