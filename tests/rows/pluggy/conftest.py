"""What the tests of Pluggy's rows may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server import Client, Server


@pytest.fixture
def alone(server: Server) -> Iterator[Client]:
    """The only client of a server of the test's own, on SQLite and on PostgreSQL in turn."""
    client = server.client()
    yield client
    client.close()
