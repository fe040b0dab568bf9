"""What a movement is about: one list of subjects over income kinds, expense kinds, signals and a lender's own words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from afluente.analysis import income, recurring, signals, texts
from afluente.analysis.history import Movement
from afluente.analysis.natures import Nature

TABLE = Path(__file__).with_name("subjects.toml")

DEPOSIT, SPENDING = "deposit", "spending"
"""Money that came from somebody else, and money that went to somebody else: the widest subjects."""

Subjects = frozenset[str]


def of(movements: Iterable[Movement]) -> list[tuple[Movement, Subjects]]:
    """Return each movement with its subjects.

    Beside `deposit` and `spending` these are `income.<kind>` of a deposit, `paid.<kind>` of a spending,
    `signal.<signal>`, and the subjects of `subjects.toml` under `in.` and `out.`. Movements of equal words are looked
    at once.
    """
    known: dict[tuple[object, ...], Subjects] = {}
    result = []
    for one in movements:
        card = one.record.card
        said = (
            one.words,
            one.plain,
            one.note,
            one.category,
            one.amount > 0,
            one.nature,
            one.record.merchant is None,
            one.account.kind,
            card is not None and (card.installments or 1) > 1,
        )
        found = known.get(said)
        if found is None:
            found = known[said] = _of_one(one)
        result.append((one, found))
    return result


def names() -> tuple[str, ...]:
    """Return every subject there is, in order."""
    table = _table()
    return (
        DEPOSIT,
        SPENDING,
        *(f"income.{kind}" for kind in income.IncomeKind),
        *(f"paid.{kind}" for kind in recurring.ExpenseKind),
        *(f"signal.{signal}" for signal in signals.Signal),
        *(f"in.{name}" for name in table["in"]),
        *(f"out.{name}" for name in table["out"]),
    )


def _of_one(one: Movement) -> Subjects:
    gained = one.amount > 0
    found = {f"signal.{signal}" for signal in signals.signals_of(one)}
    found.update(f"{'in' if gained else 'out'}.{name}" for name in _phrases()[gained].every(one.plain))
    if one.nature is Nature.EXTERNAL and one.amount:
        if gained:
            found |= {DEPOSIT, f"income.{income.kind_of(one)}"}
        else:
            found |= {SPENDING, f"paid.{recurring.kind_of(one)}"}
    return frozenset(found)


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def _phrases() -> Mapping[bool, texts.Phrases[str]]:
    """The phrases by whether money came in; each names its subject."""
    return {
        gained: texts.Phrases((phrase, name) for name, found in _table()[way].items() for phrase in found)
        for gained, way in ((True, "in"), (False, "out"))
    }
