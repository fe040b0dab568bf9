"""What objects are made from: one link's records, where they come from, and what day it is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import msgspec

from afluente.core.accounts import Account, AccountKind, Bill
from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Stored
from afluente.core.institutions import Institution
from afluente.core.loans import Loan
from afluente.dialects.belvo import render
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.render.days import OFFSETS
from afluente.dialects.belvo.render.origins import Origin
from afluente.engine.records.holdings import Entry, Holdings, Search

_T = TypeVar("_T")


class Asked(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a request for a resource asks beside its link; None asks for everything.

    `first` and `last` are days, both included. `direction` is `in` or `out`, `month` of a statement `YYYY-MM`.
    `files` says whether documents are to go with the objects. `only` is the id of the one object wanted.
    """

    first: date | None = None
    last: date | None = None
    account: str | None = None
    direction: str | None = None
    monthly: bool | None = None
    first_year: int | None = None
    last_year: int | None = None
    month: str | None = None
    files: bool | None = None
    kinds: tuple[str, ...] | None = None
    least: str | None = None
    reference: date | None = None
    only: str | None = None

    def spans(self, day: date) -> bool:
        """Tell whether a day is asked for."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


EVERYTHING = Asked()


@dataclass(frozen=True)
class Reading:
    """One link, ready to be read."""

    house: House
    holdings: Holdings
    institution: Institution
    origin: Origin
    now: Instant
    _rendered: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day it is where the institution is."""
        return render.local_day(self.now, self.institution.country)

    async def records(self, type_: type[Any]) -> list[Stored[Any]]:
        """Return all records of a kind."""
        return await self.holdings.records(type_)

    async def accounts(self) -> list[Stored[Account]]:
        """Return accounts and cards; each has its object in `rendered`."""
        found: list[Stored[Account]] = await self.records(Account)
        for one in found:
            if one.id not in self._rendered:
                self._rendered[one.id] = render.account(one, self.origin)
        return found

    def rendered(self, id: str) -> dict[str, Any]:
        """Return the object of an account that `accounts` found."""
        return self._rendered[id]

    async def loans(self) -> list[Stored[Loan]]:
        """Return contracts."""
        return await self.records(Loan)

    def start_of(self, day: date | None) -> Instant | None:
        """Return when a day begins where the institution is."""
        return None if day is None else render.day_start(day, self.institution.country)

    def after(self, day: date | None) -> Instant | None:
        """Return when a day is over where the institution is."""
        return None if day is None else render.day_start(day, self.institution.country) + DAY

    async def movements(self, asked: Asked) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the objects of movements, account by account, newest first."""
        show = await self.shower()
        ids = [one.id for one in await self.accounts() if asked.account in (None, one.id)]
        search = Search(accounts=tuple(ids), since=self.start_of(asked.first), until=self.after(asked.last))
        async for entries in self.holdings.walk(search):
            yield [show(entry) for entry in entries]

    async def shower(self) -> Callable[[Entry], dict[str, Any]]:
        """Return what makes the object of a movement. Those of one account share its encoding."""
        by_id = {one.id: one for one in await self.accounts()}
        bills: dict[str, Stored[Bill]] = {}
        if any(one.record.kind is AccountKind.CREDIT_CARD for one in by_id.values()):
            bills = {one.id: one for one in await self.records(Bill)}
        encoded = {id: msgspec.Raw(render.ENCODER.encode(self.rendered(id))) for id in by_id}
        choose, origin = self.holdings.choose, self.origin

        def show(entry: Entry) -> dict[str, Any]:
            owner = by_id[entry.stored.parent_id or ""]
            return render.transaction(
                entry.stored,
                owner,
                encoded[owner.id],
                origin,
                bill=bills.get(entry.bill_id or ""),
                category=choose(entry, owner.record.kind),
            )

        return show

    async def busiest_month(self, asked: Asked) -> int:
        """Return how often the account moved that moved most often in one calendar month of the days asked for."""
        offset, since = OFFSETS.get(self.institution.country, 0) * HOUR, self.start_of(asked.first) or 0
        most = 0
        for account in await self.accounts():
            if asked.account not in (None, account.id):
                continue
            months: Counter[tuple[int, int]] = Counter()
            for told in await self.holdings.by_day(account, offset, since):
                day = date.fromordinal(_EPOCH + told.day)
                months[day.year, day.month] += told.count if asked.spans(day) else 0
            most = max(most, *months.values(), 0)
        return most


_EPOCH = date(1970, 1, 1).toordinal()
