"""Accounts and their movements, prepared once for every question asked of them.

A movement's day is the local one, in the time zone that is handed in. Its nature says whether money came from or went
to somebody else, or was the holder's own all along: a transfer between own accounts, a purchase given back, a loan
paid out, an investment. Movements in any order give the same history.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from afluente.analysis import natures, texts
from afluente.analysis.natures import Facts, Movement, Nature
from afluente.analysis.spans import Span
from afluente.analysis.texts import Words
from afluente.core.accounts import Account, AccountKind, CardPurchase, Merchant, Party, Transaction
from afluente.core.clock import DAY, SECOND, Instant

__all__ = ["Facts", "History", "Movement", "Nature", "Reader", "is_bank", "local_day", "read", "within"]

_T = TypeVar("_T")
_place = attrgetter("occurred_at", "account.key", "order", "key", "amount")
"""Where a movement stands among others, whatever order they came in."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a holder on a day.

    `accounts` by key; `movements` oldest first, pending ones left out; `all` the same with the pending ones, for the
    balances behind them. `since` is the first day from which movements are known.
    """

    accounts: Mapping[str, Account]
    movements: tuple[Movement, ...]
    all: tuple[Movement, ...]
    since: date
    on: date

    @property
    def known(self) -> Span:
        """The days from which movements are known, until the day it is seen from."""
        return Span(self.since, self.on)

    def of(self, account_key: str) -> History:
        """Return the history of one account, with natures as all accounts together show them."""
        return History(
            accounts={key: account for key, account in self.accounts.items() if key == account_key},
            movements=tuple(one for one in self.movements if one.account.key == account_key),
            all=tuple(one for one in self.all if one.account.key == account_key),
            since=self.since,
            on=self.on,
        )


def read(
    accounts: Iterable[Account],
    transactions: Iterable[Transaction],
    *,
    zone: tzinfo,
    on: date,
    since: date | None = None,
    documents: Sequence[str] = (),
) -> History:
    """Return the history of these accounts as seen at the end of the day `on`, to which their balances belong.

    Movements of other accounts and of later days are not looked at. `since` is the day from which the institution was
    asked; without it, history begins with the first movement. `documents` are tax numbers the holder has beside
    those of the accounts.
    """
    reader = Reader(accounts, zone=zone, on=on, since=since, documents=documents)
    reader.take((record, record.account_key, record.category) for record in transactions)
    return reader.history()


class Reader:
    """Makes a history of records that come in pieces. Of each it keeps what is looked at; equal texts are taken apart
    once, and there once."""

    def __init__(
        self,
        accounts: Iterable[Account],
        *,
        zone: tzinfo,
        on: date,
        since: date | None = None,
        documents: Sequence[str] = (),
    ) -> None:
        """Begin; the arguments are those of `read`."""
        self._accounts = {account.key: account for account in sorted(accounts, key=lambda account: account.key)}
        self._days, self._on, self._since = _Days(zone), on, since
        numbers = (*documents, *(account.tax_number for account in self._accounts.values()))
        self._own = frozenset(number for text in numbers if (number := texts.document(text)))
        self._taken: list[Movement] = []
        self._words: dict[str, Words] = {}
        self._said: dict[object, _Said] = {}
        self._same: dict[Any, Any] = {}

    def take(self, records: Iterable[tuple[Transaction, str, str | None]]) -> None:
        """Take in records, each with the key of its account and its category."""
        accounts, day_of, on, taken = self._accounts, self._days.of, self._on, self._taken
        for record, account_key, category in records:
            account = accounts.get(account_key)
            if account is None:
                continue
            day = day_of(record.occurred_at)
            if day <= on:
                taken.append(self._movement(record, account, category, day))

    def history(self) -> History:
        """Return the history of all that was taken in. It can be asked for once."""
        every, self._taken = self._taken, []
        every.sort(key=_place)
        natures.tell(every)
        begins = self._since or (every[0].day if every else self._on)
        known = tuple(every)
        pending = any(one.record.pending for one in known)
        return History(
            accounts=self._accounts,
            movements=tuple(one for one in known if not one.record.pending) if pending else known,
            all=known,
            since=min(begins, self._on),
            on=self._on,
        )

    def _once(self, value: _T) -> _T:
        """Return the first of all equal values that were seen."""
        found: _T = self._same.setdefault(value, value)
        return found

    def _taken_apart(self, text: str | None) -> Words:
        if not text:
            return ()
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = texts.words(text)
        return found

    def _movement(self, record: Transaction, account: Account, category: str | None, day: date) -> Movement:
        amount, converted, payment, card = record.amount, record.account_amount, record.payment, record.card
        other = None if payment is None else payment.payer if amount > 0 else payment.receiver
        end = None if other is None else (other.name, other.document)
        said_by = (record.description, account.owner, end, record.merchant)
        said = self._said.get(said_by)
        if said is None:
            said = self._said[said_by] = self._tell(record, account, other)
        once = self._same.setdefault
        return Movement(
            record.key,
            account,
            day,
            amount if converted is None else converted,
            account.currency if converted is not None else once(record.currency, record.currency),
            said.description,
            None if category is None else once(category, category),
            said.source if card is None else self._source(card, said),
            said.name,
            said.plain,
            said.spoken,
            () if payment is None or not payment.reason else self._taken_apart(payment.reason),
            self._facts(record, said.merchant),
            said.party,
            said.is_own,
            record.occurred_at,
            record.order,
        )

    def _tell(self, record: Transaction, account: Account, other: Party | None) -> _Said:
        """Return what follows from the words of a record and from who stands at the other end."""
        merchant = record.merchant
        name = self._taken_apart(other.name) if other else ()
        number = texts.document(other.document) if other else None
        if other is None and merchant is not None:
            name, number = self._taken_apart(merchant.name), texts.document(merchant.cnpj)
        plain = self._taken_apart(record.description)
        if merchant is not None:
            # A seller's name says what is sold; some banks leave it out of the text.
            plain += tuple(word for word in self._taken_apart(merchant.name) if word not in plain)
        # A name such as "Bonus Salary Ltd" must not speak for the movement.
        spoken = tuple(word for word in plain if word not in name) if name else plain
        party = f"document:{number}" if number else f"name:{' '.join(name)}" if name else None
        card = texts.card_number(record.description)
        gist = f"words:{texts.gist(plain)}"
        return _Said(
            description=record.description,
            merchant=merchant,
            party=party,
            is_own=number in self._own or (number is None and bool(name) and name == self._taken_apart(account.owner)),
            plain=self._once(plain),
            spoken=self._once(spoken or plain),
            gist=self._once(gist),
            source=self._once(party or (f"{gist} {card}" if card else gist)),
            name=self._once(_name(record, other)),
        )

    def _facts(self, record: Transaction, merchant: Merchant | None) -> Facts:
        facts = Facts(record.pending, record.balance_after, record.card, merchant)
        return self._once(facts) if record.balance_after is None and record.card is None else facts

    def _source(self, card: CardPurchase, said: _Said) -> str:
        if (card.installments or 1) == 1:
            return said.source
        return f"{said.party or said.gist}/{card.purchased_on}/{card.installments}/{card.total}"


class _Said(msgspec.Struct, frozen=True, gc=False):
    """What the words of a record tell, and who stands at the other end: the same for many of them."""

    description: str
    merchant: Merchant | None
    party: str | None
    is_own: bool
    plain: Words
    spoken: Words
    gist: str
    source: str
    name: str


def _name(record: Transaction, other: Party | None) -> str:
    if other is not None and other.name:
        return other.name
    if record.merchant is not None:
        return record.merchant.name
    text = record.description
    return " ".join(word for word in text.split() if not any(map(str.isdigit, word))) or text


def within(movements: Sequence[Movement], span: Span) -> Sequence[Movement]:
    """Return those of a history's movements, oldest first, that lie in a span."""
    start = bisect_left(movements, span.first, key=_day)
    return movements[start : bisect_right(movements, span.last, lo=start, key=_day)]


def _day(movement: Movement) -> date:
    return movement.day


class _Days:
    """The days of a time zone. Midnight is looked up once for each day of the universal time it lies in."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[int, tuple[Instant, date, date]] = {}

    def of(self, instant: Instant) -> date:
        """Return the day an instant lies in."""
        number = instant // DAY
        known = self._known.get(number)
        if known is None:
            known = self._known[number] = self._around(number * DAY)
        return known[1] if instant < known[0] else known[2]

    def _around(self, start: Instant) -> tuple[Instant, date, date]:
        """Return the midnight in the day that begins with an instant, and the days before and behind it."""
        before, behind = local_day(start, self._zone), local_day(start + DAY - 1, self._zone)
        if behind == before:
            return start, before, before
        midnight = datetime.combine(behind, time(), self._zone).timestamp()
        return int(midnight) * SECOND, before, behind


def local_day(instant: int, zone: tzinfo) -> date:
    """Return the day an instant lies in, in a time zone."""
    return datetime.fromtimestamp(instant // SECOND, zone).date()


def is_bank(account: Account) -> bool:
    """Whether an account holds money, and is not a card."""
    return account.kind is not AccountKind.CREDIT_CARD
