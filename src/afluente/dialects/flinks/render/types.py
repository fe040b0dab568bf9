"""Category and Type of an account (contract 5.2).

The category follows from what the record is. The type is read from words of the title, English and French; for
institutions of other countries, whose titles speak other languages, what the record itself says counts.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from afluente.analysis import texts
from afluente.core.accounts import Account, AccountKind
from afluente.core.investments import Investment
from afluente.core.loans import Loan

TABLE = Path(__file__).with_name("types.toml")
OPERATIONS, CREDITS, PRODUCTS = "Operations", "Credits", "Products"
UNKNOWN = "Unknown"

_NATIVE = frozenset({"CA", "US"})
"""Countries whose titles are in English or French."""

_KINDS = {AccountKind.CHECKING: "Chequing", AccountKind.SAVINGS: "Savings"}
_LOANS = {"financing": "LoanInstallment", "overdraft": "LineOfCredit"}
_BUSINESS = texts.Phrases[bool](
    (word, True)
    for word in ("business", "commercial", "corporate", "entreprise", "entreprises", "affaires", "commerciale", "pj")
)


def category_of(record: Account | Loan | Investment) -> str:
    """Return the Category of a record."""
    if isinstance(record, Account):
        return CREDITS if record.kind is AccountKind.CREDIT_CARD else OPERATIONS
    return CREDITS if isinstance(record, Loan) else PRODUCTS


def type_of(record: Account | Loan | Investment, country: str) -> str:
    """Return the Type of a record of an institution in `country`."""
    category = category_of(record)
    said = _phrases()[category].find(texts.words(title_of(record)))
    if isinstance(record, Account):
        if record.kind is AccountKind.CREDIT_CARD:
            return said if said == "CreditCardPrepaid" else "CreditCard"
        return said or (UNKNOWN if country in _NATIVE else _KINDS[record.kind])
    if isinstance(record, Loan):
        cards = ("CreditCard", "CreditCardPrepaid")
        return said if said is not None and said not in cards else _LOANS.get(record.kind, "Loan")
    said = said or _phrases()[PRODUCTS].find(texts.words(f"{record.subkind or ''} {record.kind}"))
    return said or "OtherAsset"


def title_of(record: Account | Loan | Investment) -> str:
    """Return what the institution calls a record."""
    return record.product_name if isinstance(record, Loan) else record.name


def is_business(title: str) -> bool:
    """Whether a title says that the account is a company's."""
    return _BUSINESS.find(texts.words(title)) is not None


@cache
def _phrases() -> dict[str, texts.Phrases[str]]:
    read = tomllib.loads(TABLE.read_text("utf-8"))
    return {
        category: texts.Phrases((phrase, name) for name, found in types.items() for phrase in found)
        for category, types in read.items()
    }
