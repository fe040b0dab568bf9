"""`afluente check` and `afluente export`: look through everything stored, and write it where it is looked through fast.

Both show how far they are. The data-frame library is loaded for files alone.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from afluente.app import Server
    from afluente.core.outcome import Finding
    from afluente.settings import Settings

_DATABASE = click.option("--database", help="sqlite:///file or postgresql://…")
_FOLDER = click.Path(file_okay=False, path_type=Path)


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(check)
    cli.add_command(export)


@click.command()
@click.option("--all", "every", is_flag=True, help="Check everything in the database, and keep what is found.")
@click.option("--parquet", type=_FOLDER, help="Check the files that `afluente export` wrote into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print each finding as a line of JSON.")
@_DATABASE
def check(every: bool, parquet: Path | None, as_json: bool, database: str | None) -> None:
    """Check what is stored: accounts, movements, balances, holders, statements.

    Ends with 0 where nothing was found, with 1 where something was, with 2 where there is nothing to check.
    """
    if every == (parquet is not None):
        raise click.UsageError("either --all or --parquet FOLDER is needed")
    if parquet is not None:
        counts, checked = _check_files(parquet, as_json)
    else:
        counts, checked = asyncio.run(_check_database(_settings(database), as_json))
    _report(counts, checked, as_json)
    sys.exit(1 if counts else 0)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--parquet", is_flag=True, default=True, hidden=True)
@_DATABASE
def export(folder: Path, parquet: bool, database: str | None) -> None:
    """Write everything stored into Parquet files in FOLDER, for `afluente check --parquet` and for other tools."""
    connections, movements = asyncio.run(_export(_settings(database), folder))
    print(f"{connections} connections and {movements} movements are in {folder}")


def _settings(database: str | None) -> Settings:
    from afluente.settings import Settings

    try:
        return Settings.read(os.environ, database=database)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@contextmanager
def _shown(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on the error output while something long goes on; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)


def _check_files(folder: Path, as_json: bool) -> tuple[Counter[str], int]:
    from afluente.quality import bulk

    for name in ("connections.parquet", "accounts.parquet"):
        if not (folder / name).is_file():
            raise click.BadParameter(f"there is no {name} in {folder}", param_hint="--parquet")
    counts, checked = Counter[str](), 0
    with _shown("movements", bulk.count(folder)) as done:
        for id, found in bulk.check_files(folder, done):
            checked += 1
            counts.update(finding.meaning for finding in found)
            if as_json:
                _print(id, found)
    return counts, checked


async def _check_database(settings: Settings, as_json: bool) -> tuple[Counter[str], int]:
    from afluente.engine.files.exporting import every_connection
    from afluente.engine.syncing.checks import check_now

    counts, checked = Counter[str](), 0
    server = await _open(settings)
    try:
        ids = [connection.id async for connection in every_connection(server.world)]
        with _shown("connections", len(ids)) as done:
            for id in ids:
                kept = await check_now(server.world, id)
                done(1)
                if kept is None:
                    continue
                checked += 1
                counts.update(finding.meaning for finding in kept.findings)
                counts.update(kept.left_out)
                if as_json:
                    _print(id, kept.findings)
    finally:
        await server.close()
    return counts, checked


async def _export(settings: Settings, folder: Path) -> tuple[int, int]:
    from afluente.engine.files.exporting import export as write

    server = await _open(settings)
    try:
        with _shown("movements", None) as done:
            return await write(server.world, folder, done)
    finally:
        await server.close()


async def _open(settings: Settings) -> Server:
    from afluente.app import build

    return await build(settings)


def _print(id: str, found: tuple[Finding, ...]) -> None:
    import msgspec

    for finding in found:
        print(msgspec.json.encode({"connection": id, **msgspec.to_builtins(finding)}).decode())


def _report(counts: Counter[str], checked: int, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=as_json)
    if counts:
        table = Table("meaning", "found")
        for meaning, count in counts.most_common():
            table.add_row(meaning, str(count))
        console.print(table)
    console.print(f"{checked} connections checked, {sum(counts.values())} findings")
