"""What the checks look at: everything that is stored of one connection, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from operator import itemgetter

import msgspec

from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.holders import Holder
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.core.money import to_units
from afluente.core.products import Product, ProductState
from afluente.quality.walk import Movement, Walk, Walked

place: Callable[[Movement], tuple[Instant, int, str]] = itemgetter(1, 2, 0)
"""What movements are put in order by: `at`, `order`, `id`."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the client asked for and what happened on the way, as far as the stored data does not say it.

    `without_transactions`: the client wanted none. `details`: it wanted what institutions say of their products.
    `asked_after_login`: the institution asked the user while it was fetching. `window_in_use`: another request wanted
    the same place at the institution meanwhile.
    """

    without_transactions: bool = False
    details: bool = False
    asked_after_login: bool = False
    window_in_use: bool = False


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All of a snapshot but its accounts: one connection at the instant `now`.

    `country` is the institution's. `products` are what the connection is for, with what came of each. `statements`
    are the ids of the accounts that have one.
    """

    connection_id: str
    now: Instant
    country: str = "BR"
    products: tuple[ProductState, ...] = ()
    request: Request = Request()
    holders: tuple[Holder, ...] = ()
    loans: tuple[Loan, ...] = ()
    investments: tuple[Investment, ...] = ()
    statements: tuple[str, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One connection whole. `walked` has what one pass found in each account, by its id.

    An account that is not in `walked` was given no list of movements at all, which is not the same as an empty one.
    """

    facts: Facts
    accounts: tuple[Stored[Account], ...]
    walked: Mapping[str, Walked]

    def product(self, product: Product) -> ProductState | None:
        """Return what came of a product; None where the connection is not for it."""
        for state in self.facts.products:
            if state.product is product:
                return state
        return None

    def told(self, meaning: str) -> bool:
        """Tell whether the institution itself said so of a product."""
        return any(found.meaning == meaning for state in self.facts.products for found in state.findings)

    def asked(self, *products: Product) -> bool:
        """Tell whether one of these products is what the connection is for."""
        return any(state.product in products for state in self.facts.products)

    @cached_property
    def banks(self) -> list[Stored[Account]]:
        """The accounts with a bank: no cards."""
        return [one for one in self.accounts if one.record.kind is not AccountKind.CREDIT_CARD]

    @cached_property
    def movements_are_behind(self) -> bool:
        """Tell whether the movements are older than the accounts beside them: they could not be fetched again, or were
        not asked for. What they lack is then a matter of their freshness, and no fault of the data."""
        accounts, movements = self.product(Product.ACCOUNTS), self.product(Product.TRANSACTIONS)
        if accounts is None or movements is None or accounts.updated_at is None or movements.updated_at is None:
            return False
        return movements.updated_at < accounts.updated_at


def snapshot_of(
    facts: Facts,
    accounts: Iterable[Stored[Account]],
    movements: Mapping[str, Iterable[Stored[Transaction]] | None],
) -> Snapshot:
    """Return the snapshot of core records: `movements` by account id, in any order; None where no list was given."""
    held = tuple(accounts)
    walked: dict[str, Walked] = {}
    for account in held:
        found = movements.get(account.id)
        if found is None:
            continue
        walk = Walk()
        rows = [movement_of(one, account.record.currency) for one in found]
        rows.sort(key=place)
        walk.feed(rows)
        walked[account.id] = walk.walked()
    return Snapshot(facts=facts, accounts=held, walked=walked)


def movement_of(stored: Stored[Transaction], currency: str) -> Movement:
    """Return a movement of an account in `currency` as the checks see it."""
    record = stored.record
    balance = record.balance_after
    same = record.currency == currency
    units = cents(str(record.amount))
    behind = None if balance is None else cents(str(balance))
    if units is not None and same and (balance is None or behind is not None):
        # a tuple made so is made in half the time
        values = (
            stored.id,
            record.occurred_at,
            record.order,
            units,
            units,
            2,
            behind,
            record.description,
            record.pending,
        )
        return tuple.__new__(Movement, values)
    other = record.account_amount
    amount = to_units(record.amount)
    return movement(
        stored.id,
        record.occurred_at,
        record.order,
        amount,
        amount if same else None if other is None else to_units(other),
        None if balance is None else to_units(balance),
        record.description,
        record.pending,
    )


def cents(text: str) -> int | None:
    """Return an amount written with two decimals as a number of cents, None for another: nearly all are such."""
    return int(text[:-3] + text[-2:]) if text[-3:-2] == "." else None


def movement(
    id: str,
    at: Instant,
    order: int,
    amount: tuple[int, int],
    moved: tuple[int, int] | None,
    balance: tuple[int, int] | None,
    description: str,
    pending: bool,
) -> Movement:
    """Return a movement whose amounts, each (units, scale), are brought to one scale."""
    scale = max(amount[1], moved[1] if moved else 0, balance[1] if balance else 0)
    units = amount[0] * 10 ** (scale - amount[1])
    return Movement(
        id,
        at,
        order,
        units,
        None if moved is None else moved[0] * 10 ** (scale - moved[1]),
        scale,
        None if balance is None else balance[0] * 10 ** (scale - balance[1]),
        description,
        pending,
    )


def decimal(units: int, scale: int) -> Decimal:
    """Return the amount of so many units."""
    return Decimal(units).scaleb(-scale)
