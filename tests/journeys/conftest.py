"""The customer's program, on the server that many tests share and on one of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.pluggy import Pluggy
from tests.server import Client, Server


@pytest.fixture
def pluggy(shared_server: Server, client: Client) -> Iterator[Pluggy]:
    """The program on the shared server; `client` puts clock, faults and policy back."""
    program = Pluggy(shared_server)
    yield program
    program.close()


@pytest.fixture
def own_pluggy(server: Server) -> Iterator[Pluggy]:
    """The program on a server of the test's own, on SQLite and on PostgreSQL in turn."""
    program = Pluggy(server)
    yield program
    program.close()
