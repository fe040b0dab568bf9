"""A client of the shared server that speaks Belvo, and a link whose movements are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from afluente.core.clock import SECOND, RealClock
from tests.belvo import Belvo
from tests.server import Client, Server

FIRST = (datetime.fromtimestamp(RealClock().now() / SECOND, UTC) - timedelta(days=360)).strftime("%Y-%m-%d")
"""The day from which the movements of the link are read."""


@pytest.fixture
def belvo(client: Client) -> Belvo:
    """A client of the shared server; `client` puts clock and faults back."""
    return Belvo(client)


@pytest.fixture(scope="session")
def reader(shared_server: Server) -> Iterator[Belvo]:
    """A client for tests that only read."""
    client = shared_server.client()
    yield Belvo(client)
    client.close()


@pytest.fixture(scope="session")
def read_link(reader: Belvo) -> str:
    """The id of a link to a bank whose movements of a year are read."""
    made = reader.link()
    reader.post("/api/transactions/", link=made["id"], date_from=FIRST)
    return str(made["id"])
