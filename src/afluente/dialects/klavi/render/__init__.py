"""Reports put into words: pure functions from what is held of a person's connections to what stands in a report.

`Held` is one connection on one day, `Seen` one or several of them with what is reckoned over all. What is reckoned is
kept in `Seen`, so whoever makes several reports hands in the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from afluente.core.accounts import AccountKind
from afluente.dialects.klavi.render import (
    accounts,
    cards,
    consented_accounts,
    consented_cards,
    consented_credit,
    consented_investments,
    consented_people,
    figures,
    possessions,
    scores,
)
from afluente.dialects.klavi.render.held import Bank, Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import as_number, day_start, in_capitals, local_day, money

__all__ = [
    "OPEN_DATA_REPORTS",
    "OVER_CONSENTS_REPORTS",
    "Bank",
    "Held",
    "Moved",
    "Seen",
    "day_start",
    "local_day",
    "open_data",
    "open_finance",
]

V2 = "V2"
"""The version of reports whose names are in one word."""

OPEN_DATA_REPORTS: Mapping[str, Callable[[Seen], dict[str, Any]]] = {
    "category_checking": lambda seen: {"Category_checking": accounts.category_checking(seen)},
    "category_creditcard": lambda seen: {"Category_creditcard": cards.category_creditcard(seen)},
    "income": lambda seen: {"Income": figures.income(seen, as_number)},
    "liabilities": lambda seen: {"Liabilities": figures.liabilities(seen, as_number)},
    "financial_insight": lambda seen: {"financial_insight": figures.financial_insight(seen, as_number)},
    "balance": lambda seen: {"accountBalance": accounts.balance(seen)},
    "identity": lambda seen: {"identity": accounts.identity(seen)},
    "score_k1": lambda seen: {"score_info": scores.score_k1(seen)},
    "k_label": lambda seen: {"Risk_label": scores.k_label(seen)},
    "bank_loan": possessions.bank_loan,
    "investment": lambda seen: {"Investment": possessions.investment(seen)},
    "fgts": lambda seen: {"FGTS": possessions.fgts(seen)},
}
"""What stands in each report of Open Data, by its container's name."""

_CHECKING, _SAVINGS, _CARDS = "checkingAccounts", "savingsAccounts", "creditCards"
_In = Callable[[Seen], list[dict[str, Any]]]


def _accounts(kind: AccountKind, levels: int | None) -> _In:
    return partial(consented_accounts.accounts, kind=kind, levels=levels)


_NAMED: Mapping[str, tuple[str, _In]] = {
    "checking_account": (_CHECKING, _accounts(AccountKind.CHECKING, None)),
    "savings_account": (_SAVINGS, _accounts(AccountKind.SAVINGS, None)),
    "credit_card": (_CARDS, partial(consented_cards.cards, levels=None)),
    "categorized_checking_l2": (_CHECKING, _accounts(AccountKind.CHECKING, 2)),
    "categorized_checking_l3": (_CHECKING, _accounts(AccountKind.CHECKING, 3)),
    "categorized_savings_l2": (_SAVINGS, _accounts(AccountKind.SAVINGS, 2)),
    "categorized_savings_l3": (_SAVINGS, _accounts(AccountKind.SAVINGS, 3)),
    "categorized_creditcard_l2": (_CARDS, partial(consented_cards.cards, levels=2)),
    "categorized_creditcard_l3": (_CARDS, partial(consented_cards.cards, levels=3)),
}
"""Reports whose container has a name of its own."""

_UNNAMED: Mapping[str, Callable[[Seen], Any]] = {
    "balance": lambda seen: in_capitals(accounts.balance(seen, money)),
    **{name: partial(consented_credit.contracts, product=name) for name in consented_credit.KINDS},
    **{name: partial(consented_investments.positions, product=name) for name in consented_investments.PRODUCTS},
    "identification": consented_people.identifications,
    "income": lambda seen: in_capitals(figures.income(seen, money)),
    "liabilities": lambda seen: in_capitals(figures.liabilities(seen, money)),
    "financial_insight": lambda seen: in_capitals(figures.financial_insight(seen, money)),
    "score_k1": lambda seen: in_capitals(scores.score_k1(seen)),
}
"""Reports whose container is called as they are, prefix and all."""

OVER_CONSENTS_REPORTS = frozenset(_NAMED) | frozenset(_UNNAMED)
"""Every report over consents, without a prefix."""


def open_data(name: str, version: str, seen: Seen) -> dict[str, Any]:
    """Return what stands in a report of Open Data, by its containers' names as the first version writes them."""
    if version == V2 and name == "category_creditcard":
        return {"Category_creditcard": cards.category_creditcard(seen, second=True)}
    containers = OPEN_DATA_REPORTS[name](seen)
    return {key: in_capitals(value) for key, value in containers.items()} if version == V2 else containers


def open_finance(name: str, seen: Seen) -> dict[str, Any]:
    """Return what stands in a report over consents, by its container's name. `name` has its prefix: `pf_` or `pj_`."""
    bare = name.partition("_")[2]
    if bare in _NAMED:
        container, made = _NAMED[bare]
        return {container: made(seen)}
    return {name: _UNNAMED[bare](seen)}
