"""A history as a lender looks at it: movements by subject, balances, rhythms, over any span of days.

Everything is of one currency, that of most bank accounts, and of bank accounts alone. What is asked for more than
once is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from afluente.analysis import balances, cadence, cashflow, debts, figures, streams, subjects
from afluente.analysis.balances import Line
from afluente.analysis.cadence import Cadence, Rhythm
from afluente.analysis.debts import CreditFigures, LoanFigures, OverdraftFigures
from afluente.analysis.figures import ZERO, money
from afluente.analysis.history import History, Movement, is_bank, within
from afluente.analysis.income import IncomeKind, IncomeReport, income
from afluente.analysis.risk import Assets, Overdraft, assets_of, overdrafts_of
from afluente.analysis.spans import Span
from afluente.core.loans import Loan


@dataclass(frozen=True)
class Sight:
    """What is seen of a history. `loans` are the holder's own, as institutions tell them."""

    history: History
    loans: tuple[Loan, ...] = ()

    @cached_property
    def currency(self) -> str:
        """The currency everything is of; empty where there is no bank account."""
        return cashflow.main_currency(self.history) or ""

    @cached_property
    def movements(self) -> Sequence[Movement]:
        """All booked movements of bank accounts in the currency, oldest first."""
        return cashflow.on_accounts(self.history, self.currency)

    @cached_property
    def by_subject(self) -> dict[str, list[Movement]]:
        """The movements of each subject, oldest first."""
        found: dict[str, list[Movement]] = {}
        for one, about in subjects.of(self.movements):
            for name in about:
                found.setdefault(name, []).append(one)
        return found

    def about(self, names: Sequence[str], span: Span) -> list[Movement]:
        """Return the movements of a span that are about any of these subjects, oldest first, each once."""
        if len(names) == 1:
            return list(within(self.by_subject.get(names[0], ()), span))
        every = {id(one): one for name in names for one in within(self.by_subject.get(name, ()), span)}
        return [every[key] for key in sorted(every, key=self._places.__getitem__)]

    @cached_property
    def _places(self) -> dict[int, int]:
        """Where each movement stands; records may be equal, so they are told apart by what they are."""
        return {id(one): place for place, one in enumerate(self.movements)}

    @cached_property
    def lines(self) -> dict[str, Line]:
        """The daily balances of each bank account in the currency."""
        found = balances.lines(self.history)
        return {key: line for key, line in found.items() if self.history.accounts[key].currency == self.currency}

    @cached_property
    def line(self) -> Line:
        """The daily balances of all of them together."""
        return balances.together(list(self.lines.values()), self.history.known)

    def balances_in(self, span: Span) -> balances.BalanceFigures:
        """Return the figures of the balances of a span."""
        return balances.summary(self.line, span, self.currency)

    @cached_property
    def overdrawn(self) -> tuple[Overdraft, ...]:
        """The times an account was below zero, of all accounts."""
        return tuple(one for key, line in self.lines.items() for one in overdrafts_of(key, line, self.currency))

    def overdrawn_in(self, span: Span) -> int:
        """Return how many of those times reach into a span."""
        return sum(one.first_on <= span.last and one.last_on >= span.first for one in self.overdrawn)

    def lowest_in(self, span: Span) -> Decimal | None:
        """Return the lowest point of a span; of several accounts, the lowest at a day's end."""
        days = (next(iter(self.lines.values())) if len(self.lines) == 1 else self.line).part(span).lowest
        return money(min(days), self.currency) if days else None

    @cached_property
    def everything(self) -> Span:
        """The days from which movements are known."""
        return self.history.known

    def income_of(self, span: Span) -> IncomeReport:
        """Return the income of a span."""
        return income(self.history, span)

    @cached_property
    def earned(self) -> IncomeReport:
        """The income of all known days."""
        return self.income_of(self.everything)

    @cached_property
    def pay(self) -> IncomeReport:
        """What employers paid in all known days."""
        return income(self.history, self.everything, kinds=(IncomeKind.SALARY,))

    def rhythm(self, found: Sequence[Movement]) -> Rhythm:
        """Return the rhythm of some movements as it looks today."""
        return cadence.rhythm([one.day for one in found], self.history.on)

    def months_in(self, span: Span) -> Decimal:
        """Return how many months of 30 days of a span are known: at least one, with its fraction beyond."""
        return max(Decimal(1), Decimal(span.within(self.history.known).days) / streams.ROLLING_MONTH)

    @property
    def on(self) -> date:
        """The day it is seen from."""
        return self.history.on

    @cached_property
    def cards(self) -> CreditFigures:
        """The cards of the currency together."""
        return debts.cards(self.history, self.currency)

    @cached_property
    def owed(self) -> LoanFigures:
        """The loans of the currency together."""
        return debts.loans(self.loans, self.currency)

    @cached_property
    def arranged(self) -> OverdraftFigures:
        """What the accounts may go below zero."""
        return debts.overdrafts(self.history, self.currency)

    @cached_property
    def assets(self) -> Assets:
        """What the bank accounts of the currency hold."""
        held = [one for one in self.history.accounts.values() if is_bank(one) and one.currency == self.currency]
        return assets_of(held, self.currency)

    @property
    def bank_accounts(self) -> int:
        """How many bank accounts of the currency there are."""
        return sum(is_bank(one) and one.currency == self.currency for one in self.history.accounts.values())

    @property
    def balance(self) -> Decimal:
        """What the bank accounts of the currency hold now."""
        held = [one.balance for one in self.history.accounts.values() if is_bank(one) and one.currency == self.currency]
        return money(sum(held, ZERO), self.currency)


def total(found: Sequence[Movement]) -> Decimal:
    """Return what movements add up to, without regard to their direction, unrounded."""
    return sum((abs(one.amount) for one in found), ZERO)


def cadence_of(sight: Sight, found: Sequence[Movement]) -> Cadence | None:
    """Return how often movements come; None for none of them, or one alone."""
    beat = sight.rhythm(found).cadence
    return None if beat is Cadence.SINGLE else beat


def share(part: Sequence[Movement], whole: Sequence[Movement]) -> Decimal | None:
    """Return what some movements are of others, by amount; None where there is nothing to divide by."""
    return figures.share(total(part), total(whole))
