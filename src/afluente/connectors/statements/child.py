"""The process that reads one file under limits: content on standard input, the result as JSON on standard output.

Arguments: bytes of address space, seconds of processor time, the file's name. Exit status 0 with a `StatementFile`,
`REFUSED` with a `Refusal`; anything else means that the reader died.
"""

from __future__ import annotations

import sys

import msgspec

from afluente.connectors.statements.reading import read_statement
from afluente.connectors.statements.records import REFUSED, Refusal, Unreadable


def main(arguments: list[str]) -> int:
    """Read standard input, write the outcome, return the exit status."""
    memory, seconds, filename = int(arguments[0]), int(arguments[1]), arguments[2]
    _limit(memory, seconds)
    try:
        outcome = msgspec.json.encode(read_statement(sys.stdin.buffer.read(), filename))
        status = 0
    except Unreadable as why:
        outcome = msgspec.json.encode(Refusal(why.meaning, why.sentence, why.where, why.said, why.signs))
        status = REFUSED
    sys.stdout.buffer.write(outcome)
    sys.stdout.buffer.flush()
    return status


def _limit(memory: int, seconds: int) -> None:
    """Bound this process; where a limit stands already, the lower one counts."""
    try:
        import resource
    except ImportError:  # no such limits on this system; the parent's clock still runs
        return
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
