"""What a connector is, and the bank it converses with. The engine knows connectors by these alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from .accounts import Account, Bill, Transaction
from .challenge import Challenge
from .clock import Instant
from .documents import Balance, Consent, Resource, Statement
from .employment import EmploymentRecord
from .fiscal import (
    DebtReport,
    FinancialStatement,
    Invoice,
    TaxComplianceStatus,
    TaxDeclaration,
    TaxRetention,
    TaxReturn,
    TaxStatus,
)
from .holders import Holder
from .institutions import Institution
from .investments import Investment, InvestmentMovement
from .loans import Loan
from .outcome import Finding
from .products import Product

Record = (
    Account
    | Bill
    | Transaction
    | Investment
    | InvestmentMovement
    | Holder
    | Loan
    | Statement
    | Consent
    | Resource
    | Balance
    | Invoice
    | TaxStatus
    | TaxComplianceStatus
    | TaxReturn
    | TaxRetention
    | TaxDeclaration
    | FinancialStatement
    | DebtReport
    | EmploymentRecord
)

Session = Mapping[str, str]
"""What a login leaves: enough to fetch products later, in another process. Kept encrypted, and text only."""


class Fetched(msgspec.Struct, frozen=True):
    """What an institution gave for one product: all it holds now, and what is to be known about it.

    `since` is the first instant of the transactions that were asked for: what we hold from then on and is not
    among them any more has vanished at the institution. None means that the records add to what we hold.
    `accounts` are the keys of the accounts that were asked for transactions: one that is not may be back tomorrow
    and keeps what it has, one that is and has none has lost them.
    """

    records: Sequence[Record]
    findings: tuple[Finding, ...] = ()
    since: Instant | None = None
    accounts: tuple[str, ...] = ()


class Bank(Protocol):
    """The institution's side of the conversation, handed to a connector by the engine."""

    @property
    def now(self) -> Instant:
        """The instant of this conversation, on the application's clock."""

    @property
    def connection_id(self) -> str:
        """The connection this conversation is for."""

    async def reach(self, operation: str) -> None:
        """Go to the institution for `operation` (`login`, or a product's name). Raises `Refused` where that fails."""

    async def ask(self, challenge: Challenge) -> str:
        """Return the user's answer. The conversation may end here and be begun again when the answer is there:
        what a connector does before an `ask` must be safe to repeat."""

    async def recall(self, key: str) -> str | None:
        """Return what the institution remembers under a key; every connection of the application shares it."""

    async def remember(self, key: str, value: str | None) -> str | None:
        """Let the institution remember a value, or forget it, and return what it remembered before: of two that
        write at the same moment, one sees the other."""

    async def wait(self, span: Instant) -> None:
        """Return once `span` milliseconds have gone by on the application's clock, which may be moved to that end. As
        with `ask`, the conversation may end here and be begun again then; for what takes longer than a moment."""

    async def pause(self, span: Instant) -> None:
        """Let `span` milliseconds go by on the application's clock, as a slow institution does."""


class Connector(Protocol):
    """Speaks to one family of institutions. Raises `Refused` with a meaning of the catalogue when it cannot."""

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Log in, asking the user what the institution asks, and return what fetching needs."""

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Return all records of one product. `since` is when transactions are wanted from; None means as far back
        as the institution goes. Consents and resources come with the accounts; cards are accounts with their bills."""

    async def balance(self, bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        """Return the balance the institution has for the account at this moment."""
