"""An open database with one application, on SQLite and on PostgreSQL in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from afluente.store import applications
from afluente.store.database import Database
from afluente.store.opening import open_database
from tests.store.samples import application


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A new database, opened as the server opens it, with the application `app`."""
    opened = await open_database(database_url)
    async with opened.transaction() as writer:
        await applications.add(writer, application("app"), 1)
    yield opened
    await opened.close()
