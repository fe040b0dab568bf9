"""Accounts of every sort: bank accounts, cards, loans and investments, in one shape (contract 5.1).

Records of any country are shown; what a country does not have (a transit number, say) is null.

Two ratios tell whether an account can be used for payments. Flinks describes the first as how often what a payment
needs could be read at the institution; here it is known whether it was read of this very account, so both are 1 or 0:

* `EftEligibleRatio`: 1 for an operations account in Canadian or American dollars of which every number that a
  payment needs is known, else 0.
* `ETransferEligibleRatio`: 1 for an operations account in Canadian dollars, else 0. A transfer by Interac needs an
  address of the holder, not the numbers of the account.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.connections import Stored
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.dialects.flinks.render.holders import holder
from afluente.dialects.flinks.render.logins import kind_of
from afluente.dialects.flinks.render.transactions import transactions
from afluente.dialects.flinks.render.types import OPERATIONS, category_of, is_business, title_of, type_of
from afluente.dialects.flinks.render.views import EVERYTHING, View

Held = Account | Loan | Investment
"""What is an account to Flinks."""

_YES, _NO = Decimal("1.0"), Decimal("0.0")


class Numbers(msgspec.Struct, frozen=True):
    """The numbers an account is reached by. Institution and transit are digits, or None."""

    account: str | None
    transit: str | None
    institution: str | None

    def reach(self, currency: str) -> bool:
        """Whether money can be sent there: in the United States a routing number and an account are enough."""
        found = self.account and self.transit
        return bool(found and (self.institution or currency == "USD")) and currency in ("CAD", "USD")


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """What all accounts of a card share: who holds them, and where."""

    holders: tuple[Holder, ...]
    institution: Institution

    def of(self, record: Held) -> Holder | None:
        """Return an account's holder: the one whom the account itself names as its owner, or else the first."""
        named = (record.owner or "").casefold() if isinstance(record, Account) else ""
        own = (one for one in self.holders if named and one.name.casefold() == named)
        return next(own, self.holders[0] if self.holders else None)


def owner(holders: Sequence[Stored[Holder]], institution: Institution) -> Owner:
    """Return what the accounts of a card share."""
    return Owner(holders=tuple(stored.record for stored in holders), institution=institution)


def summary(stored: Stored[Any], owner: Owner, view: View = EVERYTHING) -> dict[str, Any]:
    """Return an account (of any of `Held`) without its transactions."""
    record: Held = stored.record
    found = numbers(record)
    shown = found if view.identity else Numbers(None, None, None)
    eft, transfer = ratios(record)
    limit = record.bank.overdraft_limit if isinstance(record, Account) and record.bank is not None else None
    title = title_of(record)
    return {
        "TransitNumber": shown.transit,
        "InstitutionNumber": shown.institution,
        "OverdraftLimit": limit or 0,
        "EftEligibleRatio": eft,
        "ETransferEligibleRatio": transfer,
        "Title": title,
        "AccountNumber": shown.account,
        "LastFourDigits": last_four(record),
        "Balance": balance(record) if view.balance else {"Available": None, "Current": None, "Limit": None},
        "Category": category_of(record),
        "Type": type_of(record, owner.institution.country),
        "Currency": record.currency,
        "Holder": holder(owner.of(record)) if view.kyc else None,
        "AccountType": "Business" if is_business(title) else kind_of(owner.institution),
        "Id": stored.id,
    }


def detail(
    stored: Stored[Any], owner: Owner, found: Iterable[Stored[Transaction]], view: View, today: date
) -> dict[str, Any]:
    """Return an account with those of its transactions that the view wants."""
    return {"Transactions": transactions(found, stored.id, view, today)} | summary(stored, owner, view)


def numbers(record: Held) -> Numbers:
    """Return an account's numbers.

    Those of a Canadian account are told in one, `institution/transit/account`; of one in the United States the
    routing number stands as TransitNumber, as that is what reaches the branch. Of other countries' accounts the
    institution's own account number is told; of a card none, which is known by its last four digits.
    """
    if isinstance(record, Loan):
        return Numbers(record.contract_number or None, None, None)
    if isinstance(record, Investment):
        return Numbers(record.number, None, None)
    if record.kind is AccountKind.CREDIT_CARD:
        return Numbers(None, None, None)
    told = record.bank.transfer_number if record.bank is not None else None
    match [part.strip() for part in (told or "").split("/")]:
        case [institution, transit, account]:
            return Numbers(account or record.number or None, _digits(transit), _digits(institution))
        case [routing, account]:
            return Numbers(account or record.number or None, _digits(routing), None)
        case _:
            return Numbers(record.number or None, None, None)


def last_four(record: Held) -> str | None:
    """Return the last four digits of a card; None for anything else, and for a card that tells fewer."""
    if not isinstance(record, Account) or record.kind is not AccountKind.CREDIT_CARD:
        return None
    digits = "".join(letter for letter in record.number if letter.isascii() and letter.isdigit())
    return digits[-4:] if len(digits) >= 4 else None


def balance(record: Held) -> dict[str, Decimal | None]:
    """Return an account's balance. What a card or a loan owes is positive.

    An institution that tells one figure of a bank account tells it of both, the posted and the available balance.
    """
    available: Decimal | None
    limit: Decimal | None
    current: Decimal | None
    if isinstance(record, Loan):
        current, available, limit = record.outstanding, None, record.contract_amount
    elif isinstance(record, Investment):
        current, available, limit = record.balance, record.withdrawable, None
    elif record.kind is AccountKind.CREDIT_CARD:
        card = record.card
        current = record.balance
        available, limit = (card.available, card.limit) if card is not None else (None, None)
    else:
        bank = record.bank
        current = record.balance
        told = bank.available if bank is not None else None
        available = current if told is None else told
        limit = (bank.overdraft_limit or None) if bank is not None else None
    return {"Available": available, "Current": current, "Limit": limit}


def ratios(record: Held) -> tuple[Decimal, Decimal]:
    """Return an account's `EftEligibleRatio` and its `ETransferEligibleRatio`."""
    if category_of(record) != OPERATIONS:
        return _NO, _NO
    return _YES if numbers(record).reach(record.currency) else _NO, _YES if record.currency == "CAD" else _NO


def _digits(text: str) -> str | None:
    return text if text.isascii() and text.isdigit() else None
