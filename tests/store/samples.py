"""Records for the store's tests, with only what a test cares about said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.connections import Connection, Phase
from afluente.core.lifecycle import State
from afluente.core.products import Product, ProductState
from afluente.store import connections
from afluente.store.applications import Application, Policy
from afluente.store.database import Writer
from afluente.store.executions import Execution


def application(id: str, **more: Any) -> Application:
    """An application."""
    return Application(id, more.pop("name", id), "hash", None, more.pop("policy", Policy()), **more)


def connection(id: str, **more: Any) -> Connection:
    """A fresh connection of the application `app`."""
    given = {
        "application_id": "app",
        "institution": "bank",
        "state": State.FRESH,
        "phase": Phase.ENDED,
        "created_at": 10,
        "updated_at": 10,
        "products": (ProductState(Product.ACCOUNTS),),
    }
    return Connection(id=id, **{**given, **more})


async def stored(writer: Writer, id: str, fingerprint: str = "print", **more: Any) -> Connection:
    """Store a connection and return it."""
    made = connection(id, **more)
    await connections.add(writer, made, fingerprint)
    return made


def execution(id: str, connection_id: str, **more: Any) -> Execution:
    """An execution that is ready."""
    given = {
        "application_id": "app",
        "trigger": "client",
        "started_at": 10,
        "products": (Product.ACCOUNTS,),
    }
    return Execution(id=id, connection_id=connection_id, **{**given, **more})


def account(key: str = "1", balance: str = "10.00", **more: Any) -> Account:
    """A checking account."""
    given = {"kind": AccountKind.CHECKING, "number": key, "name": "Conta", "currency": "BRL"}
    return Account(key=key, balance=Decimal(balance), **{**given, **more})


def movement(key: str, at: int = 100, amount: str = "-1.00", **more: Any) -> Transaction:
    """A movement on account `1`."""
    given = {"account_key": "1", "currency": "BRL", "description": "Padaria"}
    return Transaction(key=key, occurred_at=at, amount=Decimal(amount), **{**given, **more})
