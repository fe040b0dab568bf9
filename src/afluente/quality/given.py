"""The order in which an institution listed movements: known only while they arrive, as what is stored is in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY

Pair = tuple[Transaction, Transaction]


def in_wrong_order(listed: Iterable[Transaction]) -> dict[str, list[Pair]]:
    """Return, by account, the neighbours of a list that stand in each other's places.

    Institutions list an account's movements with the latest first or last. Whichever way most of a list goes, a
    movement is in the wrong place that is a whole day or more on the other side of the one listed before it; less may
    be the hour at which a day begins there. Pending movements are listed apart, and a card's by
    its bills, where an instalment has the day of its purchase: they prove nothing.
    """
    lists: dict[str, list[Transaction]] = defaultdict(list)
    for one in listed:
        if not one.pending and one.card is None:
            lists[one.account_key].append(one)
    found = {key: _broken(rows) for key, rows in lists.items()}
    return {key: pairs for key, pairs in found.items() if pairs}


def _broken(rows: list[Transaction]) -> list[Pair]:
    listed = [one.occurred_at for one in rows]
    if listed in (sorted(listed), sorted(listed, reverse=True)):
        return []
    forwards, backwards = list[Pair](), list[Pair]()
    for pair in pairwise(rows):
        later = pair[1].occurred_at - pair[0].occurred_at
        if later >= DAY:
            forwards.append(pair)
        elif later <= -DAY:
            backwards.append(pair)
    # of two days either may come first
    return min(forwards, backwards, key=len) if len(forwards) != len(backwards) else []
