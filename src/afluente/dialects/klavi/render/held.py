"""What reports are made from: all that is held of a connection on one day, and what is reckoned from it, once for all.

Everything here is named by our own ids, so that several connections of one person can be looked at together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

from afluente.analysis import cashflow, debts, frequency, recurring, signals, streams
from afluente.analysis.cashflow import Flow
from afluente.analysis.debts import CardFigures
from afluente.analysis.frequency import Frequency
from afluente.analysis.history import History, Reader
from afluente.analysis.income import TRAILING, IncomeStream
from afluente.analysis.recurring import RecurringExpense
from afluente.analysis.score import Score, score
from afluente.analysis.sight import Sight
from afluente.analysis.signals import Signal
from afluente.analysis.spans import days_back
from afluente.analysis.streams import Stream
from afluente.core.accounts import Account, AccountKind, Bill, Transaction
from afluente.core.connections import Stored
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.dialects.klavi.render.spelling import ZONE

_Stream = TypeVar("_Stream", bound=Stream)


class Moved(NamedTuple):
    """A movement, with the bill it is on and the neutral name of what it is filed under."""

    id: str
    record: Transaction
    bill_id: str | None
    category: str | None


class Bank(NamedTuple):
    """Whose customer the holder is: the name people know, the one at the central bank, its number there for clearing
    (COMPE), and its CNPJ, None where it has none."""

    name: str
    bacen_name: str
    code: str
    cnpj: str | None


@dataclass(frozen=True, kw_only=True)
class Held:
    """Everything of one connection, as it is on a day.

    `document` is the CPF or CNPJ that was asked about, digits only. `moved` are by account id, newest first; bills by
    theirs as well, investments' movements by investment.
    """

    bank: Bank
    document: str
    on: date
    accounts: Sequence[Stored[Account]] = ()
    moved: Mapping[str, Sequence[Moved]]
    bills: Mapping[str, Sequence[Stored[Bill]]]
    holders: Sequence[Stored[Holder]] = ()
    loans: Sequence[Stored[Loan]] = ()
    investments: Sequence[Stored[Investment]] = ()
    dealt: Mapping[str, Sequence[Stored[InvestmentMovement]]]

    def of_kind(self, *kinds: AccountKind) -> list[Stored[Account]]:
        """Return the accounts of some kinds."""
        return [one for one in self.accounts if one.record.kind in kinds]

    @cached_property
    def bank_accounts(self) -> list[Stored[Account]]:
        """The accounts that hold money, checking accounts first."""
        return self.of_kind(AccountKind.CHECKING) + self.of_kind(AccountKind.SAVINGS)

    @cached_property
    def cards(self) -> list[Stored[Account]]:
        """The credit cards."""
        return self.of_kind(AccountKind.CREDIT_CARD)

    @cached_property
    def main(self) -> Stored[Account] | None:
        """The account that stands for the connection: the first one that holds money, or else the first card."""
        return next(iter([*self.bank_accounts, *self.cards]), None)

    @cached_property
    def holder(self) -> Holder | None:
        """Who the bank says it is."""
        return self.holders[0].record if self.holders else None


@dataclass(frozen=True)
class Seen:
    """What is seen of one or several connections of a person, at least one, on the same day."""

    held: tuple[Held, ...]

    @cached_property
    def history(self) -> History:
        """All movements of all accounts, prepared. Accounts are known in it by their ids."""
        accounts = [replace(one.record, key=one.id) for held in self.held for one in held.accounts]
        documents = [one.record.document for held in self.held for one in held.holders if one.record.document]
        reader = Reader(accounts, zone=ZONE, on=self.held[0].on, documents=documents)
        for held in self.held:
            for id, found in held.moved.items():
                reader.take((one.record, id, one.category) for one in found)
        return reader.history()

    @cached_property
    def written(self) -> dict[str, list[dict[str, Any]]]:
        """The movements of accounts as reports over consents write them, by account id: whoever writes an account's
        first leaves them here for the reports that follow."""
        return {}

    @cached_property
    def days_covered(self) -> int:
        """How many days there are from which movements are known."""
        return self.history.known.days

    @cached_property
    def sight(self) -> Sight:
        """The history with the loans, as a lender looks at it."""
        return Sight(self.history, tuple(one.record for held in self.held for one in held.loans))

    def earned(self, account: Stored[Account]) -> list[IncomeStream]:
        """Return the income on an account that holds money, in its currency."""
        return self._earned.get((account.id, account.record.currency), [])

    @cached_property
    def _earned(self) -> dict[tuple[str, str], list[IncomeStream]]:
        return _by_account(self.sight.earned.streams)

    def owed(self, account: Stored[Account]) -> list[RecurringExpense]:
        """Return what is paid again and again from an account that holds money, in its currency."""
        return self._owed.get((account.id, account.record.currency), [])

    @cached_property
    def _owed(self) -> dict[tuple[str, str], list[RecurringExpense]]:
        return _by_account(recurring.expenses(self.history, self.history.known))

    def trailing(self, account: Stored[Account], found: Sequence[Stream]) -> Mapping[int, Decimal]:
        """Return what streams of an account come to, by days back."""
        return streams.trailing(found, account.record.currency, self.history.on, TRAILING)

    @cached_property
    def flows(self) -> Mapping[int, Flow]:
        """What was gained and spent, the holder's own money left out, by days back."""
        sight, known = self.sight, self.history.known
        return {
            days: cashflow.flow(sight.movements, days_back(sight.on, days), known, sight.currency) for days in TRAILING
        }

    @cached_property
    def descriptions(self) -> Mapping[tuple[str, str], str]:
        """What each movement is called, by its account's id and its own key."""
        return {(one.account.key, one.key): one.description for one in self.history.movements}

    @cached_property
    def frequencies(self) -> Mapping[tuple[str, str], Frequency]:
        """How often each movement comes, by its account's id and its own key."""
        return frequency.frequencies(self.history)

    @cached_property
    def signs(self) -> Mapping[Signal, Decimal]:
        """What was moved by those movements that say something, in the main currency."""
        found = signals.sightings(signals.marked(self.history), self.history.known)
        return {one.signal: one.total for one in found if one.currency == self.sight.currency}

    def card(self, held: Held, account: Stored[Account]) -> CardFigures:
        """Return the figures of a card."""
        own = [replace(bill.record, account_key=account.record.key) for bill in held.bills.get(account.id, ())]
        return debts.card(account.record, own, held.on)

    @cached_property
    def score(self) -> Score:
        """How the accounts look, as one number with its parts."""
        return score(self.sight)


def _by_account(found: Iterable[_Stream]) -> dict[tuple[str, str], list[_Stream]]:
    """Return streams by their account's id and their currency, in the order they came in."""
    grouped: defaultdict[tuple[str, str], list[_Stream]] = defaultdict(list)
    for one in found:
        grouped[one.account_key, one.currency].append(one)
    return dict(grouped)
