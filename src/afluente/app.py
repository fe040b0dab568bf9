"""The wiring, all of it, and nothing else."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from starlette.types import ASGIApp, Receive, Scope, Send

from afluente.api import events, pages, routes
from afluente.api.house import ApiHouse
from afluente.catalogue import load
from afluente.connectors import scripted, statements
from afluente.core.clock import SECOND, Clock, Ids, RandomIds, RealClock
from afluente.core.documents import ReadFile
from afluente.core.institutions import Institution, Kind
from afluente.core.late import Late
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.access import applications
from afluente.engine.due import schedule
from afluente.engine.files import imports, uploads
from afluente.engine.outbox.courier import Courier
from afluente.engine.runner import Runner, Running
from afluente.engine.sandbox import refreshing
from afluente.engine.syncing import sync
from afluente.engine.telling import Teller
from afluente.engine.world import Rule, World
from afluente.security.keyfile import ring_from, ring_of_file
from afluente.security.tokens import Tokens
from afluente.security.vault import Vault
from afluente.settings import Settings
from afluente.store import jobs
from afluente.store.database import Database, Unreachable
from afluente.store.opening import open_database
from afluente.web.outgoing import Outgoing
from afluente.web.pictures import Pictures
from afluente.web.routing import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from afluente.jobs.machines import Machines
    from afluente.jobs.worker import Crew

log = logging.getLogger("afluente.server")

FILES = Institution(
    slug=imports.INSTITUTION,
    name="Extratos enviados",
    country="BR",
    kind=Kind.STATEMENTS,
    connector="statements",
    fields=(),
    products=(Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER),
    unattended=False,
)
"""What uploaded statement files belong to. Nobody logs in to it, so no connector is asked."""

OWN_PATHS = (
    "/sandbox-bank/",
    "/meanings",
    "/institutions",
    "/dashboard",
    "/api/meanings",
    "/api/explain",
    "/api/institutions/health",
)
"""Where dialects send people: these paths are ours under every host name and on every port."""

DASHBOARD = "/dashboard"
"""Where the dashboard lies."""

UNNAMED = "pluggy"
"""The dialect whose addresses of institutions name no way back."""

RULES = {"flinks-nightly": "flinks"}
"""What has to hold for connections to be synced by themselves, and the dialect whose it is."""

_READER_MEMORY = 1024 * 1024 * 1024
_READER_SECONDS = 30.0
_UPLOAD_SECONDS = 60.0
"""Seconds of a file for which nobody waits: recognising the letters of a scan takes some for each page."""

_READERS = asyncio.Semaphore(2)
"""Files that are read at the same time; more wait for their turn, so that they cannot take all memory."""


_OWN_JOBS = 64
"""Executions whose results a server hands over itself that it runs at the same time, where workers run the others."""


@dataclass(frozen=True)
class Server:
    """A world with everything that serves it; `apps` are the dialects by name.

    Where there are workers, `crew` are those of this process, and `own_queue` is what nobody else takes from.
    """

    world: World
    runner: Running
    apps: Late[ASGIApp]
    own: ASGIApp
    keys: tuple[str, str]
    courier: Courier
    outgoing: Outgoing
    crew: Crew | None = None
    own_queue: str | None = None

    async def close(self) -> None:
        """Stop executions where they are and close the database."""
        await self.runner.stop()
        if self.crew is not None:
            await self.crew.close()
        await self.outgoing.close()
        await self.world.database.close()


def vault_of(settings: Settings) -> Vault:
    """Return the vault with the master keys of an installation. Raises ValueError for what is none."""
    return Vault(ring_from(settings.key) if settings.key else ring_of_file(settings.key_path))


async def build(
    settings: Settings,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
    worker: bool = False,
) -> Server:
    """Open the database and wire the house, with one runner or the other, as the settings say; or for a `worker`.

    Raises ValueError for a bound of an institution that is not there.
    """
    vault = vault_of(settings)
    catalogue = load()
    runner: Running
    time, made_ids = clock or RealClock(), ids or RandomIds()
    opened = database or await open_database(settings.database, settings.worker_lost)

    async def run(execution_id: str) -> None:
        if not await sync.run(world, execution_id):
            await uploads.run(world, execution_id, partial(read_file, seconds=_UPLOAD_SECONDS))
        if worker:
            # nobody waits here for what is not stored
            world.handed.pop(execution_id, None)

    own_queue = None if worker else made_ids.new()
    many = await _join(settings, opened, time, own_queue) if settings.many else None
    runner, courier = many.runner if many else Runner(run, time.pause), Courier()
    outgoing = Outgoing(relaxed=settings.private_webhooks)
    world = World(
        database=opened,
        vault=vault,
        clock=time,
        ids=made_ids,
        catalogue=catalogue,
        institutions=_institutions(settings),
        connectors={"scripted": scripted.ScriptedConnector(catalogue.meanings)},
        start=runner.start,
        rest=runner.rest,
        merchants=scripted.merchants(),
        pace=settings.pace,
        sources=(courier,),
        told=courier.told,
        post=outgoing.post,
        lease=settings.worker_lost * SECOND,
        **(many.parts if many else {}),
    )
    crew = many.crew(world, run) if many else None
    keys = await applications.ensure_sandbox(world)
    tokens = Tokens(vault.derive("tokens"))
    spoken = _dialects(world, tokens, settings, keys[0], Pictures(outgoing.fetch, time))
    apps = Late({name: partial(_app_of, spoken, name) for name in spoken})
    own = ApiHouse(
        world,
        tokens,
        read_file,
        runner.settle,
        _scenarios,
        settings.upload_bytes,
        partial(_comes_back, spoken),
        partial(_usual_back, spoken),
        relaxed_addresses=settings.private_webhooks,
    )
    front = routes.application(own, pages.Front(keys, tuple(apps)))

    def board() -> ASGIApp:
        from afluente.dashboard.house import DashboardHouse
        from afluente.dashboard.routes import application

        return application(DashboardHouse(world, tokens, runner.settle, _scenarios))

    return Server(
        world, runner, apps, _beside(front, Late({DASHBOARD: board})), keys, courier, outgoing, crew, own_queue
    )


@dataclass(frozen=True)
class Spoken:
    """A dialect: its API, how events are told in its words, and what has to hold before its connections are synced.
    `backs` are its paths that an institution's own page sends the browser back to."""

    app: ASGIApp
    teller: Teller
    rules: Mapping[str, Rule] = field(default_factory=dict)
    backs: tuple[str, ...] = ()


def _dialects(world: World, tokens: Tokens, settings: Settings, sandbox: str, pictures: Pictures) -> Late[Spoken]:
    """Return the dialects, and let the world know them. Each is loaded when it is first spoken: a client speaks one,
    and the server's first answer need not wait for four."""
    relaxed = settings.private_webhooks

    def pluggy() -> Spoken:
        from afluente.dialects.pluggy import api, webhooks
        from afluente.dialects.pluggy.house import House
        from afluente.dialects.pluggy.render import Words
        from afluente.dialects.pluggy.render.challenges import BACK, PREFIX

        house = House(world, tokens, Words(world.catalogue), relaxed_addresses=relaxed)
        told = webhooks.teller(house, f"{settings.public_url}{PREFIX}")
        return Spoken(api.application(house), told, backs=(BACK,))

    def belvo() -> Spoken:
        from afluente.dialects.belvo import api, webhooks
        from afluente.dialects.belvo.house import House
        from afluente.dialects.belvo.refusals import BACK

        house = House(world, tokens, pictures)
        return Spoken(api.application(house), webhooks.teller(house), backs=(BACK,))

    def flinks() -> Spoken:
        from afluente.dialects.flinks import api, nightly, webhooks
        from afluente.dialects.flinks.house import House
        from afluente.dialects.flinks.routes.landing import BACK

        house = House(world, tokens, sandbox)
        rules = {nightly.RULE: nightly.rule(house)}
        return Spoken(api.application(house), webhooks.teller(house), rules, backs=(BACK,))

    def klavi() -> Spoken:
        from afluente.dialects.klavi import api, telling
        from afluente.dialects.klavi.house import House
        from afluente.dialects.klavi.routes.journey import CALLBACK

        house = House(world, tokens, relaxed_addresses=relaxed)
        return Spoken(api.application(house), telling.teller(house), backs=(CALLBACK,))

    makers: dict[str, Callable[[], Spoken]] = {"pluggy": pluggy, "belvo": belvo, "flinks": flinks, "klavi": klavi}
    spoken = Late(makers)
    world.tellers.add("afluente", events.teller)
    for name in spoken:
        world.tellers.add(name, partial(_teller_of, spoken, name))
    for name, dialect in RULES.items():
        world.rules.add(name, partial(_rule_of, spoken, dialect, name))
    return spoken


def _comes_back(spoken: Late[Spoken], path: str) -> bool:
    """Tell whether a dialect takes the browser back at a path: under its prefix, or at a root of its own."""
    name, _, rest = path[1:].partition("/")
    if name in spoken:
        return f"/{rest}" in spoken[name].backs
    return any(path in dialect.backs for dialect in spoken.values())


def _usual_back(spoken: Late[Spoken]) -> str:
    """Return where the browser is taken back whose way to the institution named no way back."""
    return f"/{UNNAMED}{spoken[UNNAMED].backs[0]}"


def _app_of(spoken: Late[Spoken], name: str) -> ASGIApp:
    return spoken[name].app


def _teller_of(spoken: Late[Spoken], name: str) -> Teller:
    return spoken[name].teller


def _rule_of(spoken: Late[Spoken], dialect: str, name: str) -> Rule:
    return spoken[dialect].rules[name]


def _beside(front: ASGIApp, boards: Late[ASGIApp]) -> ASGIApp:
    """Return our own paths: the dashboard's, and all others."""

    async def own(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        inside = path == DASHBOARD or path.startswith(f"{DASHBOARD}/")
        await (boards[DASHBOARD] if inside else front)(scope, receive, send)

    return own


async def _join(settings: Settings, database: Database, clock: Clock, own: str | None) -> Machines:
    # what many machines need is loaded where there are many
    from afluente.jobs.machines import Times, join

    times = Times(settings.worker_heartbeat, settings.worker_lost, settings.worker_grace)
    return await join(settings.database, database, clock, times, own)


def _institutions(settings: Settings) -> dict[str, Institution]:
    """Return all institutions, with the bounds that this installation sets."""
    found = {institution.slug: institution for institution in (*scripted.institutions(), FILES)}
    for slug, sessions in settings.bounded.items():
        if slug not in found:
            raise ValueError(f"there is no institution named {slug}")
        found[slug] = replace(found[slug], sessions=sessions)
    return found


async def read_file(content: bytes, filename: str, seconds: float = _READER_SECONDS) -> ReadFile:
    """Read a statement in a bounded process. Raises `Refused` with the sentence in its data."""
    try:
        async with _READERS:
            read = await statements.read_bounded(content, filename, memory_bytes=_READER_MEMORY, seconds=seconds)
    except statements.Unreadable as unreadable:
        told = {"sentence": unreadable.sentence, "where": unreadable.where, "signs": unreadable.signs}
        raise Refused(unreadable.meaning, unreadable.said, told) from None
    faults = [(fault.where, fault.what) for fault in read.faults]
    return ReadFile(
        read.format,
        read.accounts,
        read.transactions,
        faults,
        read.warnings,
        read.signs,
        read.proved,
        read.holders,
    )


def _scenarios(locale: str) -> list[dict[str, str | None]]:
    return [{name: getattr(one, name) for name in one.__struct_fields__} for one in scripted.scenarios(locale)]


class Application:
    """The ASGI application on the common port: a dialect by path or by host, and our own paths."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.server: Server | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def start(self) -> Server:
        """Build the server, run what a dead process left, and begin to look at what is due."""
        self.server = await build(self.settings)
        world, crew = self.server.world, self.server.crew
        running = [_tick(world), self.server.courier.run(world)]
        if crew is not None and self.server.own_queue is not None:
            await crew.open()
            await refreshing.read(world)
            running += [crew.work(self.server.own_queue, _OWN_JOBS), crew.beat(), crew.mend()]
        else:
            left = await schedule.recover(world)
            if left:
                log.info("executions found unfinished and run again", extra={"fields": {"count": left}})
        self._tasks = tuple(asyncio.create_task(one) for one in running)
        return self.server

    async def stop(self) -> None:
        """Stop looking, and close."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            # they may be in the middle of a transaction
            await asyncio.wait(self._tasks)
        if self.server is not None:
            await self.server.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to whom it is for."""
        if scope["type"] != "http" or self.server is None:
            return
        await _refreshed(self.server.world)
        path = _collapsed(scope)
        name, _, rest = path[1:].partition("/")
        app = self.server.apps.get(name)
        if app is not None:
            scope = {**scope, "path": "/" + rest, "root_path": f"/{name}"}
            await app(scope, receive, send)
            return
        host = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
        by_host = self.server.apps.get(host.partition(".")[0])
        if by_host is None:
            await self.server.own(scope, receive, send)
        else:
            await self._at_root(by_host, scope, receive, send)

    async def _at_root(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to a dialect that has the root, or to our own paths beside it."""
        if self.server is not None and scope["path"].startswith(OWN_PATHS):
            await self.server.own({**scope, BESIDE: True}, receive, send)
        else:
            await app(scope, receive, send)

    def dialect(self, name: str) -> ASGIApp:
        """Return one dialect at the root, for a port of its own."""

        async def at_root(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or self.server is None:
                return
            await _refreshed(self.server.world)
            _collapsed(scope)
            await self._at_root(self.server.apps[name], scope, receive, send)

        return at_root


async def _refreshed(world: World) -> None:
    """Know what was committed before this call, where several processes share the database."""
    if world.refresh is not None:
        # who is called meets the same, and says it in the words of its system
        with suppress(Unreachable):
            await world.refresh()


def _collapsed(scope: Scope) -> str:
    """Return the path with each run of slashes made one, which clients make whose base address ends with one."""
    path: str = scope["path"]
    if "//" in path:
        while "//" in path:
            path = path.replace("//", "/")
        scope["path"] = path
    return path


async def work(settings: Settings) -> None:
    """Be a worker, until cancelled: run executions, carry webhooks, and look for what other workers have lost."""
    server = await build(settings, worker=True)
    world, crew = server.world, server.crew
    if crew is None:
        raise ValueError("there are no workers where the server runs syncs itself")
    try:
        await crew.open()
        await refreshing.read(world)
        log.info("worker runs", extra={"fields": {"jobs": settings.worker_jobs}})
        running = (
            crew.work(jobs.QUEUE, settings.worker_jobs),
            crew.beat(),
            crew.mend(),
            server.courier.run(world, stopped=False),
            _refresh(world),
        )
        tasks = [asyncio.create_task(one) for one in running]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            # its executions are given their time to end, and given back
            await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        await server.close()


async def _refresh(world: World) -> None:
    """Have faults that are armed strike what is running already."""
    while world.refresh is not None:
        try:
            await world.refresh()
        except Exception:
            log.exception("clocks and faults could not be read")
        await world.clock.pause(SECOND // 4)


async def _tick(world: World) -> None:
    while True:
        try:
            await schedule.tick(world)
        except Exception:
            log.exception("what is due could not be done")
        await world.clock.pause(SECOND)
