"""What moves on an account of a simulated institution: the truth that is compared with what was stored."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache

import msgspec

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY, Instant

REWRITES: Instant = 3 * DAY
"""How long a movement stays pending, and how late one may be listed: less than an update reads again."""


@cache
def _cents(account: int, number: int) -> int:
    return (number * 31_337 + account * 17) % 20_000 - 12_000


@cache
def _words(account: int, number: int, pending: bool) -> tuple[str, Decimal, str]:
    """Return a movement's key, amount and description: whoever has such an account has the same ones."""
    description = f"{'Pendente' if pending else 'Compra'} {number}"
    return f"{account}.{number}", Decimal(_cents(account, number)) / 100, description


@cache
def _cents_until(account: int, number: int) -> int:
    """Return what the movements before this one come to."""
    return _cents_until(account, number - 1) + _cents(account, number - 1) if number else 0


class Ledger(msgspec.Struct, gc=False, frozen=True):
    """One account of a user, there from when it `opens`. From `begins` on something moves on it `every` so often,
    which is longer than `REWRITES`: only the last movement may be pending, or not yet be listed. Which of them are
    comes of the `seed`."""

    account: int
    opens: Instant
    begins: Instant
    every: Instant
    seed: int

    def movements(self, now: Instant, since: Instant = 0) -> Iterator[Transaction]:
        """Tell the movements since an instant that are listed now: some are listed late, and some change their words
        when they are booked."""
        listed, account = self._listed(now), self.account
        first = max(0, -(-(since - self.begins) // self.every))
        for number in range(first, listed):
            at = self.begins + number * self.every
            pending = now < at + REWRITES and self._is(5, number)
            key, amount, description = _words(account, number, pending)
            yield Transaction(key, str(account), at, amount, "BRL", description, pending=pending)

    def total(self, now: Instant) -> tuple[int, int]:
        """Return how many movements are listed now, and how many cents they come to."""
        listed = self._listed(now)
        return listed, _cents_until(self.account, listed)

    def _listed(self, now: Instant) -> int:
        """Return how many movements are listed now. The last one that there is may be listed late."""
        last, since = divmod(now - self.begins, self.every)
        late = since < REWRITES and self._is(3, last)
        return max(0, last if late else last + 1)

    def _is(self, kind: int, number: int) -> bool:
        return (number * 7919 + self.account * 104_729 + self.seed) % 10 == kind
