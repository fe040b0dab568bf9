"""`python -m bench`: measure, print, and put the tables into `docs/benchmarks.md`.

Without a name all short parts run, in less than five minutes; `--all` runs the long ones too: ten million rows, a
million requests, and the dashboard over ten million. With names (`reading`, `starting`, `memory`, `storing`, `paging`,
`explaining`, `links`, `checking`, `syncing`, `simulating`, `tasks`, `delivering`, `boards`) only those.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable

from bench import machine, report
from bench.report import Section

LONG = ("memory", "boards")
"""Parts that run only when they are named, or with `--all`."""


def main() -> None:
    """Run what was asked for."""
    asked = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    asked.add_argument("parts", nargs="*", help="the parts' names; all short ones without")
    asked.add_argument("--all", action="store_true", help="the long runs too")
    asked.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    asked.add_argument("--seconds", type=float, default=4.0, help="how long one round of load lasts")
    asked.add_argument("--requests", type=int, default=1_000_000, help="requests of the memory run")
    asked.add_argument("--transactions", type=int, default=100_000, help="transactions of one connection to store")
    asked.add_argument("--rows", type=int, help="transactions in the big database: 1,000,000, with --all 10,000,000")
    asked.add_argument("--dry", action="store_true", help="print only; leave docs/benchmarks.md as it is")
    given = asked.parse_args()
    rows = given.rows or (10_000_000 if given.all else 1_000_000)

    def reading() -> Section:
        from bench import reading

        return reading.section(given.rounds, given.seconds)

    def starting() -> Section:
        from bench import starting

        return starting.section(2 * given.rounds + 1)

    def memory() -> Section:
        from bench import memory

        return memory.section(given.requests)

    def storing() -> Section:
        from bench import storing

        return storing.section(given.transactions, given.rounds)

    def paging() -> Section:
        from bench import paging

        return paging.section(rows, given.rounds)

    def explaining() -> Section:
        from bench import explaining

        return explaining.section(given.rounds)

    def links() -> Section:
        from bench import links

        return links.section(given.rounds, given.seconds)

    def checking() -> Section:
        from bench import checking

        return checking.section(rows, given.rounds)

    def syncing() -> Section:
        from bench import syncing

        return syncing.section(given.rounds)

    def simulating() -> Section:
        from bench import simulating

        return simulating.section(given.rounds, given.all)

    def tasks() -> Section:
        from bench import tasks

        return tasks.section(given.rounds)

    def delivering() -> Section:
        from bench import delivering

        return delivering.section(given.rounds)

    def boards() -> Section:
        from bench import boards

        return boards.section(given.rows or 1_000_000, (given.rows or 1_000_000) // 3)

    parts: dict[str, Callable[[], Section]] = {
        "reading": reading, "starting": starting, "memory": memory, "storing": storing, "paging": paging,
        "explaining": explaining, "links": links, "checking": checking,
        "syncing": syncing, "simulating": simulating,
        "tasks": tasks, "delivering": delivering, "boards": boards,
    }  # fmt: skip
    unknown = [name for name in given.parts if name not in parts]
    if unknown:
        asked.error(f"there is no part named {unknown[0]}")
    _settle_bytecode()
    for name in given.parts or [name for name in parts if given.all or name not in LONG]:
        print(f"… {name}", file=sys.stderr, flush=True)
        before = machine.load()
        section = parts[name]()
        text = section.text(before)
        print(f"\n{text}\n", flush=True)
        if not given.dry:
            report.write(section.name, text)


def _settle_bytecode() -> None:
    """Compile our source as `make run` does, whatever this shell was told about bytecode."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=machine.ROOT, env=environment, check=False)


if __name__ == "__main__":
    main()
