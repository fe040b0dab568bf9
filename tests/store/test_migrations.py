"""The schema is made in two ways, at once for a new database and step by step for an old one: both make the same."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from afluente.store import migrate, postgres, schema, sqlite
from afluente.store.migrate import address, upgrade
from afluente.store.opening import open_database
from tests.server import SOURCE

NEXT = '''
"""One more column."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{before}"
def upgrade():
    op.add_column("applications", sa.Column("colour", sa.Text))
    {then}
'''

BEHIND = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"

OPEN = """
import asyncio, sys
from afluente.store.opening import open_database
print("ready", flush=True)
sys.stdin.readline()
async def go():
    await (await open_database(sys.argv[1])).close()
asyncio.run(go())
"""


@contextmanager
def engine_of(url: str) -> Iterator[Engine]:
    """An SQLAlchemy engine, to look at a database from outside."""
    engine = create_engine(address(url))
    try:
        yield engine
    finally:
        engine.dispose()


def run(url: str, *statements: str) -> list[Any]:
    """Run statements and return the rows of the last one."""
    with engine_of(url) as engine, engine.begin() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        return list(results[-1]) if results[-1].returns_rows else []


def shape(url: str) -> dict[str, Any]:
    """Everything that inspection tells of a database, but how alembic calls the key of its own table."""
    with engine_of(url) as engine:
        seen = inspect(engine)
        return {
            table: {
                "columns": [
                    (c["name"], str(c["type"]), c["nullable"], c["default"], c.get("primary_key"))
                    for c in seen.get_columns(table)
                ],
                "key": seen.get_pk_constraint(table)["constrained_columns"],
                "foreign": sorted(
                    (f["constrained_columns"], f["referred_table"], f["referred_columns"], f["options"])
                    for f in seen.get_foreign_keys(table)
                ),
                "indexes": sorted((i["name"], i["column_names"], i["unique"]) for i in seen.get_indexes(table)),
                "unique": seen.get_unique_constraints(table),
            }
            for table in seen.get_table_names()
        }


@pytest.fixture
def other_url(request: pytest.FixtureRequest, empty_url: str, tmp_path: Path) -> Iterator[str]:
    """A second empty database of the same kind."""
    if empty_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'other.db'}"
    else:
        with request.getfixturevalue("postgres").fresh() as url:
            yield url


@pytest.mark.anyio
async def test_a_new_database_and_one_made_by_migrations_are_the_same(empty_url: str, other_url: str) -> None:
    """Tables, columns, types, keys, cascades and indexes: whoever comes by either way finds the same."""
    await (await open_database(empty_url)).close()
    upgrade(other_url)
    assert shape(empty_url) == shape(other_url)
    assert run(empty_url, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]
    assert run(other_url, "SELECT version_num FROM alembic_version") == [(schema.REVISION,)]


def test_migrations_make_exactly_the_schema_of_the_code(empty_url: str) -> None:
    """Alembic's own comparison finds nothing to add, to drop or to change."""
    upgrade(empty_url)
    with engine_of(empty_url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, schema.metadata)
    # alembic leaves its own table out when it looks, so it misses it
    assert [difference for difference in found if "alembic_version" not in str(difference)] == []


@pytest.mark.anyio
async def test_a_database_left_at_the_beginning_is_upgraded_when_it_is_opened(empty_url: str, other_url: str) -> None:
    """A version table with nothing in it means that every migration is still to come."""
    run(empty_url, BEHIND)
    await (await open_database(empty_url)).close()
    await (await open_database(other_url)).close()
    assert shape(empty_url) == shape(other_url)


@pytest.fixture
def newer_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The code of a later release: one more migration. Returns the migration's file."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, folder)
    monkeypatch.setattr(migrate, "MIGRATIONS", folder)
    added = folder / "versions" / "9999_colour.py"
    added.write_text(NEXT.format(before=schema.REVISION, then=""))
    return added


def release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code expect the later version from now on."""
    monkeypatch.setattr(sqlite, "REVISION", "9999")
    monkeypatch.setattr(postgres, "REVISION", "9999")


@pytest.mark.anyio
async def test_an_older_database_keeps_its_rows_and_gets_what_is_new(
    empty_url: str, newer_code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of a later release opens what an earlier one wrote."""
    await (await open_database(empty_url)).close()
    run(
        empty_url,
        "INSERT INTO applications (id, name, secret_hash, body, created_at) VALUES ('a', 'old', '', '{}', 7)",
    )
    release(monkeypatch)
    await (await open_database(empty_url)).close()
    assert run(empty_url, "SELECT name, created_at, colour FROM applications") == [("old", 7, None)]
    assert run(empty_url, "SELECT version_num FROM alembic_version") == [("9999",)]


@pytest.mark.anyio
async def test_a_migration_that_breaks_leaves_nothing_behind(
    empty_url: str, newer_code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first half is not kept: mended, the same migration runs from the beginning."""
    await (await open_database(empty_url)).close()
    before = shape(empty_url)
    release(monkeypatch)
    newer_code.write_text(NEXT.format(before=schema.REVISION, then="raise ValueError('half way')"))
    with pytest.raises(ValueError, match="half way"):
        await open_database(empty_url)
    assert shape(empty_url) == before
    newer_code.write_text(NEXT.format(before=schema.REVISION, then=""))
    await (await open_database(empty_url)).close()
    assert "colour" in [column[0] for column in shape(empty_url)["applications"]["columns"]]


@pytest.mark.anyio
async def test_a_database_of_a_later_release_is_not_touched(empty_url: str) -> None:
    """Code that does not know the version says so and does not start."""
    await (await open_database(empty_url)).close()
    run(empty_url, "UPDATE alembic_version SET version_num = '9999'")
    before = shape(empty_url)
    with pytest.raises(Exception, match="9999"):
        await open_database(empty_url)
    assert shape(empty_url) == before


@pytest.mark.parametrize("first", ["new", "behind"])
def test_processes_may_open_one_database_at_once(empty_url: str, other_url: str, first: str) -> None:
    """Five start together on a database that is new, or has every migration to come: all open it, one makes it."""
    if first == "behind":
        run(empty_url, BEHIND)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, empty_url],
            env={"PYTHONPATH": str(SOURCE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(5)
    ]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]
    assert [process.returncode for process in processes] == [0] * 5, "\n".join(errors)
    upgrade(other_url)
    assert shape(empty_url) == shape(other_url)


@pytest.mark.anyio
async def test_an_sqlite_file_is_made_with_its_folder(tmp_path: Path) -> None:
    """A first start needs nothing prepared; readers never wait for the writer."""
    path = tmp_path / "not" / "there" / "afluente.db"
    await (await open_database(f"sqlite:///{path}")).close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["mysql://localhost/x", "afluente.db", "sqlite:/x", ""])
async def test_another_address_is_refused(url: str) -> None:
    """An address that is neither is told so, before anything is made."""
    with pytest.raises(ValueError, match="must begin with"):
        await open_database(url)


@pytest.mark.anyio
async def test_connections_of_an_earlier_release_get_their_marks(
    empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a connection was asked for with is read from where that release kept it; others get none."""
    earlier = tmp_path / "earlier"
    shutil.copytree(migrate.MIGRATIONS, earlier)
    for migration in (earlier / "versions").glob("*.py"):
        if migration.name >= "0008":
            migration.unlink()
    with monkeypatch.context() as then:
        then.setattr(migrate, "MIGRATIONS", earlier)
        upgrade(empty_url)
    told = {"link": "l1", "person": "39053344705", "track": "t"}
    kept = json.dumps({"notes": {"consent": json.dumps(told)}}).replace(":", "\\:")
    row = "INSERT INTO connections (id, application_id, institution, fingerprint, state, created_at, body)"
    run(
        empty_url,
        "INSERT INTO applications (id, name, secret_hash, body, created_at) VALUES ('a', 'old', '', '{}', 7)",
        f"{row} VALUES ('c1', 'a', 'x', '', 'fresh', 9, '{kept}')",
        f"{row} VALUES ('c2', 'a', 'x', '', 'fresh', 9, '{{}}')",
    )
    upgrade(empty_url)
    found = run(empty_url, "SELECT connection_id, mark, application_id, created_at FROM connection_marks")
    assert sorted(found) == [("c1", "link/l1", "a", 9), ("c1", "person/39053344705", "a", 9)]
