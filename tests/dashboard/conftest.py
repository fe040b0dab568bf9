"""Somebody who is logged in at the shared server's sandbox application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.receiver import Receiver, listening
from tests.operator import Operator
from tests.server import Client


@pytest.fixture
def operator(client: Client) -> Iterator[Operator]:
    """An operator of the sandbox application. The login is this test's own: how often it is tried is counted."""
    other = client.server.other_client("operated")
    with Operator(other) as operator:
        yield operator.log_in()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An address that keeps what it is told."""
    with listening() as receiver:
        yield receiver
