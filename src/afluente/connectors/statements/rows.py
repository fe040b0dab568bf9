"""The rows of a printed statement: which lines are movements, which are balances, and what belongs to whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from afluente.connectors.statements.amounts import BadAmount, read_amount
from afluente.connectors.statements.calendars import Calendar, written
from afluente.connectors.statements.columns import Header, header_at
from afluente.connectors.statements.sheets import Line, Money, Word, amounts_in, said
from afluente.connectors.statements.tables import folded

OPENING = re.compile(
    r"\b(saldo (anterior|inicial|em conta em|previo|do mes anterior|al inicio)|(opening|beginning|starting|previous) "
    r"(ledger )?balance|balance (brought )?forward|balance on (the )?first|"
    r"solde (d ?ouverture|anterieur|precedent|initial|reporte|de depart))\b"
)
CLOSING = re.compile(
    r"\b(saldo (final|atual|em c ?c|al corte|de cierre|total em conta)|(closing|ending|new|current) (ledger )?balance|"
    r"solde (de fermeture|de cloture|final|actuel|a la fin)|nouveau solde)\b"
)
_BALANCE = re.compile(r"s ?a ?l ?d ?o\b.*|(daily )?balance\b.*|solde\b.*")
_PLAIN = re.compile(r"(s ?a ?l ?d ?o( do dia| dia| parcial| em conta corrente)?|(daily )?balance|solde( du jour)?)?")
"""Which of these is the account's own: others count what may be spent, or is invested."""
_TOTAL = re.compile(r"\b(sub)?tota(l|is|les|ux)\b|\bsubtotal\b|\bsomme\b")
_GIVES = re.compile(
    r"\b(entradas|creditos|deposits?|additions|depositos|abonos|depots|credits?|payments received|entrees)\b"
)
_TAKES = re.compile(
    r"\b(saidas|debitos|withdrawals?|subtractions|checks paid|checks|fees|retiros|cargos|retraits|debits?|"
    r"service charges|sorties)\b"
)
_END = re.compile(r"\b(saldos? (por|invertid|bloque)|resumo|legenda|important information|daily (ledger )?balances?)\b")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A movement as it is printed: `amount` has the sign that was printed or that its column or section gives it;
    `signed` says whether there was any. `balance` is the one printed behind it."""

    where: str
    day: date
    text: str
    amount: Decimal
    signed: bool
    balance: Decimal | None
    number: str | None


class Check(msgspec.Struct, frozen=True):
    """A balance among the rows that is no movement's: after the row of the place before it."""

    where: str
    before: int
    balance: Decimal


class Found(msgspec.Struct, kw_only=True):
    """What the lines of a statement hold. `opening` and `closing` are where they are told, with the places."""

    rows: list[Row]
    checks: list[Check]
    opening: Decimal | None = None
    closing: Decimal | None = None
    undated: int = 0
    bad: list[tuple[str, str]] = []


class Style(msgspec.Struct, frozen=True):
    """How the statement writes its amounts."""

    currency: str
    mark: str | None

    def read(self, amount: Money) -> Decimal:
        """Return an amount with the sign that is printed. Raises `BadAmount`."""
        return read_amount(_plain(amount.text), self.currency, self.mark)

    def signed(self, amount: Money) -> bool:
        """Say whether a sign is printed, or a letter that stands for one."""
        return bool(re.search(r"[-+−–—()]|(?i:\b|\d)(?:CR|DR|DB|C|D)$", amount.text.strip(), re.IGNORECASE))


def _plain(text: str) -> str:
    """Return an amount with its sign where amounts are read: `1.00(-)` and `$ -1.00` are `-1.00`."""
    told = re.sub(r"\(([+-])\)", r"\1", text)
    return re.sub(r"(R\$|US\$|CA\$|C\$|\$|€|£)\s*([-−–—+])", r"\2\1", told)


class Reader:
    """Goes through the lines and keeps what one tells the next: the table's columns, the day, the section's sign."""

    def __init__(self, lines: Sequence[Line], calendar: Calendar, style: Style) -> None:
        """Begin at the top of the first page."""
        self.lines = lines
        self.calendar = calendar
        self.style = style
        self.header: Header | None = None
        self.day: date | None = None
        self.sign: int | None = None
        self.last: Line | None = None
        self.texts: list[list[str]] = []
        self.ahead: list[str] = []
        self.found = Found(rows=[], checks=[])

    def read(self) -> Found:
        """Return what all lines hold."""
        place = 0
        while place < len(self.lines):
            if header := header_at(self.lines, place):
                self.header, self.last, self.sign = header[0], None, None
                place += header[1]
                continue
            self._line(place)
            place += 1
        rows = [
            msgspec.structs.replace(row, text=" ".join(filter(None, texts)))
            for row, texts in zip(self.found.rows, self.texts, strict=True)
        ]
        self.found.rows = rows
        return self.found

    def _line(self, place: int) -> None:
        line = self.lines[place]
        amounts = amounts_in(line)
        label = folded(line.text)
        dated, begin = self._dated(line)
        if self._summary(place, amounts):
            return
        if not dated and _END.search(label) and not amounts:
            self.header, self.last = None, None
            return
        money = self._money(amounts)
        if not money:
            self._without_amount(place, dated, begin)
            return
        if _TOTAL.search(label):
            self._section(label)
            self.last = None
            return
        self._with_amount(line, money, begin, dated)

    def _dated(self, line: Line) -> tuple[bool, int]:
        """Take the line's own date, if it has one; return whether, and where its text begins."""
        if found := written(line.words):
            day = self.calendar.day(found)
            if day is not None:
                self.day = day
                begin = found.words
                if again := written(line.words[begin:]):  # the day it was booked, behind the day it was
                    begin += again.words
                return True, begin
        column = self.header.column("date") if self.header else None
        if column is not None:
            for place, word in enumerate(line.words):
                if word.right > column.left - 6 and (found := written(line.words[place:])):
                    day = self.calendar.day(found)
                    if day is not None and word.left < column.right + 6:
                        self.day = day
                        return True, 0
        return False, 0

    def _money(self, amounts: Sequence[Money]) -> dict[str, Money]:
        """Return the amounts of a line by the role of their column."""
        placed: dict[str, Money] = {}
        if self.header is None:
            return dict(zip(("amount", "balance"), amounts[-2:], strict=False))
        for amount in amounts:
            held = self.header.money(amount)
            if held is None:
                continue
            if held in placed and held == "amount" and not self.header.has("balance"):
                held = "balance"
            placed[held] = amount
        return placed

    def _without_amount(self, place: int, dated: bool, begin: int) -> None:
        """A line that goes on with the text of the row above it or begins that of the one below, or a heading."""
        line = self.lines[place]
        label = folded(line.text)
        heading = not dated and len(line.words) <= 8 and (_GIVES.search(label) or _TAKES.search(label))
        if heading and (self.last is None or line.height > 1.15 * self.last.height):
            self._section(label)
            self.last = None
            return
        if not dated and self.header is not None and self._under_text(line) and self._begins(place):
            self.ahead.append(line.text)
            return
        above = self.last
        if dated or above is None or not self.texts:
            if dated and begin:
                self.last = None
            return
        below = line.page == above.page and 0 < line.middle - above.middle <= 2.4 * above.height
        if below and self._under_text(line):
            self.texts[-1].append(line.text)
            self.last = line
        else:
            self.last = None

    def _begins(self, place: int) -> bool:
        """Say whether a text stands nearer to the amount below it than to the line above it: some tables set dates
        and amounts at half the height of a text of two lines."""
        if place + 1 >= len(self.lines) or place == 0:
            return False
        above, line, below = self.lines[place - 1 : place + 2]
        if below.page != line.page or below.middle - line.middle > 1.1 * line.height or not amounts_in(below):
            return False
        return above.page != line.page or below.middle - line.middle < 0.8 * (line.middle - above.middle)

    def _under_text(self, line: Line) -> bool:
        """Say whether a line lies below the column of descriptions."""
        if self.header is None:
            return True
        column = self.header.column("description")
        left = column.left if column is not None else 0.0
        return line.words[0].left >= left - 6

    def _section(self, label: str) -> None:
        gives, takes = bool(_GIVES.search(label)), bool(_TAKES.search(label))
        if gives != takes:
            self.sign = 1 if gives else -1

    def _summary(self, place: int, amounts: Sequence[Money]) -> bool:
        """Take an opening or closing balance: told with its amount on the line, or above its amount."""
        line = self.lines[place]
        taken = False
        phrases = line.phrases()
        for words in phrases:
            label = folded(said(words))
            which = "opening" if OPENING.search(label) else "closing" if CLOSING.search(label) else None
            if which is None:
                continue
            amount = self._beside(line, words, amounts) or self._below(place, words)
            if amount is None:
                continue
            try:
                value = self.style.read(amount)
            except BadAmount:
                continue
            if which == "opening" and self.found.opening is None:
                self.found.opening = value
            elif which == "closing":
                self.found.closing = value
            taken = True
        if taken:
            self.last = None
        return taken

    def _beside(self, line: Line, words: Sequence[Word], amounts: Sequence[Money]) -> Money | None:
        """Return the amount behind a label, before the next label of the line."""
        after = [amount for amount in amounts if amount.left >= words[0].left]
        if not after:
            return None
        if self.header is not None and self.header.has("balance"):
            return next((a for a in after if self.header.money(a) == "balance"), after[-1])
        return after[0]

    def _below(self, place: int, words: Sequence[Word]) -> Money | None:
        """Return the amount that stands under a label."""
        if place + 1 >= len(self.lines):
            return None
        line, under = self.lines[place], self.lines[place + 1]
        if under.page != line.page or under.middle - line.middle > 3.2 * line.height:
            return None
        left, right = words[0].left, words[-1].right
        inside = [a for a in amounts_in(under) if a.right > left - 8 and a.left < right + 8]
        return inside[0] if inside else None

    def _with_amount(self, line: Line, money: dict[str, Money], begin: int, dated: bool) -> None:
        taken = {place for amount in money.values() for place in range(amount.first, amount.last + 1)}
        words = [
            word
            for place, word in enumerate(line.words)
            if place >= begin and place not in taken and not self._is_date(line, place)
        ]
        number = next((w.text for w in words if self.header is not None and self.header.holds("number", w)), None)
        text = said([word for word in words if word.text != number])
        label = folded(text)
        try:
            values = {role: self.style.read(amount) for role, amount in money.items()}
        except BadAmount as wrong:
            if dated or self.header is not None:
                self.found.bad.append((line.where, str(wrong)))
            return
        if _BALANCE.fullmatch(label) or (set(values) == {"balance"} and (not text or dated)):
            told = values.get("balance", values.get("amount"))
            if told is not None and _PLAIN.fullmatch(label):
                self.found.checks.append(Check(line.where, len(self.found.rows), told))
            self.last = None
            return
        moved = _moved(values, self.sign, self.style.signed(money["amount"]) if "amount" in money else True)
        if moved is None or (not text and self.header is None):
            return
        if self.day is None or (self.header is None and not dated and self.sign is None):
            self.found.undated += self.header is not None
            return
        self.found.rows.append(
            Row(
                where=line.where,
                day=self.day,
                text=text,
                amount=moved[0],
                signed=moved[1],
                balance=values.get("balance"),
                number=number,
            )
        )
        self.texts.append([*self.ahead, text])
        self.ahead = []
        self.last = line

    def _is_date(self, line: Line, place: int) -> bool:
        """Say whether a word stands in the column of dates, where that is not the first."""
        column = self.header.column("date") if self.header else None
        if column is None or column is self.header.columns[0]:  # type: ignore[union-attr]
            return False
        word = line.words[place]
        return word.right > column.left - 6 and word.left < column.right + 6


def _moved(values: dict[str, Decimal], section: int | None, signed: bool) -> tuple[Decimal, bool] | None:
    """Return what a row moved, and whether its sign is known."""
    if "debit" in values or "credit" in values:
        return abs(values.get("credit", Decimal(0))) - abs(values.get("debit", Decimal(0))), True
    if "amount" not in values:
        return None
    amount = values["amount"]
    if signed or section is None:
        return amount, signed
    return section * abs(amount), True
