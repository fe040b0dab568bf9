"""One server for all attacks on Belvo's words, with links of every kind to aim at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.belvo import Belvo
from tests.hardening.belvo.aiming import seeded
from tests.hardening.ground import Ground
from tests.server import running


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A server with something of everything, for one module; `unchanged` looks at this one."""
    with running(tmp_path_factory.mktemp("ground"), private_webhooks="1") as server:
        ground = seeded(server)
        yield ground
        ground.client.close()
        ground.other.close()


@pytest.fixture
def belvo(ground: Ground) -> Belvo:
    """The sandbox application."""
    return Belvo(ground.client)


@pytest.fixture
def other(ground: Ground) -> Belvo:
    """Another application."""
    return Belvo(ground.other)
