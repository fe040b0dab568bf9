"""How many reads a second one server process on one core answers, beside a bare Starlette route."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench import load, servers
from bench.report import Figure, Section, spread


def section(rounds: int, seconds: float) -> Section:
    """Measure the item's poll against the bare route in turns, then the other reads that clients make most."""
    made = Section("reading", "Reading: the item that clients poll", "python -m bench reading")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name:
        folder = Path(name)
        with servers.afluente(folder) as (server, sandbox):
            item = sandbox.connect()
            polled = server.exchange(f"/pluggy/items/{item}", sandbox.key)
            with servers.bare(folder, polled.body) as plain:
                _poll(made, server, plain, polled, rounds, seconds)
            account = sandbox.get(f"/accounts?itemId={item}")["results"][0]["id"]
            paths = {
                "`GET /pluggy/accounts?itemId=`": f"/pluggy/accounts?itemId={item}",
                "`GET /pluggy/accounts/{id}`": f"/pluggy/accounts/{account}",
                "`GET /pluggy/transactions?accountId=&pageSize=20`": f"/pluggy/transactions?accountId={account}"
                "&pageSize=20",
                "`GET /pluggy/v2/transactions?accountId=`": f"/pluggy/v2/transactions?accountId={account}",
            }
            for what, path in paths.items():
                exchange = server.exchange(path, sandbox.key)
                result, busy = server.under([exchange], seconds=seconds)
                made.figures.append(
                    Figure(
                        f"{what}, {len(exchange.body):,} bytes",
                        f"{result.requests / result.seconds:,.0f} requests/s, p99 {result.p99:.1f} ms",
                        ratio=f"{1000 * busy / result.requests:.2f} ms of processor each",
                    )
                )
    return made


def _poll(
    made: Section, server: servers.Running, plain: servers.Running, polled: load.Exchange, rounds: int, seconds: float
) -> None:
    exact = polled.request.replace(str(server.port).encode(), str(plain.port).encode())
    for target, request in ((server, polled.request), (plain, exact)):
        target.under([load.Exchange(request, polled.body)], seconds=1.0)
    ours: list[float] = []
    theirs: list[float] = []
    ratios: list[float] = []
    per_cpu: list[float] = []
    cpu_ratios: list[float] = []
    late: list[float] = []
    rows = []
    for turn in range(rounds):
        a, a_busy = server.under([polled], seconds=seconds)
        b, b_busy = plain.under([load.Exchange(exact, polled.body)], seconds=seconds)
        ours.append(a.requests / a.seconds)
        theirs.append(b.requests / b.seconds)
        ratios.append(ours[-1] / theirs[-1])
        per_cpu.append(a.requests / a_busy)
        cpu_ratios.append(per_cpu[-1] / (b.requests / b_busy))
        late.append(a.p99)
        rows.append(
            (
                str(turn + 1), f"{ours[-1]:,.0f}", f"{theirs[-1]:,.0f}", f"{ratios[-1]:.2f}", f"{a.p50:.2f}",
                f"{a.p99:.2f}", f"{a.worst:.1f}", f"{b.p99:.2f}", f"{100 * a_busy / a.seconds:.0f} %",
                f"{100 * b_busy / b.seconds:.0f} %",
            )
        )  # fmt: skip
    middle = statistics.median
    made.figures += [
        Figure(
            "`GET /pluggy/items/{id}`, authenticated, SQLite, one process on one core, 16 connections",
            spread(ours, unit=" requests/s"),
            "",
            "",
            "≥ 6,000 requests/s",
            middle(ours) >= 6000,
        ),
        Figure(
            f"the same {len(polled.body):,} bytes from a bare Starlette route",
            spread(ours, unit=" requests/s"),
            spread(theirs, unit=" requests/s"),
            spread(ratios, "{:.2f}"),
            "≥ 0.5",
            middle(ratios) >= 0.5,
        ),
        Figure("its 99th percentile", spread(late, "{:.2f}", " ms"), "", "", "< 10 ms", middle(late) < 10),
        Figure(
            "requests for each second of processor time the server took",
            spread(per_cpu),
            "the bare route's",
            spread(cpu_ratios, "{:.2f}"),
        ),
    ]
    made.notes.append(
        f"{rounds} rounds of {seconds:g} s each, ours and the bare route in turns; every answer was compared byte for "
        "byte. Both servers are kept on one core and the load on the other. Where a server had less than its whole "
        "core, somebody else worked on the machine, and requests for each second of processor time say more."
    )
    made.tables.append(
        (
            ("round", "ours/s", "bare/s", "ratio", "p50 ms", "p99 ms", "worst ms", "bare p99 ms", "core ours", "bare"),
            rows,
        )
    )
