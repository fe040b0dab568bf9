"""The same checks over everything at once: millions of movements from Parquet files, by the data-frame library.

Each piece of the movements goes through a sieve of a few vectorised conditions. An account in which nothing can be
wrong passes with a handful of figures; of the others the rows are walked by the very code that a sync runs. So both
ways find the same, and what differs is how few rows Python has to see. The sieve may hold back too much, never too
little.

The files, in one folder (`afluente export` writes them):

- `connections.parquet`: `id`, `facts` (a `Facts` record as JSON).
- `accounts.parquet`: `id`, `connection_id`, `created_at` (ms), `account` (an `Account` record as JSON).
- `movements*.parquet`: `account_id`, `id`, `at` (ms), `order`, `units`, `moved`, `scale`, `balance`, `description`,
  `pending`, as in `Movement`. The rows of an account stand together, in one file, best in order of `at`, `order`, `id`.
- `without-a-list.parquet`, which may be missing: `account_id` of those that were given no list of movements.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from afluente.core.accounts import Account
from afluente.core.clock import DAY, MINUTE
from afluente.core.connections import Stored
from afluente.core.outcome import Finding
from afluente.quality.rules import check
from afluente.quality.snapshot import Facts, Snapshot
from afluente.quality.walk import BLANK, GAP_DAYS, NOTHING, SETTLES_WITHIN, Movement, Walk, Walked

PIECE = 200_000
"""Rows that are looked at together."""

MOVEMENTS = {
    "account_id": pl.String,
    "id": pl.String,
    "at": pl.Int64,
    "order": pl.Int32,
    "units": pl.Int64,
    "moved": pl.Int64,
    "scale": pl.Int8,
    "balance": pl.Int64,
    "description": pl.String,
    "pending": pl.Boolean,
}
"""The columns of the movements, with their types."""

_WORKERS = 2
_facts = msgspec.json.Decoder(Facts).decode
_account = msgspec.json.Decoder(Account).decode
_ROW = ("id", "at", "order", "units", "moved", "scale", "balance", "description", "pending")
_ORDER = ("account_id", "at", "order", "id")


class _Piece(NamedTuple):
    """What a piece came to: the figures of accounts in which nothing can be wrong, and those that were walked."""

    figures: list[tuple[str, int, int, int | None, int | None, int, int]]
    walked: dict[str, Walked]
    rows: int


def check_files(folder: Path, told: Callable[[int], None] | None = None) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Yield each connection's id with what the checks find in it, as soon as all of its accounts are through.

    `told` is called with the number of movements of each piece that is through. Raises FileNotFoundError where a file
    is missing, and polars' errors for one that is none.
    """
    desk = _Desk(folder)
    for piece in _in_turn(_pieces(folder)):
        yield from desk.checked(piece)
        if told is not None:
            told(piece.rows)
    yield from desk.rest()


class _Desk:
    """The connections that wait for their accounts' movements. All is kept as text until it is needed: a hundred
    thousand records at once would keep the garbage collector busy."""

    def __init__(self, folder: Path) -> None:
        unlisted = folder / "without-a-list.parquet"
        self._unlisted = frozenset(pl.read_parquet(unlisted)["account_id"]) if unlisted.exists() else frozenset()
        connections = pl.read_parquet(folder / "connections.parquet", columns=["id", "facts"])
        self._facts: dict[str, str] = dict(connections.iter_rows())
        self._owner: dict[str, str] = {}
        self._accounts: dict[str, list[tuple[str, int, str]]] = {}
        self._missing: dict[str, int] = {}
        self._walked: dict[str, Walked] = {}
        accounts = pl.read_parquet(folder / "accounts.parquet")
        for owner, id, at, text in accounts.select("connection_id", "id", "created_at", "account").iter_rows():
            self._owner[id] = owner
            self._accounts.setdefault(owner, []).append((id, at, text))
            self._missing[owner] = self._missing.get(owner, 0) + 1

    def checked(self, piece: _Piece) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """Yield the connections that waited for nothing but these accounts."""
        whole = []
        for id, total, posted, newest, closing, floating, scale in piece.figures:
            self._walked[id] = Walked(
                total=total,
                posted=posted,
                newest=newest,
                closing=closing,
                floating=floating,
                scale=max(2, scale),
            )
            whole.append(id)
        self._walked.update(piece.walked)
        whole.extend(piece.walked)
        for id in whole:
            owner = self._owner.get(id)
            if owner is None:
                continue
            self._missing[owner] -= 1
            if not self._missing[owner] and owner in self._facts:
                yield owner, self._check(owner)

    def rest(self) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """Yield the connections with accounts in which nothing moved, and those without accounts."""
        for id in list(self._facts):
            yield id, self._check(id)

    def _check(self, id: str) -> tuple[Finding, ...]:
        rows = self._accounts.pop(id, ())
        walked = self._walked
        held = tuple(Stored(one, id, None, _account(text), at, at) for one, at, text in rows)
        found = {one: walked.pop(one, NOTHING) for one, _, _ in rows if one in walked or one not in self._unlisted}
        return check(Snapshot(facts=_facts(self._facts.pop(id)), accounts=held, walked=found))


def count(folder: Path) -> int:
    """Return how many movements there are."""
    return sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in _files(folder))


def sieved(frame: pl.DataFrame) -> _Piece:
    """Return what movements come to: whole accounts, the rows of each together."""
    frame = _in_order(frame)
    at, moved, balance, scale, pending = (pl.col(name) for name in ("at", "moved", "balance", "scale", "pending"))
    same, told = pl.col("same"), balance.is_not_null()
    held = balance.shift(1) + moved == balance
    odd = (
        (at <= 0)
        | (pl.col("description").str.strip_chars(BLANK) == "")
        | moved.is_null()
        | (
            same
            & (
                (scale != scale.shift(1))
                | (told != told.shift(1))
                | (told & ~held.fill_null(False))
                | (~held.fill_null(False) & (at // DAY - at.shift(1) // DAY >= GAP_DAYS))
            )
        )
    )
    frame = frame.with_columns(
        same=(pl.col("account_id") == pl.col("account_id").shift(1)).fill_null(False)
    ).with_columns(group=(~same).cum_sum().set_sorted(), odd=odd, tied=same & (at == at.shift(1)))
    figures = frame.group_by("group", maintain_order=True).agg(
        pl.col("account_id").first(),
        pl.len().alias("total"),
        (~pending).sum().alias("posted"),
        at.filter(~pending).max().alias("newest"),
        balance.last().alias("closing"),
        moved.filter(pending & ~told).sum().alias("floating"),
        scale.first(),
        pl.col("odd").any(),
    )
    suspects = pl.concat([figures.filter("odd")["group"], _twice(frame), _scheduled(frame)]).unique()
    walked = {}
    if len(suspects):
        suspected = pl.col("group").is_in(suspects.implode())
        rows = frame.filter(suspected).select("account_id", *_ROW).iter_rows()
        for id, part in groupby(rows, key=itemgetter(0)):
            walk = Walk()
            walk.feed(Movement._make(row[1:]) for row in part)
            walked[id] = walk.walked()
        figures = figures.filter(~suspected)
    return _Piece(figures.drop("group", "odd").rows(), walked, len(frame))


def _in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in order of account, instant, place and id; sorted only where they are not."""
    same = pl.col("account_id") == pl.col("account_id").shift(1)
    tied = pl.col("at") == pl.col("at").shift(1)
    level = tied & (pl.col("order") == pl.col("order").shift(1))
    wrong = same & (
        (pl.col("at") < pl.col("at").shift(1))
        | (tied & (pl.col("order") < pl.col("order").shift(1)))
        | (level & (pl.col("id") < pl.col("id").shift(1)))
    )
    if frame.select(wrong.any()).item():
        return frame.sort(_ORDER)
    return frame


def _twice(frame: pl.DataFrame) -> pl.Series:
    """Return the groups in which a posted movement may stand twice: the same in all but its id."""
    tied = pl.col("tied") | pl.col("tied").shift(-1, fill_value=False)
    timed = pl.col("balance").is_not_null() | (pl.col("at") % MINUTE != 0)
    near = frame.filter(tied).filter(~pl.col("pending") & timed)
    if not len(near):
        return frame["group"].clear()
    key = pl.struct("group", "at", "units", pl.col("balance").fill_null(0))
    return near.filter(key.is_duplicated())["group"].unique()


def _scheduled(frame: pl.DataFrame) -> pl.Series:
    """Return the groups in which a scheduled movement may have been posted: the same amount, within the span."""
    pending = frame.filter("pending").select("group", "units", "at")
    if not len(pending):
        return frame["group"].clear()
    here = pl.col("group").is_in(pending["group"].unique().implode())
    posted = frame.filter(here).filter(~pl.col("pending")).select("group", "units", "at")
    joined = posted.join(pending, on=("group", "units"), suffix="_scheduled")
    span = pl.col("at") - pl.col("at_scheduled")
    return joined.filter((span >= 0) & (span <= SETTLES_WITHIN))["group"].unique()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("movements*.parquet"))


def _pieces(folder: Path) -> Iterator[pl.DataFrame]:
    """Yield the movements in pieces of whole accounts."""
    for file in _files(folder):
        rest: pl.DataFrame | None = None
        scanned = pl.scan_parquet(file).select(pl.col(name).cast(kind) for name, kind in MOVEMENTS.items())
        size, place = pl.scan_parquet(file).select(pl.len()).collect().item(), 0
        while place < size:
            piece = scanned.slice(place, PIECE).collect()
            place += PIECE
            if rest is not None:
                piece = pl.concat([rest, piece])
            if place < size:
                # the last account may go on in the next piece
                last = piece.item(-1, 0)
                open_rows = piece.filter(pl.col("account_id") == last)
                rest, piece = open_rows, piece.head(len(piece) - len(open_rows))
            if len(piece):
                yield piece


def _in_turn(pieces: Iterator[pl.DataFrame]) -> Iterator[_Piece]:
    """Yield what the pieces come to, two of them under way at a time: no more of them are in memory."""
    under_way: deque[Future[_Piece]] = deque()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for piece in pieces:
            under_way.append(pool.submit(sieved, piece))
            if len(under_way) >= _WORKERS:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
