"""What every test may ask for.

Fixtures with a subject of their own live in a module of their own, named in `pytest_plugins`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Cluster, running_cluster

pytest_plugins = ("tests.rows_plugin", "tests.server")

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


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """The URL of a new, empty database on PostgreSQL."""
    with postgres.fresh() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database whose file is not there yet."""
    return f"sqlite:///{tmp_path / 'afluente.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new, empty database, on SQLite and on PostgreSQL in turn: one suite for both."""
    return str(request.getfixturevalue(f"{request.param}_url"))
