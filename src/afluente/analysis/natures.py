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
from msgspec.structs import force_setattr

from afluente.analysis import texts
from afluente.analysis.texts import Words
from afluente.core.accounts import Account, AccountKind, CardPurchase, Merchant
from afluente.core.clock import Instant

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


class Movement(msgspec.Struct, frozen=True, gc=False):
    """One movement. `amount` is signed as in the record, in `currency`: the account's, where it is known in it.

    `source` is who stands at the other end in a form that can be compared, `name` the same for people to read.
    `plain` are the words of the description and of the seller's name, `words` the same without the name of who stands
    at the other end, `note` what the payer wrote, `record` what else the record tells that is looked at. `party` is the
    other end by number or name, `is_own` whether that is the holder; `order` tells apart what happened at the same
    instant. The `nature` is known when all movements are there, see `tell`.
    """

    key: str
    account: Account
    day: date
    amount: Decimal
    currency: str
    description: str
    category: str | None
    source: str
    name: str
    plain: Words
    words: Words
    note: Words
    record: Facts
    party: str | None
    is_own: bool
    occurred_at: Instant
    order: int
    nature: Nature = Nature.EXTERNAL


def tell(movements: Sequence[Movement]) -> None:
    """Tell each movement its nature; they are handed in oldest first, all that there are.

    They are told in their place: there may be hundreds of thousands, and nobody has seen them yet.
    """
    for one, nature in zip(movements, _of(movements), strict=True):
        if nature is not Nature.EXTERNAL:
            force_setattr(one, "nature", nature)


def _of(movements: Sequence[Movement]) -> list[Nature]:
    alone: dict[tuple[object, ...], Nature] = {}
    natures: list[Nature] = []
    for one in movements:
        said = (one.words, one.category, one.is_own, one.amount > 0, one.account.kind, one.record.merchant is None)
        nature = alone.get(said)
        if nature is None:
            nature = alone[said] = _alone(one)
        natures.append(nature)
    _pair_transfers(movements, natures)
    _find_given_back(movements, natures)
    return natures


def _alone(one: Movement) -> Nature:
    """Return what a movement says of itself."""
    gained = one.amount > 0
    said = _phrases().find(one.words)
    if gained and said == Nature.REFUND:
        return Nature.REFUND
    if one.is_own or said == Nature.OWN_TRANSFER:
        return Nature.OWN_TRANSFER
    if gained and one.account.kind is AccountKind.CREDIT_CARD:
        # Money on a card that is nothing given back is the payment of its bill.
        return Nature.REFUND if one.record.merchant is not None else Nature.OWN_TRANSFER
    filed = texts.nearest(one.category, _categories())
    for meant in (filed, said):
        if meant in (Nature.FINANCING, Nature.REFUND) and not gained:
            continue  # what is paid on a loan or to a shop is an expense
        if meant is not None:
            return Nature(meant)
    return Nature.EXTERNAL


def _pair_transfers(movements: Sequence[Movement], natures: list[Nature]) -> None:
    """Find both ends of transfers between two of the accounts of which neither says whose the other is."""
    sent: dict[tuple[Decimal, str, date, str], list[int]] = defaultdict(list)
    received: list[int] = []
    for index in range(len(movements) - 1, -1, -1):
        one = movements[index]
        if natures[index] is Nature.EXTERNAL and one.party is None and _is_transfer(one):
            if one.amount < 0:
                sent[-one.amount, one.currency, one.day, one.account.key].append(index)
            elif one.amount > 0:
                received.append(index)
    others = sorted({one.account.key for one in movements})
    for index in reversed(received):
        one = movements[index]
        for away in _NEAREST_FIRST:
            day = one.day + away
            places = (sent.get((one.amount, one.currency, day, key)) for key in others if key != one.account.key)
            found = next((place for place in places if place), None)
            if found:
                natures[index] = natures[found.pop()] = Nature.OWN_TRANSFER
                break


def _find_given_back(movements: Sequence[Movement], natures: list[Nature]) -> None:
    """Find what a party sends back, to the cent, after it was paid it from the same account."""
    between = [
        (index, one)
        for index, (one, nature) in enumerate(zip(movements, natures, strict=True))
        if one.party is not None and nature is Nature.EXTERNAL
    ]
    received = {(one.account.key, one.party, one.amount, one.currency) for _, one in between if one.amount > 0}
    # of what was paid hardly anything is ever received: the rest is not kept in mind
    paid: dict[tuple[str, str | None, Decimal, str], list[date]] = defaultdict(list)
    for index, one in between:
        if one.amount < 0:
            what = (one.account.key, one.party, -one.amount, one.currency)
            if what in received:
                paid[what].append(one.day)
        elif paid and one.amount > 0:
            before = paid.get((one.account.key, one.party, one.amount, one.currency))
            if before and (one.day - before[-1]).days <= GIVEN_BACK_WITHIN:
                before.pop()
                natures[index] = Nature.REFUND


def _is_transfer(one: Movement) -> bool:
    if one.account.kind is AccountKind.CREDIT_CARD or one.record.merchant is not None:
        return False
    category = one.category or "transfers"
    return category.startswith("transfers") and (one.category is not None or _transfers().find(one.plain) == "transfer")


@cache
def _phrases() -> texts.Phrases[str]:
    return texts.phrases("nature")


@cache
def _categories() -> dict[str, str]:
    return dict(texts.by_category("nature_categories"))


@cache
def _transfers() -> texts.Phrases[str]:
    return texts.phrases("expense")
