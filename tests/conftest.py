"""What every test may ask for.

Fixtures with a subject of their own live in a module of their own, named in `pytest_plugins`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import settings

from afluente.store.opening import open_database
from tests.postgres import Cluster, running_cluster

pytest_plugins = ("tests.order_plugin", "tests.rows_plugin", "tests.server")

# A busy machine is no failure, and what CI finds, anybody finds again.
settings.register_profile("afluente", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("afluente")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests marked `anyio` run on the loop the server runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A real PostgreSQL, started when the first test asks for it."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_schema(postgres: Cluster) -> str:
    """The name of a database with the schema and no rows. To copy it costs a fifth of making another."""

    async def opened(url: str) -> None:
        await (await open_database(url)).close()

    def prepare(url: str) -> None:
        # this thread's loop is that of the test
        with ThreadPoolExecutor(1) as other:
            other.submit(asyncio.run, opened(url)).result()

    return postgres.template("schema", prepare)


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_schema: str) -> Iterator[str]:
    """The URL of a new database on PostgreSQL, with the schema and no rows."""
    with postgres.fresh(postgres_schema) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database whose file is not there yet."""
    return f"sqlite:///{tmp_path / 'afluente.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database, on SQLite and on PostgreSQL in turn: one suite for both. Nothing is in it."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def empty_postgres_url(postgres: Cluster) -> Iterator[str]:
    """The URL of a new database on PostgreSQL, without even a schema."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture(params=["sqlite_url", pytest.param("empty_postgres_url", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database in which the schema is still to be made, on SQLite and on PostgreSQL in turn."""
    return str(request.getfixturevalue(request.param))
