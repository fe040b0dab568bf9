"""Words that statements use, and the words we make of them."""

from __future__ import annotations

import re

from afluente.core.accounts import AccountKind

_SAID = {"R$": "BRL", "REAL": "BRL", "REAIS": "BRL", "986": "BRL", "840": "USD", "978": "EUR", "US$": "USD", "€": "EUR"}
_CODE = re.compile(r"[A-Z]{3}")
_NAMES = {
    AccountKind.CHECKING: ("Conta corrente", "Checking account"),
    AccountKind.SAVINGS: ("Conta poupança", "Savings account"),
    AccountKind.CREDIT_CARD: ("Cartão de crédito", "Credit card"),
}

_CANADIAN = {AccountKind.CHECKING: "Chequing account"}
"""What is called otherwise in Canada."""


def currency_code(text: str) -> str | None:
    """Return the ISO 4217 code that a currency tag or cell means, or None."""
    word = text.strip().upper()
    return _SAID.get(word) or (word if _CODE.fullmatch(word) else None)


def account_name(kind: AccountKind, currency: str) -> str:
    """Return what to call an account that the file does not name: in Portuguese if it is in reais, else in English,
    which has a spelling of its own in Canada."""
    if currency == "CAD" and kind in _CANADIAN:
        return _CANADIAN[kind]
    return _NAMES[kind][0 if currency == "BRL" else 1]


def description(name: str, memo: str, kind: str) -> tuple[str, str | None]:
    """Return a movement's description, and what the bank wrote if that says more.

    `name` is who it was with, often cut at 32 letters; `memo` is free text, in Brazil the whole description.
    """
    short, long = " ".join(name.split()), " ".join(memo.split())
    said = long if not short or long.casefold().startswith(short.casefold()) else short
    written = name if not memo else memo if not name or said == long else f"{name} - {memo}"
    shown = said or " ".join(kind.split())
    return shown, written if written and written != shown else None
