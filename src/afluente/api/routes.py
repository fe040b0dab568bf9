"""Afluente's own paths as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp

from afluente.api import bank_page, explain, sandbox, statements
from afluente.api.house import ApiHouse
from afluente.api.pages import Front, meanings
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.routing import router

Handler = Callable[[ApiHouse, Call], Awaitable[Answer]]

ROUTES: tuple[tuple[str, dict[str, tuple[Handler, str]]], ...] = (
    ("/api/statements", {"POST": (statements.upload, "client")}),
    ("/api/explain", {"GET": (explain.explain_code, "open")}),
    ("/api/meanings", {"GET": (explain.list_meanings, "open")}),
    ("/api/meanings/{name}", {"GET": (explain.get_meaning, "open")}),
    ("/meanings", {"GET": (meanings.index, "open")}),
    ("/meanings/{name}", {"GET": (meanings.show, "open")}),
    ("/api/scenarios", {"GET": (sandbox.list_scenarios, "open")}),
    ("/api/application", {"GET": (sandbox.get_application, "client"), "PATCH": (sandbox.set_policy, "client")}),
    (
        "/api/sandbox/clock",
        {
            "GET": (sandbox.get_clock, "client"),
            "POST": (sandbox.move_clock, "client"),
            "DELETE": (sandbox.release_clock, "client"),
        },
    ),
    (
        "/api/sandbox/faults",
        {
            "GET": (sandbox.list_faults, "client"),
            "POST": (sandbox.arm_fault, "client"),
            "DELETE": (sandbox.disarm, "client"),
        },
    ),
    ("/api/sandbox/connections/{id}/answer", {"POST": (sandbox.answer_elsewhere, "client")}),
    ("/api/sandbox/settle", {"POST": (sandbox.settle, "client")}),
    ("/sandbox-bank/authorize", {"GET": (bank_page.show, "open"), "POST": (bank_page.decide, "open")}),
)


def application(house: ApiHouse, front: Front) -> ASGIApp:
    """Return the API and the front page."""
    routes = [
        Route("/", Endpoint(house.world, house, {"GET": (partial(front.show, house), "open")})),
        *(
            Route(
                path, Endpoint(house.world, house, {v: (partial(run, house), who) for v, (run, who) in verbs.items()})
            )
            for path, verbs in ROUTES
        ),
    ]
    return router(house.world, house, routes)
