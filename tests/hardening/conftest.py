"""One server for all attacks, with real ids to aim at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hardening.ground import Ground, Rows, dump, seeded
from tests.server import Server, running

AT = 7
"""The column of a call that says when it was made."""

LONG_AGO = 1_600_000_000_000
"""An instant in 2020."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server with something of everything, for one module."""
    with running(tmp_path_factory.mktemp("ground"), private_webhooks="1") as server:
        ground = seeded(server)
        yield ground
        ground.client.close()
        ground.other.close()


@pytest.fixture
def unchanged(ground: Ground) -> Iterator[Rows]:
    """Every row as it was, compared with every row as it is at the end of the test; refusals alone are written down."""
    before = dump(ground.server)
    yield before
    after = dump(ground.server)
    logged, now = set(before.pop("requests")), set(after.pop("requests"))
    # what was done on a clock that stood years ago is old enough to go by the machine's
    taken = [row for row in logged - now if row[AT] > LONG_AGO]
    assert not taken, f"taken out of the log: {taken}"
    done = [row for row in now - logged if str(row[5]).partition(".")[0] in ("success", "progress")]
    # keys and tokens are given out on the way, and credentials looked at
    harmless = ("/auth", "token", "token/", "/validate")
    assert [row for row in done if not str(row[4]).endswith(harmless)] == [], "something was done"
    for table, rows in before.items():
        assert after[table] == rows, f"{table} was changed"


@pytest.fixture
def server_of_each(server: Server) -> Iterator[Ground]:
    """A server of the test's own, with nothing in it, on SQLite and on PostgreSQL in turn."""
    client = server.client()
    yield Ground(server, client, client, {})
    client.close()
