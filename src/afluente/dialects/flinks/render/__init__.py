"""Core records as Flinks' JSON. Pure functions: a record and what else is needed in, a plain object out.

Keys stand in the order of the published samples. Amounts stay `Decimal`: `web.answers.json` writes them as JSON
numbers with all their digits.
"""

from __future__ import annotations

from afluente.dialects.flinks.render.accounts import Held, Owner, detail, owner, summary
from afluente.dialects.flinks.render.challenges import answer, challenges, keys_of, prompt_of
from afluente.dialects.flinks.render.days import ZONE, day_start, local_date, local_day
from afluente.dialects.flinks.render.holders import holder
from afluente.dialects.flinks.render.logins import NEVER, login, moment, refreshed_at
from afluente.dialects.flinks.render.statements import statements_by_account
from afluente.dialects.flinks.render.transactions import detailed, transaction, transactions
from afluente.dialects.flinks.render.views import EVERYTHING, View

__all__ = [
    "EVERYTHING",
    "NEVER",
    "ZONE",
    "Held",
    "Owner",
    "View",
    "answer",
    "challenges",
    "day_start",
    "detail",
    "detailed",
    "holder",
    "keys_of",
    "local_date",
    "local_day",
    "login",
    "moment",
    "owner",
    "prompt_of",
    "refreshed_at",
    "statements_by_account",
    "summary",
    "transaction",
    "transactions",
]
