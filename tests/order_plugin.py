"""Long files first, where several processes share the tests: one that begins last is waited for by all others.

A file is given to one process whole. What it takes is guessed from what its tests ask for.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

SECONDS = {"browser": 3.0, "server": 1.5, "database_url": 0.1, "client": 0.1}
"""What a test takes that asks for one of these, the first that it asks for."""

SLOW = 4.0
"""What one takes that is marked as slow."""

OTHER = 0.01


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put files in the order of how long they may take, each file's tests in their own."""
    if not hasattr(config, "workerinput"):
        return
    files: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        files[item.path] += guessed(item)
    items.sort(key=lambda item: -files[item.path])


def guessed(item: pytest.Item) -> float:
    """Return how many seconds a test may take."""
    if item.get_closest_marker("slow"):
        return SLOW
    asked = set(getattr(item, "fixturenames", ()))
    return next((seconds for name, seconds in SECONDS.items() if name in asked), OTHER)
