"""Pluggy's API as one ASGI application: every path, its verbs, and who may call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import Route
from starlette.types import ASGIApp

from afluente.connect.routes import routes as connect
from afluente.dialects.pluggy.house import House
from afluente.dialects.pluggy.refusals import SYSTEM
from afluente.dialects.pluggy.render.challenges import BACK
from afluente.dialects.pluggy.routes import (
    accounts,
    auth,
    connectors,
    credit,
    holdings,
    items,
    landing,
    registers,
    transactions,
)
from afluente.dialects.pluggy.widget import PluggyWidget
from afluente.web.answers import Answer
from afluente.web.calls import Call, Endpoint
from afluente.web.logbook import Logbook
from afluente.web.routing import router

Handler = Callable[[House, Call], Awaitable[Answer]]
Verbs = dict[str, tuple[Handler, str]]

# What clients poll stands first: routes are tried in order.
ROUTES: tuple[tuple[str, Verbs], ...] = (
    (
        "/items/{id}",
        {
            "GET": (items.get_item, "any"),
            "PATCH": (items.update_item, "any"),
            "DELETE": (items.delete_item, "client"),
        },
    ),
    ("/accounts", {"GET": (accounts.list_accounts, "any")}),
    ("/transactions", {"GET": (transactions.list_numbered, "client")}),
    ("/v2/transactions", {"GET": (transactions.list_behind, "client")}),
    ("/accounts/{id}", {"GET": (accounts.get_account, "client")}),
    ("/accounts/{id}/balance", {"GET": (accounts.get_balance, "client")}),
    ("/accounts/{id}/statements", {"GET": (accounts.list_statements, "client")}),
    ("/accounts/{id}/statements/{statement}", {"GET": (accounts.get_statement, "open")}),
    (
        "/transactions/{id}",
        {"GET": (transactions.get_transaction, "client"), "PATCH": (transactions.update_transaction, "client")},
    ),
    ("/auth", {"POST": (auth.authenticate, "open")}),
    ("/connect_token", {"POST": (auth.connect_token, "client")}),
    ("/connecttokens", {"POST": (auth.connect_token, "client")}),
    ("/items", {"POST": (items.create_item, "any"), "GET": (items.never_listed, "open")}),
    ("/v2/items", {"GET": (items.list_items, "client")}),
    (BACK, {"GET": (items.come_back, "open")}),
    ("/items/{id}/mfa", {"POST": (items.send_mfa, "any")}),
    ("/items/{id}/disable-auto-sync", {"PATCH": (items.disable_sync, "client")}),
    ("/items/{id}/resources", {"GET": (items.list_resources, "client")}),
    ("/items/{id}/scr", {"GET": (credit.get_report, "client")}),
    ("/connectors", {"GET": (connectors.list_connectors, "any")}),
    ("/connectors/{id}", {"GET": (connectors.get_connector, "any")}),
    ("/connectors/{id}/validate", {"POST": (connectors.validate, "any")}),
    ("/connectors/{id}/oauth/callback", {"GET": (items.come_back, "open")}),
    ("/oauthCallback.html", {"GET": (landing.landed, "open")}),
    ("/investments", {"GET": (holdings.list_investments, "client")}),
    ("/investments/{id}", {"GET": (holdings.get_investment, "client")}),
    ("/investments/{id}/transactions", {"GET": (holdings.list_movements, "client")}),
    ("/identity", {"GET": (holdings.get_identity_of_item, "client")}),
    ("/identity/{id}", {"GET": (holdings.get_identity, "client")}),
    ("/loans", {"GET": (holdings.list_loans, "client")}),
    ("/loans/{id}", {"GET": (holdings.get_loan, "client")}),
    ("/bills", {"GET": (accounts.list_bills, "client")}),
    ("/bills/{id}", {"GET": (accounts.get_bill, "client")}),
    ("/consents", {"GET": (holdings.list_consents, "client")}),
    ("/consents/{id}", {"GET": (holdings.get_consent, "client")}),
    ("/categories", {"GET": (registers.list_categories, "client")}),
    ("/categories/rules", {"GET": (registers.list_rules, "client"), "POST": (registers.create_rule, "client")}),
    ("/categories/rules/{id}", {"DELETE": (registers.delete_rule, "client")}),
    ("/categories/{id}", {"GET": (registers.get_category, "client")}),
    ("/merchants", {"GET": (credit.get_merchants, "client")}),
    ("/webhooks", {"GET": (registers.list_webhooks, "client"), "POST": (registers.create_webhook, "client")}),
    (
        "/webhooks/{id}",
        {
            "GET": (registers.get_webhook, "client"),
            "PATCH": (registers.update_webhook, "client"),
            "DELETE": (registers.delete_webhook, "client"),
        },
    ),
)


def application(house: House) -> ASGIApp:
    """Return the dialect, ready to be served under its prefix or at a root of its own."""
    book = Logbook(house.world, house, SYSTEM, keys=("any",))
    routes = [
        Route(
            path,
            Endpoint(
                house.world,
                house,
                {verb: (partial(run, house), who) for verb, (run, who) in verbs.items()},
                book.of(path),
            ),
        )
        for path, verbs in ROUTES
    ]
    return router(house.world, house, [*routes, *connect(PluggyWidget(house))], book.of(""))
