"""SQLite's write-ahead log is brought into the file while nobody waits for it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from afluente.store import transactions
from afluente.store.checkpoints import OFTEN
from afluente.store.sqlite import SqliteDatabase
from tests.store.samples import movement

pytestmark = pytest.mark.anyio


async def test_what_was_written_often_enough_lies_in_the_file_itself(sqlite: SqliteDatabase, tmp_path: Path) -> None:
    """After so many changed rows the log is brought in; a few more stay in it."""
    rows = [transactions.row(movement(f"{n}", at=n), "account", None, 1) for n in range(OFTEN + 10)]
    found = []
    for some in (rows[:10], rows[10:OFTEN], rows[OFTEN:]):
        async with sqlite.transaction() as writer:
            await transactions.merge(writer, some)
        await sqlite.checkpoints.end()
        found.append(_in_the_file_alone(sqlite, tmp_path))
    assert found == [0, OFTEN, OFTEN]
    assert await transactions.total(sqlite, "account") == (OFTEN + 10, sum(row[3] for row in rows))


def _in_the_file_alone(database: SqliteDatabase, folder: Path) -> int:
    """Return how many movements are there without the log."""
    alone = folder / "alone.db"
    shutil.copyfile(database.path, alone)
    with closing(sqlite3.connect(alone)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'transactions'").fetchone():
            return 0
        return int(connection.execute("SELECT count(*) FROM transactions").fetchone()[0])
