"""What every object of a report begins with: whose account it is, where, and under which number."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.dialects.klavi.render.held import Held


class Number(NamedTuple):
    """An account's branch, its number, and its check digit; None for what is not told."""

    branch: str | None
    body: str
    check: str | None

    @property
    def whole(self) -> str:
        """The number with its check digit."""
        return self.body if self.check is None else f"{self.body}-{self.check}"


@lru_cache(maxsize=1024)
def parted(number: str) -> Number:
    """Take apart an account's number that is written `branch/number-digit`; what is written otherwise is a number."""
    branch, slash, rest = number.rpartition("/")
    body, dash, check = rest.rpartition("-")
    if not dash or not 0 < len(check) <= 2:
        body, check = rest, ""
    return Number((branch.rpartition("/")[2] or None) if slash else None, body, check or None)


@lru_cache(maxsize=4096)
def digits(text: str | None) -> str:
    """Return the letters and digits of a text: a tax number without its points."""
    return "".join(sign for sign in text or "" if sign.isalnum())


@lru_cache(maxsize=1024)
def ending(number: str) -> str:
    """Return the last four digits of a card's number."""
    return "".join(sign for sign in number if sign.isdigit())[-4:]


def verified(held: Held) -> str | None:
    """Return the tax number that the bank has for the holder, digits only; None where it has none."""
    return digits(held.holder.document if held.holder is not None else None) or None


def owner(held: Held, account: Stored[Account] | None) -> str | None:
    """Return the name of the one whose account it is."""
    told = account.record.owner if account is not None else None
    return told or (held.holder.name if held.holder is not None else None)


def bank(held: Held) -> dict[str, Any]:
    """Return the bank as most reports name it."""
    return {"bank_name": held.bank.name, "bacen_name": held.bank.bacen_name, "bacen_id": held.bank.code}


def by_account(held: Held, account: Stored[Account] | None) -> dict[str, Any]:
    """Return the head of a report that looks at one account: income, liabilities, insights."""
    number = parted(account.record.number) if account is not None else None
    return {
        "account_holder": owner(held, account),
        "account_number": number.whole if number is not None else None,
        "agency_number": number.branch if number is not None else None,
        "bacen_id": held.bank.code,
        "bacen_name": held.bank.bacen_name,
        "bank_name": held.bank.name,
        "cpf_verified": verified(held),
    }


def account_info(held: Held) -> dict[str, Any]:
    """Return the account that stands for a connection."""
    number = parted(held.main.record.number) if held.main is not None else None
    return {
        **bank(held),
        "agency_number": number.branch if number is not None else None,
        "holder_name": owner(held, held.main),
        "cpf_verified": verified(held),
        "account_number": number.whole if number is not None else None,
    }
