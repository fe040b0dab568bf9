"""A connection in which nothing is wrong, to be spoilt one fault at a time; and connections at random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, AccountKind, BankDetails, Transaction
from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Stored
from afluente.core.holders import Address, Email, Holder, Phone
from afluente.core.outcome import Finding
from afluente.core.products import Product, ProductState
from afluente.quality import Facts, check, snapshot_of

NOW: Instant = 1_790_000_000_000
FIRST, SECOND = "account-1", "account-2"

HOLDER = Holder(
    key="1",
    name="Ana Lima",
    document="529.982.247-25",
    document_kind="cpf",
    phones=(Phone("personal", "+5511999990000"),),
    emails=(Email("personal", "ana.lima@example.com.br"),),
    addresses=(Address(full="Rua A, 1", street="Rua A, 1", city="São Paulo", state="SP", postal_code="01000-000"),),
)


class House(msgspec.Struct, frozen=True):
    """A connection in parts. `movements` are of both accounts; `given` are the accounts with a list of movements."""

    facts: Facts
    accounts: tuple[Stored[Account], ...]
    movements: tuple[Stored[Transaction], ...]
    given: tuple[str, ...] = (FIRST, SECOND)

    def found(self) -> tuple[Finding, ...]:
        """Return what the checks find."""
        lists = {
            account.id: [one for one in self.movements if one.parent_id == account.id]
            for account in self.accounts
            if account.id in self.given
        }
        return check(snapshot_of(self.facts, self.accounts, lists))

    def with_facts(self, **changes: object) -> House:
        """Return the house with other facts."""
        return replace(self, facts=replace(self.facts, **changes))

    def with_account(self, id: str, change: Callable[[Account], Account]) -> House:
        """Return the house with one account changed."""
        accounts = (replace(one, record=change(one.record)) if one.id == id else one for one in self.accounts)
        return replace(self, accounts=tuple(accounts))

    def with_accounts(self, change: Callable[[Account], Account]) -> House:
        """Return the house with every account changed."""
        return self.with_account(FIRST, change).with_account(SECOND, change)

    def with_holder(self, change: Callable[[Holder], Holder]) -> House:
        """Return the house with another holder."""
        return self.with_facts(holders=tuple(change(one) for one in self.facts.holders))

    def with_rows(self, change: Callable[[list[Stored[Transaction]]], Sequence[Stored[Transaction]]]) -> House:
        """Return the house with the first account's movements changed; they come oldest first."""
        first = [one for one in self.movements if one.parent_id == FIRST]
        others = [one for one in self.movements if one.parent_id != FIRST]
        return replace(self, movements=(*change(first), *others))


def house() -> House:
    """Return one in which nothing is wrong: two accounts, each with a movement every twelve hours for 30 days."""
    movements = []
    accounts = []
    for number, id in enumerate((FIRST, SECOND), 1):
        balance, rows = Decimal("100.00"), []
        for place in range(60):
            amount = Decimal(place * 37 % 90 - 40).scaleb(-1) + Decimal("0.03")
            balance += amount
            rows.append(movement(id, place, NOW - (60 - place) * 12 * HOUR, amount, balance))
        movements += rows
        accounts.append(
            Stored(
                id,
                "connection",
                None,
                Account(
                    key=id,
                    kind=AccountKind.CHECKING if number == 1 else AccountKind.SAVINGS,
                    number=f"0001/00000{number}-1",
                    name="Conta",
                    currency="BRL",
                    balance=balance,
                    owner="Ana Lima",
                    bank=BankDetails(transfer_number=f"999/0001/00000{number}-1"),
                    detail_url=f"https://bank.example/{id}",
                    product_details={"rate": "1"},
                ),
                NOW - 60 * DAY,
                NOW,
            )
        )
    asked = (Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER, Product.STATEMENTS)
    facts = Facts(
        connection_id="connection",
        now=NOW,
        products=tuple(ProductState(product, True, NOW) for product in asked),
        holders=(HOLDER,),
        statements=(FIRST, SECOND),
    )
    return House(facts, tuple(accounts), tuple(movements))


def movement(
    account: str, place: int, at: Instant, amount: Decimal, balance: Decimal | None, **more: object
) -> Stored[Transaction]:
    """Return one movement."""
    record = Transaction(
        key=str(place),
        account_key=account,
        occurred_at=at,
        amount=amount,
        currency="BRL",
        description=f"Compra na loja {'abcdefghij'[place % 10]}",
        balance_after=balance,
    )
    return Stored(f"{account}-{place:04}", "connection", account, replace(record, **more), NOW, NOW)


def changed(one: Stored[Transaction], id: str | None = None, **changes: object) -> Stored[Transaction]:
    """Return a movement with another record, and another id if it is to be another one."""
    return replace(one, id=id or one.id, record=replace(one.record, **changes))
