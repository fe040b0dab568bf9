"""One server for all attacks on Flinks' words, with cards and sessions to aim at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flinks import Flinks
from tests.hardening.flinks.aiming import seeded
from tests.hardening.ground import Ground
from tests.server import running


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server with something of everything, for one module."""
    with running(tmp_path_factory.mktemp("ground"), private_webhooks="1") as server:
        ground = seeded(server)
        yield ground
        ground.client.close()
        ground.other.close()


@pytest.fixture
def flinks(ground: Ground) -> Flinks:
    """The sandbox application."""
    return Flinks(ground.client)


@pytest.fixture
def other(ground: Ground) -> Flinks:
    """Another application."""
    return Flinks(ground.other)
