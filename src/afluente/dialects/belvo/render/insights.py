"""Risk insights, as the analysis found them, in Belvo's words: one figure for each of six spans.

The older generation reads the spans of a week, a month and three months of the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from afluente.analysis.balances import BalanceFigures
from afluente.analysis.cashflow import CategoryFlow, Flow, Side, Traffic
from afluente.analysis.risk import Insights, Window
from afluente.core.clock import Instant
from afluente.dialects.belvo.categories import FILING
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

WINDOWS = ("3d", "1w", "1m", "3m", "6m", "12m")
"""The spans of the wire, by the names under which the analysis must be asked for them."""

THRESHOLDS = {"BRL": Decimal(1000), "MXN": Decimal(3000), "COP": Decimal(500_000), "CLP": Decimal(150_000)}
"""The balance below which days are counted, by currency: about a week's shopping. Belvo's own are unpublished."""


def risk_insights(
    id: str,
    created_at: Instant,
    found: Insights,
    origin: Origin,
    account_ids: Mapping[str, str],
    threshold: Decimal,
) -> dict[str, Any]:
    """Return risk insights over `WINDOWS`. `threshold` is the one the analysis was asked with."""
    windows = {name: found.windows[name] for name in WINDOWS}
    return {
        "id": id,
        "link": origin.link,
        "created_at": instant(created_at),
        "accounts": [account_ids.get(key, key) for key in found.accounts],
        "assets_metrics": {
            "institutions": [origin.face.name],
            # The published schema asks for the first name and describes the second.
            "num_accounts": found.assets.accounts,
            "num_assets_accounts": found.assets.accounts,
            "num_checking_accounts": found.assets.checking_accounts,
            "num_savings_accounts": found.assets.savings_accounts,
            "checking_accounts_balance": found.assets.checking_balance,
            "savings_accounts_balance": found.assets.savings_balance,
        },
        "credit_cards_metrics": {
            "num_accounts": found.credit.count,
            "sum_credit_limit": found.credit.limit,
            "sum_credit_used": found.credit.used,
            "credit_card_limit_utilization": found.credit.usage,
        },
        "loans_metrics": {
            "num_accounts": found.loans.count,
            "sum_loans_principal": found.loans.principal,
            "sum_loans_outstanding_principal": found.loans.outstanding,
            "sum_loans_monthly_payment": found.loans.monthly_payment,
            "loan_limit_utilization": found.loans.usage,
            "overdraft_limit": found.overdraft.limit,
            "overdraft_limit_utilization": found.overdraft.usage,
        },
        "balances_metrics": _balances(windows, found.assets.total_balance, threshold),
        "transactions_metrics": _transactions(windows, found),
        "cashflow_metrics": _spread(windows, lambda window: _flow(window.flow)),
        "category_metrics": _categories(found.categories),
    }


def _spread(windows: Mapping[str, Window], figures: Any) -> dict[str, Any]:
    """One key for each figure of each span: `<figure>_<span>`."""
    by_window = {name: figures(window) for name, window in windows.items()}
    names = next(iter(by_window.values()))
    return {f"{figure}_{span}": by_window[span][figure] for figure in names for span in windows}


def _balances(windows: Mapping[str, Window], closing: Decimal | None, threshold: Decimal) -> dict[str, Any]:
    spread = _spread(windows, lambda window: _balance(window.balance))
    return {"closing_balance": closing} | spread | {"balance_threshold_x": threshold}


def _balance(figures: BalanceFigures) -> dict[str, Any]:
    return {
        "min_balance": figures.lowest,
        "mean_balance": figures.mean,
        "max_balance": figures.highest,
        "std_balance": figures.deviation,
        "balance_trend": figures.trend,
        "days_balance_below_0": figures.days_at_or_below_zero,
        "days_balance_below_mean": figures.days_below_mean,
        "days_balance_below_x": figures.days_at_or_below_threshold,
    }


def _transactions(windows: Mapping[str, Window], found: Insights) -> dict[str, Any]:
    """Counts and sums; where nothing ever moved, the days since are those of the history."""
    ever = found.days_of_history
    return _spread(windows, lambda window: _traffic(window.traffic)) | {
        "days_since_last_transaction": _since(found.days_since_last, ever),
        "days_since_last_incoming_transaction": _since(found.days_since_last_incoming, ever),
        "days_since_last_outgoing_transaction": _since(found.days_since_last_outgoing, ever),
        "days_history": ever,
    }


def _since(days: int | None, ever: int) -> int:
    return ever if days is None else days


def _traffic(traffic: Traffic) -> dict[str, Any]:
    return (
        _counts("", traffic.both)
        | _counts("incoming_", traffic.incoming)
        | _amounts("incoming", traffic.incoming)
        | _counts("outgoing_", traffic.outgoing)
        | _amounts("outgoing", traffic.outgoing)
        | {"days_without_transactions": traffic.days_without}
    )


def _counts(direction: str, side: Side) -> dict[str, Any]:
    return {
        f"num_{direction}transactions": side.count,
        f"max_num_{direction}transactions": side.most_in_a_day,
        f"mean_num_{direction}transactions": side.a_day,
    }


def _amounts(direction: str, side: Side) -> dict[str, Any]:
    return {
        f"sum_{direction}_amount": side.total,
        f"max_{direction}_amount": side.largest,
        f"mean_{direction}_amount": side.mean,
    }


def _flow(flow: Flow) -> dict[str, Any]:
    return {
        "max_positive": flow.largest_gain,
        "max_negative": flow.largest_spending,
        "mean_positive": flow.mean_gain,
        "mean_negative": flow.mean_spending,
        "sum_positive": flow.gained,
        "sum_positive_trend": flow.gained_trend,
        "sum_negative": flow.spent,
        "sum_negative_trend": flow.spent_trend,
        "positive_to_negative_ratio": flow.ratio,
        "net_cashflow": flow.net,
        "net_cashflow_trend": flow.net_trend,
    }


def _categories(flows: tuple[CategoryFlow, ...]) -> list[dict[str, Any]]:
    """What each category came to. Several neutral ones may be one on the wire: they are added up."""
    everything = sum((one.gained for one in flows), Decimal(0))
    together: dict[tuple[str, str], list[CategoryFlow]] = {}
    for one in flows:
        filed = FILING.named(one.category, inflow=one.net > 0)
        together.setdefault((filed.category, filed.subcategory), []).append(one)
    return [
        {
            "category": category,
            "subcategory": subcategory,
            "net_amount_3m": (net := sum((one.net for one in ones), Decimal(0))),
            "category_inflow_ratio_3m": (net / everything).quantize(Decimal("0.0001")) if everything else None,
            "trend_3m": _trend(ones),
        }
        for (category, subcategory), ones in sorted(together.items())
    ]


def _trend(ones: list[CategoryFlow]) -> Decimal | None:
    """Slopes of lines through the same days add up."""
    told = [one.trend for one in ones if one.trend is not None]
    return sum(told, Decimal(0)) if told else None
