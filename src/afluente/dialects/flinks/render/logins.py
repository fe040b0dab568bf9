"""The card itself, as answers carry it (contract 2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from afluente.core.clock import SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.institutions import Institution, Kind
from afluente.core.products import Product

NEVER = "0001-01-01T00:00:00"
"""LastRefresh of a card that was never refreshed."""

_TYPES = {
    Kind.PERSONAL_BANK: "Personal",
    Kind.INVESTMENT: "Personal",
    Kind.PAYMENT_ACCOUNT: "Personal",
    Kind.BUSINESS_BANK: "Business",
}
_FETCHED = (Product.ACCOUNTS, Product.CARDS)


def login(connection: Connection, institution: Institution, username: str, *, scheduled: bool) -> dict[str, Any]:
    """Return the Login object.

    `username` is as the user typed it, `scheduled` whether the card is refreshed by itself. The type is null until
    accounts have been fetched once.
    """
    return {
        "Username": username,
        "IsScheduledRefresh": scheduled,
        "LastRefresh": moment(refreshed_at(connection)),
        "Type": kind_of(institution) if _is_fetched(connection) else None,
        "Id": connection.id,
    }


def kind_of(institution: Institution) -> str | None:
    """Return whose accounts an institution keeps, Personal or Business; null where it does not tell."""
    return _TYPES.get(institution.kind)


def refreshed_at(connection: Connection) -> Instant | None:
    """Return when data of a card last arrived: a login that nothing was fetched with is no refresh."""
    return max((state.updated_at for state in connection.products if state.updated_at is not None), default=None)


def moment(at: Instant | None) -> str:
    """Return an instant in UTC with six decimals and no zone; `NEVER` where there is none."""
    if at is None:
        return NEVER
    seconds, rest = divmod(at, SECOND)
    told = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{told}.{rest:03}000"


def _is_fetched(connection: Connection) -> bool:
    states = [connection.product(product) for product in _FETCHED]
    return any(state is not None and state.updated_at is not None for state in states)
