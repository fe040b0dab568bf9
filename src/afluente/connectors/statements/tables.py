"""Finding the table in a CSV file: its separator, its header behind whatever the bank wrote first, its columns."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence

import msgspec

from afluente.connectors.statements.amounts import BadAmount, currency_in, read_amount
from afluente.connectors.statements.dates import looks_like_date
from afluente.connectors.statements.records import Unreadable

_SEPARATORS = (";", ",", "\t", "|")
_LOOK_FOR_HEADER = 60
_NAMES = {
    "date": (
        "data;date;fecha;dt;dia;data lancamento;data do lancamento;data de lancamento;data mov;data movimento;"
        "data movimentacao;data do movimento;data da movimentacao;data da transacao;data de transacao;data transacao;"
        "data hora;data e hora;data da compra;data de compra;data compra;data operacao;data da operacao;"
        "transaction date;posting date;posted date;post date;date posted;booking date;completed date;trans date;"
        "fecha operacion;fecha de operacion;fecha movimiento;fecha de la operacion;datetime;timestamp;created at"
    ),
    "value date": "data valor;value date;fecha valor;data contabil;data balancete;data efetiva;started date",
    "amount": (
        "valor;amount;importe;monto;quantia;montante;value;valor da transacao;valor transacao;valor do lancamento;"
        "valor lancamento;valor final;transaction amount;cantidad;valor em;valor em reais;amount in;importe eur"
    ),
    "debit": (
        "debito;debitos;debit;debits;debe;cargo;cargos;saida;saidas;withdrawal;withdrawals;money out;paid out;"
        "valor debito;valor de saida;debit amount;egreso;egresos;retiros;gasto"
    ),
    "credit": (
        "credito;creditos;credit;credits;haber;abono;abonos;entrada;entradas;deposit;deposits;money in;paid in;"
        "valor credito;valor de entrada;credit amount;ingreso;ingresos;depositos"
    ),
    "description": (
        "descricao;historico;description;title;titulo;lancamento;lancamentos;memo;details;detalhes;detalhe;detalle;"
        "concepto;descripcion;payee;estabelecimento;merchant;name;narrative;transacao;transaction;movimento;"
        "movimiento;descricao do lancamento;descricao da transacao;transaction description;observacao;observaciones"
    ),
    "balance": "saldo;balance;running balance;saldo disponible;saldo apos;saldo final;saldo atual;saldo conta",
    "id": (
        "identificador;id;identifier;transaction id;id transacao;id da transacao;fitid;uuid;codigo da transacao;"
        "codigo transacao;id transaccion"
    ),
    "number": (
        "docto;doc;dcto;documento;numero documento;numero do documento;n documento;no documento;check number;"
        "cheque;referencia;reference"
    ),
    "sign": "d c;c d;dc;cd;deb cred;debito credito;natureza;tipo;type;tipo lancamento;tipo transacao;sinal;cr dr;dr cr",
    "currency": "moeda;currency;moneda;divisa",
    "card": "final do cartao;cartao;card no;card;nome no cartao;card number",
    "installment": "parcela;parcelas;installment;cuota",
    "category": "categoria;category",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split(";")}
_MONEY_WORDS = frozenset(
    {"r", "rs", "brl", "us", "usd", "eur", "gbp", "cad", "aud", "mxn", "cop", "clp", "ars", "reais"}
)


class Row(msgspec.Struct, frozen=True):
    """A record of the file: the line it ends at, and its cells, bare."""

    line: int
    cells: tuple[str, ...]

    def cell(self, place: int | None) -> str:
        """Return the text in a column, or nothing if there is no such column or the row is shorter."""
        return self.cells[place] if place is not None and place < len(self.cells) else ""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Where the movements are. `columns` are the places of each role; the rows come after the header."""

    separator: str
    preamble: tuple[Row, ...]
    header: tuple[str, ...]
    columns: dict[str, tuple[int, ...]]
    currency: str | None
    rows: tuple[Row, ...]

    def place(self, role: str) -> int | None:
        """Return the first column of a role, or None."""
        return self.columns.get(role, (None,))[0]


def folded(text: str) -> str:
    """Return `text` in small letters without accents, its other signs turned to single blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c))))


def find_table(text: str) -> Table:
    """Return the table of movements in `text`. Raises `Unreadable` if it has none, or ends inside a cell."""
    separators: Sequence[str] = _SEPARATORS
    told = re.match(r'"?sep=(.)"?\n', text)
    if told:
        text = "\n" + text[told.end() :]
        separators = (told[1],)
    best: Table | None = None
    for separator in separators:
        if separator not in text:
            continue
        rows = _rows(text, separator)
        found = _with_header(rows, separator) or _without_header(rows, separator)
        if found and (best is None or len(found.columns) > len(best.columns)):
            best = found
    if best is None:
        raise Unreadable(
            "statement.not-a-statement",
            "The file is text, but no bank statement: it has no OFX tag, and no line in it names a column of dates "
            "and a column of amounts.",
        )
    return best


def _rows(text: str, separator: str) -> list[Row]:
    quoted = '"' in text
    if quoted:
        try:
            for _ in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
                pass
        except csv.Error as wrong:
            quoted = "unexpected end of data" not in str(wrong) and "field larger" not in str(wrong)
    source = io.StringIO(text)
    reader = csv.reader(source, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    rows: list[Row] = []
    try:
        for cells in reader:
            bare = tuple(_bare(cell) for cell in cells)
            if any(bare):
                rows.append(Row(reader.line_num, bare))
    except csv.Error as wrong:
        where = f"line {reader.line_num}"
        raise Unreadable(
            "statement.not-a-statement", f"The file cannot be read as CSV: {wrong} at {where}.", where
        ) from None
    return rows


def _bare(cell: str) -> str:
    """Return a cell without blanks around it and without the quirks spreadsheets write."""
    text = cell.strip().strip("\u00a0")
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1]
    return text.strip('"').strip() if text[:1] == '"' else text


def _with_header(rows: list[Row], separator: str) -> Table | None:
    for place, row in enumerate(rows[:_LOOK_FOR_HEADER]):
        columns: dict[str, tuple[int, ...]] = {}
        currency = None
        for number, cell in enumerate(row.cells):
            if role := role_of(cell):
                columns[role] = (*columns.get(role, ()), number)
                currency = currency or (currency_in(cell) if role in ("amount", "debit", "credit") else None)
        if "date" not in columns and "value date" in columns:
            columns["date"] = columns["value date"]
        # A statement's amounts are in the last such column: card files give dollars first, then reais.
        if len(amounts := columns.get("amount", ())) > 1:
            columns["amount"] = (amounts[-1],)
            currency = currency_in(row.cells[amounts[-1]])
        if "date" in columns and ("amount" in columns or {"debit", "credit"} & set(columns)):
            return Table(
                separator=separator,
                preamble=tuple(rows[:place]),
                header=tuple(folded(cell) for cell in row.cells),
                columns=columns,
                currency=currency,
                rows=tuple(rows[place + 1 :]),
            )
    return None


def role_of(cell: str) -> str | None:
    """Return what a column of this title holds (`date`, `amount`, `debit`, …), or None."""
    name = folded(cell)
    if len(name) > 40 or not name:
        return None
    if name in _ROLES:
        return _ROLES[name]
    bare = " ".join(word for word in name.split() if word not in _MONEY_WORDS)
    return _ROLES.get(bare)


def _without_header(rows: list[Row], separator: str) -> Table | None:
    """Return the table of a file that begins with its movements: a date, a text, one amount or two, in each row."""
    whole = [row for row in rows if len(row.cells) >= 3 and looks_like_date(row.cells[0])]
    if not whole or len(whole) * 2 < len(rows):
        return None
    width = len(whole[0].cells)
    amounts = [
        place for place in range(1, width) if all(not row.cell(place) or _is_amount(row.cell(place)) for row in whole)
    ]
    filled = [place for place in amounts if any(row.cell(place) for row in whole)]
    texts = [place for place in range(1, width) if place not in amounts]
    if not filled or not texts or filled[-1] < texts[0] or len(filled) > 2:
        return None
    columns: dict[str, tuple[int, ...]] = {"date": (0,), "description": tuple(texts), "amount": (filled[0],)}
    if len(filled) == 2:
        columns["balance"] = (filled[1],)
    start = rows.index(whole[0])
    return Table(
        separator=separator,
        preamble=tuple(rows[:start]),
        header=(),
        columns=columns,
        currency=None,
        rows=tuple(rows[start:]),
    )


def _is_amount(text: str) -> bool:
    try:
        read_amount(text, "BRL", ",")
    except BadAmount:
        return False
    return True
