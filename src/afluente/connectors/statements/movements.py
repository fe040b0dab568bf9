"""One movement of an OFX statement: from a tag to a transaction."""

from __future__ import annotations

from datetime import tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import msgspec

from afluente.connectors.statements import words
from afluente.connectors.statements.amounts import read_amount
from afluente.connectors.statements.dates import read_ofx_date
from afluente.connectors.statements.keys import Seen
from afluente.connectors.statements.tags import Node
from afluente.core.accounts import AccountKind, CardPurchase, Transaction
from afluente.core.money import exponent


class Movement(msgspec.Struct, frozen=True):
    """A transaction that has no key yet, and what its key is made of."""

    transaction: Transaction
    seen: Seen


def read_movement(node: Node, currency: str, zone: tzinfo, mark: str | None, kind: AccountKind) -> Movement:
    """Return the movement in a STMTTRN or STMTTRNP of an account in `currency`.

    Raises `BadDate` or `BadAmount` if it has no day or no amount that can be read.
    """
    moment = read_ofx_date(node.get("DTPOSTED") or node.get("DTTRAN"), zone)
    own, rate = _foreign(node, currency)
    amount = read_amount(node.get("TRNAMT"), own, mark)
    payee = node.find("PAYEE")
    name = node.get("NAME") or node.get("PAYEE") or (payee.get("NAME") if payee else "") or node.get("EXTDNAME")
    memo = node.get("MEMO")
    description, raw = words.description(name, memo, node.get("TRNTYPE"))
    mcc = node.get("SIC") if kind is AccountKind.CREDIT_CARD else ""
    transaction = Transaction(
        key="",
        account_key="",
        occurred_at=moment.instant,
        amount=amount,
        currency=own,
        description=description,
        raw_description=raw,
        pending=node.name == "STMTTRNP",
        account_amount=_converted(amount, rate, currency) if own != currency else None,
        code=node.get("CHECKNUM") or node.get("REFNUM") or None,
        card=CardPurchase(mcc=int(mcc)) if mcc.isascii() and mcc.isdigit() and 0 < len(mcc) < 5 and int(mcc) else None,
    )
    return Movement(transaction, Seen(node.get("FITID"), moment.day, amount, f"{name}\n{memo}"))


def _foreign(node: Node, currency: str) -> tuple[str, str]:
    """Return the currency the amount is in, and its rate to the account's (OFX 5.2: CURRENCY; not ORIGCURRENCY)."""
    foreign = next((child for child in node.children if child.name == "CURRENCY"), None)
    code = words.currency_code(foreign.get("CURSYM")) if foreign else None
    return (code, foreign.get("CURRATE")) if foreign and code else (currency, "")


def _converted(amount: Decimal, rate: str, currency: str) -> Decimal | None:
    try:
        factor = Decimal(rate.replace(",", "."))
        return (amount * factor).quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_EVEN)
    except InvalidOperation:
        return None
