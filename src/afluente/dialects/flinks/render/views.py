"""What a client wants to see of a card: the options of GetAccountsSummary, GetAccountsDetail and GetStatements."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from afluente.core.clock import DAY, Instant
from afluente.dialects.flinks.render.days import day_start


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The options of one call.

    `identity` False leaves the three numbers of an account null, `kyc` False its holder, `balance` False the three
    members of its balance; `transactions` False leaves its list empty. `days` is how far back transactions go from
    today, today not counted; `first` and `last` (DateFrom, DateTo) bound them too, and a `first` of its own takes
    the place of `days`. `only` are the ids of the accounts wanted (None: all), `after` maps an account's id to the
    transaction behind which the client wants to begin (RefreshDelta).
    """

    identity: bool = True
    kyc: bool = True
    balance: bool = True
    transactions: bool = True
    days: int = 90
    first: date | None = None
    last: date | None = None
    only: frozenset[str] | None = None
    after: Mapping[str, str] = {}

    def shows(self, account_id: str) -> bool:
        """Whether an account is wanted."""
        return self.only is None or account_id in self.only

    def since(self, today: date) -> Instant:
        """Return the instant from which transactions are wanted."""
        return day_start(self.first or today - timedelta(days=self.days))

    def until(self) -> Instant | None:
        """Return the instant before which transactions are wanted; None where no end was set."""
        return None if self.last is None else day_start(self.last) + DAY

    def counts(self, at: Instant, today: date) -> bool:
        """Whether a transaction of this instant is within the bounds."""
        until = self.until()
        return at >= self.since(today) and (until is None or at < until)


EVERYTHING = View()
"""What a client sees that sets no option."""
