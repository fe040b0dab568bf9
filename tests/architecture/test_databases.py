"""The databases the tests are lent: real, empty, and each test's own."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.postgres import Cluster


def test_a_lent_database_is_empty_and_takes_tables(empty_url: str) -> None:
    """The same test runs on SQLite and on PostgreSQL, through the same kind of URL."""
    engine = create_engine(empty_url)
    try:
        assert inspect(engine).get_table_names() == []
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE place (name text)"))
        assert inspect(engine).get_table_names() == ["place"]
    finally:
        engine.dispose()


@pytest.mark.postgres
def test_a_template_is_prepared_once_and_copied_whole(postgres: Cluster) -> None:
    """What every test would have to build is built once, and each copy goes its own way."""
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE place (name text)")

    for name in ("first", "second"):
        template = postgres.template("places", prepare)
        with postgres.fresh(template) as url, psycopg.connect(url) as connection:
            connection.execute("INSERT INTO place VALUES (%s)", (name,))
            assert connection.execute("SELECT name FROM place").fetchall() == [(name,)]

    assert len(prepared) == 1
