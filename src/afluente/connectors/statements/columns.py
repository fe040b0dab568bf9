"""The columns of a printed table: from the words of its header to the place of each amount."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import msgspec

from afluente.connectors.statements.sheets import Line, Money, Word, said
from afluente.connectors.statements.tables import folded, role_of

MONEY = ("amount", "debit", "credit", "balance")
"""The roles whose columns hold amounts."""

_PRINTED = {
    "date": "dia;date operation;date de l operation;date de transaction;trans date;transaction date;posting date;dt",
    "description": (
        "transactions;transaction details;transaction description;activity description;libelle;operation;operations;"
        "lancamentos;details of transaction;particulars;description of transaction;concepto referencia;detalle"
    ),
    "amount": "montant;montant du;amount cad;amount usd;importe;valor r;transaction amount",
    "debit": (
        "retraits;retrait;debit amount;amounts withdrawn;amounts debited;amounts deducted;cheque debit;"
        "cheques debits;withdrawals and debits;withdrawals debits;debits;sorties;saidas;debitos;retiros cargos;"
        "retiros;cargos;charges"
    ),
    "credit": (
        "depots;depot;credit amount;amounts deposited;amounts credited;amounts added;deposit credit;"
        "deposits credits;deposits and credits;credits;entrees;entradas;creditos;depositos abonos;depositos;abonos"
    ),
    "balance": "solde;running balance;balance cad;balance usd;closing balance;ledger balance;saldo r;saldo en cuenta",
    "number": "documento;nr doc;n doc;docto;cheque no;check no;reference number;ref",
}
_MORE = {name: role for role, names in _PRINTED.items() for name in names.split(";")}
_WIDEST = 5
"""Words in the title of a column."""


class Column(msgspec.Struct, frozen=True):
    """One column: what it holds, and where its title stands."""

    role: str
    left: float
    right: float


class Header(msgspec.Struct, frozen=True):
    """The titles of a table's columns, from left to right."""

    columns: tuple[Column, ...]

    def has(self, role: str) -> bool:
        """Say whether there is a column of a role."""
        return any(column.role == role for column in self.columns)

    def column(self, role: str) -> Column | None:
        """Return the first column of a role."""
        return next((column for column in self.columns if column.role == role), None)

    def money(self, amount: Money) -> str | None:
        """Return the role of the column an amount stands in; None for one in a text."""
        columns = [column for column in self.columns if column.role in MONEY]
        near = min(columns, key=lambda column: _distance(column, amount))
        if _distance(near, amount) > 0.75 * max(near.right - near.left, 60.0):
            return None
        return near.role

    def holds(self, role: str, word: Word) -> bool:
        """Say whether a word stands below the title of a column."""
        column = self.column(role)
        return column is not None and word.right > column.left - 4 and word.left < column.right + 4


def _distance(column: Column, amount: Money) -> float:
    centre = abs((column.left + column.right) - (amount.left + amount.right)) / 2
    return min(abs(column.right - amount.right), centre, abs(column.left - amount.left))


def header_at(lines: Sequence[Line], place: int) -> tuple[Header, int] | None:
    """Return the header that begins with a line, and how many lines it takes: titles may stand on two or three.

    None where the line begins none. A header names a column of dates and one of amounts.
    """
    found: list[Column] = []
    first = lines[place]
    best: tuple[Header, int] | None = None
    for count in range(1, 4):
        if place + count > len(lines):
            break
        line = lines[place + count - 1]
        if line.page != first.page or line.middle - first.middle > 3.2 * count * first.height:
            break
        titles = _titles(line) if count == 1 else _joined(lines[place : place + count])
        if count == 1 and not titles:
            break
        for column in titles:
            if not any(column.right > other.left and column.left < other.right for other in found):
                found.append(column)
        header = Header(tuple(sorted(found, key=lambda column: column.left)))
        if header.has("date") and any(header.has(role) for role in ("amount", "debit", "credit")):
            if best is None or len(header.columns) > len(best[0].columns):
                best = (header, count)
        elif count == 1 and not any(column.role in ("date", *MONEY) for column in found):
            break
    return best


def _titles(line: Line) -> list[Column]:
    """Return the columns that a line names, each by as many words as make a title."""
    found: list[Column] = []
    at = 0
    while at < len(line.words):
        for count in range(min(_WIDEST, len(line.words) - at), 0, -1):
            words = line.words[at : at + count]
            if count > 1 and any(b.left - a.right > 1.2 * a.height for a, b in itertools.pairwise(words)):
                continue
            if role := _role(said(words)):
                found.append(Column(role, words[0].left, words[-1].right))
                at += count
                break
        else:
            at += 1
    # one odd word in a sentence is no title: most of a header's words belong to titles
    named = sum(len(said([word])) for word in line.words if any(c.left <= word.left <= c.right for c in found))
    return found if found and named * 2 >= sum(len(word.text) for word in line.words) else []


def _joined(lines: Sequence[Line]) -> list[Column]:
    """Return the columns whose titles stand on several lines, word below word."""
    stacks: list[list[Word]] = []
    for line in lines:
        for words in line.phrases(0.8):
            left, right = words[0].left, words[-1].right
            for stack in stacks:
                if right > min(word.left for word in stack) and left < max(word.right for word in stack):
                    stack.extend(words)
                    break
            else:
                stacks.append(list(words))
    found = []
    for stack in stacks:
        told = folded(said(stack))
        role = _role(told) or next((_MORE[name] for name in _MORE if " " in name and told.startswith(name)), None)
        if role:
            found.append(Column(role, min(word.left for word in stack), max(word.right for word in stack)))
    return found


def _role(text: str) -> str | None:
    name = folded(text)
    role = role_of(text) or _MORE.get(name)
    if role is None and name.split()[-1:] in (["cad"], ["usd"], ["r"]):
        role = _MORE.get(" ".join(name.split()[:-1]))
    return "date" if role == "value date" else role if role in ("date", "description", "number", *MONEY) else None
