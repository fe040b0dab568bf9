"""How often something comes: which rhythm a list of days has, how well it keeps it, and when it should come next.

Each rhythm is laid over the days where most of them fit. A rhythm has a slot for each time it should have come between
the first day and the last; a slot is kept where a day lies near enough. Regularity is the slots kept, of all slots or
all days, whichever are more: what is missing and what is too much both lower it. Of the rhythms, the one that is kept
best and with the smallest distances wins, if it is kept well enough at all.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from afluente.analysis.figures import ONE, ZERO, ratio
from afluente.analysis.spans import month_at

WELL_ENOUGH = Decimal("0.7")
"""Below this regularity nothing is called a rhythm."""


class Cadence(StrEnum):
    """How often something comes. Biweekly is every 14 days, semi-monthly twice a month."""

    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    SEMI_MONTHLY = "semi-monthly"
    MONTHLY = "monthly"
    BIMONTHLY = "bimonthly"
    QUARTERLY = "quarterly"
    IRREGULAR = "irregular"
    SINGLE = "single"

    @property
    def is_regular(self) -> bool:
        """Whether it is a rhythm."""
        return self not in (Cadence.IRREGULAR, Cadence.SINGLE)


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of days shows.

    `regularity` is from 0 to 1, None for a single day. `expected_next` is the first day after the last one on which it
    should come, also where that has passed; `missed` how often it should have come since and has not. Both are for
    a regular cadence only. `usual_days` are the days of the month it comes on, none for a cadence of weeks.
    """

    cadence: Cadence
    regularity: Decimal | None
    expected_next: date | None = None
    missed: int = 0
    usual_days: tuple[int, ...] = ()


class _Fit(msgspec.Struct, frozen=True):
    """One rhythm laid over the days. `slots` maps no slot twice; `last` is the slot of the last day."""

    cadence: Cadence
    regularity: Decimal
    closeness: Decimal
    anchor: int
    last: int


class _Weeks(msgspec.Struct, frozen=True):
    """A rhythm of so many days."""

    cadence: Cadence
    period: int
    near: int
    least: int

    def anchor(self, days: Sequence[int]) -> int:
        return _densest([day % self.period for day in days], self.period, self.near)

    def slot(self, anchor: int, day: int) -> int:
        return (day - anchor + self.period // 2) // self.period

    def due(self, anchor: int, slot: int) -> int:
        return anchor + slot * self.period

    def usual(self, anchor: int) -> tuple[int, ...]:
        return ()


class _Months(msgspec.Struct, frozen=True):
    """A rhythm of the calendar: `times` in each month, or every `step` months."""

    cadence: Cadence
    period: int
    near: int
    least: int
    step: int = 1
    times: int = 1

    def anchor(self, days: Sequence[int]) -> int:
        on = [date.fromordinal(day) for day in days]
        if self.times == 2:
            return _densest([(day.day - 1) % 15 for day in on], 15, self.near) + 1
        # The last day of a short month stands for the 31st.
        places = [30 if day.day == monthrange(day.year, day.month)[1] else day.day - 1 for day in on]
        place = _densest(places, 31, self.near) + 1
        if self.step == 1:
            return place
        # Which of the months: the anchor carries it above the day.
        of_each = [self._nearest(place, day)[0] % self.step for day in days]
        month = min(Counter(of_each).items(), key=lambda found: (-found[1], found[0]))[0]
        return place + 100 * month

    def slot(self, anchor: int, day: int) -> int:
        place, phase = anchor % 100, anchor // 100
        if self.step == 1:
            return self._nearest(place, day)[0]
        near = self._nearest(place, day)[0] - phase
        below = near // self.step
        return min((below, below + 1), key=lambda slot: abs(self.due(anchor, slot) - day))

    def due(self, anchor: int, slot: int) -> int:
        if self.step > 1:
            return self._due(anchor % 100, slot * self.step + anchor // 100)
        return self._due(anchor, slot)

    def usual(self, anchor: int) -> tuple[int, ...]:
        return (anchor, anchor + 15 if anchor < 15 else 31) if self.times == 2 else (anchor % 100,)

    def _nearest(self, place: int, day: int) -> tuple[int, int]:
        """Return the month (or half of a month) whose due day lies nearest, and how far off it is."""
        on = date.fromordinal(day)
        slot = (on.year * 12 + on.month - 1) * self.times + (self.times == 2 and on.day > 15)
        ahead = self._due(place, slot) - day
        # Half a period further off, the neighbour on that side is nearer.
        if abs(ahead) * 2 > self.period // self.step:
            other = slot - 1 if ahead > 0 else slot + 1
            away = abs(self._due(place, other) - day)
            if away < abs(ahead):
                return other, away
        return slot, abs(ahead)

    def _due(self, place: int, slot: int) -> int:
        month, half = divmod(slot, self.times)
        before, length = month_at(month)
        wanted = length if half and place == 15 else place + 15 * half
        return before + min(wanted, length)


_RHYTHMS: tuple[_Weeks | _Months, ...] = (
    _Months(Cadence.MONTHLY, 30, 4, 3),
    _Weeks(Cadence.WEEKLY, 7, 1, 4),
    _Weeks(Cadence.BIWEEKLY, 14, 2, 4),
    _Months(Cadence.SEMI_MONTHLY, 15, 3, 4, times=2),
    _Months(Cadence.BIMONTHLY, 61, 6, 3, step=2),
    _Months(Cadence.QUARTERLY, 91, 8, 3, step=3),
)
"""Period in days, how near a day must be to its slot, and how many days it takes to tell."""


def rhythm(days: Sequence[date], until: date) -> Rhythm:
    """Return the rhythm of these days, in any order and with repetitions, as it looks on the day `until`."""
    distinct = sorted({day.toordinal() for day in days})
    if len(distinct) < 2:
        return Rhythm(
            cadence=Cadence.SINGLE if len(days) < 2 else Cadence.IRREGULAR,
            regularity=None if len(days) < 2 else ratio(ZERO),
        )
    fits = [(fit, form) for form in _RHYTHMS if (fit := _lay(form, distinct)) is not None]
    if not fits:
        return Rhythm(cadence=Cadence.IRREGULAR, regularity=ratio(ZERO))
    # The order of the list decides between equals: max keeps the first.
    best, form = max(fits, key=lambda found: found[0].regularity * found[0].closeness)
    if best.regularity < WELL_ENOUGH:
        return Rhythm(cadence=Cadence.IRREGULAR, regularity=ratio(best.regularity))
    due = form.due(best.anchor, best.last + 1)
    missed, slot = 0, best.last + 1
    while form.due(best.anchor, slot) + form.near < until.toordinal():
        missed, slot = missed + 1, slot + 1
    return Rhythm(
        cadence=best.cadence,
        regularity=ratio(best.regularity),
        expected_next=_on_a_working_day(due, distinct),
        missed=missed,
        usual_days=form.usual(best.anchor),
    )


def _lay(form: _Weeks | _Months, days: Sequence[int]) -> _Fit | None:
    """Return how a rhythm fits; None where too few days, or far too many or too few for their span, are there."""
    count = len(days)
    apart = (days[-1] - days[0]) // form.period + 1
    # There are at least `apart - 1` slots and at most one more than `apart`: what cannot be kept is not laid.
    if count < form.least or count < WELL_ENOUGH * (apart - 1) or WELL_ENOUGH * count > apart + 1:
        return None
    anchor = form.anchor(days)
    kept: set[int] = set()
    distance = 0
    near = 0
    for day in days:
        slot = form.slot(anchor, day)
        away = abs(form.due(anchor, slot) - day)
        if away <= form.near:
            kept.add(slot)
            distance += away
            near += 1
    if len(kept) < form.least:
        return _Fit(form.cadence, ZERO, ZERO, anchor, 0)
    last = form.slot(anchor, days[-1])
    slots = last - form.slot(anchor, days[0]) + 1
    regularity = Decimal(len(kept)) / max(slots, count)
    closeness = ONE - Decimal(distance) / (near * form.period) if near else ZERO
    return _Fit(form.cadence, regularity, closeness, anchor, last)


def _densest(places: Sequence[int], around: int, near: int) -> int:
    """Return the place on a circle that has most of `places` near it, then nearest, then the first."""
    counted = Counter(places)

    def worth(place: int) -> tuple[int, int, int]:
        reached = far = 0
        for off in range(-near, near + 1):
            many = counted.get((place + off) % around, 0)
            reached += many
            far += many * abs(off)
        return reached, -far, -place

    return max(sorted(counted), key=worth)


def _on_a_working_day(due: int, days: Sequence[int]) -> date:
    """Return the day itself, or the Monday after it where it has never come on a weekend and would now."""
    on = date.fromordinal(due)
    if on.weekday() > 4 and all(date.fromordinal(day).weekday() < 5 for day in days):
        return date.fromordinal(due + 7 - on.weekday())
    return on
