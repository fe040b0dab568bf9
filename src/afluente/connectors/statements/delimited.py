"""CSV exports: from a table to an account and its movements, with the signs of the core.

A CSV file says little about itself. What it does not say is guessed from all its rows together, never from one alone,
and each guess that matters is a warning.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from decimal import Decimal

import msgspec

from afluente.connectors.statements import words
from afluente.connectors.statements.amounts import BadAmount, currency_in, decimal_mark, read_amount
from afluente.connectors.statements.dates import (
    BadDate,
    DayOrder,
    day_order,
    looks_like_date,
    read_csv_date,
    zone_of,
)
from afluente.connectors.statements.encodings import Decoded
from afluente.connectors.statements.keys import Seen, account_key, digest, movement_keys, without_card_number
from afluente.connectors.statements.records import Fault, StatementFile, Unreadable
from afluente.connectors.statements.tables import Row, Table, find_table, folded
from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction

_NUBANK_CARD = {("date", "title", "amount"), ("date", "category", "title", "amount")}
_NUBANK_ACCOUNT = {("data", "valor", "identificador", "descricao")}
_CARD_WORDS = re.compile(r"\b(fatura|cartao|credit card|creditcard|tarjeta|nubank \d{4} \d{2})\b")
_PORTUGUESE = frozenset({"data", "valor", "descricao", "historico", "lancamento", "saldo", "debito", "credito"})
_NOT_MOVEMENTS = re.compile(
    r"(s a l d o|saldo|saldo (anterior|do dia|dia|final|inicial|total|disponivel|em conta|bloqueado|atual|parcial)\b.*"
    r"|(sub)?total(es|is)?\b.*|(opening|closing|starting|ending|beginning) balance\b.*"
    r"|valor total\b.*|totais\b.*)"
)
_SETTLES = re.compile(r"\b(pagamento|pagto|pgto|payment|pago|pagos|estorno|refund|devolucao|credito de|cashback)\b")
_DEBIT_WORDS = frozenset({"d", "debito", "debit", "db", "dr", "saida", "cargo"})
_CREDIT_WORDS = frozenset({"c", "credito", "credit", "cr", "entrada", "abono"})
_BRANCH = re.compile(r"\b(?:ag[eê]ncia|ag|branch|sucursal)\b\.?[^0-9\n]{0,12}([0-9]{3,5}(?:-[0-9xX])?)", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"\b(?:conta(?: corrente)?|c/c|cc|account(?: number| no\.?)?|cuenta)\b[^0-9\n]{0,14}"
    r"([0-9][0-9.]{2,14}(?:-?[0-9xX])?)",
    re.IGNORECASE,
)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is a movement, read: the amount as the file signs it."""

    seen: Seen
    instant: int
    amount: Decimal
    description: str
    balance: Decimal | None
    number: str | None
    currency: str


class _Style(msgspec.Struct, frozen=True, kw_only=True):
    """How this file writes: its currency, its decimal mark, its dates, and whether a column holds the signs."""

    currency: str
    mark: str | None
    order: DayOrder
    signs: int | None


def read_csv(decoded: Decoded, filename: str) -> StatementFile:
    """Return the statement in a CSV text. Raises `Unreadable`."""
    table = find_table(decoded.text)
    warnings = list(decoded.warnings)
    style = _style(table, warnings)
    key, account = _account(table, filename, style.currency, warnings)
    lines: list[_Line] = []
    faults: list[Fault] = []
    left_out: list[int] = []
    for row in table.rows:
        try:
            if (line := _line(table, row, style)) is None:
                left_out.append(row.line)
            else:
                lines.append(line)
        except (BadAmount, BadDate) as wrong:
            faults.append(Fault(f"line {row.line}", f"The movement was left out: {wrong}.", key))
    _refuse_cut(decoded.text, table)
    if left_out:
        shown = ", ".join(map(str, left_out[:10])) + ("…" if len(left_out) > 10 else "")
        warnings.append(f"Lines left out because they are no movements (totals, balances, notes): {shown}.")
    if not lines and not faults:
        warnings.append("The file has no movements.")
    if turned := _purchases_are_positive(table, account.kind, lines):
        warnings.append("Purchases are positive in this card's file: the signs were turned.")
    account = _with_balance(account, lines, warnings)
    return StatementFile(
        format="csv",
        encoding=decoded.encoding,
        accounts=(account,),
        transactions=_transactions(key, lines, style.currency, turned, warnings),
        faults=tuple(faults),
        warnings=tuple(warnings),
        organisation=_organisation(table),
    )


def _style(table: Table, warnings: list[str]) -> _Style:
    """Return how the file writes, from all its rows; what had to be guessed goes to `warnings`."""
    money = [place for role in ("amount", "debit", "credit", "balance") for place in table.columns.get(role, ())]
    texts = [cell for row in table.rows for place in money if (cell := row.cell(place))]
    dates = [row.cell(table.place("date")) for row in table.rows]
    order = day_order(dates)
    if not order.sure and any(looks_like_date(text) for text in dates) and not _PORTUGUESE & set(table.header):
        warnings.append("Day and month cannot be told apart in this file's dates: they were read as day/month.")
    said = Counter(code for row in table.rows if (code := words.currency_code(row.cell(table.place("currency")))))
    signs = Counter(code for text in texts if (code := currency_in(text)))
    if said:
        currency = said.most_common(1)[0][0]
    elif table.currency:
        currency = table.currency
    elif signs:
        currency = signs.most_common(1)[0][0]
    elif above := currency_in(" ".join(cell for row in table.preamble for cell in row.cells)):
        currency = above
    elif _organisation(table) == "Nubank":  # its statements in other countries have other headers
        currency = "BRL"
    else:
        currency = "BRL"
        warnings.append("The file names no currency; BRL (assumed).")
    place = table.place("sign")
    kinds = {folded(row.cell(place)) for row in table.rows if row.cell(place)}
    known = kinds and kinds <= _DEBIT_WORDS | _CREDIT_WORDS
    mark = decimal_mark(texts) or ("," if table.separator == ";" else None)
    return _Style(currency=currency, mark=mark, order=order, signs=place if known else None)


def _account(table: Table, filename: str, currency: str, warnings: list[str]) -> tuple[str, Account]:
    """Return the account the file is of: from what is written above the table, or from the table's own shape."""
    above = "\n".join(" ".join(row.cells) for row in table.preamble)
    branch, number = (found[1] if (found := pattern.search(above)) else "" for pattern in (_BRANCH, _ACCOUNT))
    told = f"{folded(filename)}\n{folded(above)}"
    card = (
        table.header in _NUBANK_CARD
        or bool({"card", "installment"} & set(table.columns))
        or bool(_CARD_WORDS.search(told) and table.header not in _NUBANK_ACCOUNT)
    )
    kind = AccountKind.CREDIT_CARD if card else AccountKind.CHECKING
    if re.search(r"\bpoupanca\b|\bsavings\b", told) and not card:
        kind = AccountKind.SAVINGS
    if not number:
        warnings.append("The file does not name its account.")
    number = without_card_number(number) if card else number
    organisation = _organisation(table)
    key = account_key(["csv", branch, number or organisation or digest("|".join(table.header), 8), kind.value])
    return key, Account(
        key=key,
        kind=kind,
        number=number,
        name=organisation or words.account_name(kind, currency),
        currency=currency,
        balance=Decimal("0.00"),
        bank=None if card else BankDetails(),
        card=CardDetails() if card else None,
    )


def _organisation(table: Table) -> str | None:
    return "Nubank" if table.header in _NUBANK_CARD | _NUBANK_ACCOUNT else None


def _line(table: Table, row: Row, style: _Style) -> _Line | None:
    """Return the movement in a row, or None if it is none. Raises `BadDate` or `BadAmount`."""
    when = row.cell(table.place("date"))
    texts = [text for place in table.columns.get("description", ()) if (text := row.cell(place))]
    description = " - ".join(dict.fromkeys(" ".join(text.split()) for text in texts))
    if any(_NOT_MOVEMENTS.fullmatch(folded(text)) for text in (when, *texts)):
        return None
    paid = any(row.cell(place) for role in ("amount", "debit", "credit") for place in table.columns.get(role, ()))
    if not paid and not looks_like_date(when):
        return None
    if not looks_like_date(when) and not _has_amount(table, row, style):
        return None
    moment = read_csv_date(when, style.order, zone_of(style.currency))
    if not paid and row.cell(table.place("balance")):
        return None
    currency = words.currency_code(row.cell(table.place("currency"))) or style.currency
    amount = _amount(table, row, style)
    after = row.cell(table.place("balance"))
    try:
        balance = read_amount(after, style.currency, style.mark) if after else None
    except BadAmount:
        balance = None
    return _Line(
        seen=Seen(row.cell(table.place("id")), moment.day, amount, description),
        instant=moment.instant,
        amount=amount,
        description=description,
        balance=balance,
        number=row.cell(table.place("number")) or None,
        currency=currency,
    )


def _has_amount(table: Table, row: Row, style: _Style) -> bool:
    try:
        _amount(table, row, style)
    except BadAmount:
        return False
    return True


def _amount(table: Table, row: Row, style: _Style) -> Decimal:
    """Return the amount of a row, as the file signs it. Raises `BadAmount`."""
    place = table.place("amount")
    if place is not None and (row.cell(place) or "debit" not in table.columns):
        amount = read_amount(row.cell(place), style.currency, style.mark)
        if style.signs is None or amount < 0:
            return amount
        return -amount if amount and folded(row.cell(style.signs)) in _DEBIT_WORDS else amount
    debit, credit = (
        read_amount(text, style.currency, style.mark) if (text := row.cell(table.place(role))) else Decimal(0)
        for role in ("debit", "credit")
    )
    if debit and credit:
        raise BadAmount("both a debit and a credit are given")
    if not row.cell(table.place("debit")) and not row.cell(table.place("credit")):
        raise BadAmount("the amount is missing")
    return -abs(debit) if debit else credit


def _refuse_cut(text: str, table: Table) -> None:
    """Raise `Unreadable` if the last line is visibly not whole: no line end, and fewer cells than any other."""
    last = table.rows[-1] if table.rows else None
    if last is None or text.endswith("\n"):
        return
    if text.count('"') % 2 and '"' in text[text.rstrip().rfind("\n") + 1 :]:
        shorter = True
    else:
        others = [len(row.cells) for row in table.rows[:-1]] or [len(table.header)]
        shorter = len(last.cells) < min(others)
    label = folded(last.cells[0])
    if shorter and not _NOT_MOVEMENTS.fullmatch(label):
        where = f"line {last.line}"
        raise Unreadable("statement.truncated", f"The file is cut off: it ends inside {where}.", where)


def _purchases_are_positive(table: Table, kind: AccountKind, lines: list[_Line]) -> bool:
    """Say whether a card's file gives purchases a plus: what its payments and purchases together tell."""
    if kind is not AccountKind.CREDIT_CARD or "amount" not in table.columns:
        return False
    if table.header in _NUBANK_CARD:
        return True
    votes = sum(
        1 if (line.amount > 0) != bool(_SETTLES.search(folded(line.description))) else -1
        for line in lines
        if line.amount
    )
    return votes > 0


def _with_balance(account: Account, lines: list[_Line], warnings: list[str]) -> Account:
    """Return the account with the balance behind its latest movement, if the file has one."""
    if account.kind is not AccountKind.CREDIT_CARD:
        known = [line for line in lines if line.balance is not None]
        if known:
            latest = known[0] if _newest_first(known) else known[-1]
            return msgspec.structs.replace(
                account, balance=latest.balance, bank=BankDetails(closing_balance=latest.balance)
            )
    warnings.append("The file has no balance; it is shown as 0.")
    return account


def _newest_first(lines: list[_Line]) -> bool:
    """Say whether the file runs backwards in time: by its days, or by its balances where all is of one day."""
    if lines[0].seen.day != lines[-1].seen.day:
        return lines[0].seen.day > lines[-1].seen.day
    forwards = backwards = 0
    for one, two in itertools.pairwise(lines):
        if one.balance is not None and two.balance is not None:
            forwards += one.balance + two.amount == two.balance
            backwards += two.balance + one.amount == one.balance
    return backwards > forwards


def _transactions(
    key: str, lines: list[_Line], currency: str, turned: bool, warnings: list[str]
) -> tuple[Transaction, ...]:
    """Return the movements with their keys, each once, with the core's signs."""
    keys = movement_keys(key, [line.seen for line in lines])
    if repeated := keys.count(None):
        warnings.append(f"Movements left out as repetitions with the same id: {repeated}.")
    return tuple(
        Transaction(
            key=own,
            account_key=key,
            occurred_at=line.instant,
            amount=-line.amount if turned and line.amount else line.amount,
            currency=line.currency,
            description=line.description or "—",
            balance_after=line.balance,
            code=line.number,
            order=order,
        )
        for order, (line, own) in enumerate(zip(lines, keys, strict=True))
        if own is not None
    )
