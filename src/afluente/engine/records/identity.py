"""Accounts whose key the institution has changed: they are told apart no more, and keep the id that clients know.

Ids are made of keys, so keys are changed back at the border, before anything is stored, checked or handed over. A
connection notes the institution's present key of such an account, and the first one, by which it is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, AccountKind, Bill, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.documents import Balance, Resource, Statement
from afluente.core.outcome import Finding
from afluente.core.ports import Fetched, Record
from afluente.core.products import Product
from afluente.engine.records.storing import account_id
from afluente.quality.rules.accounts import is_whole
from afluente.store import snapshots
from afluente.store.database import Reader

_LISTED = (Product.ACCOUNTS, Product.CARDS)
"""The products that list accounts."""

_NAMED_ALIKE = ("account", "card")
"""The kinds of resources whose key is an account's."""

_LAST_DIGITS = 4
"""What is told of a card's number at the least."""


class Identified(msgspec.Struct, frozen=True):
    """What an institution gave, under the keys by which accounts are known here.

    `keys` is what the connection notes from now on: the institution's present key, and the known one. `anew` are the
    known keys of the accounts that were recognised just now.
    """

    fetched: Fetched
    keys: dict[str, str]
    anew: tuple[str, ...] = ()


async def identify(
    reader: Reader, connection: Connection, product: Product, fetched: Fetched, begun: Instant
) -> Identified:
    """Return what was fetched of a product under known keys.

    Where accounts are listed, an account that we do not hold and one that we held when the execution was `begun` and
    is not listed are the same if they look it (`matched`). Where every listed account is known, only ids are read.
    """
    keys = connection.account_keys
    listed = [one for one in fetched.records if isinstance(one, Account)] if product in _LISTED else []
    if not listed:
        return Identified(renamed(fetched, keys), keys)
    there = {one.key for one in listed}
    # a key that is listed again is its own account's, whatever that was called meanwhile
    keys = {present: known for present, known in keys.items() if known not in there}
    held = await snapshots.ids(reader, Account, connection.id)
    unknown = [one for one in listed if account_id(connection.id, keys.get(one.key, one.key)) not in held]
    if not unknown or not held:
        return Identified(renamed(fetched, keys), keys)
    told = {keys.get(key, key) for key in there}
    stored = await snapshots.of_connection(reader, Account, connection.id)
    # what another product has just listed is not missing
    missing = [one.record for one in stored if one.record.key not in told and one.created_at < begun]
    found = matched(unknown, missing)
    again = set(found.values())
    keys = {present: known for present, known in keys.items() if known not in again} | found
    return Identified(renamed(fetched, keys), keys, tuple(found.values()))


def matched(unknown: Iterable[Account], missing: Iterable[Account]) -> dict[str, str]:
    """Return, by the key of an unknown account, the key of the missing one that it is.

    They are of one kind and currency and have the same number, and nothing else that both tell of whose they are
    contradicts. Where several could be the same, none is taken to be: two accounts made one could not be told apart
    again, and one that is there twice is found by the checks.
    """
    candidates = list(missing)
    pairs = [(one.key, other.key) for one in unknown for other in candidates if _is_same(one, other)]
    ones, others = [one for one, _ in pairs], [other for _, other in pairs]
    return {one: other for one, other in pairs if ones.count(one) == 1 and others.count(other) == 1}


def renamed(fetched: Fetched, keys: Mapping[str, str]) -> Fetched:
    """Return what was fetched with every present key in `keys` replaced by the known one."""
    if not keys:
        return fetched
    return replace(
        fetched,
        records=tuple(_renamed(record, keys) for record in fetched.records),
        findings=tuple(_renamed_finding(one, keys) for one in fetched.findings),
        accounts=tuple(keys.get(key, key) for key in fetched.accounts),
    )


def present_key(connection: Connection, known: str) -> str:
    """Return what the institution calls an account now."""
    return next((present for present, key in connection.account_keys.items() if key == known), known)


def _renamed(record: Record, keys: Mapping[str, str]) -> Record:
    if isinstance(record, Transaction | Bill | Statement | Balance):
        known = keys.get(record.account_key)
        return record if known is None else replace(record, account_key=known)
    if isinstance(record, Account) or (isinstance(record, Resource) and record.kind in _NAMED_ALIKE):
        known = keys.get(record.key)
        return record if known is None else replace(record, key=known)
    return record


def _renamed_finding(finding: Finding, keys: Mapping[str, str]) -> Finding:
    known = keys.get(finding.account_key or "")
    return finding if known is None else replace(finding, account_key=known)


def _is_same(one: Account, other: Account) -> bool:
    if (one.kind, one.currency, one.number) != (other.kind, other.currency, other.number):
        return False
    told = [(one.tax_number, other.tax_number)]
    if one.kind is AccountKind.CREDIT_CARD:
        # the rest of its number is nobody's business
        enough = sum(letter.isdigit() for letter in one.number) >= _LAST_DIGITS
        if one.card is not None and other.card is not None:
            told += [(one.card.brand, other.card.brand), (one.card.holder, other.card.holder)]
            told.append((one.card.level, other.card.level))
    else:
        enough = is_whole(one.number)
        if one.bank is not None and other.bank is not None:
            told.append((one.bank.transfer_number, other.bank.transfer_number))
    return enough and all(not first or not second or first == second for first, second in told)
