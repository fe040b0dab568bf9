"""What is held of made-up connections, as rendering is handed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any

from afluente.core.accounts import Account, AccountKind, Bill, CardDetails, CardPurchase, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.holders import Address, Email, Holder, Phone
from afluente.core.identity import derived_id
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.ports import Record
from afluente.dialects.klavi.render import Bank, Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import ZONE
from afluente.engine.records.storing import account_id, as_stored, bill_id

LINK = "0b7a6d34-6f0f-4b8b-8a55-0a6ad1d3a001"
ON = date(2026, 11, 20)
BANK = Bank("Itaú", "ITAÚ UNIBANCO S.A.", "341", "60701190000104")
CPF = "39053344705"

_numbers = count(1)


def at(day: date, hour: int = 12) -> Instant:
    """Return an hour of a day in Brazil."""
    return int(datetime.combine(day, time(hour), ZONE).timestamp()) * 1000


def held(records: Iterable[Record], on: date = ON, bank: Bank = BANK, link: str = LINK) -> Held:
    """Return what is held of a connection whose bank gave these records, filed as the bank files them."""
    every = list(records)
    kept: list[Any] = [one for one in every if isinstance(one, _KEPT)]
    stored = as_stored(link, kept, at(on))
    moved: defaultdict[str, list[Moved]] = defaultdict(list)
    for record in every:
        if isinstance(record, Transaction):
            owner = account_id(link, record.account_key)
            bill = record.card.bill_key if record.card is not None else None
            id = derived_id(owner, "transaction", record.key)
            moved[owner].append(Moved(id, record, bill_id(link, bill) if bill else None, record.category))
    for found in moved.values():
        found.sort(key=lambda one: (one.record.occurred_at, one.id), reverse=True)
    return Held(
        bank=bank,
        document=CPF,
        on=on,
        accounts=_of(stored, Account),
        moved=moved,
        bills=_by_parent(_of(stored, Bill)),
        holders=_of(stored, Holder),
        loans=_of(stored, Loan),
        investments=_of(stored, Investment),
        dealt=_by_parent(_of(stored, InvestmentMovement)),
    )


def seen(*records: Record) -> Seen:
    """Return what is seen of one connection whose bank gave these records."""
    return Seen((held(records),))


_KEPT = (Account, Bill, Holder, Loan, Investment, InvestmentMovement)


def _of(found: Iterable[Stored[Any]], type_: type[Any]) -> list[Stored[Any]]:
    return [one for one in found if isinstance(one.record, type_)]


def _by_parent(found: Iterable[Stored[Any]]) -> defaultdict[str, list[Stored[Any]]]:
    grouped: defaultdict[str, list[Stored[Any]]] = defaultdict(list)
    for one in found:
        grouped[one.parent_id or ""].append(one)
    return grouped


def checking(key: str = "cc", balance: str = "1000.00", **more: Any) -> Account:
    """Return a checking account."""
    told: dict[str, Any] = {
        "number": "0001/12345-6",
        "name": "Conta Corrente",
        "currency": "BRL",
        "owner": "Ana Souza",
    } | more
    return Account(key=key, kind=AccountKind.CHECKING, balance=Decimal(balance), **told)


def card(key: str = "card", **more: Any) -> Account:
    """Return a card that closes on the 25th and falls due on the 2nd."""
    details = CardDetails(
        brand="MASTERCARD",
        level="BLACK",
        closes_on=date(2026, 11, 25),
        due_on=date(2026, 12, 2),
        limit=Decimal("8000.00"),
        available=Decimal("7500.00"),
        minimum_payment=Decimal("30.00"),
        additional_cards=("9781",),
    )
    told: dict[str, Any] = {
        "number": "**** 8670",
        "name": "Mastercard Black",
        "currency": "BRL",
        "card": details,
    } | more
    return Account(key=key, kind=AccountKind.CREDIT_CARD, balance=Decimal("500.00"), owner="Ana Souza", **told)


HOLDER = Holder(
    key="ana",
    name="Ana Souza",
    document="390.533.447-05",
    document_kind="CPF",
    phones=(Phone("personal", "+5511987654321"),),
    emails=(Email("personal", "ana@example.com"),),
    addresses=(
        Address(
            full="Rua das Flores, 12, apto 3, São Paulo",
            street="Rua das Flores, 12, apto 3",
            district="Centro",
            city="São Paulo",
            state="SP",
            postal_code="01001-000",
            country="BR",
        ),
    ),
)


def moved(day: date, amount: str, description: str = "PIX", account: str = "cc", **more: Any) -> Transaction:
    """Return a movement."""
    told: dict[str, Any] = {"key": f"t{next(_numbers):06d}", "currency": "BRL", "occurred_at": at(day)} | more
    return Transaction(account_key=account, amount=Decimal(amount), description=description, **told)


def bought(day: date, amount: str, bill: str | None = None, description: str = "LOJA", **more: Any) -> Transaction:
    """Return a movement of the card."""
    purchase = CardPurchase(bill_key=bill, card_number="8670", **more)
    return moved(day, amount, description, account="card", card=purchase, category="shopping")


def bill(key: str, closes: date, due: date, total: str, **more: Any) -> Bill:
    """Return a bill of the card."""
    told: dict[str, Any] = {"currency": "BRL", "closes_on": closes} | more
    return Bill(key=key, account_key="card", due_on=due, total=Decimal(total), **told)
