"""`afluente clock`: look at an application's clock, set it, move it on, let it go: through the running server."""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import click

from afluente.core.clock import MINUTE, RealClock
from afluente.settings import Settings

_PATH = "/api/sandbox/clock"
_LASTS = 60 * MINUTE
"""How long the key is good that a command makes for itself; a clock that is moved far takes its time."""

_APPLICATION = click.option("--application", help="the application's client id; the sandbox's if not told")
_URL = click.option("--url", help="where the server listens; what the settings say if not told")


def register(cli: click.Group) -> None:
    """Add the commands."""
    cli.add_command(clock)


@click.group()
def clock() -> None:
    """Look at an application's clock, set it, move it on; what falls due on the way happens before the command ends.

    The server must run. The master key must be the server's: with it the command makes a key for itself.
    """


@clock.command()
@_APPLICATION
@_URL
def show(application: str | None, url: str | None) -> None:
    """Print what time it is for an application, and whether its clock is stopped."""
    _say(_asked("GET", None, application, url))


@clock.command("set")
@click.argument("instant")
@_APPLICATION
@_URL
def set_(instant: str, application: str | None, url: str | None) -> None:
    """Stop an application's clock at INSTANT, as 2026-12-24T18:00:00Z; what falls due before it happens first."""
    _say(_asked("POST", {"at": instant}, application, url))


@clock.command()
@click.argument("span")
@_APPLICATION
@_URL
def advance(span: str, application: str | None, url: str | None) -> None:
    """Move an application's clock on by SPAN, as P90D or PT1H30M; it is stopped first."""
    _say(_asked("POST", {"advance": span}, application, url))


@clock.command()
@_APPLICATION
@_URL
def release(application: str | None, url: str | None) -> None:
    """Let an application's clock go with the machine's again."""
    _say(_asked("DELETE", None, application, url))


def _asked(method: str, body: object, application: str | None, url: str | None) -> Any:
    """Return what the server answers. Raises `ClickException` with its sentence where it refuses."""
    try:
        settings = Settings.read(os.environ)
        key = _key(settings, application)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    where = (url or f"http://{_reached(settings.host)}:{settings.port}").rstrip("/")
    request = Request(  # noqa: S310 - the operator's own address
        f"{where}{_PATH}",
        None if body is None else json.dumps(body).encode(),
        {"x-api-key": key, "content-type": "application/json"},
        method=method,
    )
    try:
        # the key goes to the server itself, through nobody's proxy
        with build_opener(ProxyHandler({})).open(request) as answer:
            return json.load(answer)
    except HTTPError as error:
        raise click.ClickException(_sentence(error.read(), error.code)) from None
    except (URLError, HTTPException, OSError, ValueError) as error:
        elsewhere = "" if url else "; --url says where else it is"
        raise click.ClickException(f"no server answers at {where}: {error}{elsewhere}") from None


def _key(settings: Settings, application: str | None) -> str:
    from afluente.app import vault_of
    from afluente.engine.access.applications import sandbox_keys
    from afluente.security.tokens import Tokens

    if not settings.key and not settings.key_path.exists():
        raise ValueError(f"there is no master key at {settings.key_path}: run this where the server runs")
    vault = vault_of(settings)
    id = application or sandbox_keys(vault)[0]
    return Tokens(vault.derive("tokens")).issue(id, "application", RealClock().now(), _LASTS)


def _reached(host: str) -> str:
    """Return the address at which a server that listens on `host` is reached from its own machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - not bound here


def _sentence(body: bytes, status: int) -> str:
    try:
        told = json.loads(body)["error"]
        return f"{told['message']} ({told['meaning']}, error {told['id']})"
    except (ValueError, KeyError, TypeError):
        return f"the server answered {status}"


def _say(told: dict[str, Any]) -> None:
    click.echo(f"{told['now']}{', stopped' if told['stopped'] else ''}")
