"""How long the dashboard's lists take over many connections and requests.

A database is filled by itself with `rows` connections (1,000,000 if not said) and as many sessions, and ten times as
many requests, of one application; then a server's own pages are asked for, without a port, each many times.
"""

from __future__ import annotations

import asyncio
import gc
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx

from afluente.app import Server
from bench import ground
from bench.report import Figure, Section

STEP = 1_000
"""Milliseconds between the making of two connections."""

TURNS = 200
LIMIT = 100.0
"""Milliseconds that a list may take at the 99th percentile."""

OUTCOMES = ("success",) * 17 + ("success.partial", "institution.unavailable", "login.credentials")
STATES = ("fresh",) * 17 + ("partly-fresh", "stale", "refused")
RARE = "login.other-session.concurrent"
"""A meaning that one connection in a hundred thousand has."""

PRODUCTS = ("accounts", "cards", "transactions")


CONNECTIONS = "id, application_id, institution, external_user_id, fingerprint, state, created_at, body, outcome"
SESSIONS = "id, application_id, connection_id, system, institution, meaning, tag, opened_at, updated_at, body"
REQUESTS = "id, application_id, session_id, system, operation, meaning, status, at, body, connection_id, number"
Rows = Iterator[tuple[object, ...]]


def tables(application: str, slugs: list[str], rows: int) -> tuple[tuple[str, str, Rows], ...]:
    """Return what is filled: each table with its columns and rows."""
    return (
        ("connections", CONNECTIONS, (_connection(i, application, slugs) for i in range(rows))),
        ("sessions", SESSIONS, (_session(i, application, slugs) for i in range(rows))),
        ("requests", REQUESTS, (_request(i, application) for i in range(10 * rows))),
    )


def fill_postgres(url: str, application: str, slugs: list[str], rows: int) -> None:
    """Fill a database of PostgreSQL, and let it know what is in it."""
    with ground.postgres(url) as connection:
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('connections', 'sessions', 'requests') "
            "AND indexname NOT LIKE '%_pkey'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")  # type: ignore[call-overload]
        for table, columns, made in tables(application, slugs, rows):
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in made:
                    copy.write_row(row)
        for _, text in indexes:
            connection.execute(text)  # type: ignore[call-overload]
        connection.execute("VACUUM ANALYZE connections, sessions, requests")


def fill(path: Path, application: str, slugs: list[str], rows: int) -> None:
    """Fill a file of SQLite."""
    connection = ground.sqlite(path)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {pragma}")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
        "AND tbl_name IN ('connections', 'sessions', 'requests')"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("BEGIN IMMEDIATE")
    for table, columns, made in tables(application, slugs, rows):
        places = ", ".join("?" * (columns.count(",") + 1))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", made)
    connection.execute("COMMIT")
    for _, text in indexes:
        connection.execute(text)
    connection.close()


def _id(kind: int, i: int) -> str:
    return f"{i * 2_654_435_761 % 2**32:08x}-000{kind}-4000-8000-{i:012x}"


def _went(i: int) -> tuple[str, str]:
    return ("stale", RARE) if i % 100_000 == 77_777 else (STATES[i % 20], OUTCOMES[i % 20])


def _connection(i: int, application: str, slugs: list[str]) -> tuple[object, ...]:
    (state, outcome), slug, at, id = _went(i), slugs[i % 97 % len(slugs)], ground.FIRST + i * STEP, _id(1, i)
    products = ",".join(f'{{"product":"{one}","updated":true,"updated_at":{at}}}' for one in PRODUCTS)
    body = (
        f'{{"id":"{id}","application_id":"{application}","institution":"{slug}","state":"{state}","phase":"ended",'
        f'"created_at":{at},"updated_at":{at},"products":[{products}],"execution_id":"{_id(4, i)}","attempt":1,'
        f'"outcome":"{outcome}","last_success_at":{at},"external_user_id":"customer-{i}","events":5}}'
    )
    return id, application, slug, f"customer-{i}", f"f{i}", state, at, body, outcome


def _session(i: int, application: str, slugs: list[str]) -> tuple[object, ...]:
    (_, outcome), slug, at, id = _went(i), slugs[i % 97 % len(slugs)], ground.FIRST + i * STEP, _id(2, i)
    body = (
        f'{{"id":"{id}","application_id":"{application}","system":"flinks","meaning":"{outcome}","stage":"ended",'
        f'"opened_at":{at},"updated_at":{at},"connection_id":"{_id(1, i)}","institution":"{slug}",'
        f'"tag":"tag-{i % 1000}"}}'
    )
    return id, application, _id(1, i), "flinks", slug, outcome, f"tag-{i % 1000}", at, at, body


def _request(i: int, application: str) -> tuple[object, ...]:
    (_, outcome), at, id, session = _went(i), ground.FIRST + i * STEP // 10, _id(3, i), _id(2, i // 10)
    operation, status = ("Authorize", "GetAccountsDetail")[i % 2], 200 if outcome.startswith("success") else 401
    body = (
        f'{{"id":"{id}","application_id":"{application}","system":"flinks","operation":"{operation}",'
        f'"meaning":"{outcome}","status":{status},"at":{at},"session_id":"{session}"}}'
    )
    return id, application, session, "flinks", operation, outcome, status, at, body, _id(1, i // 10), i


Took = tuple[float, float]
"""Milliseconds by the clock, and of work, the database's included: on a machine that does other things they differ."""


@dataclass(frozen=True)
class Listed:
    """What one list took, each time that it was asked for."""

    name: str
    took: list[Took]

    def share(self, kind: int, percent: int) -> float:
        """Return what so many percent of the answers took no longer than; `kind`: 0 by the clock, 1 of work."""
        ordered = sorted(one[kind] for one in self.took)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def addresses(rows: int, slug: str) -> dict[str, str]:
    """Return what is asked for, by a name to print."""
    day = time.strftime("%Y-%m-%d", time.gmtime((ground.FIRST + rows * STEP // 2) / 1000))
    asked: dict[str, tuple[str, dict[str, str]]] = {
        "connections": ("connections", {}),
        "… in a rare state": ("connections", {"state": "refused"}),
        "… of an institution": ("connections", {"institution": slug}),
        "… of a rare meaning": ("connections", {"meaning": RARE}),
        "… institution, state and meaning": (
            "connections",
            {"institution": slug, "state": "stale", "meaning": "institution"},
        ),
        "… of one user": ("connections", {"text": "customer-4711"}),
        "… of a user nobody has": ("connections", {"text": "nobody"}),
        "… up to half of them": ("connections", {"to": day}),
        "… with a dashboard's status": ("connections", {"status": "Bank Maintenance Retry Later"}),
        "… with the widest status": ("connections", {"status": "Not Completed"}),
        "sessions": ("sessions", {}),
        "… sessions of a status": ("sessions", {"status": "Invalid Login"}),
        "… sessions of a tag": ("sessions", {"text": "tag-7"}),
        "requests": ("requests", {}),
        "… requests up to half of them": ("requests", {"to": day}),
        "… requests of a rare meaning": ("requests", {"meaning": RARE}),
        "… requests of a status and operation": ("requests", {"status": "Invalid Login", "text": "Authorize"}),
        "… requests of an operation nobody has": ("requests", {"text": "Nothing"}),
        "… requests about one connection": ("requests", {"text": _id(1, rows // 2)}),
        "one connection, whole": (f"connections/{_id(1, rows // 2)}", {}),
        "one request, whole": (f"requests/{_id(3, rows * 5)}", {}),
    }
    return {name: f"/dashboard/{place}?{urlencode(query)}" for name, (place, query) in asked.items()}


async def measure(server: Server, rows: int) -> list[Listed]:
    """Return what each list takes."""
    transport = httpx.ASGITransport(app=server.own)
    found: list[Listed] = []
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        form = re.search(r'name="form" value="([^"]*)"', (await client.get("/dashboard/login")).text)
        if form is None:
            raise RuntimeError("the login has no form")
        given = {"form": form[1], "id": server.keys[0], "secret": server.keys[1]}
        if (await client.post("/dashboard/login", data=given)).status_code != 303:
            raise RuntimeError("the login was refused")
        slug = next(iter(server.world.institutions))
        for name, address in addresses(rows, slug).items():
            found.append(await _asked(client, name, address))
        for place in ("connections", "requests"):
            # page behind page, as deep as the turns go
            address, took = f"/dashboard/{place}", list[Took]()
            for _ in range(TURNS):
                begun = _now()
                page = await client.get(address)
                took.append(_since(begun))
                following = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page.text)
                if following is None:
                    break
                address = following[1].replace("&amp;", "&")
            found.append(Listed(f"{place}, page behind page", took))
    return found


async def _asked(client: httpx.AsyncClient, name: str, address: str) -> Listed:
    took: list[Took] = []
    for _ in range(TURNS):
        begun = _now()
        answer = await client.get(address)
        took.append(_since(begun))
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return Listed(name, took)


_behind: list[Path] = []
"""Where the system tells how long the database's processes have worked, where it has any."""


def _now() -> Took:
    theirs = sum(int(path.read_text().partition(" ")[0]) for path in _behind) / 1e6
    return time.perf_counter() * 1000, time.process_time() * 1000 + theirs


async def _watch(url: str) -> None:
    """Count the work of PostgreSQL's processes for this database as well."""
    if url.startswith("postgresql"):
        with ground.postgres(url) as connection:
            asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            _behind[:] = [Path(f"/proc/{row[0]}/schedstat") for row in connection.execute(asked).fetchall()]


def _since(begun: Took) -> Took:
    ended = _now()
    return ended[0] - begun[0], ended[1] - begun[1]


async def _on_sqlite(rows: int, folder: Path) -> list[Listed]:
    path = folder / "boards.db"
    async with ground.house(folder, f"sqlite:///{path}") as server:
        application, slugs = server.keys[0], sorted(server.world.institutions)
    fill(path, application, slugs, rows)
    return await _measured(folder, f"sqlite:///{path}", rows)


async def _on_postgresql(rows: int, folder: Path, url: str) -> list[Listed]:
    async with ground.house(folder, url) as server:
        application, slugs = server.keys[0], sorted(server.world.institutions)
    fill_postgres(url, application, slugs, rows)
    return await _measured(folder, url, rows)


async def _measured(folder: Path, url: str, rows: int) -> list[Listed]:
    async with ground.house(folder, url) as server:
        # as the server does when it has started
        gc.freeze()
        await _watch(url)
        return await measure(server, rows)


def section(rows: int, few: int) -> Section:
    """Measure over `rows` connections on SQLite, and over `few` on PostgreSQL."""
    made = Section("boards", "The dashboard's lists", "python -m bench boards")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as folder:
        _add(made, "SQLite", rows, asyncio.run(_on_sqlite(rows, Path(folder))))
    # what is measured on PostgreSQL needs the tests' own cluster
    from tests.postgres import running_cluster

    held = tempfile.TemporaryDirectory(prefix="afluente-bench-")
    with held as folder, running_cluster() as cluster, cluster.fresh() as url:
        _add(made, "PostgreSQL", few, asyncio.run(_on_postgresql(few, Path(folder), url)))
    made.notes.append(
        f"Each list is asked for {TURNS} times, without a port; work is the processor time of the server and of its "
        f"database. There are as many sessions as connections, all of one application."
    )
    return made


def _add(made: Section, database: str, rows: int, lists: list[Listed]) -> None:
    slowest = max(lists, key=lambda one: one.share(0, 99))
    worst = slowest.share(0, 99)
    made.figures.append(
        Figure(
            f"{database}, {rows:,} connections, {10 * rows:,} requests: the slowest of {len(lists)} lists "
            f"({slowest.name}), 99th percentile",
            f"{worst:.0f} ms",
            f"work: {slowest.share(1, 99):.0f} ms",
            promised=f"≤ {LIMIT:.0f} ms",
            met=worst <= LIMIT,
        )
    )
    spread = [[f"{one.share(kind, percent):.1f}" for kind in (0, 1) for percent in (50, 99)] for one in lists]
    columns = (f"list on {database}", "half, ms", "p99, ms", "half, work", "p99, work")
    made.tables.append((columns, [(one.name, *told) for one, told in zip(lists, spread, strict=True)]))
