"""A page of 500 transactions out of very many, beside the same page out of ten thousand."""

from __future__ import annotations

import asyncio
import base64
import gc
import http.client
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from afluente.app import Server
from afluente.engine.records import reads
from afluente.engine.records.reads import Filter
from bench import filling, ground, servers
from bench.report import Figure, Section, spread

SMALL = 10_000
PAGE = 500
PAGES = 60
"""Pages read in one round."""

LAST_ID = "ffffffff-ffff-4fff-bfff-ffffffffffff"


@dataclass(frozen=True)
class Place:
    """A filled database: its one great account and how many movements that has."""

    url: str
    account: str
    rows: int
    count: int

    def deep(self, chance: random.Random) -> int:
        """Return the instant of a movement that has at least a page before and behind it."""
        return filling.instant(chance.randrange(2 * PAGE, self.count - 2 * PAGE))


def section(rows: int, rounds: int) -> Section:
    """Fill databases of both sizes on both kinds, and read pages of them in turns."""
    name = f"paging {rows:,}".replace(",", "_").replace(" ", "-")
    made = Section(name, f"A page of {PAGE} transactions out of {rows:,}", f"python -m bench paging --rows {rows}")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as folder:
        great = _place(Path(folder), "sqlite", rows, f"sqlite:///{folder}/great.db")
        small = _place(Path(folder), "sqlite", SMALL, f"sqlite:///{folder}/small.db")
        for place in (great, small):
            _read_whole(Path(place.url.removeprefix("sqlite:///")))
        asyncio.run(_reads(made, "SQLite", Path(folder), great, small, rounds))
        _over_http(made, Path(folder), great, small, rounds)
        asyncio.run(_numbered(made, Path(folder), great, small))
        from tests.postgres import running_cluster

        with running_cluster() as cluster, ExitStack() as stack:
            great = _place(Path(folder), "postgres", rows, stack.enter_context(cluster.fresh()))
            small = _place(Path(folder), "postgres", SMALL, stack.enter_context(cluster.fresh()))
            asyncio.run(_reads(made, "PostgreSQL", Path(folder), great, small, rounds))
    made.notes.append(
        f"{rows:,} rows in one table: nine in ten belong to one account, the rest to accounts of "
        f"{filling.CHUNK // 9:,} that were stored between its own. Beside it {SMALL:,} rows made alike. Read through "
        "`engine.reads.transactions_behind` in one process, and over HTTP from a server on one core by one client; "
        f"{rounds} rounds of {PAGES} pages each, in turns page by page. Deep pages begin anywhere in the "
        "account, each elsewhere. "
        "SQLite's files were read once before, so that they are in the system's memory."
    )
    return made


def _place(folder: Path, kind: str, rows: int, url: str) -> Place:
    async def make() -> str:
        async with ground.house(folder, url) as server:
            _, account, _ = await ground.connected(server)
        return account

    account = asyncio.run(make())
    began = time.perf_counter()
    # in a process of its own: what filling takes of memory would stay with the one that measures
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        if kind == "sqlite":
            count = apart.submit(filling.sqlite, Path(url.removeprefix("sqlite:///")), account, rows).result()
        else:
            count = apart.submit(filling.postgres, url, account, rows).result()
    print(f"… {kind}: {rows:,} rows in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return Place(url, account, rows, count)


def _read_whole(path: Path) -> None:
    """Bring a file into the system's memory, where the one of the two that is small is anyway."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


async def _page(server: Server, place: Place, after: tuple[int, str] | None) -> float:
    began = time.perf_counter()
    found = await reads.transactions_behind(server.world, server.keys[0], place.account, Filter(), PAGE + 1, after)
    took = time.perf_counter() - began
    newest = filling.instant(place.count - 1) if after is None else after[0]
    instants = [entry.stored.record.occurred_at for entry in found.entries]
    if instants != [newest - filling.STEP * back for back in range(PAGE + 1)]:
        raise RuntimeError("the page is not the one that was asked for")
    return 1000 * took


async def _reads(made: Section, name: str, folder: Path, great: Place, small: Place, rounds: int) -> None:
    chance = random.Random(5)
    async with AsyncExitStack() as stack:
        places = []
        for place in (great, small):
            places.append((await stack.enter_async_context(ground.house(folder, place.url)), place))
        for what in ("the first page", "a page deep inside"):
            medians: tuple[list[float], list[float]] = ([], [])
            for turn in range(rounds + 1):
                gc.collect()
                times: tuple[list[float], list[float]] = ([], [])
                for _ in range(PAGES):
                    for (server, place), taken in zip(places, times, strict=True):
                        after = None if what == "the first page" else (place.deep(chance), LAST_ID)
                        taken.append(await _page(server, place, after))
                if turn:
                    for kept, taken in zip(medians, times, strict=True):
                        kept.append(statistics.median(taken))
            made.figures.append(_compared(f"{name}, {what}", *medians))


def _compared(what: str, great: list[float], small: list[float]) -> Figure:
    ratios = [one / other for one, other in zip(great, small, strict=True)]
    return Figure(
        what,
        spread(great, "{:.2f}", " ms"),
        f"out of {SMALL:,}: " + spread(small, "{:.2f}", " ms"),
        spread(ratios, "{:.2f}"),
        "no slower (≤ 1.1)",
        statistics.median(ratios) <= 1.1,
    )


def _cursor(instant: int) -> str:
    moment = datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return quote(base64.b64encode(f"{moment}|{LAST_ID}".encode()).decode(), safe="")


def _fetched(line: http.client.HTTPConnection, path: str, key: str) -> float:
    began = time.perf_counter()
    line.request("GET", path, headers={"x-api-key": key})
    answer = line.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    if answer.status != 200 or body.count(b'"accountId":') != PAGE:
        raise RuntimeError(f"{path}: {answer.status}, not a page of {PAGE}")
    return 1000 * took


def _over_http(made: Section, folder: Path, great: Place, small: Place, rounds: int) -> None:
    chance = random.Random(6)
    with servers.afluente(folder, great.url) as (one, a), servers.afluente(folder, small.url) as (other, b):
        sides = [
            (http.client.HTTPConnection("127.0.0.1", one.port, timeout=60), a.key, great),
            (http.client.HTTPConnection("127.0.0.1", other.port, timeout=60), b.key, small),
        ]
        for what in ("the first page", "a page deep inside"):
            medians: tuple[list[float], list[float]] = ([], [])
            for turn in range(rounds + 1):
                times: tuple[list[float], list[float]] = ([], [])
                for _ in range(PAGES):
                    for (line, key, place), taken in zip(sides, times, strict=True):
                        path = f"/pluggy/v2/transactions?accountId={place.account}"
                        if what != "the first page":
                            path += f"&after={_cursor(place.deep(chance))}"
                        taken.append(_fetched(line, path, key))
                if turn:
                    for kept, taken in zip(medians, times, strict=True):
                        kept.append(statistics.median(taken))
            made.figures.append(_compared(f"`GET /pluggy/v2/transactions`, SQLite, {what}", *medians))


async def _numbered(made: Section, folder: Path, great: Place, small: Place) -> None:
    """The older way counts and skips: what it costs is said, and nothing was promised of it."""
    async with ground.house(folder, great.url) as one, ground.house(folder, small.url) as other:
        for what, part in (("the first page", 0.0), ("the page in the middle", 0.5)):
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(5):
                for server, place, kept in ((one, great, times[0]), (other, small, times[1])):
                    skip = int(place.count * part)
                    began = time.perf_counter()
                    found = await reads.transactions_numbered(
                        server.world, server.keys[0], place.account, Filter(), PAGE, skip
                    )
                    kept.append(1000 * (time.perf_counter() - began))
                    if found.total != place.count or len(found.entries) != PAGE:
                        raise RuntimeError("the page is not the one that was asked for")
            made.figures.append(
                Figure(
                    f"by number (`GET /pluggy/transactions`), SQLite, {what}",
                    spread(times[0], "{:.1f}", " ms"),
                    f"out of {SMALL:,}: " + spread(times[1], "{:.1f}", " ms"),
                    f"{statistics.median(times[0]) / statistics.median(times[1]):.0f}",
                )
            )
