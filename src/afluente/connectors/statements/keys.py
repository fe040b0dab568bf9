"""Keys that stay the same each time a movement is read, from whichever file.

A bank's own id (FITID) should name a movement for ever, and often does not: some banks count 1, 2, 3 in each file,
some send nothing, some one id for all. So the id is joined with what a posted movement keeps, its day and amount; the
description is added only where those do not tell two movements apart, and an occurrence number only after that.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

_NO_ID = re.compile(r"[0\W_]*|N/?A|NONE|NULL|NIL|UNDEFINED|NAN", re.IGNORECASE)
_LONGEST_ID = 100


class Seen(msgspec.Struct, frozen=True):
    """What a key is made of. `text` is everything the bank wrote about the movement, as one string."""

    bank_id: str
    day: date
    amount: Decimal
    text: str


def digest(text: str, length: int = 12) -> str:
    """Return the first `length` hexadecimal digits of the SHA-256 of `text`."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def movement_keys(account_key: str, movements: Sequence[Seen]) -> list[str | None]:
    """Return a key for each movement of one account, in order; None for one the same file holds already.

    Only a movement whose bank id is good can be a repetition: without one, two equal movements are two.
    """
    contents: dict[str, set[Seen]] = defaultdict(set)
    texts: dict[tuple[str, date, Decimal], set[str]] = defaultdict(set)
    for seen in movements:
        contents[seen.bank_id].add(seen)
        texts[seen.bank_id, seen.day, seen.amount].add(seen.text)
    counts: dict[str, int] = defaultdict(int)
    keys: list[str | None] = []
    for seen in movements:
        what = f"{seen.day:%Y%m%d}|{_amount(seen.amount)}"
        if _NO_ID.fullmatch(seen.bank_id):
            key, trusted = f"{account_key}:~{what}|{digest(_words(seen.text))}", False
        else:
            key, trusted = f"{account_key}:{_id(seen.bank_id)}|{what}", len(contents[seen.bank_id]) == 1
            if len(texts[seen.bank_id, seen.day, seen.amount]) > 1:
                key += f"|{digest(_words(seen.text))}"
        counts[key] += 1
        if counts[key] == 1:
            keys.append(key)
        else:
            keys.append(None if trusted else f"{key}#{counts[key]}")
    return keys


def account_key(parts: Iterable[str]) -> str:
    """Return the key of the account that `parts` (bank, branch, number, kind) name."""
    return "/".join(re.sub(r"[\s/|:#]+", "_", part.strip()) for part in parts)


def without_card_number(number: str) -> str:
    """Return `number` with all but the last four digits crossed out if it is a whole card number (by Luhn's sum)."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"[0-9]{13,19}", digits) or _luhn(digits) % 10:
        return number
    return "X" * (len(digits) - 4) + digits[-4:]


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total


def _id(text: str) -> str:
    return text if len(text) <= _LONGEST_ID else digest(text, 32)


def _amount(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(text: str) -> str:
    return " ".join(text.casefold().split())
