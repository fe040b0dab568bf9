"""What stands above a printed table: the account's number, its branch, and what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from afluente.connectors.statements.calendars import written
from afluente.connectors.statements.dates import month_of
from afluente.connectors.statements.sheets import Line, Word, said
from afluente.connectors.statements.tables import folded
from afluente.core.accounts import AccountKind

_CARD = re.compile(
    r"\b(fatura|(credit card|visa|mastercard|amex) statement|minimum payment|pagamento minimo|pago minimo|"
    r"paiement minimum|releve de carte|tarjeta de credito)\b"
)
_SAVINGS = re.compile(r"\b(poupanca|savings|epargne|ahorros?)\b")
_CHECKING = re.compile(r"\b(chequing|checking|corrente|corriente|cheques|courant)\b")
_CREDIT = re.compile(r"\b(credit card|visa|mastercard|amex|carte de credit|cartao de credito|tarjeta de credito)\b")
_BRANCH = re.compile(
    r"\b(?:ag[eê]ncia|ag|branch|transit(?: number| no)?|sucursal|succursale|domiciliation)\b[\s.:#º°-]*"
    r"([0-9]{3,6}(?:-[0-9xX])?)(?![0-9])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:account|acct|compte|conta|c/c|cuenta|clabe|card|cart[aã]o|carte|tarjeta|folio)\b\.?"
    r"([^0-9\n]{0,28}?)((?<![0-9/])[0-9Xx*•][0-9Xx*•. -]{2,26}[0-9xX])(?![0-9/])",
    re.IGNORECASE,
)
_NOTE = re.compile(r"[Xx*•]")
_TITLE = re.compile(r"\b(account (number|no)|numero de compte|numero de (la )?cuenta|conta|n de compte)\b")


def is_card(lines: Iterable[Line]) -> bool:
    """Say whether lines above a table tell of a credit card."""
    return bool(_CARD.search(folded(_text(lines))))


def kind_of(lines: Sequence[Line]) -> AccountKind:
    """Return what an account is for, by all that stands above its table."""
    if is_card(lines):
        return AccountKind.CREDIT_CARD
    return AccountKind.SAVINGS if _SAVINGS.search(folded(_text(lines))) else AccountKind.CHECKING


def kind_nearest(lines: Sequence[Line], mark: int) -> AccountKind:
    """Return what one account of several is for: by the line nearest to its number (at `mark`) that says so."""
    for place in sorted(range(len(lines)), key=lambda place: abs(place - mark)):
        bare = folded(lines[place].text)
        kinds = {
            AccountKind.CREDIT_CARD: _CREDIT.search(bare) or _CARD.search(bare),
            AccountKind.SAVINGS: _SAVINGS.search(bare),
            AccountKind.CHECKING: _CHECKING.search(bare),
        }
        named = [kind for kind, found in kinds.items() if found]
        if len(named) == 1:
            return named[0]
    return AccountKind.CHECKING


def branch_in(lines: Iterable[Line]) -> str:
    """Return the branch's number, or nothing."""
    found = _BRANCH.search(_text(lines))
    return found[1] if found else ""


def number_in(lines: Sequence[Line]) -> str:
    """Return the account's number: behind a word for account, or under its title. Nothing where none is printed."""
    return _behind(_text(lines)) or number_below(lines)


def _text(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines)


def _behind(text: str) -> str:
    """Return the account's number behind a word for account; never a date or a year."""
    for found in _NUMBER.finditer(text):
        shown = found[2].strip(" .-•*")
        digits = re.sub(r"[^0-9]", "", shown)
        if len(digits) < 4 or (len(digits) < 5 and not _NOTE.search(shown)):
            continue
        if re.fullmatch(r"(?:[0-9]{1,2}[ .-]){1,2}[12][0-9]{3}|[12][0-9]{3}(?:[ .-][0-9]{1,2}){1,2}", shown):
            continue
        if any(written([_bare(word)]) for word in found[1].split()) or _month_before(found[1]):
            continue
        return " ".join(shown.split())
    return ""


def _bare(text: str) -> Word:
    return Word(text, 0.0, 0.0, 0.0, 0.0)


def _month_before(text: str) -> bool:
    return any(month_of(word) is not None for word in re.findall(r"[^\W\d_]{3,}", text))


def number_below(lines: Sequence[Line]) -> str:
    """Return the account's number that stands under its title; nothing where none does."""
    for line, under in pairwise(lines):
        for words in line.phrases():
            if not _TITLE.search(folded(said(words))):
                continue
            for below in under.phrases():
                inside = below[-1].right > words[0].left - 8 and below[0].left < words[-1].right + 8
                told = said(below)
                if inside and re.fullmatch(r"[0-9Xx*][0-9Xx*. -]{2,26}[0-9xX]", told):
                    return told
    return ""
