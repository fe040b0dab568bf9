"""What the tests of Klavi's rows may ask for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.klavi import Klavi, Receiver
from tests.server import Server, running

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def klavi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server on SQLite for all tests of these rows."""
    with running(tmp_path_factory.mktemp("klavi"), private_webhooks="1") as server:
        yield server


@pytest.fixture(scope="module")
def klavi(klavi_server: Server) -> Klavi:
    """A partner that all tests of a file share; whoever changes what is set for it puts it back."""
    return Klavi(klavi_server.other_client(f"partner {next(_numbers)}"))


@pytest.fixture
def alone(klavi_server: Server) -> Klavi:
    """A partner that no other test knows: its clock and what is set for it may be left as they are."""
    return Klavi(klavi_server.other_client(f"partner {next(_numbers)}"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server of a partner, on this machine."""
    receiver = Receiver()
    yield receiver
    receiver.close()
