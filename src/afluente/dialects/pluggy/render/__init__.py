"""Core records as Pluggy's JSON. Pure functions: a record and what else is needed in, a plain object out.

Amounts stay `Decimal`; encode with `ENCODER`, which writes them as JSON numbers.
"""

from __future__ import annotations

import msgspec

from afluente.dialects.pluggy.render.accounts import account, balance, bill, reduced_account, statement
from afluente.dialects.pluggy.render.challenges import LIVE_REDIRECT, SAFE_REDIRECT
from afluente.dialects.pluggy.render.consents import consent, resource
from afluente.dialects.pluggy.render.holders import identity
from afluente.dialects.pluggy.render.investments import investment, investment_transaction
from afluente.dialects.pluggy.render.items import error, item, status_of
from afluente.dialects.pluggy.render.loans import loan
from afluente.dialects.pluggy.render.products import BY_TYPE, NAMES, product_types
from afluente.dialects.pluggy.render.subscriptions import category_rule, webhook
from afluente.dialects.pluggy.render.transactions import transaction
from afluente.dialects.pluggy.render.words import Words
from afluente.web.instants import instant, maybe_instant, midnight

ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Writes what the functions of this package return."""

__all__ = [
    "BY_TYPE",
    "ENCODER",
    "LIVE_REDIRECT",
    "NAMES",
    "SAFE_REDIRECT",
    "Words",
    "account",
    "balance",
    "bill",
    "category_rule",
    "consent",
    "error",
    "identity",
    "instant",
    "investment",
    "investment_transaction",
    "item",
    "loan",
    "maybe_instant",
    "midnight",
    "product_types",
    "reduced_account",
    "resource",
    "statement",
    "status_of",
    "transaction",
    "webhook",
]
