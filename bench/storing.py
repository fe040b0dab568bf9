"""Storing one connection's transactions through the engine, beside the driver's own bulk path, on both databases."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from afluente.core.accounts import Transaction
from afluente.core.ports import Fetched
from afluente.core.products import Product
from afluente.engine.records import storing
from afluente.engine.records.held import held_of
from afluente.store import connections, transactions
from afluente.store.database import Row
from bench import ground
from bench.report import Figure, Section, spread

COLUMNS = transactions.COLUMNS
LISTED = ", ".join(COLUMNS)


def section(count: int, rounds: int) -> Section:
    """Measure both databases, ours and the driver in turns, each time on a new database."""
    made = Section("storing", "Storing one connection's transactions", "python -m bench storing")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        numbers = iter(range(1_000_000))

        def new_folder() -> Path:
            folder = Path(name) / str(next(numbers))
            folder.mkdir()
            return folder

        def sqlite_pair() -> tuple[list[float], float]:
            url = f"sqlite:///{new_folder() / 'ours.db'}"
            return asyncio.run(_ours(Path(name), url, count)), _sqlite(new_folder() / "driver.db", Path(name), count)

        _database(made, "SQLite", "executemany of prepared tuples", sqlite_pair, count, rounds)
        from tests.postgres import running_cluster

        with running_cluster() as cluster:

            def postgres_pair() -> tuple[list[float], float]:
                with ExitStack() as stack:
                    ours, theirs = stack.enter_context(cluster.fresh()), stack.enter_context(cluster.fresh())
                    return asyncio.run(_ours(Path(name), ours, count)), _postgres(theirs, Path(name), count)

            _database(made, "PostgreSQL", "COPY into a temporary table and merge", postgres_pair, count, rounds)
    made.notes.append(
        f"{count:,} core records of one account, one in two with a counterparty, given to `engine.storing.store` in "
        "one transaction with its commit; the driver is given rows that were made before its time began, in the same "
        "order, for the same table with the same indexes. Each round has a new database; ours and the driver take "
        "turns. The second sync is given equal records that were made anew; the third differs in one amount, so that "
        "every row is compared in the database."
    )
    return made


def _database(
    made: Section, name: str, path: str, pair: Callable[[], tuple[list[float], float]], count: int, rounds: int
) -> None:
    first: list[float] = []
    second: list[float] = []
    third: list[float] = []
    driver: list[float] = []
    for turn in range(rounds + 1):
        ours, theirs = pair()
        if turn:
            for times, seconds in zip((first, second, third), ours, strict=True):
                times.append(seconds)
            driver.append(theirs)
    middle = statistics.median
    ratios = [theirs / ours for ours, theirs in zip(first, driver, strict=True)]
    faster = [one / two for one, two in zip(first, second, strict=True)]
    compared = [one / three for one, three in zip(first, third, strict=True)]
    made.figures += [
        Figure(
            f"{name}: the first sync of {count:,} transactions",
            spread([count / seconds for seconds in first], unit=" rows/s"),
            f"{path}: " + spread([count / seconds for seconds in driver], unit=" rows/s"),
            spread(ratios, "{:.2f}"),
            "≥ 0.5",
            middle(ratios) >= 0.5,
        ),
        Figure(
            f"{name}: a second sync that changes nothing",
            spread(second, "{:.2f}", " s"),
            "the first: " + spread(first, "{:.2f}", " s"),
            spread(faster, "{:.1f}", " times faster"),
            "≥ 3 times faster",
            middle(faster) >= 3,
        ),
        Figure(
            f"{name}: a third sync with one amount changed",
            spread(third, "{:.2f}", " s"),
            "the first: " + spread(first, "{:.2f}", " s"),
            spread(compared, "{:.1f}", " times faster"),
        ),
    ]


async def _ours(folder: Path, url: str, count: int) -> list[float]:
    async with ground.house(folder, url) as server:
        connection, _, key = await ground.connected(server)
        took = []
        for changed in (None, None, count // 2):
            records = ground.movements(key, count)
            if changed is not None:
                records[changed] = _with_cent(records[changed])
            fetched = Fetched(records, since=ground.FIRST)
            began = time.perf_counter()
            async with server.world.database.transaction() as writer:
                held, product = await held_of(writer, connection), Product.TRANSACTIONS
                written, held = await storing.store(writer, connection, held, product, fetched, ground.FIRST)
                before, connection = connection, replace(connection, digests=held.digests)
                await connections.put(writer, connection, before)
            took.append(time.perf_counter() - began)
            wanted = (count, 0, 1)[len(took) - 1]
            if written.changed != wanted or written.left_out:
                raise RuntimeError(f"sync {len(took)} wrote {written.changed} rows, not {wanted}")
        return took


def _with_cent(record: Transaction) -> Transaction:
    from decimal import Decimal

    from msgspec.structs import replace

    return replace(record, amount=record.amount + Decimal("0.01"))


def _rows(count: int) -> list[Row]:
    account = "8f14e45f-ceea-467f-9b0b-0a1c2d3e4f50"
    return [transactions.row(record, account, None, ground.FIRST) for record in ground.movements("1", count)]


def _sqlite(path: Path, folder: Path, count: int) -> float:
    async def make() -> None:
        async with ground.house(folder, f"sqlite:///{path}"):
            pass

    asyncio.run(make())
    rows = _rows(count)
    connection = ground.sqlite(path)
    marks = ", ".join("?" for _ in COLUMNS)
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO transactions ({LISTED}) VALUES ({marks})", rows)
    connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return took


def _postgres(url: str, folder: Path, count: int) -> float:
    async def make() -> None:
        async with ground.house(folder, url):
            pass

    asyncio.run(make())
    rows = _rows(count)
    sets = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS[1:])
    with ground.postgres(url) as connection:
        began = time.perf_counter()
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE incoming (LIKE transactions) ON COMMIT DROP")
            with cursor.copy(f"COPY incoming ({LISTED}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(
                f"INSERT INTO transactions ({LISTED}) SELECT {LISTED} FROM incoming "
                f"ON CONFLICT (id) DO UPDATE SET {sets}"
            )
        return time.perf_counter() - began
