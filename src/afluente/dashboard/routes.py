"""The dashboard's paths as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp

from afluente.dashboard import details, insight, keys, lists, login, sandbox, webhooks
from afluente.dashboard.cookies import PREFIX
from afluente.dashboard.house import DashboardHouse, see
from afluente.dashboard.page import static
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.routing import router

Handler = Callable[[DashboardHouse, Call], Awaitable[Answer]]


async def _front(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard`: the list of connections."""
    return see(f"{PREFIX}/connections")


ROUTES: tuple[tuple[str, dict[str, tuple[Handler, str]]], ...] = (
    ("", {"GET": (_front, "operator")}),
    ("/", {"GET": (_front, "operator")}),
    ("/static/{name}", {"GET": (static, "open")}),
    ("/language/{locale}", {"GET": (login.choose_language, "open")}),
    ("/login", {"GET": (login.show, "open"), "POST": (login.log_in, "open")}),
    ("/logout", {"POST": (login.log_out, "operator")}),
    ("/connections", {"GET": (lists.connections, "operator")}),
    ("/connections/{id}", {"GET": (details.connection, "operator")}),
    ("/connections/{id}/bundle", {"GET": (details.diagnosis, "operator")}),
    ("/executions/{id}", {"GET": (details.execution, "operator")}),
    ("/sessions", {"GET": (lists.sessions, "operator")}),
    ("/sessions/{id}", {"GET": (details.session, "operator")}),
    ("/requests", {"GET": (lists.calls, "operator")}),
    ("/requests/{id}", {"GET": (details.request, "operator")}),
    ("/accounts/{id}", {"GET": (details.account, "operator")}),
    ("/transactions/{id}", {"GET": (details.transaction, "operator")}),
    ("/webhooks", {"GET": (webhooks.show, "operator")}),
    ("/webhooks/replay", {"POST": (webhooks.replay, "operator")}),
    ("/deliveries/{id}", {"GET": (webhooks.one, "operator")}),
    ("/numbers", {"GET": (insight.show, "operator")}),
    ("/sandbox", {"GET": (sandbox.show, "operator")}),
    ("/sandbox/clock", {"POST": (sandbox.clock, "operator")}),
    ("/sandbox/faults", {"POST": (sandbox.arm, "operator")}),
    ("/sandbox/faults/disarm", {"POST": (sandbox.disarm, "operator")}),
    ("/keys", {"GET": (keys.show, "operator")}),
    ("/keys/rotate", {"POST": (keys.rotate, "operator")}),
    ("/keys/retire", {"POST": (keys.retire, "operator")}),
)


def application(house: DashboardHouse) -> ASGIApp:
    """Return the dashboard."""
    routes = [
        Route(
            PREFIX + path,
            Endpoint(house.world, house, {verb: (partial(run, house), who) for verb, (run, who) in verbs.items()}),
        )
        for path, verbs in ROUTES
    ]
    return router(house.world, house, routes)
