"""Income: who pays the holder, how often, how much, and how sure it is that it goes on.

Every booked credit on a bank account is either in exactly one stream or among what is left out, because it was the
holder's own money, was given back, was lent, or is of a kind or confidence that was not asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache

import msgspec

from afluente.analysis import figures, streams, texts
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement, is_bank, within
from afluente.analysis.natures import Nature
from afluente.analysis.spans import Span, working_day_number
from afluente.analysis.streams import Confidence, Periods, Stream

STEADY = Decimal("0.8")
"""Stability from which amounts count as the same, and regularity from which a cadence counts as kept."""

TRAILING = (30, 60, 90, 180)
PAY_DAYS = 4


class IncomeKind(StrEnum):
    """What is earned. OTHER is named, but none of these; UNKNOWN says nothing of itself."""

    SALARY = "salary"
    BONUS = "bonus"
    GOVERNMENT = "government"
    RETIREMENT = "retirement"
    INTEREST = "interest"
    DIVIDENDS = "dividends"
    RENT = "rent"
    FREELANCE = "freelance"
    OTHER = "other"
    TRANSFER = "transfer"
    DEPOSIT = "deposit"
    UNKNOWN = "unknown"


SPEAKING = frozenset(IncomeKind) - {IncomeKind.TRANSFER, IncomeKind.DEPOSIT, IncomeKind.UNKNOWN}
"""Kinds that say why the money came."""

_FINER = {(IncomeKind.SALARY, IncomeKind.BONUS), (IncomeKind.INTEREST, IncomeKind.DIVIDENDS)}
"""Where the words may say more exactly what the category says."""


class IncomeStream(Stream, frozen=True, kw_only=True):
    """One source of income.

    `monthly_average` is the total over `periods_with_income`, `monthly_median` the middle of the sums of the calendar
    months in which anything came. `periods_asked` and `periods_covered` are rolling months, see `streams.Periods`.
    """

    kind: IncomeKind
    monthly_average: Decimal
    monthly_median: Decimal
    periods_asked: int
    periods_covered: int
    periods_with_income: int


class IncomeSums(msgspec.Struct, frozen=True, kw_only=True):
    """A total, and what it makes in each rolling month from which movements are known."""

    total: Decimal
    monthly: Decimal


class IncomeTotals(msgspec.Struct, frozen=True, kw_only=True):
    """All streams of one currency together. `regular` are those with a cadence; `trailing` by days back."""

    currency: str
    everything: IncomeSums
    regular: IncomeSums
    irregular: IncomeSums
    by_confidence: Mapping[Confidence, IncomeSums]
    by_kind: Mapping[IncomeKind, IncomeSums]
    trailing: Mapping[int, Decimal]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Credits that are no income, by nature and currency."""

    nature: Nature
    currency: str
    count: int
    total: Decimal


class IncomeReport(msgspec.Struct, frozen=True, kw_only=True):
    """The income of a span of days.

    `streams` are the surest first, then the largest. `totals` has one entry for each currency, that of the most money
    paid in most often first. `first_on` and `last_on` bound the movements of the span, of any direction; None without.
    `pay_days` are days of the month, `pay_working_days` working days of the month (the 5th one, say) on which most
    income arrives, most first, at most four of each.
    """

    span: Span
    streams: tuple[IncomeStream, ...]
    totals: tuple[IncomeTotals, ...]
    left_out: tuple[LeftOut, ...]
    first_on: date | None
    last_on: date | None
    pay_days: tuple[int, ...]
    pay_working_days: tuple[int, ...]
    periods_asked: int
    periods_covered: int

    def main(self, currency: str) -> IncomeTotals:
        """Return the totals of the currency that comes first, or zeros in `currency` where there is no income."""
        return self.totals[0] if self.totals else _totals(currency, (), 1, self.span.last, TRAILING)


def income(
    history: History,
    span: Span,
    *,
    least: Confidence = Confidence.LOW,
    kinds: Collection[IncomeKind] | None = None,
    trailing: Sequence[int] = TRAILING,
) -> IncomeReport:
    """Return the income of a span: streams of confidence `least` or more, of `kinds` (None: all of them).

    `trailing` are the spans, in days back from the span's last, over which totals are made as well.
    """
    inside = [one for one in within(history.movements, span) if is_bank(one.account)]
    credits_ = [one for one in inside if one.amount > 0]
    earned = [one for one in credits_ if one.nature is Nature.EXTERNAL]
    units = streams.periods(history, span)
    classify = _Classifier()
    wanted = [
        found
        for kind, movements in streams.groups((classify(one), one) for one in earned)
        if kinds is None or IncomeKind(kind) in kinds
        if (found := _stream(IncomeKind(kind), movements, span, units)).confidence.rank >= least.rank
    ]
    wanted.sort(key=lambda one: (-one.confidence.rank, -one.total, one.account_key, one.kind, one.source, one.currency))
    by_currency: dict[str, list[IncomeStream]] = {}
    for one in wanted:
        by_currency.setdefault(one.currency, []).append(one)
    totals = [_totals(currency, found, units.covered, span.last, trailing) for currency, found in by_currency.items()]
    totals.sort(key=lambda one: (-sum(found.occurrences for found in by_currency[one.currency]), one.currency))
    paid = _by_day(wanted)
    return IncomeReport(
        span=span,
        streams=tuple(wanted),
        totals=tuple(totals),
        left_out=_left_out(credits_),
        first_on=min((one.day for one in inside), default=None),
        last_on=max((one.day for one in inside), default=None),
        pay_days=_heaviest((day.day, amount) for day, amount in paid.items()),
        pay_working_days=_heaviest((working_day_number(day), amount) for day, amount in paid.items()),
        periods_asked=units.asked,
        periods_covered=units.covered,
    )


def kind_of(movement: Movement) -> IncomeKind:
    """Return what a credit says it is: by its category where that is telling, else by its words, else by its way."""
    category = texts.nearest(movement.category, _categories())
    said = _phrases().find(movement.words)
    if movement.note and said not in SPEAKING:
        said = _of_note(movement) or said
    filed = IncomeKind(category) if category else None
    spoken = IncomeKind(said) if said else None
    if filed is not None and (filed, spoken) not in _FINER and filed in SPEAKING:
        return filed
    if spoken in SPEAKING and spoken is not None:
        return spoken
    if filed is None and (movement.category or "").split(".")[0] == "income":
        return IncomeKind.OTHER
    if filed is None and (movement.category or "").split(".")[0] == "transfers":
        return IncomeKind.TRANSFER
    return filed or spoken or IncomeKind.UNKNOWN


def _of_note(movement: Movement) -> str | None:
    """Return what a payer's note says: only where, months and numbers aside, it says nothing else."""
    note = tuple(word for word in movement.note if word.isalpha() and word not in texts.noise())
    said = _phrases().find(note)
    return said if said and _whole().get(note) == said else None


class _Classifier:
    """Tells kinds; equal movements are looked at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def __call__(self, movement: Movement) -> str:
        said = (movement.words, movement.category, movement.note)
        found = self._known.get(said)
        if found is None:
            found = self._known[said] = kind_of(movement).value
        return found


def _stream(kind: IncomeKind, movements: Sequence[Movement], span: Span, units: Periods) -> IncomeStream:
    plain = streams.stream(movements, span.last)
    with_income = len({units.of(day) for day in plain.days})
    total = sum(plain.amounts, ZERO)
    values = {name: getattr(plain, name) for name in plain.__struct_fields__}
    values["confidence"] = _confidence(kind, plain, with_income / units.covered)
    return IncomeStream(
        **values,
        kind=kind,
        monthly_average=money(total / with_income, plain.currency),
        monthly_median=money(figures.median([month.total for month in plain.months]), plain.currency),
        periods_asked=units.asked,
        periods_covered=units.covered,
        periods_with_income=with_income,
    )


def _confidence(kind: IncomeKind, found: Stream, presence: float) -> Confidence:
    """Return how sure it is that a stream goes on; `presence` is the share of the rolling months that had some of it.

    High: it keeps a cadence well, has not stayed away, and either says why it comes or is always as much. Medium: it
    does one of the three and keeps a cadence it has not missed twice; or says why it comes, in two of three months.
    """
    regularity = found.regularity or ZERO
    speaks = kind in SPEAKING
    if found.cadence.is_regular:
        same = (found.stability or ZERO) >= STEADY
        well = regularity >= STEADY
        if found.missed == 0 and well and (speaks or same):
            return Confidence.HIGH
        return Confidence.MEDIUM if found.is_active and (speaks or same or well) else Confidence.LOW
    often = found.occurrences >= 3 and presence >= 2 / 3
    return Confidence.MEDIUM if speaks and often else Confidence.LOW


def _totals(
    currency: str, found: Sequence[IncomeStream], covered: int, last: date, trailing: Sequence[int]
) -> IncomeTotals:
    # a stream's own total is rounded, and nothing is computed from what is
    brought = [(one, sum(one.amounts, ZERO)) for one in found]

    def sums(chosen: Iterable[Decimal]) -> IncomeSums:
        total = sum(chosen, ZERO)
        return IncomeSums(total=money(total, currency), monthly=money(total / covered, currency))

    return IncomeTotals(
        currency=currency,
        everything=sums(total for _, total in brought),
        regular=sums(total for one, total in brought if one.cadence.is_regular),
        irregular=sums(total for one, total in brought if not one.cadence.is_regular),
        by_confidence={level: sums(total for one, total in brought if one.confidence is level) for level in Confidence},
        by_kind={
            kind: sums(total for one, total in brought if one.kind is kind)
            for kind in IncomeKind
            if any(one.kind is kind for one in found)
        },
        trailing=streams.trailing(found, currency, last, trailing),
    )


def _by_day(found: Iterable[IncomeStream]) -> Mapping[date, Decimal]:
    """Return what streams brought on each day."""
    paid: dict[date, Decimal] = {}
    for one in found:
        for day, amount in zip(one.days, one.amounts, strict=True):
            paid[day] = paid.get(day, ZERO) + amount
    return paid


def _heaviest(found: Iterable[tuple[int, Decimal]]) -> tuple[int, ...]:
    weights: dict[int, Decimal] = {}
    for place, amount in found:
        weights[place] = weights.get(place, ZERO) + amount
    return tuple(sorted(weights, key=lambda place: (-weights[place], place))[:PAY_DAYS])


def _left_out(found: Iterable[Movement]) -> tuple[LeftOut, ...]:
    amounts: dict[tuple[Nature, str], list[Decimal]] = {}
    for one in found:
        if one.nature is not Nature.EXTERNAL:
            amounts.setdefault((one.nature, one.currency), []).append(one.amount)
    return tuple(
        LeftOut(nature=nature, currency=currency, count=len(values), total=money(sum(values, ZERO), currency))
        for (nature, currency), values in sorted(amounts.items())
    )


@cache
def _phrases() -> texts.Phrases[str]:
    return texts.phrases("income")


@cache
def _categories() -> Mapping[str, str]:
    return texts.by_category("income_categories")


@cache
def _whole() -> Mapping[tuple[str, ...], str]:
    return {
        tuple(phrase.split()): value for value, found in texts.table()["income"].items() for phrase in reversed(found)
    }
