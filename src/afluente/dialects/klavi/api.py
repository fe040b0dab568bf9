"""Klavi's APIs as one ASGI application: every path, its verbs, and who may call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp

from afluente.connect.routes import routes as connect
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.dialects.klavi.routes import (
    auth,
    consents,
    institutions,
    journey,
    links,
    reports,
    requests,
    tasks,
    updates,
)
from afluente.dialects.klavi.widget import KlaviWidget
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import Logbook
from afluente.web.routing import router

PREFIX = "/klavi"
"""Where the dialect lives on the common port."""

Handler = Callable[[House, Call], Awaitable[Answer]]
Verbs = dict[str, tuple[Handler, str]]

BASE = "/data/v1"

ROUTES: tuple[tuple[str, Verbs], ...] = (
    (f"{BASE}/auth", {"POST": (auth.authenticate, "open")}),
    (f"{BASE}/refresh", {"GET": (auth.refresh, "token")}),
    (f"{BASE}/links", {"POST": (links.create_link, "token")}),
    (f"{BASE}/links/institutions", {"GET": (institutions.list_institutions, "link")}),
    (f"{BASE}/institutions", {"GET": (institutions.list_institutions, "link")}),
    (f"{BASE}/consents", {"POST": (consents.create_consent, "link"), "GET": (consents.list_consents, "token")}),
    (journey.REDIRECT, {"GET": (journey.begin, "open"), "POST": (journey.decide, "open")}),
    (journey.CALLBACK, {"GET": (journey.come_back, "open")}),
    (
        f"{BASE}/consents/{{id}}",
        {"GET": (consents.get_consent, "token"), "DELETE": (consents.revoke_consent, "token")},
    ),
    (f"{BASE}/consents/{{id}}/revoke", {"DELETE": (consents.revoke_consent, "token")}),
    (f"{BASE}/personal/institution-data", {"POST": (requests.personal_institution, "token")}),
    (f"{BASE}/personal/user-data", {"POST": (requests.personal_user, "token")}),
    (f"{BASE}/business/institution-data", {"POST": (requests.business_institution, "token")}),
    (f"{BASE}/business/user-data", {"POST": (requests.business_user, "token")}),
    (f"{BASE}/tasks", {"POST": (tasks.begin_task, "partner")}),
    # a task that is not named is none either; doubled slashes have become one here
    (f"{BASE}/tasks/", {"GET": (tasks.get_task, "partner")}),
    (f"{BASE}/tasks/mfa", {"POST": (tasks.answer_task, "partner")}),
    (f"{BASE}/tasks/{{id}}", {"GET": (tasks.get_task, "partner")}),
    (f"{BASE}/tasks/{{id}}/mfa", {"POST": (tasks.answer_task, "partner")}),
    (f"{BASE}/reports", {"GET": (reports.get_report, "partner"), "DELETE": (reports.delete_reports, "partner")}),
    (f"{BASE}/autoupdate_sync", {"POST": (updates.update, "partner")}),
    ("/autoupdate_sync", {"POST": (updates.update, "partner")}),
)
"""Every path with its verbs, each with its handler and who may call it (`House.admit`)."""


def application(house: House) -> ASGIApp:
    """Return the dialect, ready to be served under its prefix or at a root of its own."""
    book = Logbook(house.world, house, SYSTEM, keys=("token", "link", "partner"))
    routes = [
        Route(
            path,
            Endpoint(
                house.world,
                house,
                {verb: (partial(handler, house), who) for verb, (handler, who) in verbs.items()},
                book.of(path),
            ),
        )
        for path, verbs in ROUTES
    ]
    return router(house.world, house, [*routes, *connect(KlaviWidget(house))], book.of(""))
