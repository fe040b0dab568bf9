"""Whose money it was: somebody else's, or the holder's own all along.

Three things are own money: what moves between the holder's accounts, what is given back after it was paid, and what
goes into or comes out of investments. A loan that is paid out is the lender's. None of these is income.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

import msgspec

from afluente.analysis import texts
from afluente.analysis.texts import Words
from afluente.core.accounts import Account, AccountKind, CardPurchase, Merchant

PAIRED_WITHIN = 3
"""Days that may lie between the two ends of a transfer: a weekend."""

_NEAREST_FIRST = tuple(
    timedelta(days=sign * days) for days in range(PAIRED_WITHIN + 1) for sign in ((-1, 1) if days else (1,))
)

GIVEN_BACK_WITHIN = 30
"""Days after which an equal amount from the same party is no longer taken for the earlier one given back."""


class Nature(StrEnum):
    """What a movement is to the holder's purse."""

    EXTERNAL = "external"
    OWN_TRANSFER = "own-transfer"
    REFUND = "refund"
    INVESTMENT = "investment"
    FINANCING = "financing"


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What a record tells beside amount, day, words and parties: most of a record is never looked at."""

    pending: bool
    balance_after: Decimal | None
    card: CardPurchase | None
    merchant: Merchant | None


class Draft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A movement before its nature is known. `party` is the other end in comparable form; `is_own`: the holder.

    `order` tells apart what happened at the same instant; the rest is the movement's.
    """

    key: str
    account: Account
    day: date
    amount: Decimal
    currency: str
    description: str
    category: str | None
    party: str | None
    is_own: bool
    plain: Words
    spoken: Words
    note: Words
    source: str
    name: str
    record: Facts
    occurred_at: int
    order: int


def of(drafts: Sequence[Draft]) -> list[Nature]:
    """Return the nature of each draft; they are handed in oldest first."""
    alone: dict[tuple[object, ...], Nature] = {}
    natures: list[Nature] = []
    for draft in drafts:
        said = (
            draft.spoken,
            draft.category,
            draft.is_own,
            draft.amount > 0,
            draft.account.kind,
            draft.record.merchant is None,
        )
        nature = alone.get(said)
        if nature is None:
            nature = alone[said] = _alone(draft)
        natures.append(nature)
    _pair_transfers(drafts, natures)
    _find_given_back(drafts, natures)
    return natures


def _alone(draft: Draft) -> Nature:
    """Return what a movement says of itself."""
    gained = draft.amount > 0
    said = _phrases().find(draft.spoken)
    if gained and said == Nature.REFUND:
        return Nature.REFUND
    if draft.is_own or said == Nature.OWN_TRANSFER:
        return Nature.OWN_TRANSFER
    if gained and draft.account.kind is AccountKind.CREDIT_CARD:
        # Money on a card that is nothing given back is the payment of its bill.
        return Nature.REFUND if draft.record.merchant is not None else Nature.OWN_TRANSFER
    filed = texts.nearest(draft.category, _categories())
    for meant in (filed, said):
        if meant in (Nature.FINANCING, Nature.REFUND) and not gained:
            continue  # what is paid on a loan or to a shop is an expense
        if meant is not None:
            return Nature(meant)
    return Nature.EXTERNAL


def _pair_transfers(drafts: Sequence[Draft], natures: list[Nature]) -> None:
    """Find both ends of transfers between two of the accounts of which neither says whose the other is."""
    sent: dict[tuple[Decimal, str, date, str], list[int]] = defaultdict(list)
    received: list[int] = []
    for index in range(len(drafts) - 1, -1, -1):
        draft = drafts[index]
        if natures[index] is Nature.EXTERNAL and draft.party is None and _is_transfer(draft):
            if draft.amount < 0:
                sent[-draft.amount, draft.currency, draft.day, draft.account.key].append(index)
            elif draft.amount > 0:
                received.append(index)
    others = sorted({draft.account.key for draft in drafts})
    for index in reversed(received):
        draft = drafts[index]
        for away in _NEAREST_FIRST:
            day = draft.day + away
            places = (sent.get((draft.amount, draft.currency, day, key)) for key in others if key != draft.account.key)
            found = next((place for place in places if place), None)
            if found:
                natures[index] = natures[found.pop()] = Nature.OWN_TRANSFER
                break


def _find_given_back(drafts: Sequence[Draft], natures: list[Nature]) -> None:
    """Find what a party sends back, to the cent, after it was paid it from the same account."""
    paid: dict[tuple[str, str, Decimal, str], list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        if natures[index] is not Nature.EXTERNAL or draft.party is None:
            continue
        what = (draft.account.key, draft.party, abs(draft.amount), draft.currency)
        if draft.amount < 0:
            paid[what].append(index)
        elif draft.amount > 0:
            before = paid.get(what)
            if before and (draft.day - drafts[before[-1]].day).days <= GIVEN_BACK_WITHIN:
                before.pop()
                natures[index] = Nature.REFUND


def _is_transfer(draft: Draft) -> bool:
    if draft.account.kind is AccountKind.CREDIT_CARD or draft.record.merchant is not None:
        return False
    category = draft.category or "transfers"
    return category.startswith("transfers") and (
        draft.category is not None or _transfers().find(draft.plain) == "transfer"
    )


@cache
def _phrases() -> texts.Phrases[str]:
    return texts.phrases("nature")


@cache
def _categories() -> dict[str, str]:
    return dict(texts.by_category("nature_categories"))


@cache
def _transfers() -> texts.Phrases[str]:
    return texts.phrases("expense")
