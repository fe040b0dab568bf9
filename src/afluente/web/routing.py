"""Routes as an application whose unknown paths are refused in the host's own words."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp

from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint, Host, Log

BESIDE = "afluente.beside"
"""Set in the scope of our own paths where a dialect has the root: what lies there is not our front page."""

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


async def _nowhere(call: Call) -> Answer:
    raise Refused("request.not-found.route")


def router(world: World, host: Host, routes: Sequence[BaseRoute], log: Log | None = None) -> ASGIApp:
    """Return the application of these routes. `log` is told of calls to paths that nobody has."""
    unknown = Endpoint(world, host, dict.fromkeys(VERBS, (_nowhere, "open")), log)
    return Router(routes, redirect_slashes=False, default=unknown)
