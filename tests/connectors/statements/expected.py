"""What each file of `files/` gives, as JSON beside it; `python -m tests.connectors.statements.expected` rewrites them.

A person then reads the difference against the statement itself.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from afluente.connectors.statements import StatementFile, Unreadable, read_statement
from afluente.core.accounts import Account, Transaction

FILES = Path(__file__).parent / "files"
SUFFIX = ".expected.json"


def statements() -> list[Path]:
    """Return all statement files, in order."""
    return sorted(path for path in FILES.iterdir() if path.suffix in (".ofx", ".csv"))


def summary(path: Path) -> dict[str, object]:
    """Return what a file gives: its accounts with count and sum, or the sentence it is refused with."""
    try:
        read = read_statement(path.read_bytes(), path.name)
    except Unreadable as why:
        return {"refused": why.meaning, "sentence": why.sentence, "where": why.where, "said": why.said}
    return {
        "format": read.format,
        "encoding": read.encoding,
        "organisation": read.organisation,
        "accounts": [_account(read, account) for account in read.accounts],
        "faults": [[fault.where, fault.what, fault.account_key] for fault in read.faults],
        "warnings": list(read.warnings),
    }


def expected(path: Path) -> object:
    """Return what is written beside a file."""
    return json.loads(path.with_name(path.name + SUFFIX).read_text("utf-8"))


def _account(read: StatementFile, account: Account) -> dict[str, object]:
    own = [movement for movement in read.transactions if movement.account_key == account.key]
    return {
        "key": account.key,
        "kind": account.kind.value,
        "number": account.number,
        "name": account.name,
        "currency": account.currency,
        "balance": str(account.balance),
        "count": len(own),
        "sum": str(sum((movement.amount for movement in own), start=Decimal("0.00"))),
        "first": _movement(own[0]) if own else None,
        "last": _movement(own[-1]) if own else None,
    }


def _movement(movement: Transaction) -> dict[str, object]:
    return {
        "key": movement.key,
        "at": datetime.fromtimestamp(movement.occurred_at / 1000, UTC).isoformat(),
        "amount": str(movement.amount),
        "description": movement.description,
    }


def main() -> None:
    """Write what each file gives now."""
    for path in statements():
        text = json.dumps(summary(path), ensure_ascii=False, indent=2)
        path.with_name(path.name + SUFFIX).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
