"""The products of a connection: what can be fetched, each with a freshness of its own."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .clock import Instant
from .outcome import Finding


class Product(StrEnum):
    """What an institution can be asked for. The order is the order of fetching."""

    ACCOUNTS = "accounts"
    CARDS = "cards"
    TRANSACTIONS = "transactions"
    INVESTMENTS = "investments"
    INVESTMENT_MOVEMENTS = "investment-movements"
    PAYMENT_DETAILS = "payment-details"
    HOLDER = "holder"
    LOANS = "loans"
    STATEMENTS = "statements"
    INVOICES = "invoices"
    TAX_STATUS = "tax-status"
    TAX_COMPLIANCE = "tax-compliance"
    TAX_RETURNS = "tax-returns"
    TAX_RETENTIONS = "tax-retentions"
    TAX_DECLARATIONS = "tax-declarations"
    FINANCIAL_STATEMENTS = "financial-statements"
    DEBT_REPORTS = "debt-reports"
    EMPLOYMENT_RECORDS = "employment-records"


class ProductState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How fresh one product of a connection is.

    `updated` tells of the last execution; `updated_at` is the last success, kept when later ones fail.
    `outcome` is the meaning of the failure, if the last execution could not fetch it. `noticed` are the meanings of
    what checks found on what is stored of it; the findings themselves are kept beside. `recognised` are the keys of the
    accounts that the institution called otherwise in the last execution than before.
    """

    product: Product
    updated: bool = False
    updated_at: Instant | None = None
    outcome: str | None = None
    findings: tuple[Finding, ...] = ()
    noticed: tuple[str, ...] = ()
    recognised: tuple[str, ...] = ()
