"""The customer's program, and the server it speaks to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.belvo import Belvo
from tests.journeys.belvo.program import Program
from tests.server import Client, Server


@pytest.fixture
def program(shared_server: Server, client: Client) -> Iterator[Program]:
    """The program on the shared server; `client` puts clock and faults back."""
    program = Program(shared_server)
    yield program
    program.close()


@pytest.fixture
def own_program(server: Server) -> Iterator[Program]:
    """The program on a server of the test's own, on SQLite and on PostgreSQL in turn."""
    program = Program(server)
    yield program
    program.close()


@pytest.fixture
def wire(client: Client) -> Belvo:
    """A client of the shared server that sees the bare answers."""
    return Belvo(client)
