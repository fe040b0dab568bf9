"""A printed statement, read: from words in their places to accounts and their movements that add up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import takewhile

import msgspec
from msgspec.structs import replace

from afluente.connectors.statements import words as vocabulary
from afluente.connectors.statements.amounts import decimal_mark
from afluente.connectors.statements.calendars import Calendar, calendar_of, written
from afluente.connectors.statements.columns import header_at
from afluente.connectors.statements.dates import zone_of
from afluente.connectors.statements.headings import branch_in, is_card, kind_nearest, kind_of, number_in
from afluente.connectors.statements.keys import Seen, account_key, digest, movement_keys, without_card_number
from afluente.connectors.statements.owners import holder_in
from afluente.connectors.statements.proof import Proof, prove
from afluente.connectors.statements.records import Fault, StatementFile, Unreadable
from afluente.connectors.statements.rows import Found, Reader, Row, Style
from afluente.connectors.statements.sections import sections_of
from afluente.connectors.statements.sheets import Line, Sheet, amounts_in, lines_of
from afluente.connectors.statements.tables import folded
from afluente.connectors.statements.transfers import transfer_number
from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction
from afluente.core.holders import Holder

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


class _File(msgspec.Struct, frozen=True):
    """What all accounts of a file share: how it writes days and amounts, its language and its usual currency."""

    language: str
    currency: str
    mark: str | None
    calendar: Calendar


class _Part(msgspec.Struct, frozen=True):
    """One account's lines: `heading` says which account it is, `top` is all above the first table and `preamble` what
    of it is about no account. `kind` is told where there are several; else the heading tells it."""

    lines: Sequence[Line]
    heading: Sequence[Line]
    top: Sequence[Line]
    preamble: Sequence[Line] = ()
    kind: AccountKind | None = None


class _Told(msgspec.Struct, frozen=True):
    """What one account's lines give. `anchored` are the ends between which its balances are printed."""

    account: Account
    transactions: tuple[Transaction, ...]
    faults: tuple[Fault, ...]
    holder: Holder | None
    proved: bool
    empty: bool
    anchored: tuple[bool, bool]


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
    calendar = calendar_of(lines, american=currency == "USD" or (currency == "CAD" and language == "en"))
    found = _accounts(lines, _File(language, currency, decimal_mark(texts), calendar))
    if any(one.empty for one in found):
        told.append("The statement has no movements.")
    if not calendar.sure:
        order = "month/day" if calendar.month_first else "day/month"
        told.append(f"Day and month cannot be told apart in this file's dates: they were read as {order}.")
    proved = all(one.proved for one in found)
    if not proved:
        told.append("The statement prints no balances that its movements could be held against.")
    return StatementFile(
        format=kind,
        encoding=kind,
        accounts=tuple(one.account for one in found),
        transactions=tuple(movement for one in found for movement in one.transactions),
        holders=tuple({one.holder.key: one.holder for one in found if one.holder is not None}.values()),
        faults=tuple(fault for one in found for fault in one.faults),
        warnings=tuple(told),
        proved=proved,
    )


def _accounts(lines: Sequence[Line], file: _File) -> list[_Told]:
    """Return what the lines give: as several accounts where the file has such sections, as one where it has not.

    Pages that name other accounts by the way may look like sections too. So what is read first is what has its own
    balances at the same end of each section, and the other way is tried where the first does not add up.
    """
    top = _above(lines)
    whole = _Part(lines, top, top)
    sections = sections_of(lines)
    if sections is None:
        return [_read(whole, file)]
    several = [
        _Part(one.lines, one.heading, top, sections.preamble, kind_nearest(one.heading, one.mark))
        for one in sections.every
    ]
    try:
        found = [_read(part, file) for part in several]
    except Unreadable as first:
        try:
            return [_read(whole, file)]
        except Unreadable:
            raise first from None
    if any(all(one.anchored[end] for one in found) for end in (0, 1)):
        return found
    try:
        return [_read(whole, file)]
    except Unreadable:
        return found


def _read(part: _Part, file: _File) -> _Told:
    """Return what one account's lines give. Raises `Unreadable`."""
    named = Counter(_named("\n".join(line.text for line in part.heading))) if part.kind is not None else Counter()
    currency = named.most_common(1)[0][0] if named else file.currency
    found = Reader(part.lines, file.calendar, Style(currency, file.mark)).read()
    if not found.rows and (found.opening is None or found.opening != found.closing):
        raise Unreadable(
            "statement.not-a-statement",
            "No movements were found in the file: no line in it has a date and an amount that belong together."
            if file.calendar.until is not None or not any(written(line.words) for line in part.lines)
            else "The movements in the file have days without a year, and nothing in it names the year.",
        )
    card = is_card(part.heading) if part.kind is None else part.kind is AccountKind.CREDIT_CARD
    proof, owed = _proved(found, card)
    holder = holder_in(part.heading, currency) or holder_in(part.top, file.currency)
    account = _account(part, card, file, currency, proof, holder)
    return _Told(
        account,
        _transactions(account, proof.rows, currency, owed),
        tuple(Fault(where, f"The line was left out: {what}.", account.key) for where, what in found.bad),
        holder,
        proof.proved,
        not found.rows,
        (found.opening is not None, found.closing is not None),
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


def _account(part: _Part, card: bool, file: _File, currency: str, proof: Proof, holder: Holder | None) -> Account:
    above = part.heading or part.lines[:10]
    kind = part.kind or (AccountKind.CREDIT_CARD if card else kind_of(above))
    branch = branch_in(above) or branch_in(part.preamble)
    number = number_in(above)
    number = without_card_number(number) if card else number
    # what stands at the top is the same on each month's statement, but for its numbers
    seed = re.sub(r"[0-9]", "", folded(above[0].text)) if above else ""
    key = account_key(["pdf", branch, re.sub(r"[ .]", "", number) or digest(f"{seed}|{file.language}", 8), kind.value])
    closing = proof.closing if proof.closing is not None else Decimal("0.00")
    paid = (
        None if card else transfer_number(number, branch, currency, file.currency, above, (*part.preamble, *part.top))
    )
    return Account(
        key=key,
        kind=kind,
        number=number,
        name=vocabulary.account_name(kind, currency),
        currency=currency,
        balance=closing,
        owner=None if holder is None else holder.name,
        tax_number=None if holder is None else holder.document or None,
        bank=None if card else BankDetails(transfer_number=paid, closing_balance=proof.closing),
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
