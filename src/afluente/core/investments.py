"""Investments and what moved in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec

from .clock import Instant


class Investment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One position.

    `kind` and `subkind` are neutral: `fund`/`multimarket`, `equity`/`stock`, `fixed-income`/`cdb`, `etf`, `coe`,
    `security`/`retirement`, `other`. `value` is the price of one unit, `amount` the gross and `balance` the net
    value of the whole position. Rates are percentages (12.5 is 12.5 %).
    """

    key: str
    kind: str
    name: str
    currency: str
    balance: Decimal
    subkind: str | None = None
    number: str | None = None
    code: str | None = None
    isin: str | None = None
    owner: str | None = None
    as_of: Instant | None = None
    value: Decimal | None = None
    quantity: Decimal | None = None
    amount: Decimal | None = None
    taxes: Decimal | None = None
    iof: Decimal | None = None
    profit: Decimal | None = None
    withdrawable: Decimal | None = None
    original: Decimal | None = None
    last_month_rate: Decimal | None = None
    last_year_rate: Decimal | None = None
    annual_rate: Decimal | None = None
    fixed_rate: Decimal | None = None
    rate: Decimal | None = None
    rate_index: str | None = None
    due_on: date | None = None
    issued_on: date | None = None
    purchased_on: date | None = None
    grace_until: date | None = None
    issuer: str | None = None
    issuer_cnpj: str | None = None
    tax_exempt: bool | None = None
    status: str = "active"
    institution_name: str | None = None
    institution_number: str | None = None


class InvestmentMovement(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One movement of a position. `kind`: buy, sell, tax, transfer, interest, amortization. `credit` is the direction.

    `expenses` maps names (brokerage, custody, clearing, exchange, settlement, income-tax, iof, other) to amounts.
    """

    key: str
    investment_key: str
    kind: str
    credit: bool
    occurred_at: Instant
    traded_at: Instant | None = None
    description: str | None = None
    quantity: Decimal | None = None
    value: Decimal | None = None
    amount: Decimal | None = None
    net_amount: Decimal | None = None
    note_number: str | None = None
    expenses: dict[str, Decimal] = {}
