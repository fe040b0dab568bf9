"""Attributes of accounts and balances, which stand on no subject."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from afluente.analysis import cashflow
from afluente.analysis.history import Movement
from afluente.analysis.sight import Sight
from afluente.analysis.spans import Span
from afluente.dialects.flinks.attributes.rows import BUSINESS, INCOME, LENDING, RISK, USER, Attribute, Value

_Found = Sequence[Movement]
_ALL = (INCOME, RISK, LENDING, USER, BUSINESS)
_RISKY = (RISK, LENDING, USER, BUSINESS)


def _age(seen: Sight, found: _Found, span: Span) -> Value:
    return (seen.on - seen.movements[0].day).days if seen.movements else 0


def _days_known(seen: Sight, found: _Found, span: Span) -> Value:
    return span.within(seen.history.known).days


def _accounts(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.bank_accounts


def _current(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balance


def _lowest(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.lowest_in(span)


def _highest(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balances_in(span).highest


def _mean(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balances_in(span).mean


def _deviation(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balances_in(span).deviation


def _trend(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balances_in(span).trend


def _below_zero(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.balances_in(span).days_below_zero


def _overdrafts(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.overdrawn_in(span)


def _overdraft_limit(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.arranged.limit


def _overdraft_usage(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.arranged.usage


def _cards(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.cards.count


def _card_usage(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.cards.usage


def _card_balance(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.cards.used


def _loans(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.owed.count


def _loans_owed(seen: Sight, found: _Found, span: Span) -> Value:
    return seen.owed.outstanding


def _flow(seen: Sight, span: Span) -> cashflow.Flow:
    return cashflow.flow(seen.movements, span, seen.history.known, seen.currency)


def _net(seen: Sight, found: _Found, span: Span) -> Value:
    return _flow(seen, span).net


def _free(seen: Sight, found: _Found, span: Span) -> Value:
    return (_flow(seen, span).net / seen.months_in(span)).quantize(Decimal("0.01"))


def _ratio(seen: Sight, found: _Found, span: Span) -> Value:
    return _flow(seen, span).ratio


def _quiet(seen: Sight, found: _Found, span: Span) -> Value:
    return cashflow.traffic(seen.movements, span, seen.currency).days_without


def _row(name: str, about: str, figure: object, packages: tuple[str, ...], windows: bool = False) -> Attribute:
    assert callable(figure)
    return Attribute(name=name, about=about, figure=figure, packages=packages, windows=windows)


ROWS = (
    _row("account_age", "Days since the oldest transaction that is known.", _age, _ALL),
    _row("days_known", "Days of which transactions are known.", _days_known, _RISKY, True),
    _row("nbr_accounts", "Bank accounts that were looked at.", _accounts, _ALL),
    _row("balance_current", "What the bank accounts hold now.", _current, _ALL),
    _row("balance_min", "The lowest point of the balance; of several accounts, at a day's end.", _lowest, _RISKY, True),
    _row("balance_max", "The highest balance at a day's end.", _highest, _RISKY, True),
    _row("avg_balance", "The mean of the balances at the day's end.", _mean, _RISKY, True),
    _row("balance_deviation", "The standard deviation of the balances at the day's end.", _deviation, _RISKY, True),
    _row("balance_trend", "The slope of the balance, in money a day.", _trend, _RISKY, True),
    _row("nbr_days_negative_balance", "Days that ended below zero.", _below_zero, _RISKY, True),
    _row("nbr_overdraft", "Times an account went below zero, until it came back.", _overdrafts, _RISKY, True),
    _row("overdraft_limit", "What the accounts may go below zero.", _overdraft_limit, (RISK, LENDING, BUSINESS)),
    _row("overdraft_usage", "The share of the overdraft limit in use.", _overdraft_usage, (RISK, LENDING, BUSINESS)),
    _row("nbr_credit_cards", "Credit cards.", _cards, (RISK, LENDING, USER)),
    _row("credit_card_balance", "What is owed on credit cards.", _card_balance, (RISK, LENDING, USER)),
    _row("credit_card_usage", "The share of the cards' limits in use.", _card_usage, (RISK, LENDING, USER)),
    _row("nbr_loans", "Loans the institution tells.", _loans, (RISK, LENDING, BUSINESS)),
    _row("sum_loans_outstanding", "What is outstanding on those loans.", _loans_owed, (RISK, LENDING, BUSINESS)),
    _row("net_cash_flow", "Deposits less spending, own money left out.", _net, _ALL, True),
    _row("avg_monthly_free_cash_flow", "Deposits less spending, by the month of 30 days.", _free, _ALL),
    _row("deposits_to_spending", "Deposits by spending; null where nothing was spent.", _ratio, _RISKY, True),
    _row("nbr_days_without_transaction", "Days on which nothing moved.", _quiet, (USER, LENDING), True),
)
