"""Core records as Belvo's JSON. Pure functions: a record and what else is needed in, a plain object out.

Objects unite what the two generations of the wire have; `Origin.open_finance` says whose words to use where they
differ. Amounts stay `Decimal`; encode with `ENCODER`, which writes them as JSON numbers.
"""

from __future__ import annotations

import msgspec

from afluente.dialects.belvo.render.accounts import account, balance_of_a_day, current_balance
from afluente.dialects.belvo.render.bills import bill
from afluente.dialects.belvo.render.careers import employment_metrics
from afluente.dialects.belvo.render.categorization import categorization
from afluente.dialects.belvo.render.chile import chilean_invoice, chilean_tax_status, debt_report
from afluente.dialects.belvo.render.consents import consent
from afluente.dialects.belvo.render.days import day_start, local_date, local_day, zone
from afluente.dialects.belvo.render.employments import brazilian_employments, current_employment, employment_record
from afluente.dialects.belvo.render.expenses import recurring_expenses
from afluente.dialects.belvo.render.incomes import income, kinds_of
from afluente.dialects.belvo.render.insights import THRESHOLDS, WINDOWS, risk_insights
from afluente.dialects.belvo.render.investments import investment, investment_transaction
from afluente.dialects.belvo.render.invoices import invoice
from afluente.dialects.belvo.render.loans import loan_account
from afluente.dialects.belvo.render.origins import Origin, origin
from afluente.dialects.belvo.render.owners import owner
from afluente.dialects.belvo.render.pages import page
from afluente.dialects.belvo.render.portfolios import instrument, portfolio_transaction, portfolios
from afluente.dialects.belvo.render.returns import financial_statement, tax_declaration, tax_retention, tax_return
from afluente.dialects.belvo.render.statements import statement
from afluente.dialects.belvo.render.taxpayers import tax_compliance_status, tax_status
from afluente.dialects.belvo.render.transactions import transaction
from afluente.web.instants import instant as timestamp

ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Writes what the functions of this package return."""

__all__ = [
    "ENCODER",
    "THRESHOLDS",
    "WINDOWS",
    "Origin",
    "account",
    "balance_of_a_day",
    "bill",
    "brazilian_employments",
    "categorization",
    "chilean_invoice",
    "chilean_tax_status",
    "consent",
    "current_balance",
    "current_employment",
    "day_start",
    "debt_report",
    "employment_metrics",
    "employment_record",
    "financial_statement",
    "income",
    "instrument",
    "investment",
    "investment_transaction",
    "invoice",
    "kinds_of",
    "loan_account",
    "local_date",
    "local_day",
    "origin",
    "owner",
    "page",
    "portfolio_transaction",
    "portfolios",
    "recurring_expenses",
    "risk_insights",
    "statement",
    "tax_compliance_status",
    "tax_declaration",
    "tax_retention",
    "tax_return",
    "tax_status",
    "timestamp",
    "transaction",
    "zone",
]
