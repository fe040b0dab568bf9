"""Recurring expenses: what the holder pays again and again, on bank accounts and on cards.

A party that is paid again is not yet an expense that recurs: shops are visited. So what is owed by contract, a rent
or a bill, has to keep a cadence only; everything else has to keep its amount as well. A purchase in instalments recurs
until the last of them is paid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache

from afluente.analysis import streams, texts
from afluente.analysis.figures import ZERO
from afluente.analysis.history import History, Movement, is_bank, within
from afluente.analysis.natures import Nature
from afluente.analysis.spans import Span
from afluente.analysis.streams import Confidence, Stream

SAME_AMOUNT = Decimal("0.9")
"""Stability from which an amount counts as agreed."""

SURE = Decimal("0.8")


class ExpenseKind(StrEnum):
    """What is paid for. PENALTY is for lateness or an overdraft, PURCHASE at a shop; OTHER says nothing of itself."""

    SUBSCRIPTION = "subscription"
    UTILITY = "utility"
    TELECOM = "telecom"
    RENT = "rent"
    MORTGAGE = "mortgage"
    LOAN = "loan"
    CARD_BILL = "card-bill"
    INSTALMENTS = "instalments"
    INSURANCE = "insurance"
    EDUCATION = "education"
    FITNESS = "fitness"
    TAX = "tax"
    FEE = "fee"
    PENALTY = "penalty"
    TRANSFER = "transfer"
    PURCHASE = "purchase"
    OTHER = "other"


BY_CONTRACT = frozenset(ExpenseKind) - {
    ExpenseKind.PENALTY,
    ExpenseKind.TRANSFER,
    ExpenseKind.PURCHASE,
    ExpenseKind.OTHER,
}
"""Kinds that are owed, and so may be of any amount."""


class RecurringExpense(Stream, frozen=True, kw_only=True):
    """One recurring expense. `days_since_last` counts to the end of the span.

    `is_subscription`: the same amount each time for a service, as against a bill that varies. `instalment` and
    `instalments` are the last one's, on a purchase that is paid in so many.
    """

    kind: ExpenseKind
    days_since_last: int
    is_subscription: bool
    instalment: int | None = None
    instalments: int | None = None


def expenses(
    history: History,
    span: Span,
    *,
    least: Confidence = Confidence.LOW,
    kinds: Collection[ExpenseKind] | None = None,
) -> tuple[RecurringExpense, ...]:
    """Return the recurring expenses of a span, of confidence `least` or more and of `kinds` (None: all of them).

    The surest come first, then those with the largest total.
    """
    known: dict[tuple[object, ...], str] = {}

    def classify(one: Movement) -> str:
        instalments = one.record.card is not None and (one.record.card.installments or 1) > 1
        said = (one.words, one.plain, one.category, one.record.merchant is None, instalments, is_bank(one.account))
        found = known.get(said)
        if found is None:
            found = known[said] = kind_of(one).value
        return found

    paid = [
        (classify(one), one)
        for one in within(history.movements, span)
        if one.amount < 0 and one.nature is Nature.EXTERNAL
    ]
    found = [
        expense
        for kind, movements in streams.groups(paid)
        if len(movements) > 2 and (kinds is None or ExpenseKind(kind) in kinds)
        if (expense := _expense(ExpenseKind(kind), movements, span)) is not None
        if expense.confidence.rank >= least.rank
    ]
    found.sort(key=lambda one: (-one.confidence.rank, -one.total, one.account_key, one.kind, one.source, one.currency))
    return tuple(found)


def kind_of(movement: Movement) -> ExpenseKind:
    """Return what a debit pays for: by its category where that is telling, else by its words, else by its way."""
    card = movement.record.card
    if card is not None and (card.installments or 1) > 1:
        return ExpenseKind.INSTALMENTS
    filed = texts.nearest(movement.category, _categories())
    if filed is not None and filed != ExpenseKind.PURCHASE:
        return ExpenseKind(filed)
    said = _phrases().find(movement.words)
    if said is None or said == ExpenseKind.TRANSFER:
        # A seller's name may say what it sells; a person's says nothing.
        said = (_phrases().find(movement.plain) if movement.record.merchant is not None else None) or said
    if said is not None and said != ExpenseKind.TRANSFER:
        return ExpenseKind(said)
    if filed is not None or movement.record.merchant is not None or not is_bank(movement.account):
        return ExpenseKind.PURCHASE
    if said is not None or (movement.category or "").split(".")[0] == "transfers":
        return ExpenseKind.TRANSFER
    return ExpenseKind.OTHER


def _expense(kind: ExpenseKind, movements: list[Movement], span: Span) -> RecurringExpense | None:
    """Return the expense; None where it does not recur."""
    plain = streams.stream(movements, span.last)
    same = (plain.stability or ZERO) >= SAME_AMOUNT
    if not plain.cadence.is_regular or not (same or kind in BY_CONTRACT):
        return None
    card = movements[-1].record.card if kind is ExpenseKind.INSTALMENTS else None
    if card is not None and card.installment is not None and card.installment == card.installments:
        return None  # all of it is paid
    values = {name: getattr(plain, name) for name in plain.__struct_fields__}
    values["confidence"] = _confidence(plain, same)
    return RecurringExpense(
        **values,
        kind=kind,
        days_since_last=(span.last - plain.last_on).days,
        is_subscription=same and kind in (ExpenseKind.SUBSCRIPTION, ExpenseKind.FITNESS, ExpenseKind.PURCHASE),
        instalment=card.installment if card else None,
        instalments=card.installments if card else None,
    )


def _confidence(found: Stream, same: bool) -> Confidence:
    """Return how sure it is that an expense goes on.

    High: the cadence is kept well and has not been missed, over four times or at the same amount. Low: missed twice.
    """
    if not found.is_active:
        return Confidence.LOW
    well = found.missed == 0 and (found.regularity or ZERO) >= SURE
    return Confidence.HIGH if well and (same or found.occurrences >= 4) else Confidence.MEDIUM


@cache
def _phrases() -> texts.Phrases[str]:
    return texts.phrases("expense")


@cache
def _categories() -> Mapping[str, str]:
    return texts.by_category("expense_categories")
