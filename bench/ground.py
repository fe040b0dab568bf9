"""Databases to measure on: PostgreSQL's own cluster, a connected bank in an engine of our own, and movements."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import psycopg

from afluente.app import Server, build
from afluente.core.accounts import Account, Party, Payment, Transaction
from afluente.core.connections import Connection
from afluente.core.lifecycle import State
from afluente.core.products import Product
from afluente.engine.connecting import connections
from afluente.engine.records import reads
from afluente.settings import Settings

DAY = 86_400_000
FIRST = 1_700_000_000_000
"""The instant of the oldest invented movement."""


@asynccontextmanager
async def house(folder: Path, url: str) -> AsyncIterator[Server]:
    """Open the database as the server does, without a port."""
    server = await build(Settings(database=url, key_file=str(folder / "key"), pace=0))
    try:
        yield server
    finally:
        await server.close()


async def connected(server: Server) -> tuple[Connection, str, str]:
    """Connect the first bank; return the connection and its first account's id and key."""
    application = server.keys[0]
    institution = next(i for i in server.world.institutions.values() if i.slug == "sandbox-bank")
    wanted = connections.Wanted(
        institution=institution.slug,
        credentials={"username": "user-ok", "password": "password-ok"},
        products=(Product.ACCOUNTS,),
    )
    made = await connections.create(server.world, application, wanted)
    await server.runner.settle(application)
    made = await reads.connection(server.world, application, made.id)
    if made.state is not State.FRESH:
        raise RuntimeError(f"the connection is {made.state}: {made.outcome}")
    account = (await reads.records(server.world, application, Account, made.id))[0]
    return made, account.id, account.record.key


def movements(account_key: str, count: int) -> list[Transaction]:
    """Return core records as a connector gives them: one in two has a counterparty."""
    made = []
    for number in range(count):
        paid = Payment(method="pix", receiver=Party(name=f"Padaria {number % 97}", document="529.982.247-25"))
        made.append(
            Transaction(
                key=f"movement-{number}",
                account_key=account_key,
                occurred_at=FIRST + number * 60_000,
                amount=Decimal(number % 100_000 - 50_000) / 100,
                currency="BRL",
                description=f"PIX enviado {number % 1_000}",
                category="transfers.pix",
                payment=paid if number % 2 else None,
            )
        )
    return made


def sqlite(path: Path) -> sqlite3.Connection:
    """Return the driver's own connection, set as the server sets it."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "cache_size = -16000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def postgres(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return the driver's own connection."""
    return psycopg.connect(url, autocommit=True)
