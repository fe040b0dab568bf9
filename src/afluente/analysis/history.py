"""Accounts and their movements, prepared once for every question asked of them.

A movement's day is the local one, in the time zone that is handed in. Its nature says whether money came from or went
to somebody else, or was the holder's own all along: a transfer between own accounts, a purchase given back, a loan
paid out, an investment. Movements in any order give the same history.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import TypeVar

import msgspec

from afluente.analysis import natures, texts
from afluente.analysis.natures import Draft, Facts, Nature
from afluente.analysis.spans import Span
from afluente.analysis.texts import Words
from afluente.core.accounts import Account, AccountKind, CardPurchase, Merchant, Party, Transaction
from afluente.core.clock import MINUTE, SECOND

__all__ = ["Facts", "History", "Movement", "Nature", "Reader", "is_bank", "local_day", "read", "within"]

_T = TypeVar("_T")
_QUARTER = 15 * MINUTE


class Movement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One booked movement. `amount` is signed as in the record, in `currency`: the account's, where it is known in it.

    `source` is who stands at the other end in a form that can be compared, `name` the same for people to read.
    `plain` are the words of the description and of the seller's name, `words` the same without the name of who stands
    at the other end, `note` what the payer wrote, `record` what else the record tells that is looked at.
    """

    key: str
    account: Account
    day: date
    amount: Decimal
    currency: str
    description: str
    category: str | None
    nature: Nature
    source: str
    name: str
    plain: Words
    words: Words
    note: Words
    record: Facts


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
        self._zone, self._on, self._since = zone, on, since
        numbers = (*documents, *(account.tax_number for account in self._accounts.values()))
        self._own = frozenset(number for text in numbers if (number := texts.document(text)))
        self._drafts: list[Draft] = []
        self._words: dict[str, Words] = {}
        self._days: dict[int, date] = {}
        self._said: dict[object, _Said] = {}
        self._same: dict[object, object] = {}

    def take(self, records: Iterable[tuple[Transaction, str, str | None]]) -> None:
        """Take in records, each with the key of its account and its category."""
        for record, account_key, category in records:
            account = self._accounts.get(account_key)
            if account is None:
                continue
            day = self._day(record.occurred_at)
            if day <= self._on:
                self._drafts.append(self._draft(record, account, category, day))

    def history(self) -> History:
        """Return the history of all that was taken in. It can be asked for once."""
        drafts = self._drafts
        drafts.sort(key=_place)
        begins = self._since or min((one.day for one in drafts), default=self._on)
        every: list[Movement] = []
        left: list[Draft | None] = list(drafts)
        found = natures.of(drafts)
        drafts.clear()
        for index, nature in enumerate(found):
            draft = left[index]
            assert draft is not None
            # what a movement is made of goes when it is made: there may be hundreds of thousands
            left[index] = None
            every.append(_movement(draft, nature))
        pending = any(one.record.pending for one in every)
        return History(
            accounts=self._accounts,
            movements=tuple(one for one in every if not one.record.pending) if pending else (known := tuple(every)),
            all=tuple(every) if pending else known,
            since=min(begins, self._on),
            on=self._on,
        )

    def _day(self, instant: int) -> date:
        # every zone's midnight is at a full quarter of an hour
        quarter = instant // _QUARTER
        found = self._days.get(quarter)
        if found is None:
            day = local_day(instant, self._zone)
            found = self._days[quarter] = self._once(day)
        return found

    def _once(self, value: _T) -> _T:
        """Return the first of all equal values that were seen."""
        return self._same.setdefault(value, value)  # type: ignore[return-value]

    def _taken_apart(self, text: str | None) -> Words:
        if not text:
            return ()
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = texts.words(text)
        return found

    def _draft(self, record: Transaction, account: Account, category: str | None, day: date) -> Draft:
        converted = record.account_amount
        other, merchant = _other_end(record), record.merchant
        end = None if other is None else (other.name, other.document)
        said_by = (record.description, account.owner, end, merchant)
        said = self._said.get(said_by)
        if said is None:
            said = self._said[said_by] = self._tell(record, account, other)
        return Draft(
            key=record.key,
            account=account,
            day=day,
            amount=record.amount if converted is None else converted,
            currency=account.currency if converted is not None else self._once(record.currency),
            description=said.description,
            category=None if category is None else self._once(category),
            party=said.party,
            is_own=said.is_own,
            plain=said.plain,
            spoken=said.spoken,
            note=self._taken_apart(record.payment.reason) if record.payment else (),
            source=said.source if record.card is None else self._source(record.card, said),
            name=said.name,
            record=self._facts(record, said.merchant),
            occurred_at=record.occurred_at,
            order=record.order,
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


def _place(draft: Draft) -> tuple[int, str, int, str, Decimal]:
    return draft.occurred_at, draft.account.key, draft.order, draft.key, draft.amount


def _movement(draft: Draft, nature: Nature) -> Movement:
    return Movement(
        key=draft.key,
        account=draft.account,
        day=draft.day,
        amount=draft.amount,
        currency=draft.currency,
        description=draft.description,
        category=draft.category,
        nature=nature,
        source=draft.source,
        name=draft.name,
        plain=draft.plain,
        words=draft.spoken,
        note=draft.note,
        record=draft.record,
    )


def within(movements: Sequence[Movement], span: Span) -> Sequence[Movement]:
    """Return those of a history's movements, oldest first, that lie in a span."""
    start = bisect_left(movements, span.first, key=_day)
    return movements[start : bisect_right(movements, span.last, lo=start, key=_day)]


def _day(movement: Movement) -> date:
    return movement.day


def local_day(instant: int, zone: tzinfo) -> date:
    """Return the day an instant lies in, in a time zone."""
    return datetime.fromtimestamp(instant // SECOND, zone).date()


def _other_end(record: Transaction) -> Party | None:
    if record.payment is None:
        return None
    return record.payment.payer if record.amount > 0 else record.payment.receiver


def is_bank(account: Account) -> bool:
    """Whether an account holds money, and is not a card."""
    return account.kind is not AccountKind.CREDIT_CARD
