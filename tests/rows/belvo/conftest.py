"""What the tests of Belvo's rows may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.belvo import Belvo
from tests.server import Client, Server


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """A client of the shared server; `client` puts clock and faults back."""
    return Belvo(client)


@pytest.fixture
def alone(server: Server) -> Iterator[Belvo]:
    """The only client of a server of the test's own, on SQLite and on PostgreSQL in turn."""
    client = server.client()
    yield Belvo(client)
    client.close()
