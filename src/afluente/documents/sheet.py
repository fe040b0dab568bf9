"""What is printed on one account's statement of one month, before anybody draws it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

import msgspec

from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.clock import SECOND
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.documents.words import WORDS, Words, amount, first_and_last, month_name

BRASILIA: tzinfo = timezone(timedelta(hours=-3))
"""By whose days the scripted institutions keep their books, whatever their country."""

_LANGUAGES = {"BR": "pt-BR", "CA": "en", "US": "en"}
_NOTHING = Decimal(0)
_BARE = str.maketrans("ŁłĐđĦħŦŧıĸŊŋ", "LlDdHhTtikNn")
"""Letters whose stroke is no accent to take off."""


def language_of(country: str) -> str:
    """Return the language of a country's statements: Portuguese in Brazil, English in Canada and the United States,
    Spanish in the other countries that institutions are in."""
    return _LANGUAGES.get(country, "es")


class Line(msgspec.Struct, frozen=True):
    """One movement as it is printed: `balance` is the account's behind it, where that is known."""

    day: date
    text: str
    amount: Decimal
    balance: Decimal | None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All that is printed on a statement, before it is drawn. Balances are None where nobody knows them."""

    words: Words
    language: str
    title: str
    institution: str
    color: str
    letter: bool
    holder: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    first: date
    last: date
    currency: str
    opening: Decimal | None
    closing: Decimal | None
    credits: Decimal
    debits: Decimal
    lines: tuple[Line, ...]


def lay_out(
    holder: Holder | None,
    institution: Institution,
    account: Account,
    movements: Sequence[Transaction],
    month: str,
    language: str | None = None,
    *,
    closing: Decimal | None = None,
    zone: tzinfo = BRASILIA,
) -> Sheet:
    """Return what `statement_pdf` prints."""
    spoken = language if language in WORDS else language_of(institution.country)
    words = WORDS[spoken]
    first, last = first_and_last(month)
    amounts = [_own(movement) for movement in movements]
    card = account.kind is AccountKind.CREDIT_CARD
    if closing is None and not card and movements:
        closing = movements[-1].balance_after
    opening = None if closing is None else closing - sum(amounts, _NOTHING)
    return Sheet(
        words=words,
        language=spoken,
        title=f"{words.card_title if card else words.title} · {month_name(words, first)}",
        institution=institution.name,
        color=institution.color,
        letter=institution.country in ("CA", "US"),
        holder=_address(holder) or ((account.owner,) if account.owner else ()),
        facts=_facts(words, account),
        first=first,
        last=last,
        currency=account.currency,
        opening=opening,
        closing=closing,
        credits=sum((value for value in amounts if value > 0), _NOTHING),
        debits=-sum((value for value in amounts if value < 0), _NOTHING),
        lines=tuple(_lines(movements, amounts, opening, zone)),
    )


def _own(movement: Transaction) -> Decimal:
    """Return a movement's amount in the account's currency."""
    return movement.amount if movement.account_amount is None else movement.account_amount


def _lines(
    movements: Sequence[Transaction], amounts: Sequence[Decimal], opening: Decimal | None, zone: tzinfo
) -> list[Line]:
    balance = opening
    lines = []
    for movement, value in zip(movements, amounts, strict=True):
        balance = None if balance is None else balance + value
        day = datetime.fromtimestamp(movement.occurred_at // SECOND, zone).date()
        lines.append(Line(day, movement.description, value, balance))
    return lines


def _address(holder: Holder | None) -> tuple[str, ...]:
    if holder is None:
        return ()
    where = holder.addresses[0] if holder.addresses else None
    if where is None:
        return (holder.company_name or holder.name,)
    town = " ".join(part for part in (where.city, where.state, where.postal_code) if part)
    lines = (holder.company_name or holder.name, where.street or where.full, where.district or "", town)
    return tuple(line for line in lines if line)


def _facts(words: Words, account: Account) -> tuple[tuple[str, str], ...]:
    transfers = account.bank.transfer_number if account.bank is not None else None
    facts = [(words.account, f"{words.kinds[account.kind]} {account.number}".strip())]
    if transfers:
        facts.append((words.branch, transfers))
    facts.append((words.currency, account.currency))
    return tuple(facts)


def printable(text: str) -> str:
    """Return `text` in letters that every PDF reader has: those of Western languages. Others lose their accents,
    and what then still has no such letter becomes a question mark."""
    plain = " ".join(text.split())
    kept = []
    for sign in plain:
        try:
            sign.encode("cp1252")
        except UnicodeEncodeError:
            bare = unicodedata.normalize("NFKD", sign.translate(_BARE)).encode("ascii", "ignore").decode()
            kept.append(bare or "?")
        else:
            kept.append(sign)
    return "".join(kept)


def shown(sheet: Sheet, value: Decimal) -> str:
    """Return an amount of the sheet's currency as it is printed."""
    return amount(value, sheet.currency, sheet.language)
