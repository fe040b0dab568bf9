"""Belvo's API as one ASGI application: every path, its verbs, and who may call them.

Paths are answered with and without their last slash, never by a redirect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from afluente.connect.routes import routes as connect
from afluente.dialects.belvo.house import OF_A_LINK, House
from afluente.dialects.belvo.refusals import BACK, SYSTEM
from afluente.dialects.belvo.resources.table import TABLE, Resource
from afluente.dialects.belvo.routes import (
    consents,
    enrichment,
    institutions,
    links,
    movements,
    pictures,
    resources,
    tokens,
)
from afluente.dialects.belvo.widget import BelvoWidget
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import Logbook
from afluente.web.routing import router

PREFIX = "/belvo"
"""Where the dialect lives on the common port."""

Handler = Callable[[House, Call], Awaitable[Answer]]
Verbs = dict[str, tuple[Handler, str]]

_OWN: tuple[tuple[str, Verbs], ...] = (
    (
        "/api/links/{id}/",
        {
            "GET": (links.get_link, OF_A_LINK),
            "PATCH": (links.update_options, "write_links"),
            "PUT": (links.update_credentials, "write_links"),
            "DELETE": (links.delete_link, "client"),
        },
    ),
    ("/api/transactions/", {"GET": (movements.list_movements, "client")}),
    (
        "/api/transactions/{id}/",
        {"GET": (movements.get_movement, "client"), "DELETE": (movements.delete_movement, "client")},
    ),
    ("/api/", {"GET": (tokens.check, "client")}),
    ("/api/token/", {"POST": (tokens.create, "open")}),
    ("/api/token/refresh/", {"POST": (tokens.refresh, "open")}),
    (
        "/api/links/",
        {
            "GET": (links.list_links, "client"),
            "POST": (links.create_link, "write_links"),
            "PATCH": (links.resume_link, "write_links"),
        },
    ),
    ("/api/links/{id}/token/", {"POST": (tokens.create_for_link, "client")}),
    ("/api/links/{id}/refresh/", {"POST": (links.refresh_link, "client")}),
    ("/api/institutions/", {"GET": (institutions.list_institutions, "read_institutions")}),
    ("/api/institutions/{id}/", {"GET": (institutions.get_institution, "read_institutions")}),
    ("/api/consents/", {"GET": (consents.list_consents, "read_consents")}),
    ("/api/consents/{id}/", {"GET": (consents.get_consent, "read_consents")}),
    (pictures.PATH, {"GET": (pictures.show, "open")}),
    (f"{BACK}/", {"GET": (consents.come_back, "open")}),
    ("/api/br/exchanges/{id}/history/", {"GET": (resources.get_history, "client")}),
    ("/api/categorization/", {"POST": (enrichment.categorize, "client")}),
    ("/api/enrich/incomes/", {"POST": (enrichment.find_incomes, "client")}),
)


def _of(resource: Resource) -> tuple[tuple[str, Verbs], tuple[str, Verbs]]:
    """Return the paths of a resource; every one of them is served by the same handlers."""

    def run(handler: Callable[[House, Resource, Call], Awaitable[Answer]]) -> tuple[Handler, str]:
        return lambda house, call: handler(house, resource, call), "client"

    every: Verbs = {"GET": run(resources.list_objects), "POST": run(resources.retrieve)}
    if resource.resumable:
        every["PATCH"] = run(resources.resume)
    one: Verbs = {"GET": run(resources.get_object)}
    if resource.erasable:
        one["DELETE"] = run(resources.delete_object)
    return (resource.path, every), (f"{resource.path}{{id}}/", one)


def _routes() -> tuple[tuple[str, Verbs], ...]:
    """Return all paths, in the order in which they are tried; handlers written for one path stand over those of all."""
    found: dict[str, Verbs] = dict(_OWN)
    for path, verbs in (each for resource in TABLE for each in _of(resource)):
        found[path] = {**verbs, **found.get(path, {})}
    return tuple(found.items())


ROUTES = _routes()


def application(house: House) -> ASGIApp:
    """Return the dialect, ready to be served under its prefix or at a root of its own."""
    book = Logbook(house.world, house, SYSTEM, keys=("read_institutions", "write_links"))
    routes = [
        Route(
            path.rstrip("/"),
            Endpoint(
                house.world,
                house,
                {verb: (partial(handler, house), who) for verb, (handler, who) in verbs.items()},
                book.of(path),
            ),
        )
        for path, verbs in ROUTES
    ]
    inner = router(house.world, house, [*routes, *connect(BelvoWidget(house))], book.of(""))

    def without_slash(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        path: str = scope["path"]
        if path.endswith("/"):
            scope["path"] = path.rstrip("/") or "/"
        return inner(scope, receive, send)

    return without_slash
