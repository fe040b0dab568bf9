"""Klavi's side of a client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.klavi import Klavi, Receiver
from tests.server import Client


@pytest.fixture
def klavi(client: Client) -> Klavi:
    """Klavi's side of the client."""
    return Klavi(client)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server of a partner, on this machine."""
    receiver = Receiver()
    yield receiver
    receiver.close()
