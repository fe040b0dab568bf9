"""What a server that died left in its database, looked at from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, text

from afluente.store.migrate import address

STANDINGS = {"syncing": "ready", "storing": "ready", "asking": "waiting", "awaiting": "waiting"}
"""Where the execution of a connection stands in each of the states in which it runs; in all others it has ended."""


class Storage:
    """A database, read with SQL of the test's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_engine(address(url))

    def close(self) -> None:
        """Close it."""
        self._engine.dispose()

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def held(self, item: str) -> tuple[int, int]:
        """Return how many accounts and how many transactions a connection has."""
        accounts = self.rows("SELECT count(*) FROM records WHERE connection_id = :item AND kind = 'account'", item=item)
        transactions = self.rows(
            "SELECT count(*) FROM transactions WHERE account_id IN "
            "(SELECT id FROM records WHERE connection_id = :item AND kind = 'account')",
            item=item,
        )
        return accounts[0][0], transactions[0][0]

    def check(self, settled: bool = False) -> None:
        """Hold the rows against each other: whatever happened, they must fit.

        `settled`: nothing may be left to be run.
        """
        found = self.rows(
            "SELECT c.id, c.state, e.state, e.attempt, c.body LIKE '%\"waiting\":{%' FROM connections c "
            "LEFT JOIN executions e ON e.connection_id = c.id AND c.body LIKE '%\"execution_id\":\"' || e.id || '\"%'"
        )
        for id, state, standing, attempt, waits in found:
            # an institution that takes its time is woken by the schedule
            expected = "waiting" if waits else STANDINGS.get(state, "ended")
            assert standing == expected, f"{id} is {state}, its execution {standing}"
            assert attempt is not None
        if settled:
            assert self.rows("SELECT id FROM executions WHERE state = 'ready'") == []
        others = "SELECT count(*) FROM executions e WHERE state <> 'ended' AND NOT EXISTS "
        others += "(SELECT 1 FROM connections c WHERE c.body LIKE '%\"execution_id\":\"' || e.id || '\"%')"
        assert self.rows(others) == [(0,)], "an execution is open that its connection has forgotten"
        orphans = "SELECT count(*) FROM transactions WHERE account_id NOT IN (SELECT id FROM records)"
        assert self.rows(orphans) == [(0,)], "transactions without an account"
        if self.url.startswith("sqlite"):
            assert self.rows("PRAGMA integrity_check") == [("ok",)]
            assert self.rows("PRAGMA foreign_key_check") == []

    def busy_with(self, word: str) -> bool:
        """Tell whether PostgreSQL is executing a statement with this word just now."""
        active = (
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE :like"
        )
        return bool(self.rows(active, like=f"%{word}%"))


@contextmanager
def storage(url: str) -> Iterator[Storage]:
    """Open a server's database from outside."""
    opened = Storage(url)
    try:
        yield opened
    finally:
        opened.close()
