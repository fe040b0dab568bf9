"""The wiring, all of it, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from afluente.api import pages, routes
from afluente.api.house import ApiHouse, ReadFile
from afluente.catalogue import Catalogue, load
from afluente.connectors import scripted, statements
from afluente.core.clock import SECOND, Clock, Ids, RandomIds, RealClock
from afluente.core.institutions import Institution, Kind
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.belvo import api as belvo
from afluente.dialects.belvo.house import House as BelvoHouse
from afluente.dialects.pluggy import api as pluggy
from afluente.dialects.pluggy.house import House as PluggyHouse
from afluente.dialects.pluggy.render import Words
from afluente.engine import applications, imports, schedule, sync
from afluente.engine.runner import Runner
from afluente.engine.world import World
from afluente.security.keyfile import ring_from, ring_of_file
from afluente.security.tokens import Tokens
from afluente.security.vault import Vault
from afluente.settings import Settings
from afluente.store.database import Database
from afluente.store.opening import open_database

log = logging.getLogger("afluente.server")

FILES = Institution(
    slug=imports.INSTITUTION,
    name="Extratos enviados",
    country="BR",
    kind=Kind.STATEMENTS,
    connector="statements",
    fields=(),
    products=(Product.ACCOUNTS, Product.TRANSACTIONS),
    unattended=False,
)
"""What uploaded statement files belong to. Nobody logs in to it, so no connector is asked."""

OWN_PATHS = ("/sandbox-bank/", "/meanings")
"""Where dialects send people: these paths are ours under every host name and on every port."""

_READER_MEMORY = 1024 * 1024 * 1024
_READER_SECONDS = 30.0
_READERS = asyncio.Semaphore(2)
"""Files that are read at the same time; more wait for their turn, so that they cannot take all memory."""


@dataclass(frozen=True)
class Server:
    """A world with everything that serves it; `apps` are the dialects by name."""

    world: World
    runner: Runner
    apps: dict[str, ASGIApp]
    own: ASGIApp
    keys: tuple[str, str]

    async def close(self) -> None:
        """Stop executions where they are and close the database."""
        await self.runner.stop()
        await self.world.database.close()


async def build(
    settings: Settings, clock: Clock | None = None, ids: Ids | None = None, database: Database | None = None
) -> Server:
    """Open the database and wire the house."""
    ring = ring_from(settings.key) if settings.key else ring_of_file(settings.key_path)
    vault = Vault(ring)
    catalogue = load()
    runner: Runner

    async def run(execution_id: str) -> None:
        await sync.run(world, execution_id)

    time = clock or RealClock()
    runner = Runner(run, time.pause)
    world = World(
        database=database or await open_database(settings.database),
        vault=vault,
        clock=time,
        ids=ids or RandomIds(),
        catalogue=catalogue,
        institutions={institution.slug: institution for institution in (*scripted.institutions(), FILES)},
        connectors={"scripted": scripted.ScriptedConnector(catalogue.meanings)},
        start=runner.start,
        rest=runner.rest,
        merchants=scripted.merchants(),
        pace=settings.pace,
    )
    keys = await applications.ensure_sandbox(world)
    tokens = Tokens(vault.derive("tokens"))
    apps = {
        "pluggy": pluggy.application(
            PluggyHouse(world, tokens, Words(catalogue), relaxed_addresses=settings.private_webhooks)
        ),
        "belvo": belvo.application(BelvoHouse(world, tokens)),
    }
    own = ApiHouse(world, tokens, read_file, runner.settle, _scenarios(catalogue), settings.upload_bytes)
    return Server(world, runner, apps, routes.application(own, pages.Front(keys, tuple(apps))), keys)


async def read_file(content: bytes, filename: str) -> ReadFile:
    """Read a statement in a bounded process. Raises `Refused` with the sentence in its data."""
    try:
        async with _READERS:
            read = await statements.read_bounded(
                content, filename, memory_bytes=_READER_MEMORY, seconds=_READER_SECONDS
            )
    except statements.Unreadable as unreadable:
        told = {"sentence": unreadable.sentence, "where": unreadable.where}
        raise Refused(unreadable.meaning, unreadable.said, told) from None
    faults = [(fault.where, fault.what) for fault in read.faults]
    return ReadFile(read.format, read.accounts, read.transactions, faults, read.warnings)


def _scenarios(catalogue: Catalogue) -> Any:
    def listed() -> list[dict[str, str | None]]:
        return [{name: getattr(s, name) for name in s.__struct_fields__} for s in scripted.scenarios()]

    return listed


class Application:
    """The ASGI application on the common port: a dialect by path or by host, and our own paths."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server: Server | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> Server:
        """Build the server, run what a dead process left, and begin to look at what is due."""
        self.server = await build(self.settings)
        left = await schedule.recover(self.server.world)
        if left:
            log.info("executions found unfinished and run again", extra={"fields": {"count": left}})
        self._ticking = asyncio.create_task(_tick(self.server.world))
        return self.server

    async def stop(self) -> None:
        """Stop looking, and close."""
        if self._ticking is not None:
            self._ticking.cancel()
            # it may be in the middle of a transaction
            await asyncio.wait([self._ticking])
        if self.server is not None:
            await self.server.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to whom it is for."""
        if scope["type"] != "http" or self.server is None:
            return
        path = _collapsed(scope)
        name, _, rest = path[1:].partition("/")
        app = self.server.apps.get(name)
        if app is not None:
            scope = {**scope, "path": "/" + rest, "root_path": f"/{name}"}
            await app(scope, receive, send)
            return
        host = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
        by_host = None if path.startswith(OWN_PATHS) else self.server.apps.get(host.partition(".")[0])
        await (by_host or self.server.own)(scope, receive, send)

    def dialect(self, name: str) -> ASGIApp:
        """Return one dialect at the root, for a port of its own."""

        async def at_root(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or self.server is None:
                return
            own = _collapsed(scope).startswith(OWN_PATHS)
            await (self.server.own if own else self.server.apps[name])(scope, receive, send)

        return at_root


def _collapsed(scope: Scope) -> str:
    """Return the path with each run of slashes made one, which clients make whose base address ends with one."""
    path: str = scope["path"]
    if "//" in path:
        while "//" in path:
            path = path.replace("//", "/")
        scope["path"] = path
    return path


async def _tick(world: World) -> None:
    while True:
        try:
            await schedule.tick(world)
        except Exception:
            log.exception("what is due could not be done")
        await world.clock.pause(SECOND)
