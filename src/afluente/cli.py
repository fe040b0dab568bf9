"""The command line: serve, application, import, explain, scenarios, migrate, settings."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from afluente import logs
from afluente.commands import catalogue, check, clock, worker
from afluente.core.outcome import Refused
from afluente.settings import PREFIX, Settings

_DATABASE = click.option("--database", help="sqlite:///file or postgresql://…")


@click.group()
def cli() -> None:
    """Connect bank accounts and speak the APIs of account aggregators."""


@cli.group("application")
def applications() -> None:
    """Applications: API clients, each with keys, connections, webhooks and a clock of its own."""


catalogue.register(cli)
check.register(cli)
clock.register(cli)
worker.register(cli)


def main() -> None:
    """Run the command line."""
    cli()


def _read(**given: str | int | None) -> Settings:
    try:
        return Settings.read(os.environ, **given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@cli.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port.")
@click.option("--listen", help="A dialect on a port of its own: pluggy=127.0.0.1:8001.")
@click.option("--workers", is_flag=True, help="Leave syncs to `afluente worker`; needs PostgreSQL.")
@_DATABASE
def serve(host: str | None, port: int | None, listen: str | None, workers: bool, database: str | None) -> None:
    """Start the server."""
    # what is loaded now stays for good: collecting garbage on the way only makes the start longer
    gc.disable()
    import uvloop

    runner = "workers" if workers else None
    settings = _read(host=host, port=port, listen=listen, runner=runner, database=database)
    logs.set_up(settings.log)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    import uvicorn

    from afluente.app import Application

    application = Application(settings)
    server = await application.start()

    from afluente.web.bounded import Bounded

    def serving(app: Any, host: str, port: int) -> uvicorn.Server:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http=Bounded,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=5,
            # a client's next request may lie unread while we are busy: longer than that must be waited for it
            timeout_keep_alive=75,
        )
        made = uvicorn.Server(config)
        # its own way with signals ends the process before we have closed
        made.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
        return made

    def leave() -> None:
        for one in servers:
            one.force_exit = one.should_exit
            one.should_exit = True

    servers = [serving(application, settings.host, settings.port)]
    for name, place, port in _places(settings.listen):
        if name not in server.apps:
            raise click.BadParameter(f"there is no dialect named {name}")
        servers.append(serving(application.dialect(name), place, port))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, leave)
    gc.freeze()
    gc.enable()
    _greet(settings, server.keys)
    try:
        await asyncio.gather(*(one.serve() for one in servers))
    finally:
        await application.stop()


def _places(listen: str) -> list[tuple[str, str, int]]:
    places = []
    for part in filter(None, (part.strip() for part in listen.split(","))):
        name, _, address = part.partition("=")
        host, _, port = address.rpartition(":")
        if not name or not host or not port.isdigit():
            raise click.BadParameter(f"{part} is not name=host:port")
        places.append((name, host, int(port)))
    return places


def _greet(settings: Settings, keys: tuple[str, str]) -> None:
    base = f"http://{settings.host}:{settings.port}"
    id, secret = keys
    print(
        f"""
Afluente runs at {base}  (data in {settings.shown("database")})

The sandbox application's keys, the same for all four APIs:
  client id      {id}
  client secret  {secret}

Paste this to connect a bank (it keeps the key and the item's id):
  KEY=$(curl -s {base}/pluggy/auth -H 'content-type: application/json' \\
    -d '{{"clientId":"{id}","clientSecret":"{secret}"}}' | sed 's/.*:"//; s/".*//')
  ITEM=$(curl -s {base}/pluggy/items -H "x-api-key: $KEY" -H 'content-type: application/json' \\
    -d '{{"connectorId":2,"parameters":{{"user":"user-ok","password":"password-ok"}}}}' \\
    | sed 's/{{"id":"//; s/".*//'); echo $ITEM

and a few seconds later this to read its accounts:
  curl -s "{base}/pluggy/accounts?itemId=$ITEM" -H "x-api-key: $KEY"

One request for each of the others is on {base}/ and the dashboard on {base}/dashboard
""",
        flush=True,
    )


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connection", help="Add to this connection of imported files.")
@click.option("--user", help="Your own id of the user whose statement it is.")
@_DATABASE
def import_file(file: Path, connection: str | None, user: str | None, database: str | None) -> None:
    """Import a statement (OFX, CSV, PDF) into the sandbox application; the same movement is never added twice."""
    logs.set_up("console")
    sys.exit(asyncio.run(_import(_read(database=database), file, connection, user)))


async def _import(settings: Settings, file: Path, connection: str | None, user: str | None) -> int:
    from rich.console import Console
    from rich.table import Table

    from afluente.app import build, read_file
    from afluente.engine.files.imports import import_statement

    console = Console()
    server = await build(settings)
    try:
        with console.status(f"reading {file.name}"):
            read = await read_file(await asyncio.to_thread(file.read_bytes), file.name)
            done = await import_statement(
                server.world, server.keys[0], read.accounts, read.transactions, user, connection, read.holders
            )
    except Refused as refused:
        sentence = refused.data.get("sentence") or server.world.catalogue.text(refused.meaning, "en", "engineer")
        Console(stderr=True).print(f"{file.name}: {sentence}", style="red", markup=False, highlight=False)
        return 1
    finally:
        await server.close()
    table = Table("account", "kind", "currency", "balance")
    table.add_column("id", no_wrap=True, min_width=36)
    for id, account in zip(done.account_ids, read.accounts, strict=True):
        table.add_row(account.number, str(account.kind), account.currency, str(account.balance), id)
    console.print(table)
    console.print(
        f"{done.read} movements read, {done.added} of them new; connection (Pluggy item) {done.connection.id}"
    )
    for where, what in read.faults:
        console.print(f"not read: {where}: {what}", style="yellow", markup=False, highlight=False)
    for warning in read.warnings:
        console.print(f"note: {warning}", markup=False, highlight=False)
    return 0


@applications.command("add")
@click.argument("name")
@_DATABASE
def add_application(name: str, database: str | None) -> None:
    """Make an application and print its keys. The secret is shown this once: only its hash is kept.

    A server that runs on the same database knows it at once.
    """
    logs.set_up("console")
    id, secret = asyncio.run(_add_application(_read(database=database), name))
    print(f"client id      {id}\nclient secret  {secret}")


async def _add_application(settings: Settings, name: str) -> tuple[str, str]:
    from afluente.app import build
    from afluente.engine.access.applications import register

    server = await build(settings)
    try:
        return await register(server.world, name)
    finally:
        await server.close()


@applications.command("activate")
@click.argument("id")
@_DATABASE
def activate_application(id: str, database: str | None) -> None:
    """Let an application's keys open again, after `application deactivate`."""
    _set_active(id, database, True)


@applications.command("deactivate")
@click.argument("id")
@_DATABASE
def deactivate_application(id: str, database: str | None) -> None:
    """Let an application's keys open nothing, on all systems, from now on. Nothing of it is lost.

    API keys that Pluggy's clients were given before go on until their time is over, at most two hours.
    """
    _set_active(id, database, False)


def _set_active(id: str, database: str | None, active: bool) -> None:
    logs.set_up("console")
    try:
        asyncio.run(_set_policy(_read(database=database), id.lower(), active=active))
    except Refused:
        raise click.ClickException(f"there is no application {id}") from None
    click.echo(f"{id} is {'active' if active else 'not active'}")


async def _set_policy(settings: Settings, id: str, **changes: object) -> None:
    from afluente.app import build
    from afluente.engine.access.applications import set_policy

    server = await build(settings)
    try:
        await set_policy(server.world, id, **changes)
    finally:
        await server.close()


@cli.command()
def scenarios() -> None:
    """List every way to tell the sandbox bank what to do."""
    from rich.console import Console
    from rich.table import Table

    from afluente.connectors.scripted import scenarios as known

    table = Table("field", "value", "what happens", "meaning")
    for scenario in known():
        table.add_row(scenario.field, scenario.value, scenario.does, scenario.meaning or "")
    Console().print(table)


@cli.command()
@_DATABASE
def migrate(database: str | None) -> None:
    """Make the database's schema, or bring it up to date."""
    from afluente.store.opening import open_database

    async def go(url: str) -> None:
        await (await open_database(url)).close()

    settings = _read(database=database)
    asyncio.run(go(settings.database))
    print(f"{settings.shown('database')} is up to date")


@cli.command("settings")
def show_settings() -> None:
    """List every setting with its value here; secrets are not shown."""
    settings = _read()
    for entry in fields(Settings):
        print(f"{PREFIX}{entry.name.upper()}={settings.shown(entry.name)}\n    {entry.metadata['sentence']}")
