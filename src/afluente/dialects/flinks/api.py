"""Flinks' API as one ASGI application: every path, its verbs, and who may call them.

Clients write paths with other capitals, doubled slashes, and a blank at the end; all of them are answered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from afluente.connect.routes import routes as connect
from afluente.dialects.flinks.house import STANDS, SYSTEM, House
from afluente.dialects.flinks.routes import (
    attributes,
    authorize,
    cards,
    categorization,
    data,
    institutions,
    landing,
    matching,
    prepayment,
    tokens,
    uploads,
)
from afluente.dialects.flinks.widget import FlinksWidget
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import EVERY, Logbook
from afluente.web.routing import router

PREFIX = "/flinks"
"""Where the dialect lives on the common port."""

CUSTOMER = "/v3/{customer}"
BANKING = f"{CUSTOMER}/BankingServices"

Handler = Callable[[House, Call], Awaitable[Answer]]
Verbs = dict[str, tuple[Handler, str]]


def _both(handler: Handler, access: str) -> Verbs:
    """Return the verbs of a path that is polled with either."""
    return {"GET": (handler, access), "POST": (handler, access)}


ROUTES: tuple[tuple[str, str, Verbs], ...] = (
    # operation (as the log calls it), path, verbs
    ("GenerateAuthorizeToken", f"{BANKING}/GenerateAuthorizeToken", {"POST": (tokens.generate, "secret")}),
    ("Token", f"{BANKING}/Token", {"POST": (tokens.exchange, "open")}),
    ("Authorize", f"{BANKING}/Authorize", {"POST": (authorize.authorize, "session")}),
    ("AuthorizeAsync", f"{BANKING}/AuthorizeAsync", {"POST": (authorize.authorize_async, "session")}),
    ("AuthorizeMultiple", f"{BANKING}/AuthorizeMultiple", {"POST": (authorize.authorize_multiple, "session")}),
    ("GetAccountsSummary", f"{BANKING}/GetAccountsSummary", {"POST": (data.summary, "key")}),
    ("GetAccountsSummaryAsync", f"{BANKING}/GetAccountsSummaryAsync/{{id}}", _both(data.summary_async, "key")),
    ("GetAccountsDetail", f"{BANKING}/GetAccountsDetail", {"POST": (data.detail, "key")}),
    ("GetAccountsDetailAsync", f"{BANKING}/GetAccountsDetailAsync/{{id}}", _both(data.detail_async, "key")),
    ("GetStatements", f"{BANKING}/GetStatements", {"POST": (data.statements, "key")}),
    ("GetStatementsAsync", f"{BANKING}/GetStatementsAsync/{{id}}", _both(data.statements_async, "key")),
    ("SetScheduledRefresh", f"{BANKING}/SetScheduledRefresh", {"PATCH": (cards.set_refresh, "open")}),
    (
        "ActivateScheduledRefresh",
        f"{BANKING}/ActivateScheduledRefresh/{{id}}",
        {"PATCH": (cards.activate_refresh, "open")},
    ),
    (
        "DeactivateScheduledRefresh",
        f"{BANKING}/DeactivateScheduledRefresh/{{id}}",
        {"PATCH": (cards.deactivate_refresh, "open")},
    ),
    ("GetNightlyRefreshStatus", f"{BANKING}/GetNightlyRefreshStatus", {"GET": (cards.refresh_status, "bearer")}),
    (
        "DeleteCard",
        f"{BANKING}/DeleteCard/{{id}}",
        {"DELETE": (cards.delete_card, "open"), "GET": (cards.delete_card, "open")},
    ),
    ("GetMFAQuestions", f"{BANKING}/GetMFAQuestions/{{id}}", {"GET": (cards.list_questions, "open")}),
    ("AnswerMFAQuestions", f"{BANKING}/AnswerMFAQuestions", {"PATCH": (cards.answer_questions, "open")}),
    ("AnswerMFAQuestions", f"{BANKING}/SetMFAQuestions", {"PATCH": (cards.answer_questions, "open")}),
    ("Institutions", f"{BANKING}/Institutions", {"GET": (institutions.list_institutions, "key")}),
    (
        "InstitutionsByRoutingNumber",
        f"{BANKING}/Institutions/RoutingNumber/{{number}}",
        {"GET": (institutions.by_routing_number, "key")},
    ),
    ("OAuthCallback", landing.BACK, {"GET": (landing.come_back, "open")}),
    ("Categories", f"{BANKING}/Categories/{{country}}", {"GET": (institutions.list_categories, "key")}),
    ("FieldMatch", f"{BANKING}/FieldMatch", {"POST": (matching.field_match, "key")}),
    ("AttributesLibrary", f"{CUSTOMER}/attributes/library", {"GET": (attributes.list_attributes, "key")}),
    (
        "BusinessAttributesLibrary",
        f"{CUSTOMER}/attributes/library/business",
        {"GET": (attributes.list_business_attributes, "key")},
    ),
    ("AttributesUpload", f"{CUSTOMER}/attributes/upload", {"POST": (attributes.upload, "key")}),
    (
        "Attributes",
        f"{CUSTOMER}/insight/login/{{login}}/attributes/{{request}}",
        {"POST": (attributes.chosen, "key")},
    ),
    (
        "Attributes",
        f"{CUSTOMER}/insight/login/{{login}}/attributes/{{request}}/{{package}}",
        {"GET": (attributes.packaged, "key")},
    ),
    ("Score", f"{CUSTOMER}/insight/login/{{login}}/score/{{request}}", {"POST": (attributes.scored, "key")}),
    (
        "Categorization",
        f"{CUSTOMER}/categorization/login/{{login}}/requestid/{{request}}",
        {"GET": (categorization.of_card, "key")},
    ),
    ("CategorizationUpload", f"{CUSTOMER}/categorization/upload", {"POST": (categorization.upload, "key")}),
    ("Upload", f"{CUSTOMER}/upload", {"POST": (uploads.upload, "key")}),
    ("FraudAnalysis", f"{CUSTOMER}/upload/fraudanalysis/{{id}}", {"GET": (uploads.fraud_analysis, "bearer")}),
    ("Prepayment", f"{CUSTOMER}/prepayment/login/{{login}}/{{request}}", {"POST": (prepayment.prepayment, "key")}),
)


def _route(house: House, book: Logbook, operation: str, path: str, verbs: Verbs) -> Route:
    handlers = {verb: (partial(handler, house), who) for verb, (handler, who) in verbs.items()}
    made = Route(path, Endpoint(house.world, house, handlers, book.of(path, operation)))
    made.path_regex = re.compile(made.path_regex.pattern, re.IGNORECASE)
    return made


def application(house: House) -> ASGIApp:
    """Return the dialect, ready to be served under its prefix or at a root of its own."""
    # its dashboard lists every call, those that look as well
    book = Logbook(house.world, house, SYSTEM, verbs=EVERY, stands=STANDS)
    pages = connect(FlinksWidget(house))
    for page in pages:
        page.path_regex = re.compile(page.path_regex.pattern, re.IGNORECASE)
    inner = router(house.world, house, [*(_route(house, book, *each) for each in ROUTES), *pages])

    async def tidied(scope: Scope, receive: Receive, send: Send) -> None:
        path = re.sub(r"/{2,}", "/", scope["path"]).rstrip(" /") or "/"
        await inner({**scope, "path": path}, receive, send)

    return tidied
