"""Afluente's own paths as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp

from afluente.api import (
    bank_page,
    connections,
    events,
    explain,
    findings,
    health,
    quotas,
    requests,
    sandbox,
    sessions,
    statements,
    uploads,
    wordings,
)
from afluente.api.house import ApiHouse
from afluente.api.pages import Front, institutions, meanings
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import Logbook
from afluente.web.routing import router

Handler = Callable[[ApiHouse, Call], Awaitable[Answer]]

ROUTES: tuple[tuple[str, dict[str, tuple[Handler, str]]], ...] = (
    ("/api/statements", {"POST": (statements.upload, "client")}),
    ("/api/uploads", {"POST": (uploads.upload, "client")}),
    ("/api/uploads/{id}", {"GET": (uploads.get_upload, "client")}),
    ("/api/requests", {"GET": (requests.list_calls, "client")}),
    ("/api/requests/{id}", {"GET": (requests.get_call, "client")}),
    ("/api/sessions", {"GET": (sessions.list_sessions, "client")}),
    ("/api/sessions/{id}", {"GET": (sessions.get_session, "client")}),
    ("/api/events", {"GET": (events.list_events, "client")}),
    ("/api/endpoints", {"GET": (events.list_endpoints, "client"), "POST": (events.create_endpoint, "client")}),
    (
        "/api/endpoints/{id}",
        {
            "GET": (events.get_endpoint, "client"),
            "PATCH": (events.change_endpoint, "client"),
            "DELETE": (events.delete_endpoint, "client"),
        },
    ),
    ("/api/endpoints/{id}/rotate", {"POST": (events.rotate_secret, "client")}),
    ("/api/deliveries", {"GET": (events.list_deliveries, "client")}),
    ("/api/deliveries/replay", {"POST": (events.replay, "client")}),
    ("/api/deliveries/{id}", {"GET": (events.get_delivery, "client")}),
    ("/api/explain", {"GET": (explain.explain_code, "open")}),
    ("/api/meanings", {"GET": (explain.list_meanings, "open")}),
    ("/api/meanings/{name}", {"GET": (explain.get_meaning, "open")}),
    (health.PATH, {"GET": (health.show, "open")}),
    (health.FEED, {"GET": (health.feed, "open")}),
    (health.PAGE, {"GET": (institutions.show, "open")}),
    ("/meanings", {"GET": (meanings.index, "open")}),
    ("/meanings/{name}", {"GET": (meanings.show, "open")}),
    (
        "/api/meanings/{name}/texts",
        {"GET": (wordings.list_texts, "client"), "POST": (wordings.edit_texts, "client")},
    ),
    ("/api/connections/{id}", {"GET": (connections.get_connection, "client")}),
    ("/api/connections/{id}/lateness", {"GET": (connections.lateness, "client")}),
    ("/api/connections/{id}/findings", {"GET": (findings.list_findings, "client")}),
    ("/api/connections/{id}/quotas", {"GET": (quotas.show, "client")}),
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


_REFUSALS_ONLY = frozenset({"/api/sandbox/settle", "/api/uploads"})
"""Where only refusals are written down here: waiting changes nothing, and an upload is told in its system's words."""


def application(house: ApiHouse, front: Front) -> ASGIApp:
    """Return the API and the front page."""
    book = Logbook(house.world, house, events.SYSTEM, keys=("client",))
    routes = [
        Route("/", Endpoint(house.world, house, {"GET": (partial(front.show, house), "open")})),
        *(
            Route(
                path,
                Endpoint(
                    house.world,
                    house,
                    {verb: (partial(run, house), who) for verb, (run, who) in verbs.items()},
                    book.of(path, refusals_only=path in _REFUSALS_ONLY),
                ),
            )
            for path, verbs in ROUTES
        ),
    ]
    return router(house.world, house, routes, book.of(""))
