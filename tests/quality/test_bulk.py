"""Everything at once finds what one connection after the other finds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY, HOUR
from afluente.core.connections import Stored
from afluente.core.outcome import Finding
from afluente.quality import bulk
from afluente.quality.bulk import MOVEMENTS, check_files
from afluente.quality.snapshot import movement_of, place
from tests.quality.made import FIRST, NOW, SECOND, House, changed, house, movement
from tests.quality.test_rules import FAULTS

AMOUNTS = [Decimal(text) for text in ("-10.00", "-3.35", "0.00", "3.35", "25.00", "1.2345")]
TEXTS = ["Compra na loja", "COMPRA NA LOJA 77", "Compra", " ", "—", "Pix"]

steps = st.tuples(
    st.sampled_from([0, 0, 1, HOUR, 3 * HOUR, DAY, 5 * DAY, 35 * DAY]),
    st.sampled_from(AMOUNTS),
    st.sampled_from(TEXTS),
    st.sampled_from([False, False, False, True]),
    st.sampled_from(["right", "right", "right", "right", "none", "wrong", "swapped"]),
    st.integers(0, 2),
    st.sampled_from(["BRL", "BRL", "BRL", "USD"]),
)
accounts = st.one_of(
    st.lists(steps, max_size=14),
    # an account in which next to nothing is odd is what the sieve has to let through
    st.integers(0, 30).map(lambda size: [(HOUR, Decimal("3.35"), "Pix", False, "right", 0, "BRL")] * size),
)


def moves(account: str, found: Sequence[tuple], balances: bool) -> list[Stored[Transaction]]:
    """Return the movements of an account; with `balances` most say what they left behind."""
    at, balance, rows = NOW - 200 * DAY, Decimal("100.00"), []
    for number, (step, amount, text, pending, told, order, currency) in enumerate(found):
        at += step
        if told == "wrong":
            balance += 1
        moved = currency == "BRL"
        balance += amount if moved else 0
        behind = balance if balances and told != "none" and moved else None
        rows.append(
            movement(
                account, number, at, amount, behind,
                description=text, pending=pending, order=order, currency=currency,
            )
        )  # fmt: skip
        if told == "swapped" and number:
            one, other = rows[-2:]
            rows[-2:] = (
                changed(one, occurred_at=other.record.occurred_at, order=other.record.order),
                changed(other, occurred_at=one.record.occurred_at, order=one.record.order),
            )
    return rows


def write(folder: Path, houses: Sequence[House], file: int, order: bool = True) -> None:
    """Write the files of some connections, so many movements to a file at least."""
    rows: list[tuple] = []
    files = 0
    accounts, facts, unlisted = [], [], []
    for home in houses:
        facts.append((home.facts.connection_id, msgspec.json.encode(home.facts).decode()))
        for account in home.accounts:
            accounts.append(
                (
                    account.id,
                    home.facts.connection_id,
                    account.created_at,
                    msgspec.json.encode(account.record).decode(),
                )
            )
            listed = [one for one in home.movements if one.parent_id == account.id and account.id in home.given]
            own = [movement_of(one, account.record.currency) for one in listed]
            own.sort(key=place, reverse=not order)
            rows += [(account.id, *one) for one in own]
            if account.id not in home.given:
                unlisted.append(account.id)
            if len(rows) >= file:
                _frame(rows).write_parquet(folder / f"movements-{files}.parquet")
                rows, files = [], files + 1
    _frame(rows).write_parquet(folder / f"movements-{files}.parquet")
    pl.DataFrame(facts, schema=["id", "facts"], orient="row").write_parquet(folder / "connections.parquet")
    columns = ["id", "connection_id", "created_at", "account"]
    pl.DataFrame(accounts, schema=columns, orient="row").write_parquet(folder / "accounts.parquet")
    pl.DataFrame({"account_id": unlisted}, schema={"account_id": pl.String}).write_parquet(
        folder / "without-a-list.parquet"
    )


def _frame(rows: Sequence[tuple]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=MOVEMENTS, orient="row")


def one_of(number: int, lists: tuple[Sequence[tuple], Sequence[tuple]], balances: bool, off: int) -> House:
    """Return a connection with these movements and ids of its own."""
    home = house()
    ids = {FIRST: f"{FIRST}-of-{number}", SECOND: f"{SECOND}-of-{number}"}
    rows = [row for id, found in zip(ids.values(), lists, strict=True) for row in moves(id, found, balances)]
    held = tuple(
        replace(one, id=ids[one.id], record=replace(one.record, balance=_balance(rows, ids[one.id]) + off))
        for one in home.accounts
    )
    given_lists = tuple(ids.values()) if number % 2 else tuple({row.parent_id or "" for row in rows})
    facts = replace(home.facts, connection_id=f"connection-{number}", statements=tuple(ids.values()))
    return House(facts, held, tuple(rows), given_lists)


def _balance(rows: Sequence[Stored[Transaction]], account: str) -> Decimal:
    told = [row.record.balance_after for row in rows if row.parent_id == account]
    return next((one for one in reversed(told) if one is not None), Decimal("100.00"))


@settings(max_examples=80)
@given(
    st.lists(st.tuples(accounts, accounts, st.booleans(), st.sampled_from([0, 0, 0, 5])), min_size=1, max_size=5),
    st.sampled_from([2, 7, 1_000]),
    st.sampled_from([1, 5, 1_000]),
    st.booleans(),
)
def test_both_ways_find_the_same(
    made: list[tuple[list[tuple], list[tuple], bool, int]], piece: int, file: int, order: bool
) -> None:
    """Whatever the data, in whatever pieces and order: who checks everything again must not get another answer."""
    houses = [one_of(n, (one, two), balances, off) for n, (one, two, balances, off) in enumerate(made)]
    wanted = {home.facts.connection_id: home.found() for home in houses}
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "PIECE", piece)
        write(Path(name), houses, file, order)
        found = dict(check_files(Path(name)))
    assert found == wanted


def _same_second(home: House) -> House:
    """Return a connection without balances in which one movement stands twice."""

    def twice(rows: list) -> list:
        plain = [changed(row, balance_after=None) for row in rows]
        row = changed(plain[30], occurred_at=plain[30].record.occurred_at + 17_000)
        return [*plain[:30], row, changed(row, id="again"), *plain[31:]]

    return home.with_rows(twice)


def _scheduled(home: House) -> House:
    """Return a connection without balances in which one movement stands as scheduled, too."""

    def schedule(rows: list) -> list:
        plain = [changed(row, balance_after=None) for row in rows]
        return [*plain, changed(plain[30], id="scheduled", occurred_at=NOW - 17 * DAY, pending=True)]

    return home.with_rows(schedule)


ALONE = {**{meaning: spoil for meaning, (spoil, _) in FAULTS.items()}, "twice": _same_second, "scheduled": _scheduled}


@pytest.mark.parametrize("meaning", ALONE)
def test_a_single_fault_does_not_pass_the_sieve(tmp_path: Path, meaning: str) -> None:
    """At random one fault hides behind another; here each is alone, and must be found for its own sake."""
    home = ALONE[meaning](house())
    assert home.found()
    write(tmp_path, [home], 1_000)
    assert dict(check_files(tmp_path)) == {"connection": home.found()}


def test_random_connections_have_every_fault_that_movements_can_have() -> None:
    """The property above would say nothing if its connections were all alike."""
    meanings: set[str] = set()

    @settings(max_examples=300, derandomize=True, database=None)
    @given(st.tuples(accounts, accounts, st.booleans(), st.sampled_from([0, 5])))
    def collect(made: tuple[list[tuple], list[tuple], bool, int]) -> None:
        one, two, balances, off = made
        meanings.update(found.meaning for found in one_of(0, (one, two), balances, off).found())

    collect()
    movements = {
        "incomplete", "duplicate", "duplicate.settled", "order", "balance-mismatch", "balance-mismatch.unlisted",
        "none-last-month",
    }  # fmt: skip
    assert {f"product.transactions.{name}" for name in movements} <= meanings


def test_what_is_clean_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sieve is worth its name only if good accounts pass it: else everything runs in Python after all."""
    write(tmp_path, [house()], 1_000)

    def walk() -> None:
        raise AssertionError("a clean account was walked")

    monkeypatch.setattr(bulk, "Walk", walk)
    assert dict(check_files(tmp_path)) == {"connection": ()}


def test_progress_counts_every_movement(tmp_path: Path) -> None:
    """A bar that does not reach its end tells of something that is not there."""
    write(tmp_path, [house()], 1_000)
    told: list[int] = []
    results: list[tuple[str, tuple[Finding, ...]]] = list(check_files(tmp_path, told.append))
    assert sum(told) == bulk.count(tmp_path) == 120
    assert len(results) == 1
