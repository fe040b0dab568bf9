"""Everything that the checks look at, written to Parquet files: to be checked at once, or read by other tools.

`quality/bulk.py` says what is in the files. The data-frame library is loaded when the first file is written.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from afluente.core.connections import Connection
from afluente.engine.syncing.checks import gathered
from afluente.engine.syncing.walking import movements, without_a_list
from afluente.engine.world import World
from afluente.store import applications, connections

ROWS = 1_000_000
"""Movements of one file, and those of the last account beyond."""

_encode = msgspec.json.Encoder().encode


async def every_connection(world: World) -> AsyncIterator[Connection]:
    """Yield all connections of all applications that have data."""
    for application in await applications.every(world.database):
        after = (-1, "")
        while page := await connections.page(world.database, application.id, 500, after):
            after = (page[-1].created_at, page[-1].id)
            for connection in page:
                if connection.last_success_at is not None:
                    yield connection


def _make_room(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("movements*.parquet"):
        old.unlink()


async def export(world: World, folder: Path, told: Callable[[int], None]) -> tuple[int, int]:
    """Write the files into a folder that is made; return how many connections and movements they hold.

    `told` is called with the number of movements of each account that is written. What an earlier export left in the
    folder is replaced. Raises OSError where the folder cannot be written.
    """
    import polars as pl

    from afluente.quality.bulk import MOVEMENTS, PIECE

    _make_room(folder)
    facts: list[tuple[str, str]] = []
    accounts: list[tuple[str, str, int, str]] = []
    unlisted: list[str] = []
    rows: list[tuple[Any, ...]] = []
    written = total = 0

    def write_movements() -> None:
        nonlocal written, rows
        frame = pl.DataFrame(rows, schema=MOVEMENTS, orient="row")
        name = f"movements-{written:05}.parquet"
        frame.write_parquet(folder / name, compression="lz4", row_group_size=PIECE)
        written += 1
        rows = []

    async for connection in every_connection(world):
        known, held = await gathered(world, world.database, connection)
        facts.append((connection.id, _encode(known).decode()))
        lacking = without_a_list(connection)
        for account in held:
            accounts.append((account.id, connection.id, account.created_at, _encode(account.record).decode()))
            before = len(rows)
            async for piece in movements(world.database, account.id, account.record.currency):
                rows.extend((account.id, *one) for one in piece)
            moved = len(rows) - before
            if not moved and (lacking is None or account.id in lacking):
                unlisted.append(account.id)
            total += moved
            told(moved)
            if len(rows) >= ROWS:
                write_movements()
    if rows or not written:
        write_movements()
    texts = {"connections": ("id", "facts"), "accounts": ("id", "connection_id", "created_at", "account")}
    for name, held_rows in (("connections", facts), ("accounts", accounts)):
        kinds = {column: pl.Int64 if column == "created_at" else pl.String for column in texts[name]}
        pl.DataFrame(held_rows, schema=kinds, orient="row").write_parquet(folder / f"{name}.parquet")
    pl.DataFrame({"account_id": unlisted}, schema={"account_id": pl.String}).write_parquet(
        folder / "without-a-list.parquet"
    )
    return len(facts), total
