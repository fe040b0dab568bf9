"""Rules about accounts: whether there are any, and whether each can be told from the others and be paid to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.core.money import exponent
from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.quality.rules.naming import about
from afluente.quality.snapshot import Snapshot

MISSING = "product.accounts.missing"
VERIFICATION_INCOMPLETE = "product.accounts.verification-incomplete"
VERIFICATION_UNAVAILABLE = "product.accounts.verification-unavailable"
NUMBER_INCOMPLETE = "product.accounts.number-incomplete"
NO_ADDRESS_ON_SITE = "product.accounts.no-address-on-site"
DUPLICATE = "product.accounts.duplicate"
ID_CHANGED = "product.accounts.duplicate.id-changed"
KEY_CHANGED = "product.accounts.key-changed"
AMOUNT_INVALID = "product.accounts.amount-invalid"
NO_CHECKING = "product.accounts.no-checking"
CARD_NUMBER_EXPOSED = "product.accounts.card-number-exposed"

_PARTS = {"BR": 3, "CA": 3, "US": 2}
"""How many numbers name an account in a transfer: institution, branch or transit, account; in the United States
routing number and account. Elsewhere one number has them all."""

_MASKED = re.compile(r"[*•…xX#]")
_DIGIT = re.compile(r"[0-9]")
_LONG = re.compile(r"(?:[0-9][ .-]*){13}")
_SEPARATORS = str.maketrans("", "", " -.")
_ISSUERS = "23456"
"""What the number of a payment card begins with."""


def none_at_all(snapshot: Snapshot) -> Iterator[Finding]:
    """Accounts or cards were asked for, and there is no account, card, loan or investment."""
    facts = snapshot.facts
    if snapshot.accounts or facts.loans or facts.investments:
        return
    if snapshot.asked(Product.ACCOUNTS, Product.CARDS):
        yield about(MISSING, expected="1", found="0")


def some_cannot_be_verified(snapshot: Snapshot) -> Iterator[Finding]:
    """Some bank accounts, but not all, lack one of the numbers that name an account in a transfer."""
    banks, lacking = _verified(snapshot)
    if lacking and len(lacking) < len(banks):
        for one in lacking:
            yield _unverified(VERIFICATION_INCOMPLETE, [one], snapshot.facts.country)


def none_can_be_verified(snapshot: Snapshot) -> Iterator[Finding]:
    """There are bank accounts, and each of them lacks one of the numbers that name an account in a transfer."""
    banks, lacking = _verified(snapshot)
    if banks and len(lacking) == len(banks):
        yield _unverified(VERIFICATION_UNAVAILABLE, lacking, snapshot.facts.country)


def _verified(snapshot: Snapshot) -> tuple[list[Stored[Account]], list[Stored[Account]]]:
    parts = _PARTS.get(snapshot.facts.country, 1)
    banks = snapshot.banks
    return banks, [one for one in banks if _numbers(one.record) < parts]


def _numbers(account: Account) -> int:
    """Return how many of an account's numbers are there: not blank, with a digit, and not masked."""
    number = account.bank.transfer_number if account.bank is not None else None
    return _parts_of(number) if number else 0


@lru_cache(maxsize=64)
def _parts_of(number: str) -> int:
    return sum(is_whole(part) for part in number.split("/"))


def is_whole(number: str) -> bool:
    """Tell whether an account's number, or a part of it, is there: with a digit, and not masked."""
    return number.isdecimal() or (_MASKED.search(number) is None and _DIGIT.search(number) is not None)


def _unverified(meaning: str, accounts: Sequence[Stored[Account]], country: str) -> Finding:
    return about(
        meaning,
        accounts=[one.id for one in accounts],
        expected=str(_PARTS.get(country, 1)),
        found=str(min(_numbers(one.record) for one in accounts)),
    )


def number_incomplete(snapshot: Snapshot) -> Iterator[Finding]:
    """A bank account's number is blank, has no digit, or is masked. A card's is masked as it should be."""
    for one in snapshot.banks:
        if not is_whole(one.record.number):
            yield about(NUMBER_INCOMPLETE, accounts=[one.id], found=one.record.number)


def no_address_on_site(snapshot: Snapshot) -> Iterator[Finding]:
    """The account has no page of its own on the institution's site, where institutions give one (Canada, the United
    States) or this one gives one for another of the accounts."""
    given = snapshot.facts.country in ("CA", "US") or any(one.record.detail_url for one in snapshot.accounts)
    if given:
        for one in snapshot.accounts:
            if not one.record.detail_url:
                yield about(NO_ADDRESS_ON_SITE, accounts=[one.id])


def duplicate(snapshot: Snapshot) -> Iterator[Finding]:
    """Two bank accounts of one kind and currency have the same numbers, and were first seen in the same sync."""
    for first, other in _twins(snapshot):
        if first.created_at == other.created_at:
            yield about(DUPLICATE, accounts=[first.id, other.id], found=_identity(other.record)[0])


def id_changed(snapshot: Snapshot) -> Iterator[Finding]:
    """Two bank accounts of one kind and currency have the same numbers, and the second was first seen in a later
    sync: the institution calls the same account by another key. The first id is expected, the second found."""
    for first, other in _twins(snapshot):
        if first.created_at != other.created_at:
            yield about(ID_CHANGED, accounts=[first.id, other.id], expected=first.id, found=other.id)


def key_changed(snapshot: Snapshot) -> Iterator[Finding]:
    """In the last sync the institution called the account by another key than before, and it was recognised by its
    number, kind and currency."""
    recognised = {key for state in snapshot.facts.products for key in state.recognised}
    if recognised:
        for one in snapshot.accounts:
            if one.record.key in recognised:
                yield about(KEY_CHANGED, accounts=[one.id])


def _twins(snapshot: Snapshot) -> Iterator[tuple[Stored[Account], Stored[Account]]]:
    banks = snapshot.banks
    if len({_identity(one.record) for one in banks}) == len(banks):
        return
    seen: dict[tuple[str, str, str], Stored[Account]] = {}
    for one in sorted(banks, key=lambda account: account.created_at):
        if is_whole(one.record.number):
            first = seen.setdefault(_identity(one.record), one)
            if first is not one:
                yield first, one


def _identity(account: Account) -> tuple[str, str, str]:
    number = account.bank.transfer_number if account.bank is not None else None
    return number or account.number, account.kind, account.currency


def amount_invalid(snapshot: Snapshot) -> Iterator[Finding]:
    """A balance, or what is available, is no number or has more decimals than its currency; or the currency is not a
    code of three letters. Zeros at the end are no decimals."""
    for one in snapshot.accounts:
        account = one.record
        places = exponent(account.currency)
        known = len(account.currency) == 3 and account.currency.isalpha()
        available = account.bank.available if account.bank is not None else None
        for value in (account.balance, available):
            if value is None:
                continue
            if known and _fits(value, places):
                continue
            expected = f"{account.currency}, {places} decimals" if known else "a currency's code"
            yield about(AMOUNT_INVALID, accounts=[one.id], expected=expected, found=f"{value} {account.currency}")
            break


def _fits(value: Decimal, places: int) -> bool:
    """Tell whether an amount is a number of so many decimals; zeros at the end are none."""
    power = value.as_tuple().exponent
    return isinstance(power, int) and (-power <= places or value == round(value, places))


def no_checking(snapshot: Snapshot) -> Iterator[Finding]:
    """Accounts were asked for, and of the cards, loans and investments that are there none is a bank account."""
    facts = snapshot.facts
    if not snapshot.asked(Product.ACCOUNTS) or not (snapshot.accounts or facts.loans or facts.investments):
        return
    if not snapshot.banks:
        yield about(NO_CHECKING, accounts=[one.id for one in snapshot.accounts], expected="1", found="0")


def card_number_exposed(snapshot: Snapshot) -> Iterator[Finding]:
    """An account's number or name holds a whole card number: 13 to 19 digits in a row (spaces, dots and dashes left
    out) that begin as cards do and pass the Luhn check; a number that the account is paid under is none. Of what was
    found only the last four digits are told."""
    for one in snapshot.accounts:
        account = one.record
        paid = account.bank.transfer_number if account.bank is not None else None
        for text in (account.number, account.name, account.marketing_name):
            if (
                text
                and len(text) > 12
                and _LONG.search(text)
                and (number := _card_in(text)) is not None
                and number != paid
            ):
                yield about(CARD_NUMBER_EXPOSED, accounts=[one.id], expected="4 digits", found=f"…{number[-4:]}")
                break


def _card_in(text: str) -> str | None:
    digits = ""
    for letter in (*text.translate(_SEPARATORS), " "):
        if letter.isdigit() and letter.isascii():
            digits += letter
        elif 13 <= len(digits) <= 19 and digits[0] in _ISSUERS and _luhn(digits):
            return digits
        else:
            digits = ""
    return None


def _luhn(digits: str) -> bool:
    total = sum(int(digit) for digit in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0
