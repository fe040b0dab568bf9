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

import msgspec

from afluente.analysis import natures, texts
from afluente.analysis.natures import Draft, Nature
from afluente.analysis.spans import Span
from afluente.analysis.texts import Words
from afluente.core.accounts import Account, AccountKind, Party, Transaction
from afluente.core.clock import SECOND

__all__ = ["History", "Movement", "Nature", "is_bank", "local_day", "read", "within"]


class Movement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One booked movement. `amount` is signed as in the record, in `currency`: the account's, where it is known in it.

    `source` is who stands at the other end in a form that can be compared, `name` the same for people to read.
    `plain` are the words of the description and of the seller's name, `words` the same without the name of who stands
    at the other end, `note` what the payer wrote.
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
    record: Transaction


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
    held = {account.key: account for account in sorted(accounts, key=lambda account: account.key)}
    own = frozenset(
        number
        for text in (*documents, *(account.tax_number for account in held.values()))
        if (number := texts.document(text))
    )
    reader = _Reader(held, zone, own)
    drafts = sorted(
        (reader.draft(record) for record in transactions if record.account_key in held), key=lambda one: one.place
    )
    drafts = [one for one in drafts if one.day <= on]
    kinds = natures.of(drafts)
    movements = tuple(reader.movement(one, nature) for one, nature in zip(drafts, kinds, strict=True))
    begins = since or min((one.day for one in drafts), default=on)
    return History(
        accounts=held,
        movements=tuple(one for one in movements if not one.record.pending),
        all=movements,
        since=min(begins, on),
        on=on,
    )


class _Reader:
    """Makes movements of records; equal texts are taken apart once."""

    def __init__(self, accounts: Mapping[str, Account], zone: tzinfo, own: frozenset[str]) -> None:
        self._accounts = accounts
        self._zone = zone
        self._own = own
        self._words: dict[str, Words] = {}
        self._gists: dict[Words, str] = {}

    def words(self, text: str | None) -> Words:
        if not text:
            return ()
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = texts.words(text)
        return found

    def draft(self, record: Transaction) -> Draft:
        account = self._accounts[record.account_key]
        day = local_day(record.occurred_at, self._zone)
        converted = record.account_amount is not None
        amount = record.account_amount if record.account_amount is not None else record.amount
        currency = account.currency if converted else record.currency
        other = _other_end(record)
        name = self.words(other.name) if other else ()
        number = texts.document(other.document) if other else None
        merchant = record.merchant
        if other is None and merchant is not None:
            name, number = self.words(merchant.name), texts.document(merchant.cnpj)
        plain = self.words(record.description)
        if merchant is not None:
            # A seller's name says what is sold; some banks leave it out of the text.
            plain += tuple(word for word in self.words(merchant.name) if word not in plain)
        # A name such as "Bonus Salary Ltd" must not speak for the movement.
        spoken = tuple(word for word in plain if word not in name) if name else plain
        return Draft(
            record=record,
            account=account,
            day=day,
            amount=amount,
            currency=currency,
            party=f"document:{number}" if number else f"name:{' '.join(name)}" if name else None,
            is_own=number in self._own or (number is None and bool(name) and name == self.words(account.owner)),
            plain=plain,
            spoken=spoken or plain,
            note=self.words(record.payment.reason) if record.payment else (),
            place=(record.occurred_at, record.account_key, record.order, record.key, amount),
        )

    def movement(self, draft: Draft, nature: Nature) -> Movement:
        record = draft.record
        return Movement(
            key=record.key,
            account=draft.account,
            day=draft.day,
            amount=draft.amount,
            currency=draft.currency,
            description=record.description,
            category=record.category,
            nature=nature,
            source=self._source(draft),
            name=_name(record),
            plain=draft.plain,
            words=draft.spoken,
            note=draft.note,
            record=record,
        )

    def _source(self, draft: Draft) -> str:
        record = draft.record
        if record.card is not None and (record.card.installments or 1) > 1:
            plan = f"{record.card.purchased_on}/{record.card.installments}/{record.card.total}"
            return f"{draft.party or 'words:' + self._gist(draft.plain)}/{plan}"
        if draft.party is not None:
            return draft.party
        card = texts.card_number(record.description)
        return f"words:{self._gist(draft.plain)}" + (f" {card}" if card else "")

    def _gist(self, plain: Words) -> str:
        found = self._gists.get(plain)
        if found is None:
            found = self._gists[plain] = texts.gist(plain)
        return found


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


def _name(record: Transaction) -> str:
    other = _other_end(record)
    if other is not None and other.name:
        return other.name
    if record.merchant is not None:
        return record.merchant.name
    return " ".join(word for word in record.description.split() if not any(map(str.isdigit, word))) or (
        record.description
    )


def is_bank(account: Account) -> bool:
    """Whether an account holds money, and is not a card."""
    return account.kind is not AccountKind.CREDIT_CARD
