"""A bank that hands over five products and 50 new movements at every sync, with nothing to compute: what is measured
is the engine."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.clock import Instant
from afluente.core.documents import Balance
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.core.investments import Investment
from afluente.core.outcome import Refused
from afluente.core.ports import Bank, Fetched, Record, Session
from afluente.core.products import Product

INSTITUTION = "sandbox-bank"
PRODUCTS = (Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS, Product.INVESTMENTS, Product.HOLDER)
MOVEMENTS = 50
STEPS = 7
"""What is written of a sync one after the other: the login, five products, the end."""


class SyncBank:
    """Answers at once, or after the world's pace."""

    async def login(self, bank: Bank, institution: Institution, credentials: Mapping[str, str]) -> Session:
        """Let anybody in."""
        await bank.reach("login")
        return {"user": credentials["username"], "at": str(bank.now)}

    async def fetch(
        self, bank: Bank, institution: Institution, session: Session, product: Product, since: Instant | None
    ) -> Fetched:
        """Return what there is of a product."""
        await bank.reach(product.value)
        if product is Product.TRANSACTIONS:
            made = movements(int(session["at"]))
            return Fetched(made, since=int(session["at"]) - MOVEMENTS, accounts=("1",))
        return Fetched(records(product))

    async def balance(self, bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        """There is none to be asked."""
        raise Refused("request.balance.not-found")


def records(product: Product) -> tuple[Record, ...]:
    """Return the one record of a product that is no movement; there are no cards."""
    if product is Product.ACCOUNTS:
        kind, balance = AccountKind.CHECKING, Decimal("10.00")
        return (Account(key="1", kind=kind, number="1", name="Conta", currency="BRL", balance=balance),)
    if product is Product.HOLDER:
        return (Holder(key="1", name="Ana Souza", document="529.982.247-25", document_kind="CPF"),)
    if product is Product.INVESTMENTS:
        return (Investment(key="1", kind="fixed-income", name="CDB", currency="BRL", balance=Decimal("100.00")),)
    return ()


def movements(now: Instant) -> list[Transaction]:
    """Return 50 movements of this moment, which no sync has brought before."""
    return [
        Transaction(
            key=f"{now}-{number}",
            account_key="1",
            occurred_at=now - number,
            amount=Decimal(number - 25) / 4,
            currency="BRL",
            description=f"PIX enviado {number}",
            category="transfers.pix",
        )
        for number in range(MOVEMENTS)
    ]
