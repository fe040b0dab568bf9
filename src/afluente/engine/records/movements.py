"""Movements whose key the institution has changed, or given to another: they keep the id that clients know, as accounts
do.

A movement that is listed under a key we do not know, and one that we hold and is listed no more, are the same if they
look it: same account, day, amount, currency and description. Only such pairs are made, one to one, so what we hold is
always what the institution lists, and two equal movements stay two. The row keeps its id, made of the first key, and
notes the present one: by that it is known the next time, whatever else changes. A movement that looks otherwise than
the one we hold under its key is that one all the same, unless that one is listed under another key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from itertools import count
from typing import TypeVar

import msgspec

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY
from afluente.core.identity import derived_id
from afluente.core.money import to_units
from afluente.store.database import Row
from afluente.store.transactions import COLUMNS, Held

KEY_CHANGED = "product.transactions.key-changed"


class Paired(msgspec.Struct, frozen=True):
    """`ids` has, by present key, the id of each movement that was recognised, `anew` how many of them were called
    otherwise before. `unclear` are the ids of movements that may be among the unknown, but nobody can tell which."""

    ids: dict[str, str]
    anew: int = 0
    unclear: tuple[str, ...] = ()


def paired(unknown: Sequence[Transaction], gone: Sequence[Held]) -> Paired:
    """Return which of the movements that are not known by their key are which of those that are listed no more.

    Both are of one account. Equal ones are told apart by their order, where as many are gone as have come; where not,
    none is taken to be any of the others. Who is called as before is known first if it looks as before, and last if it
    does not: somebody else may have its key now.
    """
    by_key = {one.key: one for one in gone}
    called = [(one, by_key[one.key]) for one in unknown if one.key in by_key]
    ids = {one.key: there.id for one, there in called if _at_all[0](one) == _at_all[1](there)}
    known = set(ids.values())
    left, missing = [one for one in unknown if one.key not in ids], [one for one in gone if one.id not in known]
    before = len(ids)
    unclear = set[str]()
    # what is the same to the instant and the balance behind it first: that tells apart what a day has more than once
    for looks in (_closely, _at_all):
        if not left or not missing:
            break
        come, went = _grouped(left, looks[0]), _grouped(missing, looks[1])
        common = come.keys() & went.keys()
        for look in common:
            if len(come[look]) == len(went[look]):
                ids.update({new.key: old.id for new, old in zip(come[look], went[look], strict=True)})
        known = set(ids.values())
        unclear = {one.id for look in common for one in went[look] if one.id not in known}
        left, missing = [one for one in left if one.key not in ids], [one for one in missing if one.id not in known]
    anew = len(ids) - before
    ids |= {one.key: there.id for one, there in called if one.key not in ids and there.id not in known}
    return Paired(ids, anew, tuple(sorted(unclear - set(ids.values()))))


def is_another(there: Row, row: Row) -> bool:
    """Tell whether what lies before the span under a row's id is another movement: it is called otherwise now, or
    nothing of it is the same though it was posted. What is pending may come to be posted as anything."""
    if there[_KEY] != row[_KEY]:
        return True
    same = (there[2] // DAY == row[2] // DAY, there[3:6] == row[3:6], _words(there[6]) == _words(row[6]))
    return not there[_PENDING] and not any(same)


def apart(row: Row, there: Container[str]) -> Row:
    """Return a row under an id that none of those `there` has, made of its key and its instant."""
    names = (f"{row[_KEY]}@{row[2]}" + f"#{number}" * bool(number) for number in count())
    ids = (derived_id(row[1], "transaction", name) for name in names)
    return (next(id for id in ids if id not in there), *row[1:])


def displaced(rows: Iterable[Row], held: Mapping[str, Row]) -> list[Row]:
    """Return the rows under whose id we hold something that is called otherwise or looks otherwise."""
    return [row for row in rows if (there := held.get(row[0])) is not None and _look_of(there) != _look_of(row)]


def _look_of(row: Row) -> Hashable:
    return row[_KEY], row[2] // DAY, row[3:6], _words(row[6])


_KEY, _PENDING = COLUMNS.index("key"), COLUMNS.index("pending")


_New = Callable[[Transaction], Hashable]
_Old = Callable[[Held], Hashable]

_at_all: tuple[_New, _Old] = (
    lambda new: (new.occurred_at // DAY, to_units(new.amount), new.currency, _words(new.description)),
    lambda old: (old.occurred_at // DAY, (old.units, old.scale), old.currency, _words(old.description)),
)
_closely: tuple[_New, _Old] = (
    lambda new: (_at_all[0](new), new.occurred_at, _written(new.balance_after)),
    lambda old: (_at_all[1](old), old.occurred_at, old.balance_after),
)


def _words(description: str) -> str:
    return " ".join(description.replace("\0", "").split()).casefold()


def _written(balance: object) -> str | None:
    return None if balance is None else str(balance)


_T = TypeVar("_T", Transaction, Held)


def _grouped(movements: Iterable[_T], look: Callable[[_T], Hashable]) -> dict[Hashable, list[_T]]:
    groups: defaultdict[Hashable, list[_T]] = defaultdict(list)
    for one in sorted(movements, key=lambda movement: (movement.occurred_at, movement.order)):
        groups[look(one)].append(one)
    return groups
