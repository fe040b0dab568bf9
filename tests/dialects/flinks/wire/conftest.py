"""What the tests of Flinks' wire may ask for."""

from __future__ import annotations

import pytest

from tests.flinks import Flinks
from tests.server import Client


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """A client of the shared server, whose clock stands; `client` puts clock and faults back."""
    client.advance("PT0S")
    return Flinks(client)
