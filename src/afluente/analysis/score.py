"""One number for how an applicant's accounts look, and what it is made of.

It is no bureau's score and has been fitted to nobody's losses: it is a sum of parts that are written down here, so
that whoever uses it can say why it came out so. It goes from 300 to 900, the range that bureaus in Canada use.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from afluente.analysis import sight
from afluente.analysis.figures import ONE, ZERO
from afluente.analysis.sight import Sight
from afluente.analysis.spans import days_back

LOWEST, HIGHEST = 300, 900

_LONG = 365
"""Days of history from which it counts in full."""


class Part(msgspec.Struct, frozen=True):
    """One part: from 0 to `most` points."""

    name: str
    points: int
    most: int


class Score(msgspec.Struct, frozen=True):
    """The score and its parts; it is `LOWEST` and their sum."""

    points: int
    parts: tuple[Part, ...]


def score(seen: Sight, loan_amount: Decimal = ZERO) -> Score:
    """Return the score of a holder who asks to borrow `loan_amount` (zero: nothing in particular).

    The parts: `history`, how long ago the first movement was (a year: all of it); `income`, how well the best paying
    income stream keeps its rhythm; `surplus`, the share of deposits that is not spent (a fifth: all of it); `balance`,
    the share of days that did not end below zero; `returned`, less a third for each payment that came back in 90 days;
    `debt`, what loans take of deposits (nothing: all of it, two fifths: none); `lenders`, less half for each payday
    lender paid in 90 days; `gambling`, what it takes of spending (nothing: all of it, a tenth: none); `burden`, the
    loan by the deposits of a month (nothing: all of it, twelve months' deposits: none). That trouble was not seen is no
    merit where nothing was: without a movement there are no points.
    """
    if not seen.movements:
        return Score(points=LOWEST, parts=())
    year, quarter = days_back(seen.on, _LONG), days_back(seen.on, 90)
    deposits, spending = seen.about(["deposit"], year), seen.about(["spending"], year)
    came, went = sight.total(deposits), sight.total(spending)
    streams = [one for one in seen.earned.streams if one.is_active]
    best = max(streams, key=lambda one: (one.total, one.source), default=None)
    balance = seen.balances_in(quarter)
    owed = sight.total(seen.about(["paid.loan", "paid.mortgage", "out.auto-loan", "out.student-loan"], year))
    lenders = {one.source for one in seen.about(["out.payday-payment"], quarter)}
    gambling = sight.total(seen.about(["signal.gambling"], year))
    returned = len(seen.about(["signal.returned-payment"], quarter))
    months = seen.months_in(year)
    parts = (
        _part("history", 60, Decimal((seen.on - seen.movements[0].day).days + 1) / _LONG),
        _part("income", 120, (best.regularity or ZERO) if best is not None else ZERO),
        _part("surplus", 90, (came - went) / came * 5 if came else ZERO),
        _part("balance", 90, ONE - Decimal(balance.days_below_zero) / balance.days if balance.days else ZERO),
        _part("returned", 60, ONE - Decimal(returned) / 3),
        _part("debt", 60, ONE - owed / came * Decimal("2.5") if came else ZERO),
        _part("lenders", 40, ONE - Decimal(len(lenders)) / 2),
        _part("gambling", 40, ONE - gambling / went * 10 if went else ONE),
        _part("burden", 40, ONE - loan_amount / (came / months) / 12 if came else ZERO if loan_amount else ONE),
    )
    return Score(points=LOWEST + sum(part.points for part in parts), parts=parts)


def _part(name: str, most: int, share: Decimal) -> Part:
    bounded = min(ONE, max(ZERO, share))
    return Part(name, int((bounded * most).to_integral_value(ROUND_HALF_EVEN)), most)
