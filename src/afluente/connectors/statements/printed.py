"""A printed statement, read: from words in their places to an account and its movements that add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import pairwise, takewhile

from msgspec.structs import replace

from afluente.connectors.statements import words as vocabulary
from afluente.connectors.statements.amounts import decimal_mark
from afluente.connectors.statements.calendars import calendar_of, written
from afluente.connectors.statements.columns import header_at
from afluente.connectors.statements.dates import month_of, zone_of
from afluente.connectors.statements.keys import Seen, account_key, digest, movement_keys, without_card_number
from afluente.connectors.statements.proof import Proof, prove
from afluente.connectors.statements.records import Fault, StatementFile, Unreadable
from afluente.connectors.statements.rows import Found, Reader, Row, Style
from afluente.connectors.statements.sheets import Line, Sheet, Word, amounts_in, lines_of
from afluente.connectors.statements.tables import folded
from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction

_LANGUAGES = {
    "pt": "extrato lancamentos agencia conta historico saldo periodo fatura valor",
    "es": "cuenta fecha cargos abonos saldo movimientos periodo corte sucursal retiros",
    "fr": "releve compte solde retraits depots operations virement du succursale",
    "en": "statement account balance withdrawals deposits transactions date description payment",
}
"""Words that a statement of each language is full of."""

_MONEY = re.compile(r"R\$|US\$|CA?\$|€|£|\b(?:BRL|CAD|USD|EUR|GBP|MXN|COP|CLP|ARS|M\.N\.)(?![A-Za-z])")
_MEANS = {"R$": "BRL", "US$": "USD", "C$": "CAD", "CA$": "CAD", "€": "EUR", "£": "GBP", "M.N.": "MXN"}
_CANADIAN = re.compile(r"\b(canad\w*|interac|chequing|transit|montreal|toronto|ontario|quebec|qc|fonds transferes)\b")
_MEXICAN = re.compile(r"\b(clabe|rfc|mexico|spei)\b")
_COLOMBIAN = re.compile(r"\b(colombia\w*|bogota|nit|pse)\b")


def read_printed(sheets: Sequence[Sheet], kind: str, warnings: Sequence[str] = ()) -> StatementFile:
    """Return the statement on some pages. `kind` is what they came from: `pdf`, or `scan` for recognised text.

    Raises `Unreadable`: with `statement.not-a-statement` where no movement is found, and with
    `statement.does-not-add-up` where the movements do not make the balances.
    """
    lines = lines_of(sheets)
    told = list(warnings)
    text = "\n".join(line.text for line in lines)
    language = _language(folded(text))
    currency = _currency(lines, text, language, told)
    texts = [amount.text for line in lines for amount in amounts_in(line)]
    if not texts:
        raise Unreadable("statement.not-a-statement", "There is text in the file, but no amount of money in it.")
    style = Style(currency, decimal_mark(texts))
    calendar = calendar_of(lines, american=currency == "USD" or (currency == "CAD" and language == "en"))
    found = Reader(lines, calendar, style).read()
    if not found.rows:
        if found.opening is not None and found.opening == found.closing:
            told.append("The statement has no movements.")
        else:
            raise Unreadable(
                "statement.not-a-statement",
                "No movements were found in the file: no line in it has a date and an amount that belong together."
                if calendar.until is not None or not any(written(line.words) for line in lines)
                else "The movements in the file have days without a year, and nothing in it names the year.",
            )
    if not calendar.sure:
        order = "month/day" if calendar.month_first else "day/month"
        told.append(f"Day and month cannot be told apart in this file's dates: they were read as {order}.")
    card = bool(_CARD.search(folded("\n".join(line.text for line in _above(lines)))))
    proof, owed = _proved(found, card)
    if not proof.proved:
        told.append("The statement prints no balances that its movements could be held against.")
    account = _account(lines, card, language, currency, proof)
    return StatementFile(
        format=kind,
        encoding=kind,
        accounts=(account,),
        transactions=_transactions(account, proof.rows, currency, owed),
        faults=tuple(Fault(where, f"The line was left out: {what}.", account.key) for where, what in found.bad),
        warnings=tuple(told),
        proved=proof.proved,
    )


def _proved(found: Found, card: bool) -> tuple[Proof, bool]:
    """Return the proof, and whether amounts count what is owed: a card's purchases mostly have no sign, and where it
    has columns for debits and credits they have the signs of an account. Raises `Unreadable`."""
    if not card:
        return prove(found), False
    try:
        return prove(found), True
    except Unreadable:
        found.rows = [replace(row, amount=-row.amount) for row in found.rows]
        try:
            proof = prove(found)
        except Unreadable:
            found.rows = [replace(row, amount=-row.amount) for row in found.rows]
            proof = prove(found)
        return replace(proof, rows=tuple(replace(row, amount=-row.amount) for row in proof.rows)), False


def _language(bare: str) -> str:
    counts = Counter(bare.split())
    return max(_LANGUAGES, key=lambda name: (sum(counts[word] for word in _LANGUAGES[name].split()), name))


def _currency(lines: Sequence[Line], text: str, language: str, warnings: list[str]) -> str:
    """Return the currency that the file names above its table or at most of its amounts, or else the likeliest of its
    language's countries. One in a single movement's text is not the account's."""
    titles = lines[: len(_above(lines)) + 2]
    above = Counter(_named("\n".join(line.text for line in titles)))
    every = Counter(_named(text))
    often = sum(len(amounts_in(line)) for line in lines) // 4 + 1
    for said, least in ((above, 1), (every, often)):
        if said and said.most_common(1)[0][1] >= least:
            return str(said.most_common(1)[0][0])
    bare = folded(text)
    if language == "es":
        code = "COP" if _COLOMBIAN.search(bare) and not _MEXICAN.search(bare) else "MXN"
    elif language == "en":
        code = "CAD" if _CANADIAN.search(bare) else "USD"
    else:
        code = {"pt": "BRL", "fr": "CAD"}[language]
    warnings.append(f"The file names no currency; {code} (assumed).")
    return code


def _named(text: str) -> list[str]:
    """Return the currencies that signs and codes in a text stand for."""
    return [_MEANS.get(sign, sign) for sign in map(str, _MONEY.findall(text))]


def _above(lines: Sequence[Line]) -> list[Line]:
    """Return the lines before the first table, or before the first that begins with a date and has an amount."""
    before = list(takewhile(lambda pair: header_at(lines, pair[0]) is None, enumerate(lines)))
    if len(before) == len(lines):
        return list(takewhile(lambda line: not (written(line.words) and amounts_in(line)), lines))
    return [line for _, line in before]


def _account(lines: Sequence[Line], card: bool, language: str, currency: str, proof: Proof) -> Account:
    above = _above(lines) or list(lines[:10])
    text = "\n".join(line.text for line in above)
    kind = AccountKind.CREDIT_CARD if card else AccountKind.CHECKING
    if not card and _SAVINGS.search(folded(text)):
        kind = AccountKind.SAVINGS
    branch = found[1] if (found := _BRANCH.search(text)) else ""
    number = _number(text) or _number_below(above)
    number = without_card_number(number) if card else number
    name = vocabulary.account_name(kind, currency)
    # what stands at the top is the same on each month's statement, but for its numbers
    seed = re.sub(r"[0-9]", "", folded(above[0].text)) if above else ""
    key = account_key(["pdf", branch, re.sub(r"[ .]", "", number) or digest(f"{seed}|{language}", 8), kind.value])
    closing = proof.closing if proof.closing is not None else Decimal("0.00")
    return Account(
        key=key,
        kind=kind,
        number=number,
        name=name,
        currency=currency,
        balance=closing,
        bank=None if card else BankDetails(closing_balance=proof.closing),
        card=CardDetails() if card else None,
    )


def _transactions(account: Account, rows: Sequence[Row], currency: str, owed: bool) -> tuple[Transaction, ...]:
    zone = zone_of(currency)
    keys = movement_keys(account.key, [Seen("", row.day, row.amount, row.text) for row in rows])
    return tuple(
        Transaction(
            key=key or f"{account.key}:{order}",
            account_key=account.key,
            # at noon, so that it is the same day wherever it is read
            occurred_at=int(datetime.combine(row.day, time(12), zone).timestamp()) * 1000,
            amount=-row.amount if owed and row.amount else row.amount,
            currency=currency,
            description=row.text or "—",
            balance_after=None if account.card is not None else row.balance,
            code=row.number,
            order=order,
        )
        for order, (row, key) in enumerate(zip(rows, keys, strict=True))
    )
