"""The checks on one connection in plain Python, and on everything stored at once; beside a plain Polars version."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from afluente.core.accounts import Account, AccountKind, BankDetails, Transaction
from afluente.core.clock import DAY
from afluente.core.connections import Stored
from afluente.core.holders import Address, Email, Holder, Phone
from afluente.core.identity import derived_id
from afluente.core.products import Product, ProductState
from afluente.quality import Facts, Snapshot, Walk, check, snapshot_of
from afluente.quality.snapshot import movement_of
from bench import machine
from bench.report import Figure, Section, spread

NOW = 1_790_000_000_000
ACCOUNTS, EACH = 5, 100
"""Accounts of one connection, and movements of one account."""

FILE = 1_000_000
"""Rows of one file of movements."""

FAULTY = 50
"""One account in so many has a fault of one of five kinds."""


def section(rows: int, rounds: int) -> Section:
    """Measure both."""
    made = Section("checking", "Checking what is stored", "python -m bench checking")
    facts, accounts, movements = household()
    ready = {
        id: [movement_of(one, "BRL") for one in found]  # what reading them from the database comes to
        for id, found in movements.items()
    }

    def passed() -> None:
        walked = {}
        for id, found in ready.items():
            walk = Walk()
            walk.feed(found)
            walked[id] = walk.walked()
        check(Snapshot(facts=facts, accounts=accounts, walked=walked))

    for what, ask in (
        ("", passed),
        (", from records as a connector gives them", lambda: _whole(facts, accounts, movements)),
    ):
        took = [1_000 * _best(ask) for _ in range(rounds)]
        made.figures.append(
            Figure(
                f"one connection: {ACCOUNTS} accounts, {ACCOUNTS * EACH} movements{what}",
                spread(took, "{:.2f}", " ms"),
                promised="≤ 1 ms",
                met=statistics.median(took) <= 1,
            )
        )
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", f"from bench.checking import fill; fill({name!r}, {rows})"], check=True)
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(_apart("ours", folder))
            plain.append(_apart("plain", folder))
        seconds = [one[0] for one in ours]
        theirs = [one[0] for one in plain]
        found = {one[2] for one in ours}
        if len(found) != 1:
            raise RuntimeError(f"the runs found {found}")
        whole = rows == 10_000_000
        made.figures += [
            Figure(
                f"{rows:,} movements from Parquet, every rule",
                spread(seconds, "{:.2f}", " s"),
                "the rules about movements alone, plain Polars: " + spread(theirs, "{:.2f}", " s"),
                spread([b / a for a, b in zip(seconds, theirs, strict=True)], "{:.2f}"),
                "≤ 3 s" if whole else "",
                statistics.median(seconds) <= 3 if whole else None,
            ),
            Figure(
                "memory beyond the interpreter with what it has imported, at most",
                spread([one[1] for one in ours], "{:,.0f}", " MB"),
                spread([one[1] for one in plain], "{:,.0f}", " MB"),
                "",
                "≤ 350 MB",
                max(one[1] for one in ours) <= 350,
            ),
        ]
        made.notes.append(
            f"{rows:,} movements of {rows // EACH:,} accounts in {rows // EACH // ACCOUNTS:,} connections; one account "
            f"in {FAULTY} has a fault of one of five kinds, {next(iter(found)):,} findings in all. Every run is a new "
            "process whose time begins after the imports. The plain version computes the same conditions over the lazy "
            "frame as a whole, and nothing but the conditions about movements."
        )
    return made


def household() -> tuple[Facts, tuple[Stored[Account], ...], dict[str, list[Stored[Transaction]]]]:
    """Return a connection in which nothing is wrong."""
    accounts, movements = [], {}
    for number in range(ACCOUNTS):
        id = derived_id("bench", "account", str(number))
        balance, rows = Decimal(0), []
        for place in range(EACH):
            amount = Decimal((place * 7919) % 10_000 - 5_000).scaleb(-2)
            balance += amount
            record = Transaction(
                key=str(place),
                account_key=id,
                occurred_at=NOW - (EACH - place) * DAY // 2,
                amount=amount,
                currency="BRL",
                description=f"PIX ENVIADO {place}",
                balance_after=balance,
            )
            rows.append(Stored(derived_id(id, "transaction", str(place)), "bench", id, record, 0, 0))
        movements[id] = rows
        accounts.append(Stored(id, "bench", None, _account(id, number, balance), 0, 0))
    return _facts("bench"), tuple(accounts), movements


def _facts(id: str) -> Facts:
    holder = Holder(
        key="1",
        name="Ana Lima",
        document="529.982.247-25",
        document_kind="cpf",
        phones=(Phone("personal", "+5511999990000"),),
        emails=(Email("personal", "ana@example.com"),),
        addresses=(Address(full="Rua A, 1", street="Rua A, 1", city="São Paulo", state="SP", postal_code="01000-000"),),
    )
    products = tuple(ProductState(one, True, NOW) for one in (Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER))
    return Facts(connection_id=id, now=NOW, products=products, holders=(holder,))


def _account(id: str, number: int, balance: Decimal) -> Account:
    return Account(
        key=id,
        kind=AccountKind.CHECKING,
        number=f"0001/{number:06}-1",
        name="Conta",
        currency="BRL",
        balance=balance,
        owner="Ana Lima",
        bank=BankDetails(transfer_number=f"999/0001/{number:06}-1"),
    )


def _whole(
    facts: Facts, accounts: tuple[Stored[Account], ...], movements: dict[str, list[Stored[Transaction]]]
) -> None:
    if check(snapshot_of(facts, accounts, movements)):
        raise RuntimeError("a household without faults has findings")


def _best(ask: Callable[[], None], times: int = 50) -> float:
    """Return the least time of one call: what others did on the machine meanwhile is not the call's."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return min(took)


def fill(name: str, rows: int) -> None:
    """Write the files of so many movements, one account in fifty with a fault."""
    import polars as pl

    folder = Path(name)
    accounts = rows // EACH
    ids = [derived_id("bench", "account", str(number)) for number in range(accounts)]
    order = pl.Series("account_id", sorted(ids))
    closing: list[int] = []
    for part, first in enumerate(range(0, rows, FILE)):
        here = min(FILE, rows - first)
        place = pl.int_range(first, first + here, eager=True)
        account = place // EACH
        position = place % EACH
        frame = pl.DataFrame({"place": place, "number": account, "position": position}).with_columns(
            account_id=order.gather(account),
            id=pl.col("place").hash(1).cast(pl.String).str.zfill(20)
            + "-"
            + pl.col("place").hash(2).cast(pl.String).str.zfill(20).str.slice(5, 15),
            at=NOW - (EACH - pl.col("position")) * (DAY // 2) + (pl.col("place").hash(3) % 1000).cast(pl.Int64),
            order=pl.lit(0, pl.Int32),
            units=(pl.col("place").hash(4) % 20_001).cast(pl.Int64) - 10_000,
            scale=pl.lit(2, pl.Int8),
            description=pl.lit("PIX ENVIADO ") + (pl.col("place") % 1_000).cast(pl.String),
            pending=pl.lit(False),
        )
        frame = frame.with_columns(balance=pl.col("units").cum_sum().over("number"), moved=pl.col("units"))
        closing += frame.group_by("number", maintain_order=True).agg(pl.col("balance").last())["balance"].to_list()
        kind = pl.when(pl.col("number") % FAULTY == 0).then(pl.col("number") // FAULTY % 5).otherwise(-1)
        middle = pl.col("position") == EACH // 2
        scheduled = (kind == 1) & (pl.col("position") == EACH - 6)
        frame = frame.with_columns(
            description=pl.when((kind == 0) & middle).then(pl.lit(" ")).otherwise(pl.col("description")),
            pending=scheduled,
            units=pl.when(scheduled).then(pl.col("units").shift(-3)).otherwise(pl.col("units")),
            # a movement that is not there, an order that is not right, one that stands there twice
            at=pl.when((kind == 3) & middle).then(pl.col("at") + DAY).otherwise(pl.col("at")),
        ).filter(~((kind == 2) & middle))
        again = frame.filter((kind == 4) & middle).with_columns(id=pl.lit("again-") + pl.col("id"))
        frame = pl.concat([frame, again]).sort("number", "at", "order", "id")
        columns = ("account_id", "id", "at", "order", "units", "moved", "scale", "balance", "description", "pending")
        frame.select(columns).write_parquet(
            folder / f"movements-{part:04}.parquet", row_group_size=200_000, compression="lz4"
        )
    encode = msgspec.json.encode
    sorted_ids = order.to_list()
    pl.DataFrame(
        {
            "id": sorted_ids,
            "connection_id": [f"connection-{number // ACCOUNTS}" for number in range(accounts)],
            "created_at": [NOW] * accounts,
            "account": [
                encode(_account(id, number, Decimal(closing[number]).scaleb(-2))).decode()
                for number, id in enumerate(sorted_ids)
            ],
        }
    ).write_parquet(folder / "accounts.parquet")
    names = [f"connection-{number}" for number in range(accounts // ACCOUNTS)]
    facts = [encode(_facts(name)).decode() for name in names]
    pl.DataFrame({"id": names, "facts": facts}).write_parquet(folder / "connections.parquet")


def ours(folder: Path) -> int:
    """Check everything; return how many findings there are."""
    from afluente.quality.bulk import check_files

    return sum(len(found) for _, found in check_files(folder))


def plain(folder: Path) -> int:
    """Compute the conditions about movements over the lazy frame as a whole; return how many rows meet one."""
    import polars as pl

    by = "account_id"
    at, balance, units, pending = (pl.col(name) for name in ("at", "balance", "units", "pending"))
    # the files are in order of account and instant; a plain version may know that, too
    frame = pl.scan_parquet(folder / "movements*.parquet").with_columns(
        before=balance.shift(1).over(by), earlier=at.shift(1).over(by)
    )
    same = pl.struct(by, "at", "units", "balance", "description")
    posted = frame.filter(~pending).select(by, "units", "at")
    pairs = (
        frame.filter(pending)
        .select(by, "units", "at")
        .join(posted, on=[by, "units"], suffix="_posted")
        .filter((pl.col("at_posted") - at).is_between(0, 10 * DAY))
    )
    found = frame.select(
        blank=(pl.col("description").str.strip_chars() == "").sum(),
        broken=(pl.col("before") + units != balance).sum(),
        twice=same.is_duplicated().sum(),
        gaps=(at - pl.col("earlier") >= 30 * DAY).sum(),
    )
    accounts = frame.group_by(by).agg(at.max(), balance.last(), pl.len())
    counted = pl.collect_all([found, pairs.select(pl.len()), accounts.select(pl.len())])
    return int(sum(counted[0].row(0)) + counted[1].item())


def _apart(what: str, folder: Path) -> tuple[float, float, int]:
    """Run one of the two in a process of its own; return its seconds, its megabytes and what it found."""
    done = subprocess.run(
        [sys.executable, "-c", f"from bench.checking import measured; measured({what!r}, {str(folder)!r})"],
        cwd=machine.ROOT,
        env={**os.environ, "PYTHONPATH": f"{machine.ROOT / 'src'}:{machine.ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes, found = done.stdout.split()
    return float(seconds), float(megabytes), int(found)


def measured(what: str, name: str) -> None:
    """Print seconds, megabytes beyond what the imports took, and findings."""
    import resource

    import polars as pl

    from afluente.quality import bulk

    pl.DataFrame({"warm": [1]}).lazy().select(pl.col("warm").sum()).collect()
    assert bulk
    before = machine.resident_bytes(os.getpid())
    began = time.perf_counter()
    found = {"ours": ours, "plain": plain}[what](Path(name))
    took = time.perf_counter() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(took, (most - before) / 1e6, found)
