"""What tests of webhooks ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real receiver on a port of this machine."""
    with listening() as receiver:
        yield receiver
