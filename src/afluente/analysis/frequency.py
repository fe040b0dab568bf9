"""How often a movement comes: how many there are between the same account and the same party, the same way."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afluente.analysis.history import History, Movement


class Frequency(msgspec.Struct, frozen=True):
    """`count` movements, in `months` different calendar months, of which `running` follow one another up to the
    latest of them."""

    count: int
    months: int
    running: int


def frequencies(history: History) -> Mapping[tuple[str, str], Frequency]:
    """Return the frequency of every movement, pending ones too, by its account's key and its own.

    Movements belong together when account, currency, direction and party are the same.
    """
    together: dict[tuple[str, str, bool, str], list[Movement]] = {}
    for one in history.all:
        together.setdefault((one.account.key, one.currency, one.amount > 0, one.source), []).append(one)
    found: dict[tuple[str, str], Frequency] = {}
    for movements in together.values():
        frequency = _of(movements)
        for one in movements:
            found[one.account.key, one.key] = frequency
    return found


def _of(movements: list[Movement]) -> Frequency:
    months = sorted({one.day.year * 12 + one.day.month for one in movements}, reverse=True)
    running = next((place for place in range(1, len(months)) if months[place] != months[0] - place), len(months))
    return Frequency(count=len(movements), months=len(months), running=running)
