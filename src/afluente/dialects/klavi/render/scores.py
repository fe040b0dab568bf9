"""One number for a person, and labels: figures that models are fed with.

A label's code is its place in `LABELS`, so a new one goes to the end and none is ever taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from afluente.analysis import sight
from afluente.analysis.figures import ratio
from afluente.analysis.history import within
from afluente.analysis.signals import Signal
from afluente.analysis.spans import Span, days_back
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.held import Seen
from afluente.dialects.klavi.render.spelling import number, yes

VERSION = "v1.0"

Label = tuple[str, Callable[[Seen], Any]]
_MONTH, _QUARTER, _HALF = 30, 90, 180


def score_k1(seen: Seen) -> dict[str, Any]:
    """Return the score, with the account that stands for the connection."""
    return {"account_info": heads.account_info(seen.held[0]), "score_detail": detail(seen)}


def detail(seen: Seen) -> dict[str, Any]:
    """Return the score alone."""
    return {"score_k1": seen.score.points, "version": VERSION}


def k_label(seen: Seen) -> dict[str, Any]:
    """Return every label."""
    return {
        "accountInfo": heads.account_info(seen.held[0]),
        "labelDetail": [
            {"label_code": f"K{place:05d}", "label_name": f"klavi.{name}", "label_value": value(seen)}
            for place, (name, value) in enumerate(LABELS, 1)
        ],
    }


def _last(seen: Seen, days: int) -> Span:
    return days_back(seen.history.on, days)


def _count(days: int) -> Callable[[Seen], Any]:
    return lambda seen: len(within(seen.sight.movements, _last(seen, days)))


def _gained(days: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.flows[days].gained


def _spent(days: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.flows[days].spent


def _lowest(seen: Seen) -> Any:
    return number(seen.sight.balances_in(_last(seen, _QUARTER)).lowest)


def _below_zero(seen: Seen) -> int:
    return seen.sight.balances_in(_last(seen, _QUARTER)).days_below_zero


def _streams(seen: Seen) -> int:
    return sum(one.is_active for one in seen.sight.earned.streams)


def _monthly_income(seen: Seen) -> Any:
    """What the streams that keep a rhythm bring by the month."""
    found = next((one for one in seen.sight.earned.totals if one.currency == seen.sight.currency), None)
    return found.regular.monthly if found is not None else Decimal(0)


def _saw(signal: Signal) -> Callable[[Seen], Any]:
    return lambda seen: yes(signal in seen.signs)


def _moved(signal: Signal) -> Callable[[Seen], Any]:
    return lambda seen: seen.signs.get(signal, Decimal(0))


def _gambled(seen: Seen) -> Any:
    """The share of what was spent."""
    span = _last(seen, _HALF)
    spent = sight.total(seen.sight.about(["spending"], span))
    played = sight.total(seen.sight.about(["signal.gambling"], span))
    return ratio(played / spent) if spent else Decimal(0)


LABELS: tuple[Label, ...] = (
    ("transactions.days_covered", lambda seen: seen.days_covered),
    ("transactions.count.last_30_days", _count(_MONTH)),
    ("transactions.count.last_90_days", _count(_QUARTER)),
    ("transactions.count.last_180_days", _count(_HALF)),
    ("transactions.inflow.last_30_days", _gained(_MONTH)),
    ("transactions.inflow.last_90_days", _gained(_QUARTER)),
    ("transactions.inflow.last_180_days", _gained(_HALF)),
    ("transactions.outflow.last_30_days", _spent(_MONTH)),
    ("transactions.outflow.last_90_days", _spent(_QUARTER)),
    ("transactions.outflow.last_180_days", _spent(_HALF)),
    ("transactions.income.active_streams", _streams),
    ("transactions.income.regular_monthly", _monthly_income),
    ("transactions.gambling.share_last_180_days", _gambled),
    ("transactions.has_inss", _saw(Signal.SOCIAL_SECURITY)),
    ("transactions.has_severance", _saw(Signal.SEVERANCE)),
    ("transactions.has_returned_cheque", _saw(Signal.RETURNED_PAYMENT)),
    ("transactions.has_late_payment", _saw(Signal.LATE_PAYMENT)),
    ("transactions.iof", _moved(Signal.TRANSACTION_TAX)),
    ("transactions.overdraft_interest", _moved(Signal.OVERDRAFT_INTEREST)),
    ("transactions.atm_withdrawal", _moved(Signal.CASH_WITHDRAWAL)),
    ("balances.lowest_last_90_days", _lowest),
    ("balances.days_below_zero_last_90_days", _below_zero),
    ("creditcards.limit", lambda seen: number(seen.sight.cards.limit)),
    ("creditcards.used", lambda seen: number(seen.sight.cards.used)),
    ("loans.outstanding", lambda seen: number(seen.sight.owed.outstanding)),
    ("loans.monthly_payment", lambda seen: number(seen.sight.owed.monthly_payment)),
)
