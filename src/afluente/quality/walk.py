"""One pass over an account's movements: everything that the rules about movements share.

The movements come in pieces, oldest first, so an account of millions needs no more memory than one of ten. What is
carried along is the balance that should stand behind the next movement, the movements of the same instant, and what
is scheduled and not settled yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from afluente.core.clock import DAY, MINUTE, Instant

BLANK = " \t\r\n\0-—"
"""Characters that say nothing: a description of nothing else is missing. Readers put a dash where there is none."""

SETTLES_WITHIN: Instant = 10 * DAY
"""How long after it was scheduled a movement may be posted."""

SURE, LIKELY, POSSIBLE = "0.95", "0.8", "0.6"
"""The confidence that a scheduled and a posted movement of one amount are one: with the same words, with half of them
the same, with an odd amount within three days."""

GAP_DAYS, GAP_TIMES, GAP_AMONG = 30, 10, 10
"""A gap lasts so many days, is so many times the mean of the others, and lies among so many active days."""


class Movement(NamedTuple):
    """A movement as the checks see it: amounts are whole numbers of `10 ** -scale`.

    `moved` is the amount in the account's currency, None where that is not known; `balance` what the account held
    behind it, None where the institution does not say. `order` is the place that the institution gave it in its day.
    """

    id: str
    at: Instant
    order: int
    units: int
    moved: int | None
    scale: int
    balance: int | None
    description: str
    pending: bool


class Break(msgspec.Struct, frozen=True):
    """Where the chain of balances breaks: `ids` are the movements in a row that do not fit, `expected` and `found`
    what should stand and stands behind the first of them, `gap` what all of them are apart."""

    ids: tuple[str, ...]
    expected: int
    found: int
    gap: int


class Gap(msgspec.Struct, frozen=True):
    """Days without a movement, between two that are named by their ids. `usual` is the mean of the other gaps."""

    before: str
    behind: str
    days: int
    usual: int


class Walked(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What one pass found in an account.

    `posted` counts what is not pending, `newest` is the instant of the last of it. `closing` is the balance behind all
    listed movements, None where no movement tells one; `floating` what is pending without a balance behind it; both in
    units of `scale`. `tail` is a break that reaches to the end: the account's own balance may still close it.
    """

    total: int = 0
    posted: int = 0
    newest: Instant | None = None
    closing: int | None = None
    floating: int = 0
    scale: int = 2
    incomplete: tuple[str, ...] = ()
    disordered: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, str], ...] = ()
    settled: tuple[tuple[str, str, str], ...] = ()
    breaks: tuple[Break, ...] = ()
    tail: Break | None = None
    gap: Gap | None = None


NOTHING = Walked()


class Stand(msgspec.Struct, frozen=True, array_like=True):
    """Where a pass stands at an instant, between two movements: what another needs to go on from there."""

    total: int
    posted: int
    days: int
    floating: int
    drift: int
    known: int | None
    newest: Instant | None
    last_id: str
    last_at: Instant
    first_day: int
    gap: Gap | None
    incomplete: list[str]
    disordered: list[str]
    duplicates: list[tuple[str, str]]
    settled: list[tuple[str, str, str]]
    breaks: list[Break]
    run: list[tuple[str, int, int]]


STANDS_ON = 200
"""Findings from which a pass is not kept: it would be as long as what it was made of."""


class Walk:
    """A pass that goes on: `feed` it movements in order of (instant, order, id), then ask it for what it found."""

    __slots__ = (
        "_active", "_active_until", "_breaks", "_day", "_days", "_disordered", "_drift", "_duplicates", "_first_day",
        "_floating", "_gap", "_group", "_incomplete", "_known", "_last", "_newest", "_posted", "_run", "_scale",
        "_settled", "_taken", "_total",
    )  # fmt: skip

    def __init__(self) -> None:
        self._total = self._posted = self._days = self._floating = self._drift = 0
        self._scale = 2
        self._newest: Instant | None = None
        self._known: int | None = None
        self._last: Movement | None = None
        self._day = self._first_day = 0
        self._gap: Gap | None = None
        self._incomplete: list[str] = []
        self._disordered: list[str] = []
        self._duplicates: list[tuple[str, str]] = []
        self._settled: list[tuple[str, str, str]] = []
        self._breaks: list[Break] = []
        self._run: list[tuple[str, int, int]] = []
        self._group: list[Movement] = []
        self._active: dict[tuple[int, int], list[Movement]] = {}
        self._active_until = 0
        self._taken: set[str] = set()

    def feed(self, movements: Iterable[Movement]) -> None:
        """Go on over these."""
        last, scale = self._last, self._scale
        known, drift, newest = self._known, self._drift, self._newest
        total = posted = 0
        for one in movements:
            id, at, _, units, moved, places, balance, description, pending = one
            total += 1
            if at <= 0 or not description.strip(BLANK):
                self._incomplete.append(id)
            if places != scale:
                if places > scale:
                    factor = 10 ** (places - scale)
                    scale = places
                    known = None if known is None else known * factor
                    drift *= factor
                    self._rescale(factor)
                else:
                    factor = 10 ** (scale - places)
                    moved = None if moved is None else moved * factor
                    balance = None if balance is None else balance * factor
            held = False
            if balance is not None:
                if known is not None and moved is not None:
                    expected = known + drift + moved
                    if expected == balance:
                        held = True
                        if self._run:
                            self._close_run()
                    elif not _repeats(one, last):
                        self._run.append((id, expected, balance))
                elif self._run:
                    self._close_run()
                known, drift = balance, 0
            elif moved is None:
                if self._run:
                    self._close_run()
                known, drift = None, 0
            elif pending:
                self._floating += moved
            else:
                drift += moved
            day = at // DAY
            if last is None:
                self._first_day = self._day = day
                self._days = 1
            elif at == last.at:
                if not self._group:
                    self._group.append(last)
                self._group.append(one)
            else:
                if self._group:
                    self._end_group()
                if day != self._day:
                    widest = day - self._day
                    if not held and widest >= GAP_DAYS and (self._gap is None or widest > self._gap.days):
                        self._gap = Gap(last.id, id, widest, 0)
                    self._day = day
                    self._days += 1
            if pending:
                self._active.setdefault((units, places), []).append(one)
                self._active_until = at + SETTLES_WITHIN
            else:
                posted += 1
                newest = at
                if self._active and at <= self._active_until:
                    self._settle(one)
            last = one
        self._last, self._scale, self._known, self._drift, self._newest = last, scale, known, drift, newest
        self._total += total
        self._posted += posted

    @classmethod
    def going_on(cls, stand: Stand) -> Walk:
        """Return a pass that goes on where another stood; it is fed what lies behind that."""
        walk = cls()
        walk._total, walk._posted, walk._days = stand.total, stand.posted, stand.days
        walk._floating, walk._drift, walk._known = stand.floating, stand.drift, stand.known
        walk._newest, walk._gap = stand.newest, stand.gap
        walk._first_day, walk._day = stand.first_day, stand.last_at // DAY
        # of the last one nothing else is asked by what has another instant
        walk._last = Movement(stand.last_id, stand.last_at, 0, 0, None, 2, None, "", False)
        walk._incomplete, walk._disordered = list(stand.incomplete), list(stand.disordered)
        walk._duplicates, walk._settled = list(stand.duplicates), list(stand.settled)
        walk._breaks, walk._run = list(stand.breaks), list(stand.run)
        return walk

    def stand(self, until: Instant) -> Stand | None:
        """Return where the pass stands, having been fed all before `until`. None where there is no good place: what is
        scheduled may still be posted, amounts have more than two decimals, or too much was found."""
        last = self._last
        if last is None or self._scale != 2 or (self._active and self._active_until >= until):
            return None
        if self._group:
            self._end_group()
        stand = Stand(
            total=self._total,
            posted=self._posted,
            days=self._days,
            floating=self._floating,
            drift=self._drift,
            known=self._known,
            newest=self._newest,
            last_id=last.id,
            last_at=last.at,
            first_day=self._first_day,
            gap=self._gap,
            incomplete=list(self._incomplete),
            disordered=list(self._disordered),
            duplicates=list(self._duplicates),
            settled=list(self._settled),
            breaks=list(self._breaks),
            run=list(self._run),
        )
        found = stand.incomplete, stand.disordered, stand.duplicates, stand.settled, stand.breaks, stand.run
        return stand if sum(len(each) for each in found) < STANDS_ON else None

    def walked(self) -> Walked:
        """Return what was found."""
        if not self._total:
            return NOTHING
        if self._group:
            self._end_group()
        tail = self._as_break() if self._run else None
        return Walked(
            total=self._total,
            posted=self._posted,
            newest=self._newest,
            closing=None if self._known is None else self._known + self._drift,
            floating=self._floating,
            scale=self._scale,
            incomplete=tuple(self._incomplete),
            disordered=tuple(self._disordered),
            duplicates=tuple(self._duplicates),
            settled=tuple(self._settled),
            breaks=tuple(self._breaks),
            tail=tail,
            gap=self._unusual(),
        )

    def _rescale(self, factor: int) -> None:
        self._floating *= factor
        self._run = [(id, expected * factor, found * factor) for id, expected, found in self._run]
        self._breaks = [Break(b.ids, b.expected * factor, b.found * factor, b.gap * factor) for b in self._breaks]

    def _as_break(self) -> Break:
        first = self._run[0]
        gap = sum(found - expected for _, expected, found in self._run)
        return Break(tuple(id for id, _, _ in self._run), first[1], first[2], gap)

    def _close_run(self) -> None:
        """End the movements in a row that do not fit; gaps that cancel out are movements in each other's places."""
        found = self._as_break()
        if found.gap == 0:
            self._disordered.extend(found.ids)
        else:
            self._breaks.append(found)
        self._run = []

    def _end_group(self) -> None:
        """Look through the movements of one instant for one that stands there twice."""
        group, self._group = self._group, []
        seen: dict[tuple[object, ...], str] = {}
        timed = group[0].at % MINUTE != 0
        for one in group:
            if one.pending:
                self._settle_at_once(one, group)
            elif one.units and (one.balance is not None or timed):
                key = (one.units, one.scale, one.balance, one.description)
                first = seen.setdefault(key, one.id)
                if first != one.id:
                    self._duplicates.append((first, one.id))

    def _settle_at_once(self, pending: Movement, group: list[Movement]) -> None:
        """Join a scheduled movement with a posted one that stands before it at the same instant."""
        if pending.id in self._taken:
            return
        for one in group:
            if one is pending:
                return
            if not one.pending and one.id not in self._taken and _same_amount(one, pending):
                confidence = _confidence(pending, one)
                if confidence is not None:
                    self._join(pending, one, confidence)
                    return

    def _settle(self, posted: Movement) -> None:
        """Join a posted movement with the scheduled one that it most likely is."""
        best: tuple[str, Movement] | None = None
        for one in self._active.get((posted.units, posted.scale), ()):
            if one.id not in self._taken and posted.at - one.at <= SETTLES_WITHIN:
                confidence = _confidence(one, posted)
                if confidence is not None and (best is None or confidence > best[0]):
                    best = (confidence, one)
        if best is not None:
            self._join(best[1], posted, best[0])

    def _join(self, pending: Movement, posted: Movement, confidence: str) -> None:
        self._settled.append((pending.id, posted.id, confidence))
        self._taken.update((pending.id, posted.id))

    def _unusual(self) -> Gap | None:
        """Return the widest gap if it is one: long in itself, and far longer than the account's others."""
        gap = self._gap
        if gap is None or self._days < GAP_AMONG:
            return None
        rest = self._day - self._first_day - gap.days
        if not is_unusual(gap.days, rest, self._days - 2):
            return None
        return Gap(gap.before, gap.behind, gap.days, -(-rest // (self._days - 2)))


def is_unusual(days: int, rest: int, others: int) -> bool:
    """Tell whether a gap is far longer than the `others`, which last `rest` days together."""
    return days * others >= GAP_TIMES * rest


def _repeats(one: Movement, last: Movement | None) -> bool:
    """Tell whether a movement stands there again, right behind itself."""
    return (
        last is not None and one.at == last.at and one.units == last.units and one.balance == last.balance
        and one.description == last.description and not one.pending and not last.pending
    )  # fmt: skip


def _same_amount(one: Movement, other: Movement) -> bool:
    return one.units == other.units and one.scale == other.scale


def _confidence(pending: Movement, posted: Movement) -> str | None:
    """Return how sure it is that two movements of one amount are one, None where it is not worth saying."""
    ours, theirs = _words(pending.description), _words(posted.description)
    if ours == theirs:
        return SURE
    shared = len(ours & theirs)
    if shared and 2 * shared >= min(len(ours), len(theirs)):
        return LIKELY
    odd = posted.units % 10**posted.scale != 0
    return POSSIBLE if odd and posted.at - pending.at <= 3 * DAY else None


def _words(text: str) -> frozenset[str]:
    """Return the words of a description: what holds a digit is a reference that changes on the way."""
    return frozenset(word for word in text.casefold().split() if word.isalpha())
