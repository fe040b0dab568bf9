"""A scene for each test, on SQLite and on PostgreSQL in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select

from afluente.store.opening import open_database
from afluente.store.schema import metadata
from afluente.store.statement import Statement
from tests.engine.scene import Rows, Scene


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """A new world with one application and one institution."""
    database = await open_database(database_url)
    made = Scene(database)
    await made.prepare()
    yield made
    await made.runner.stop()
    await database.close()


@pytest.fixture
def rows(scene: Scene) -> Rows:
    """Reads every row of every table."""

    async def read() -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for table in metadata.sorted_tables:
            listed = await scene.world.database.all(Statement(select(table)))
            # what is sealed is sealed anew at every writing, and drivers differ in how they give bytes
            found[table.name] = sorted(
                (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in listed), key=repr
            )
        return found

    return read
