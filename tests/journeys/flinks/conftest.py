"""The customer's program, and the tests' own client of the same application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flinks import GREATDAY, Flinks
from tests.journeys.flinks.program import Program
from tests.server import Client


@pytest.fixture
def flinks(client: Client) -> Iterator[Flinks]:
    """The shared server's sandbox application, whose policy is put back."""
    yield Flinks(client)
    client.policy(too_many_status=401, calls_limit=0, log_kept=90 * 86_400)


@pytest.fixture
def program(flinks: Flinks) -> Iterator[Program]:
    """The program, which knows the sandbox by the customerId of the published samples."""
    made = Program(flinks.sandbox.server.url, "43387ca6-0391-4c82-857d-70d95f087ecb", GREATDAY)
    yield made
    made.close()
