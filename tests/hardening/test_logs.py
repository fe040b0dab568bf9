"""The log when something breaks with a secret in its hands: where it broke is told, and with what value is not."""

from __future__ import annotations

import io
import logging
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afluente import app, logs
from afluente.core.institutions import Institution
from afluente.engine.connecting import connections
from afluente.settings import Settings
from afluente.store.sqlite import open_sqlite

SECRET = "hunter2-canary"


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """Set the log up in both its forms, and return what reads what was written."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.set_up(request.param)
    yield stream.getvalue
    root.handlers[:], root.level = handlers, level


def no_number() -> object:
    """Break as the reading of a number does."""
    return int(SECRET)


def no_key() -> object:
    """Break as a look-up does."""
    return {"a": 1}[SECRET]


def no_letter() -> object:
    """Break as an encoding does."""
    return f"{SECRET}é".encode("ascii")


def quotes() -> object:
    """Break with a value that has quotes of its own in it."""
    raise ValueError(f"cannot use {SECRET + chr(39) + chr(34)!r} and {SECRET!r}")


def details() -> object:
    """Break as databases do, which tell of the row in lines below."""
    raise RuntimeError(f"duplicate key\nDETAIL: Key (value)=({SECRET}) already exists.")


def chain() -> object:
    """Break while something that broke is dealt with."""
    try:
        return no_number()
    except ValueError as error:
        raise LookupError(f"no such thing: '{SECRET}'") from error


def aside() -> object:
    """Break while something else is dealt with, and with a note."""
    try:
        return no_key()
    except KeyError:
        error = TypeError("another")
        error.add_note(SECRET)
        raise error from None


@pytest.mark.parametrize("breaks", [no_number, no_key, no_letter, quotes, details, chain, aside])
def test_no_value_leaves_an_exception(written: Callable[[], str], breaks: Callable[[], object]) -> None:
    """Exceptions quote what they stumble over; the log has their places and kinds."""
    try:
        breaks()
    except Exception:
        logging.getLogger("afluente.test").exception("it broke", extra={"fields": {"error": "1"}})
    told = written()
    assert "hunter2" not in told
    assert f"in {breaks.__name__}" in told
    assert "Error" in told


def test_every_cause_is_told(written: Callable[[], str]) -> None:
    """What broke first stands first."""
    try:
        chain()
    except LookupError:
        logging.getLogger("afluente.test").exception("it broke")
    told = written()
    assert told.index("ValueError: invalid literal for int()") < told.index("LookupError: no such thing")


class Breaking:
    """A connector that breaks over what it was given."""

    async def login(self, bank: Any, institution: Institution, credentials: Any) -> Any:
        """Break."""
        raise ValueError(f"the bank does not like {credentials['password']!r}")


@pytest.mark.anyio
async def test_a_connector_that_breaks_over_a_password_tells_nobody(tmp_path: Path, written: Callable[[], str]) -> None:
    """The execution ends as our own error, and neither the log nor the row has the password."""
    settings = Settings(database=f"sqlite:///{tmp_path / 'a.db'}", key_file=str(tmp_path / "key"), pace=0)
    server = await app.build(settings)
    try:
        server.world.connectors["scripted"] = Breaking()  # type: ignore[index]
        wanted = connections.Wanted(
            institution="sandbox-bank", credentials={"username": "user-ok", "password": SECRET}, products=()
        )
        made = await connections.create(server.world, server.keys[0], wanted)
        await server.runner.settle(server.keys[0])
        ended = await server.world.database.one(_row(made.id))
    finally:
        await server.close()
    assert "execution broke" in written()
    assert "in login" in written()
    assert "hunter2" not in written()
    assert ended is not None
    assert "server.error" in ended[0]
    assert "hunter2" not in ended[0]


def _row(id: str) -> Any:
    from sqlalchemy import select

    from afluente.store.schema import connections as table
    from afluente.store.statement import Statement

    return Statement(select(table.c.body).where(table.c.id == id))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///data/a.db", "sqlite:///data/a.db"),
        ("postgresql://user:hunter2@db:5432/a", "postgresql://user:…@db:5432/a"),
        ("postgresql://user:hunter@2@db/a?x=y", "postgresql://user:…@db/a?x=y"),
        ("postgresql://db/a?user=u&password=hunter2&x=y", "postgresql://db/a?user=u&password=…&x=y"),
        ("postgresql://user@db/a", "postgresql://user@db/a"),
    ],
)
def test_settings_are_shown_without_passwords(url: str, shown: str) -> None:
    """What the server prints when it starts may be read by all who see its log."""
    assert Settings(database=url).shown("database") == shown
    assert Settings(key=SECRET).shown("key") == "(set)"
    assert Settings().shown("port") == 8000


@pytest.mark.anyio
async def test_the_databases_files_are_their_owners_alone(tmp_path: Path) -> None:
    """People's movements lie in them: whatever the process's mask is, nobody else may read them."""
    old = os.umask(0)
    try:
        database = open_sqlite(str(tmp_path / "new" / "a.db"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
        await database.close()
    finally:
        os.umask(old)
    assert modes == {"a.db": 0o600, "a.db-shm": 0o600, "a.db-wal": 0o600}
