"""Incomes, as the analysis of the movements found them, in Belvo's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from afluente.analysis.cadence import Cadence
from afluente.analysis.figures import money
from afluente.analysis.income import IncomeKind, IncomeReport, IncomeStream
from afluente.analysis.streams import Confidence
from afluente.core.clock import Instant
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

KINDS = {
    IncomeKind.SALARY: "SALARY",
    IncomeKind.BONUS: "SALARY",
    IncomeKind.GOVERNMENT: "GOVERNMENT",
    IncomeKind.RETIREMENT: "RETIREMENT",
    IncomeKind.INTEREST: "INTEREST",
    IncomeKind.DIVIDENDS: "INTEREST",
    IncomeKind.RENT: "RENT",
    IncomeKind.FREELANCE: "FREELANCE",
    IncomeKind.OTHER: "ALTERNATIVE_INCOME",
    IncomeKind.TRANSFER: "TRANSFER",
    IncomeKind.DEPOSIT: "DEPOSIT",
    IncomeKind.UNKNOWN: "UNKNOWN",
}
"""What is earned, in today's words; the older generation has no word for what is unknown, which is a deposit there."""

_FREQUENCIES = {
    Cadence.WEEKLY: "WEEKLY",
    Cadence.BIWEEKLY: "FORTNIGHTLY",
    Cadence.SEMI_MONTHLY: "FORTNIGHTLY",
    Cadence.MONTHLY: "MONTHLY",
    Cadence.SINGLE: "SINGLE",
}
"""Cadences the wire has a word for; a rarer one is IRREGULAR."""

_OLDER = {"FORTNIGHTLY": "BIWEEKLY", "UNKNOWN": "DEPOSIT"}
_REGULAR = frozenset({"WEEKLY", "FORTNIGHTLY", "MONTHLY"})
CONFIDENCES = {Confidence.HIGH: "HIGH", Confidence.MEDIUM: "MEDIUM", Confidence.LOW: "LOW"}


def kinds_of(types: Iterable[str]) -> frozenset[IncomeKind]:
    """Return the kinds that a client means by its `allowed_income_types`; a type nobody has means none."""
    asked = {"RETIREMENT" if name == "PENSION" else name for name in types}
    return frozenset(kind for kind, name in KINDS.items() if name in asked)


def income(
    id: str,
    created_at: Instant,
    report: IncomeReport,
    origin: Origin | None,
    account_ids: Mapping[str, str],
    currency: str,
    *,
    institution: str | None = None,
) -> dict[str, Any]:
    """Return an income report.

    `account_ids` turns the institution's keys of accounts into ours. `currency` is the one to say nothing in where
    there is no income. For movements that a client sent itself there is no `origin`, and `institution` is its own name.
    """
    open_finance = origin is not None and origin.open_finance
    totals = report.main(currency)
    listed = [one for one in report.streams if one.currency == totals.currency] or list(report.streams)
    regular = [one for one in listed if _frequency(one) in _REGULAR]
    irregular = [one for one in listed if _frequency(one) not in _REGULAR]
    sure = totals.by_confidence
    days = list(report.pay_working_days)

    def total(found: list[IncomeStream]) -> Decimal:
        return money(sum((one.total for one in found), Decimal(0)), totals.currency)

    def monthly(found: list[IncomeStream]) -> Decimal:
        return money(total(found) / report.periods_covered, totals.currency)

    return {
        "id": id,
        "link": None if origin is None else origin.link,
        "created_at": instant(created_at),
        "income_streams": [_stream(one, account_ids, open_finance) for one in report.streams],
        "institution": institution if origin is None else origin.face.display_name,
        "income_source_type": "BANK",
        "first_transaction_date": iso(report.first_on),
        "last_transaction_date": iso(report.last_on or report.span.last),
        # Where nothing is earned any day is as good as the first.
        "best_working_day_to_charge": days[0] if days else 1,
        "good_working_days_to_charge": days[1:4],
        "number_of_income_streams": len(report.streams),
        "monthly_average": totals.everything.monthly,
        "monthly_average_regular": monthly(regular),
        "monthly_average_irregular": monthly(irregular),
        "monthly_average_low_confidence": sure[Confidence.LOW].monthly,
        "monthly_average_medium_confidence": sure[Confidence.MEDIUM].monthly,
        "monthly_average_high_confidence": sure[Confidence.HIGH].monthly,
        "total_income_amount": totals.everything.total,
        "total_regular_income_amount": total(regular),
        "total_irregular_income_amount": total(irregular),
        "total_low_confidence": sure[Confidence.LOW].total,
        "total_medium_confidence": sure[Confidence.MEDIUM].total,
        "total_high_confidence": sure[Confidence.HIGH].total,
    }


def _frequency(one: IncomeStream) -> str:
    return _FREQUENCIES.get(one.cadence, "IRREGULAR")


def _stream(one: IncomeStream, account_ids: Mapping[str, str], open_finance: bool) -> dict[str, Any]:
    kind, frequency = KINDS[one.kind], _frequency(one)
    if not open_finance:
        kind, frequency = _OLDER.get(kind, kind), _OLDER.get(frequency, frequency)
    return {
        "account_id": account_ids.get(one.account_key, one.account_key),
        "income_type": kind,
        "frequency": frequency,
        "monthly_average": one.monthly_average,
        "monthly_median": one.monthly_median,
        "average_income_amount": one.average,
        "last_income_amount": one.last_amount,
        "currency": one.currency,
        "last_income_description": one.last_description,
        "last_income_date": iso(one.last_on),
        "stability": one.stability,
        "regularity": one.regularity,
        "trend": one.trend,
        "lookback_periods": one.periods_asked,
        "full_periods": one.periods_covered,
        "periods_with_income": one.periods_with_income,
        "number_of_incomes": one.occurrences,
        "confidence": CONFIDENCES[one.confidence],
    }
