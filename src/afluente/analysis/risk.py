"""Risk insights: what an applicant's accounts look like over spans that end on one day.

Everything is of one currency: the one asked for, or that of most bank accounts. Amounts of others cannot be added up,
and which accounts were left out is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from afluente.analysis import balances, cashflow, debts, signals
from afluente.analysis.balances import BalanceFigures, Line
from afluente.analysis.cashflow import CategoryFlow, Flow, Traffic
from afluente.analysis.debts import CardFigures, CreditFigures, LoanFigures, OverdraftFigures
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement, is_bank
from afluente.analysis.signals import Sighting
from afluente.analysis.spans import Span, standard
from afluente.core.accounts import Account, AccountKind, Bill
from afluente.core.loans import Loan


class Assets(msgspec.Struct, frozen=True, kw_only=True):
    """The bank accounts of the currency, and what is in them; a sum is None where there is no such account."""

    accounts: int
    checking_accounts: int
    savings_accounts: int
    checking_balance: Decimal | None
    savings_balance: Decimal | None
    total_balance: Decimal | None


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one span. `known_days` of it are days from which movements are known."""

    span: Span
    known_days: int
    traffic: Traffic
    flow: Flow
    balance: BalanceFigures
    overdrafts: int
    signals: tuple[Sighting, ...]


class Overdraft(msgspec.Struct, frozen=True, kw_only=True):
    """Days in a row in which an account was below zero at some time. `lowest` is the lowest it fell to."""

    account_key: str
    first_on: date
    last_on: date
    days: int
    lowest: Decimal


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of a holder on the day `on`, in `currency` (None without any account).

    `accounts` are the keys of those that were looked at, `left_out` of those held in another currency. `windows` are
    by the name they were asked under. `categories` are of the span `categories_over`. The `days_since…` figures are
    None where nothing of the sort ever moved; `days_of_history` counts from the first movement to `on`.
    """

    on: date
    currency: str | None
    accounts: tuple[str, ...]
    left_out: tuple[str, ...]
    assets: Assets
    credit: CreditFigures
    cards: tuple[CardFigures, ...]
    loans: LoanFigures
    overdraft: OverdraftFigures
    windows: Mapping[str, Window]
    categories_over: Span
    categories: tuple[CategoryFlow, ...]
    overdrafts: tuple[Overdraft, ...]
    days_since_last: int | None
    days_since_last_incoming: int | None
    days_since_last_outgoing: int | None
    days_of_history: int


def insights(
    history: History,
    *,
    bills: Sequence[Bill] = (),
    loans: Iterable[Loan] = (),
    currency: str | None = None,
    windows: Mapping[str, Span] | None = None,
    categories_over: Span | None = None,
    threshold: Decimal = ZERO,
) -> Insights:
    """Return the risk insights of a history.

    `windows` are spans by name (None: `spans.standard`), `categories_over` the span categories are added up in (None:
    three months). `threshold` is the balance for `days_at_or_below_threshold`.
    """
    chosen = currency or cashflow.main_currency(history) or _any_currency(history)
    asked = standard(history.on) if windows is None else windows
    over = categories_over or standard(history.on)["3m"]
    held = [account for account in history.accounts.values() if account.currency == chosen]
    unit = chosen or ""
    movements = cashflow.on_accounts(history, unit)
    lines = {key: line for key, line in balances.lines(history).items() if history.accounts[key].currency == chosen}
    total = balances.together(list(lines.values()), history.known)
    episodes = tuple(episode for key, line in lines.items() for episode in overdrafts_of(key, line, unit))
    said = [found for found in signals.marked(history) if found[0].currency == unit]
    return Insights(
        on=history.on,
        currency=chosen,
        accounts=tuple(account.key for account in held),
        left_out=tuple(key for key, account in history.accounts.items() if account.currency != chosen),
        assets=assets_of(held, unit),
        credit=debts.cards(history, unit),
        cards=tuple(debts.card(account, bills, history.on) for account in held if not is_bank(account)),
        loans=debts.loans(loans, unit),
        overdraft=debts.overdrafts(history, unit),
        windows={
            name: Window(
                span=span,
                known_days=span.within(history.known).days,
                traffic=cashflow.traffic(movements, span, unit),
                flow=cashflow.flow(movements, span, history.known, unit),
                balance=balances.summary(total, span, unit, threshold),
                overdrafts=sum(one.first_on <= span.last and one.last_on >= span.first for one in episodes),
                signals=signals.sightings(said, span),
            )
            for name, span in asked.items()
        },
        categories_over=over,
        categories=cashflow.by_category(movements, over, history.known, unit),
        overdrafts=episodes,
        days_since_last=_since(movements, history.on),
        days_since_last_incoming=_since([one for one in movements if one.amount > 0], history.on),
        days_since_last_outgoing=_since([one for one in movements if one.amount < 0], history.on),
        days_of_history=(history.on - movements[0].day).days if movements else 0,
    )


def _any_currency(history: History) -> str | None:
    return min((account.currency for account in history.accounts.values()), default=None)


def assets_of(held: Sequence[Account], currency: str) -> Assets:
    """Return what is in these accounts; all of them are of one currency."""
    checking = [account.balance for account in held if account.kind is AccountKind.CHECKING]
    savings = [account.balance for account in held if account.kind is AccountKind.SAVINGS]
    every = [*checking, *savings]
    return Assets(
        accounts=len(every),
        checking_accounts=len(checking),
        savings_accounts=len(savings),
        checking_balance=money(sum(checking, ZERO), currency) if checking else None,
        savings_balance=money(sum(savings, ZERO), currency) if savings else None,
        total_balance=money(sum(every, ZERO), currency) if every else None,
    )


def overdrafts_of(key: str, line: Line, currency: str) -> list[Overdraft]:
    """Return the times an account spent below zero, oldest first."""
    found: list[Overdraft] = []
    start: int | None = None
    for place, low in enumerate((*line.lowest, ZERO)):
        if low < 0:
            start = place if start is None else start
        elif start is not None:
            days = line.lowest[start:place]
            first = date.fromordinal(line.span.first.toordinal() + start)
            last = date.fromordinal(line.span.first.toordinal() + place - 1)
            lowest = money(min(days), currency)
            found.append(Overdraft(account_key=key, first_on=first, last_on=last, days=len(days), lowest=lowest))
            start = None
    return found


def _since(movements: Sequence[Movement], on: date) -> int | None:
    return (on - movements[-1].day).days if movements else None
