"""What the server holds over a million requests: it must not grow."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from bench import load, machine, servers
from bench.report import Figure, Section

MB = 1_000_000
SAMPLES = 20


def section(requests: int) -> Section:
    """Send the requests, a mixture of what clients read, and look at the resident memory twenty times."""
    made = Section("memory", "Memory under load", "python -m bench memory")
    with (
        tempfile.TemporaryDirectory(prefix="afluente-bench-") as name,
        servers.afluente(Path(name)) as (server, sandbox),
    ):
        item = sandbox.connect()
        account = sandbox.get(f"/accounts?itemId={item}")["results"][0]["id"]
        poll = server.exchange(f"/pluggy/items/{item}", sandbox.key)
        others = [
            server.exchange(path, sandbox.key)
            for path in (
                f"/pluggy/accounts?itemId={item}",
                f"/pluggy/accounts/{account}",
                f"/pluggy/transactions?accountId={account}&pageSize=20",
                f"/pluggy/identity?itemId={item}",
                f"/pluggy/investments?itemId={item}",
            )
        ]
        # three polls between any two other reads
        mixed = [exchange for other in others for exchange in (poll, poll, poll, other)]
        before = machine.resident_bytes(server.pid)
        held, result = _watched(server, mixed, requests)
        time.sleep(2)
        after = machine.resident_bytes(server.pid)
    warm = held[0][1]
    growth = (held[-1][1] - warm) / MB
    made.figures += [
        Figure(
            f"resident memory at the end of {result.requests:,} requests",
            f"{held[-1][1] / MB:.1f} MB",
            f"after the first {held[0][0]:,}: {warm / MB:.1f} MB",
            f"{held[-1][1] / warm:.3f}",
            "flat (within 1 %)",
            held[-1][1] <= 1.01 * warm,
        ),
        Figure("growth for each million requests", f"{1e6 * growth / max(result.requests - held[0][0], 1):.2f} MB"),
        Figure("all of them", f"{result.requests / result.seconds:,.0f} requests/s, p99 {result.p99:.1f} ms"),
    ]
    made.notes.append(
        "Three polls of an item, then one of: its accounts, an account, 20 transactions, identity, investments; "
        f"every answer compared byte for byte. Before the load {before / MB:.1f} MB, two "
        f"seconds after it {after / MB:.1f} MB."
    )
    rows = [(f"{count:,}", f"{size / MB:.1f}") for count, size in held]
    made.tables.append((("requests answered", "resident MB"), rows))
    return made


def _watched(
    server: servers.Running, exchanges: list[load.Exchange], requests: int
) -> tuple[list[tuple[int, int]], load.Result]:
    plan = load.Plan(
        server.port,
        exchanges,
        machine.cores()[0],
        requests=requests,
        say_every=max(requests // SAMPLES, 1),
        awake=False,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=machine.ROOT,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(msgspec.json.encode(plan))
    process.stdin.close()
    held = []
    for line in process.stderr:
        if not line.strip().isdigit():
            raise RuntimeError(line.decode())
        held.append((int(line), machine.resident_bytes(server.pid)))
    result = msgspec.json.decode(process.stdout.read(), type=load.Result)
    process.wait()
    if result.wrong:
        raise RuntimeError(f"{result.wrong} of {result.requests} answers were wrong")
    return held, result
