"""Accounts whose key the institution has changed: they are told apart no more, and keep the id that clients know.

Ids are made of keys, so keys are changed back at the border, before anything is stored, checked or handed over. A
connection notes the institution's present key of such an account, and the first one, by which it is known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import count

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, AccountKind, Bill, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.documents import Balance, Resource, Statement
from afluente.core.outcome import Finding
from afluente.core.ports import Fetched, Record
from afluente.core.products import Product
from afluente.engine.records.held import Held
from afluente.quality.rules.accounts import is_whole

KEY_REUSED = "product.accounts.key-reused"

_LISTED = (Product.ACCOUNTS, Product.CARDS)
"""The products that list accounts."""

_NAMED_ALIKE = ("account", "card")
"""The kinds of resources whose key is an account's."""

_LAST_DIGITS = 4
"""What is told of a card's number at the least."""


class Identified(msgspec.Struct, frozen=True):
    """What an institution gave, under the keys by which accounts are known here.

    `keys` is what the connection notes from now on: the institution's present key, and the known one. `anew` are the
    known keys of the accounts that were recognised just now, and `findings` are about those that were not.
    """

    fetched: Fetched
    keys: dict[str, str]
    anew: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def identify(held: Held, connection: Connection, product: Product, fetched: Fetched, begun: Instant) -> Identified:
    """Return what was fetched of a product under known keys.

    Where accounts are listed, an account that we do not hold and one that we held when the execution was `begun` and
    is not listed are the same if they look it (`matched`). An account that is another than the one we hold under its
    key (`is_another`) is not held: its key has been given to it, and it gets one of its own here.
    """
    keys = connection.account_keys
    listed = [one for one in fetched.records if isinstance(one, Account)] if product in _LISTED else []
    if not listed:
        return Identified(renamed(fetched, keys), keys)
    there = {one.key for one in listed}
    # a key that is listed again is its own account's, whatever that was called meanwhile
    keys = {present: known for present, known in keys.items() if known not in there or known in keys}
    stored = held.of(Account)
    known_accounts = {one.record.key: one for one in stored}
    known_as = {key: keys.get(key, key) for key in there}
    reused = {
        one.key for one in listed if (other := known_accounts.get(known_as[one.key])) and is_another(one, other.record)
    }
    unknown = [one for one in listed if one.key in reused or known_as[one.key] not in known_accounts]
    if not unknown or not stored:
        return Identified(renamed(fetched, keys), keys)
    told = {known for key, known in known_as.items() if key not in reused}
    # what another product has just listed is not missing
    missing = [one.record for one in stored if one.record.key not in told and one.created_at < begun]
    found = matched(unknown, missing)
    again = set(found.values())
    keys = {present: known for present, known in keys.items() if known not in again and present not in reused}
    taken = known_accounts.keys() | there | again
    fresh = {key: _free(key, taken) for key in sorted(reused - found.keys())}
    keys = {present: known for present, known in (keys | found | fresh).items() if present != known}
    findings = tuple(Finding(KEY_REUSED, account_key=known) for known in fresh.values())
    return Identified(renamed(fetched, keys), keys, tuple(found.values()), findings)


def is_another(one: Account, other: Account) -> bool:
    """Tell whether an account cannot be the one that we hold under its key: it is of another kind, currency or holder,
    or has another number. Numbers that are written otherwise, or not whole, tell nothing; and a card keeps its account
    when the plastic is replaced."""
    if (one.kind, one.currency) != (other.kind, other.currency):
        return True
    if one.tax_number and other.tax_number and not _same_digits(one.tax_number, other.tax_number):
        return True
    if one.number == other.number or one.kind is AccountKind.CREDIT_CARD:
        return False
    if not (is_whole(one.number) and is_whole(other.number)):
        return False
    first, second = sorted((_digits(one.number), _digits(other.number)), key=len)
    return not second.endswith(first)


def _same_digits(one: str, other: str) -> bool:
    return one == other or _digits(one) == _digits(other)


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isalnum()).lstrip("0").casefold()


def _free(key: str, taken: Collection[str]) -> str:
    """Return the first key made of this one that nobody has."""
    return next(made for number in count(2) if (made := f"{key}#{number}") not in taken)


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


def present_key(connection: Connection, known: str) -> str | None:
    """Return what the institution calls an account now; None where it has given its key to another account."""
    keys = connection.account_keys
    return next((present for present, key in keys.items() if key == known), None if known in keys else known)


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
