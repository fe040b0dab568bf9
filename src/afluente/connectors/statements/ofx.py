"""OFX 1 and 2: from tags to accounts and movements.

Amounts are from the holder's side in OFX already, on cards too; only a card's balance is turned (OFX says what is owed
with a minus, the core with a plus).
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import msgspec

from afluente.connectors.statements import words
from afluente.connectors.statements.amounts import BadAmount, decimal_mark, read_amount
from afluente.connectors.statements.dates import BadDate, zone_of
from afluente.connectors.statements.encodings import Decoded
from afluente.connectors.statements.keys import account_key, digest, movement_keys, without_card_number
from afluente.connectors.statements.movements import Movement, read_movement
from afluente.connectors.statements.records import Fault, StatementFile, Unreadable
from afluente.connectors.statements.tags import Node, read_tags
from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction

_ROOT = re.compile(r"<\s*OFX\s*>", re.IGNORECASE)
_HEADER = re.compile(r"\s*(?:OFXHEADER|<\?OFX)", re.IGNORECASE)
_SECOND = re.compile(r"<\?OFX|<\?xml|OFXHEADER\s*[:=]\s*\"?2|VERSION\s*[:=]\s*\"?2", re.IGNORECASE)
_STATEMENTS = ("STMTRS", "CCSTMTRS")
_KINDS = {
    "CHECKING": AccountKind.CHECKING,
    "SAVINGS": AccountKind.SAVINGS,
    "MONEYMRKT": AccountKind.SAVINGS,
    "CD": AccountKind.SAVINGS,
    "CREDITLINE": AccountKind.CHECKING,
    "CREDITCARD": AccountKind.CREDIT_CARD,
}
_DEFAULT_CURRENCY = "BRL"


def is_ofx(text: str) -> bool:
    """Say whether `text` is an OFX file, whole or not."""
    return bool(_ROOT.search(text) or _HEADER.match(text))


def read_ofx(decoded: Decoded) -> StatementFile:
    """Return the statement in an OFX text. Raises `Unreadable`."""
    text = decoded.text
    start = _ROOT.search(text)
    roots = read_tags(text)
    if not start or not roots:
        raise _truncated(text, "its header is not followed by a statement")
    if not roots[-1].closed:
        movements = sum(1 for root in roots for node in root.find_all("STMTTRN") if node.closed)
        raise _truncated(text, f"</OFX> is missing; {movements} whole movements come before the cut")
    reading = _Reading(list(decoded.warnings), _mark(roots))
    for root in roots:
        _check_sign_on(root)
        reading.read(root)
    if not reading.accounts:
        raise reading.nothing()
    return StatementFile(
        format="ofx-2" if _SECOND.search(text[: start.start()]) else "ofx-1",
        encoding=decoded.encoding,
        accounts=tuple(reading.accounts.values()),
        transactions=reading.transactions(),
        faults=tuple(reading.faults),
        warnings=tuple(reading.warnings),
        organisation=_organisation(roots),
    )


class _Reading:
    """What was read so far of one file."""

    def __init__(self, warnings: list[str], mark: str | None) -> None:
        self.warnings = warnings
        self.mark = mark
        self.accounts: dict[str, Account] = {}
        self.balanced: dict[str, str] = {}
        self.movements: dict[str, list[Movement]] = {}
        self.faults: list[Fault] = []
        self.refusals: list[str] = []
        self.investments = 0

    def read(self, root: Node) -> None:
        """Take one OFX element."""
        organisation = _organisation([root])
        for answer in root.find_all("STMTTRNRS", "CCSTMTTRNRS", "INVSTMTTRNRS"):
            status = answer.find("STATUS")
            if status and status.get("SEVERITY").upper() == "ERROR" and not answer.find(*_STATEMENTS):
                self.refusals.append(status.get("MESSAGE") or f"code {status.get('CODE')}")
                self.faults.append(Fault(f"line {answer.line}", f"The bank gave no statement: {self.refusals[-1]}."))
        for statement in root.find_all(*_STATEMENTS):
            self.read_statement(statement, organisation)
        for investment in root.find_all("INVSTMTRS"):
            self.investments += 1
            self.warnings.append(f"The investment statement at line {investment.line} was left out.")

    def read_statement(self, statement: Node, organisation: str | None) -> None:
        """Take the statement of one account."""
        holder = statement.find("BANKACCTFROM", "CCACCTFROM")
        if not holder or not holder.get("ACCTID"):
            self.faults.append(Fault(f"line {statement.line}", "The statement names no account: it was left out."))
            return
        kind = self.kind(statement, holder)
        number = holder.get("ACCTID")
        shown = without_card_number(number) if kind is AccountKind.CREDIT_CARD else number
        currency = self.currency(statement, shown)
        parts = [holder.get("BANKID"), holder.get("BRANCHID"), shown, kind.value]
        key = account_key(parts if shown == number else [*parts, digest(number)])
        self.add_account(key, statement, holder, kind, shown, currency, organisation)
        found = self.movements.setdefault(key, [])
        zone = zone_of(currency)
        for node in statement.find_all("STMTTRN", "STMTTRNP"):
            try:
                found.append(read_movement(node, currency, zone, self.mark, kind))
            except (BadAmount, BadDate) as wrong:
                where = f"line {node.line}" + (f", FITID {node.get('FITID')}" if node.get("FITID") else "")
                self.faults.append(Fault(where, f"The movement was left out: {wrong}.", key))

    def kind(self, statement: Node, holder: Node) -> AccountKind:
        """Return what the account is for."""
        if statement.name == "CCSTMTRS" or holder.name == "CCACCTFROM":
            return AccountKind.CREDIT_CARD
        word = holder.get("ACCTTYPE").upper()
        if word not in _KINDS:
            said = f'"{word}" is no type of account we know' if word else "the file does not say its type"
            self.warnings.append(f"Account {holder.get('ACCTID')} was taken for a checking account: {said}.")
        return _KINDS.get(word, AccountKind.CHECKING)

    def currency(self, statement: Node, number: str) -> str:
        """Return the account's currency, or the best guess with a warning."""
        if code := words.currency_code(statement.get("CURDEF")):
            return code
        used = Counter(
            code
            for node in statement.find_all("CURRENCY", "ORIGCURRENCY")
            if (code := words.currency_code(node.get("CURSYM")))
        )
        found, source = (used.most_common(1)[0][0], "its movements say so") if used else (_DEFAULT_CURRENCY, "assumed")
        self.warnings.append(f"Account {number}: the file names no currency; {found} ({source}).")
        return found

    def add_account(
        self,
        key: str,
        statement: Node,
        holder: Node,
        kind: AccountKind,
        number: str,
        currency: str,
        organisation: str | None,
    ) -> None:
        """Keep the account, with the balance of the latest statement if the file has several of it."""
        card = kind is AccountKind.CREDIT_CARD
        ledger, available = (self.balance(statement, name, currency, number) for name in ("LEDGERBAL", "AVAILBAL"))
        as_of = node.get("DTASOF") if (node := statement.find("LEDGERBAL")) else ""
        if key in self.accounts and (ledger is None or as_of < self.balanced[key]):
            return
        self.balanced[key] = as_of if ledger is not None else ""
        balance = ledger if ledger is not None else available if not card else None
        if balance is None:
            self.warnings.append(f"Account {number}: the file has no balance; it is shown as 0.")
        elif ledger is None:
            self.warnings.append(f"Account {number}: the file has no ledger balance; the available one is shown.")
        bank, branch = holder.get("BANKID"), holder.get("BRANCHID")
        self.accounts[key] = Account(
            key=key,
            kind=kind,
            number=number,
            name=organisation or words.account_name(kind, currency),
            currency=currency,
            balance=(-balance if card and balance else balance) or Decimal("0.00"),
            bank=None
            if card
            else BankDetails(
                transfer_number=f"{bank}/{branch}/{number}" if bank and branch else None, closing_balance=ledger
            ),
            card=CardDetails(available=available) if card else None,
        )

    def balance(self, statement: Node, name: str, currency: str, number: str) -> Decimal | None:
        """Return a balance, or None if there is none that can be read."""
        node = statement.find(name)
        text = node.get("BALAMT") if node else ""
        if not text:
            return None
        try:
            return read_amount(text, currency, self.mark)
        except BadAmount as wrong:
            self.warnings.append(f"Account {number}: the balance could not be read: {wrong}.")
            return None

    def transactions(self) -> tuple[Transaction, ...]:
        """Return all movements with their keys, each once."""
        kept: list[Transaction] = []
        for key, movements in self.movements.items():
            made = movement_keys(key, [movement.seen for movement in movements])
            if repeated := made.count(None):
                number = self.accounts[key].number
                self.warnings.append(
                    f"Account {number}: movements left out as repetitions with the same id: {repeated}."
                )
            for order, (movement, own) in enumerate(zip(movements, made, strict=True)):
                if own is not None:
                    kept.append(msgspec.structs.replace(movement.transaction, key=own, account_key=key, order=order))
        return tuple(kept)

    def nothing(self) -> Unreadable:
        """Return why no account came of the file."""
        if self.refusals:
            return Unreadable(
                "statement.bank-error",
                f"The bank gave no statement: {self.refusals[0]} ({self.faults[0].where}).",
                self.faults[0].where,
                self.refusals[0],
            )
        if self.faults:
            return Unreadable("statement.no-accounts", self.faults[0].what, self.faults[0].where)
        if self.investments:
            return Unreadable("statement.no-accounts", "The file holds investment statements only, which are not read.")
        return Unreadable("statement.no-accounts", "The file is OFX, but holds no statement of an account or a card.")


def _mark(roots: list[Node]) -> str | None:
    """Return the file's decimal mark, if its movements show it, or else its balances."""
    movements = (node.get("TRNAMT") for root in roots for node in root.find_all("STMTTRN", "STMTTRNP"))
    balances = (node.get("BALAMT") for root in roots for node in root.find_all("LEDGERBAL", "AVAILBAL"))
    return decimal_mark(movements) or decimal_mark(balances)


def _check_sign_on(root: Node) -> None:
    """Raise `Unreadable` if the bank refused to answer at all."""
    sign_on = root.find("SONRS")
    status = sign_on.find("STATUS") if sign_on else None
    if status and status.get("SEVERITY").upper() == "ERROR":
        said = status.get("MESSAGE")
        where = f"line {status.line}"
        raise Unreadable(
            "statement.bank-error",
            f"The file holds the bank's error instead of a statement: code {status.get('CODE') or 'missing'}"
            f"{f', “{said}”' if said else ''} ({where}).",
            where,
            said or None,
        )


def _organisation(roots: list[Node]) -> str | None:
    for root in roots:
        for node in root.find_all("FI"):
            if node.get("ORG"):
                return " ".join(node.get("ORG").split())
    return None


def _truncated(text: str, why: str) -> Unreadable:
    where = f"line {text.rstrip().count(chr(10)) + 1}"
    return Unreadable("statement.truncated", f"The file is cut off: it ends at {where} and {why}.", where)
