"""An open database with one application, on SQLite and on PostgreSQL in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from afluente.store import applications
from afluente.store.database import Database
from afluente.store.opening import open_database
from afluente.store.sqlite import SqliteDatabase
from tests.store.samples import application


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A new database, opened as the server opens it, with the application `app`."""
    opened = await open_database(database_url)
    async with opened.transaction() as writer:
        await applications.add(writer, application("app"), 1)
    yield opened
    await opened.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[SqliteDatabase]:
    """The same on SQLite alone, for what only it does."""
    opened = await open_database(sqlite_url)
    assert isinstance(opened, SqliteDatabase)
    async with opened.transaction() as writer:
        await applications.add(writer, application("app"), 1)
    yield opened
    await opened.close()
