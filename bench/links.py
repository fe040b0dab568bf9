"""A link's read beside the item's, and every list of a link that has 200,000 movements: how long, how much memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from afluente.dialects.belvo.filters import tables
from afluente.dialects.belvo.resources.table import TABLE
from bench import load, machine, servers
from bench.report import Figure, Section, spread

MB = 1_000_000
BANK = "erebor_mx_retail"
MANY, FEW = 2_000, 10
"""Hundreds of movements of the two users."""

SLOWEST = 5.0
"""Seconds after which the official client gives up."""

_ANALYSED = ("incomes", "recurring-expenses", "risk-insights")


def section(rounds: int, seconds: float) -> Section:
    """Poll one connection through both dialects in turns, then read every list of a large link."""
    made = Section("links", "Links: the read of one, and the lists of 200,000 movements", "python -m bench links")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        with servers.afluente(Path(name)) as (server, sandbox):
            _beside(made, server, sandbox, rounds, seconds)
            few, many = (_filled(server, sandbox, hundreds) for hundreds in (FEW, MANY))
        # a process of its own for the lists: one that has fetched so much has room in its heap to hide growth in
        with servers.afluente(Path(name)) as (server, sandbox):
            _lists(made, server, sandbox, few, many, rounds)
    return made


def _beside(made: Section, server: servers.Running, sandbox: servers.Sandbox, rounds: int, seconds: float) -> None:
    made_here = {"institution": BANK, "username": "guest_of_links", "password": "password"}
    id = _post(server, sandbox, "/api/links/", made_here)["id"]
    link = server.exchange(f"/belvo/api/links/{id}/", sandbox.basic, "authorization")
    item = server.exchange(f"/pluggy/items/{id}", sandbox.key)
    for exchange in (link, item):
        server.under([exchange], seconds=1.0)
    links: list[float] = []
    items: list[float] = []
    ratios: list[float] = []
    rows: list[Sequence[str]] = []
    for turn in range(rounds):
        a, b = (_rate(server, exchange, seconds) for exchange in (link, item))
        links.append(a[0])
        items.append(b[0])
        ratios.append(a[0] / b[0])
        rows.append((str(turn + 1), f"{a[0]:,.0f}", f"{b[0]:,.0f}", f"{ratios[-1]:.2f}", f"{a[1]:.2f}", f"{b[1]:.2f}"))
    made.notes.append(
        f"{rounds} rounds of {seconds:g} s each, the link and the item in turns; the connection was made as a link."
    )
    made.figures.append(
        Figure(
            f"`GET /belvo/api/links/{{id}}/`, HTTP Basic, SQLite, {len(link.body):,} bytes",
            spread(links, unit=" requests/s"),
            f"`GET /pluggy/items/{{id}}` of the same connection, {len(item.body):,} bytes: "
            + spread(items, unit=" requests/s"),
            spread(ratios, "{:.2f}"),
            "≥ 0.85",
            statistics.median(ratios) >= 0.85,
        )
    )
    made.tables.append((("round", "links/s", "items/s", "ratio", "link p99 ms", "item p99 ms"), rows))


def _rate(server: servers.Running, exchange: load.Exchange, seconds: float) -> tuple[float, float]:
    result, _ = server.under([exchange], seconds=seconds)
    return result.requests / result.seconds, result.p99


def _filled(server: servers.Running, sandbox: servers.Sandbox, hundreds: int) -> str:
    """Make a link of a user with so many hundred movements, fetch what a bank has, and return the link's id."""
    login = {"institution": BANK, "username": f"bnk_perf_{hundreds}x", "password": "password"}
    link = str(_post(server, sandbox, "/api/links/", login)["id"])
    asked = {"link": link}
    today = datetime.now(UTC).date()
    year = {**asked, "date_from": str(today - timedelta(days=365))}
    for path, body in (("/api/accounts/", asked), ("/api/owners/", asked)):
        _post(server, sandbox, path, body)
    _post(server, sandbox, "/api/transactions/", year, 202, x_belvo_request_mode="async")
    server.ask("POST", "/api/sandbox/settle", {}, x_api_key=sandbox.key)
    for name in _ANALYSED:
        _post(server, sandbox, f"/api/{name}/", asked)
    held = msgspec.json.decode(_answer(server, sandbox, f"/api/transactions/?link={link}&page_size=1"))["count"]
    if held != 100 * hundreds:
        raise RuntimeError(f"the link has {held} movements, not {100 * hundreds}")
    return link


def _post(
    server: servers.Running, sandbox: servers.Sandbox, path: str, body: object, expected: int = 201, **headers: str
) -> Any:
    status, answer = server.ask("POST", f"/belvo{path}", body, authorization=sandbox.basic, **headers)
    if status != expected:
        raise RuntimeError(f"POST {path}: {status} {answer[:500]!r}")
    return msgspec.json.decode(answer)


def _answer(server: servers.Running, sandbox: servers.Sandbox, path: str) -> bytes:
    status, body = server.ask("GET", f"/belvo{path}", authorization=sandbox.basic)
    if status != 200:
        raise RuntimeError(f"GET {path}: {status} {body[:500]!r}")
    return body


def _paths(link: str, count: int) -> list[tuple[str, str]]:
    """Return every list that is answered about one link, and movements in the ways that cost most."""
    every = ["/api/institutions/", "/api/links/", "/api/consents/", *(resource.path for resource in TABLE)]
    found = []
    for path in every:
        query = f"link={link}" if "link" in tables()[path].filters else ""
        if "user_document" in tables()[path].required:
            query = "user_document=76109277673"
        found.append((path, f"{path}?{query}"))
    movements, longest = f"/api/transactions/?link={link}", 1_000
    year = datetime.now(UTC).year
    found += [
        ("movements, 1,000 on a page", f"{movements}&page_size={longest}"),
        ("movements, 1,000 on the page in the middle", f"{movements}&page_size={longest}&page={count // 2 // longest}"),
        ("movements, 1,000 on the last page", f"{movements}&page_size={longest}&page={count // longest}"),
        ("movements of outflow, booked", f"{movements}&type=OUTFLOW&status=PROCESSED"),
        ("movements, `amount__gt`", f"{movements}&amount__gt=10"),
        ("movements, `accounting_date__gte`", f"{movements}&accounting_date__gte={year - 2}-01-01"),
        ("movements, `reference`", f"{movements}&reference=nothing"),
        ("movements, `account__balance__current__gte`", f"{movements}&account__balance__current__gte=0"),
        (
            "movements, `value_date__range`",
            f"{movements}&value_date__range={quote(f'{year - 1}-01-01,{year + 1}-01-01')}",
        ),
        ("balances, 1,000 on a page", f"/api/balances/?link={link}&page_size={longest}"),
    ]
    return found


def _lists(made: Section, server: servers.Running, sandbox: servers.Sandbox, few: str, many: str, rounds: int) -> None:
    for _ in range(2):  # what every first answer makes is made, and the memory of one page is there
        for _, path in _paths(few, 100 * FEW):
            if "page=" not in path.partition("page_size=")[2]:
                _answer(server, sandbox, path)
    cold = machine.resident_bytes(server.pid)
    for path in (f"/api/transactions/?link={many}&reference=nothing", f"/api/balances/?link={many}&page_size=1"):
        _answer(server, sandbox, path)  # each walks through all movements, by another index
    before = machine.resident_bytes(server.pid)
    rows: list[tuple[float, float, int, tuple[str, ...]]] = []
    for what, path in _paths(many, 100 * MANY):
        times, grown, peak, size, count = [], 0, 0, 0, ""
        for _ in range(rounds):
            held = machine.resident_bytes(server.pid)
            _forget_peak(server.pid)
            began = time.perf_counter()
            body = _answer(server, sandbox, path)
            times.append(time.perf_counter() - began)
            peak = max(peak, _peak(server.pid) - held)
            grown, size = grown + machine.resident_bytes(server.pid) - held, len(body)
            count = f"{msgspec.json.decode(body)['count']:,}"
        shown = what if what.startswith("movements") or " " in what else f"`GET {what}`"
        row = (shown, count, f"{size:,}", f"{1000 * statistics.median(times):.1f}", f"{1000 * max(times):.1f}",
               f"{peak / MB:.1f}", f"{grown / MB:.1f}")  # fmt: skip
        rows.append((max(times), peak, size, row))
    after = machine.resident_bytes(server.pid)
    slowest = max(rows)
    page = max(size for _, _, size, _ in rows)
    highest = max(rows, key=lambda one: one[1])
    made.figures += [
        Figure(
            f"the slowest list of a link with {100 * MANY:,} movements: {slowest[3][0]}",
            f"{slowest[0]:.2f} s",
            "the official client's limit",
            "",
            f"≤ {SLOWEST:g} s",
            slowest[0] <= SLOWEST,
        ),
        Figure(
            f"what the server holds after all {len(rows)} lists, {rounds} times each, beyond what it held before",
            f"{(after - before) / MB:.1f} MB",
            f"the largest page served: {page / MB:.1f} MB",
            f"{(after - before) / page:.1f}",
            "≤ the page",
            after - before <= page,
        ),
        Figure(
            "what the first two walks through all movements added, once",
            f"{(before - cold) / MB:.1f} MB",
            "SQLite's pages in memory: at most 2 MB for what reads",
        ),
        Figure(
            f"the highest peak while one was answered: {highest[3][0]}",
            f"{highest[1] / MB:.1f} MB",
            f"its page: {highest[2] / MB:.2f} MB",
        ),
    ]
    made.notes.append(
        f"One link of `bnk_perf_{MANY}x` at `{BANK}`, filled through the API and read from a server that was started "
        f"anew. Before it, the same lists of a link with {100 * FEW:,} movements were read twice, so that the memory "
        "of a page is there already. Times are one client's. The peak is `VmHWM`, counted anew for each request, "
        "against what was resident before it; the growth is what stayed resident after all rounds of one list."
    )
    columns = ("list", "count", "bytes of the page", "ms", "slowest ms", "peak MB", "growth MB")
    made.tables.append((columns, [row for _, _, _, row in sorted(rows, reverse=True)]))


def _forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak(pid: int) -> int:
    """Return the most a process has had resident since its peak was forgotten, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
