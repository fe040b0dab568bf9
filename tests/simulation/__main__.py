"""`python -m tests.simulation --seed 7`: run a simulation and tell what came of it."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.simulate import Plan, run


def main() -> None:
    """Run what was asked for; exit with 1 where something did not hold."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--connections", type=int, default=10_000)
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--faults", type=float, default=Plan.faults, help="share of a bank's operations that go wrong")
    asked.add_argument("--kills", type=float, default=Plan.kills, help="share of steps in which the process dies")
    asked.add_argument("--away", type=float, default=Plan.away, help="share of transactions that the database fails")
    given = asked.parse_args()
    plan = Plan(given.seed, given.connections, given.days, given.faults, given.kills, given.away)

    def tell(day: int) -> None:
        if sys.stderr.isatty():
            print(f"\r  day {day}", end="", file=sys.stderr, flush=True)

    report = run(plan, tell)
    each = 1000 * report.cpu / max(report.runs, 1)
    print(f"\r{report.runs:,} executions, {report.steps:,} steps, {report.checks:,} connections checked")
    print(f"{report.seconds:.1f} s, {report.cpu:.1f} s of processor, {each:.2f} ms for each execution")
    for name, count in sorted(report.figures.items()):
        print(f"  {count:>9,} {name}")
    print(f"  {len(report.struck):,} kinds of faults, {sum(report.struck.values()):,} of them; digest {report.digest}")
    for line in report.wrong:
        print(line)
    if report.wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
