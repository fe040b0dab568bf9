"""Records of a Canadian card, made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeVar

from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction
from afluente.core.connections import Stored
from afluente.core.holders import Address, Email, Holder, Phone
from afluente.core.institutions import Institution, Kind
from afluente.core.investments import Investment
from afluente.core.loans import Loan
from afluente.dialects.flinks.render import Owner, day_start

TODAY = date(2026, 11, 20)
R = TypeVar("R")


def id_of(number: int) -> str:
    """Return a GUID."""
    return f"00000000-0000-4000-8000-{number:012x}"


def stored(record: R, number: int = 1, parent: str | None = None) -> Stored[R]:
    """Return a record as storage has it."""
    return Stored(id_of(number), id_of(99), parent, record, 0, 0)


def institution(country: str = "CA", kind: Kind = Kind.PERSONAL_BANK, slug: str = "flinks-capital") -> Institution:
    """Return a bank."""
    return Institution(
        slug=slug, name="FlinksCapital", country=country, kind=kind, connector="scripted", fields=(), products=()
    )


HOLDER = Holder(
    key="john",
    name="John Doe",
    document="046 454 286",
    document_kind="SIN",
    phones=(Phone("personal", "+1 514 333 7777"),),
    emails=(Email("personal", "johndoe@flinks.io"),),
    addresses=(
        Address(
            full="1 Example St, Montréal", street="1 Example St", city="Montréal", state="QC",
            postal_code="H3B 5E8", country="CA",
        ),
    ),
)  # fmt: skip


def owner(country: str = "CA", kind: Kind = Kind.PERSONAL_BANK) -> Owner:
    """Return whose accounts they are."""
    return Owner(holders=(HOLDER,), institution=institution(country, kind))


def chequing(name: str = "Chequing CAD", transfer: str | None = "777/77777/1111000", currency: str = "CAD") -> Account:
    """Return a bank account."""
    return Account(
        key="a",
        kind=AccountKind.CHECKING,
        number="1111000",
        name=name,
        currency=currency,
        balance=Decimal("49993.96"),
        bank=BankDetails(transfer_number=transfer, available=Decimal("6.04"), overdraft_limit=Decimal(5000)),
    )


def card(number: str = "4500000000001234") -> Account:
    """Return a credit card that owes 250.10."""
    return Account(
        key="c",
        kind=AccountKind.CREDIT_CARD,
        number=number,
        name="Visa Infinite",
        currency="CAD",
        balance=Decimal("250.10"),
        card=CardDetails(limit=Decimal(5000), available=Decimal("4749.90")),
    )


def loan(name: str) -> Loan:
    """Return a loan."""
    return Loan(
        key="l",
        kind="loan",
        product_name=name,
        contract_number="L-77",
        currency="CAD",
        contract_amount=Decimal(20000),
        contracted_on=date(2025, 1, 1),
        outstanding=Decimal("15000.50"),
    )


def investment(name: str, kind: str = "other") -> Investment:
    """Return a position."""
    return Investment(key="i", kind=kind, name=name, currency="CAD", balance=Decimal("7000.25"))


def moved(number: int, day: date, amount: str, **more: object) -> Stored[Transaction]:
    """Return a movement of account 1."""
    record = Transaction(
        key=f"t{number}",
        account_key="a",
        occurred_at=day_start(day) + 12 * 3_600_000,
        amount=Decimal(amount),
        currency="CAD",
        description=f"MOVED {number}",
        **more,  # type: ignore[arg-type]
    )
    return stored(record, 100 + number, id_of(1))
