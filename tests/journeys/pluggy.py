"""A customer's program: the service's own Python client from PyPI, told only where the server is."""

from __future__ import annotations

import time
from typing import Any

from pluggy_sdk import ApiClient, Configuration
from pluggy_sdk.api.account_api import AccountApi
from pluggy_sdk.api.auth_api import AuthApi
from pluggy_sdk.api.bill_api import BillApi
from pluggy_sdk.api.category_api import CategoryApi
from pluggy_sdk.api.connector_api import ConnectorApi
from pluggy_sdk.api.consent_api import ConsentApi
from pluggy_sdk.api.identity_api import IdentityApi
from pluggy_sdk.api.investment_api import InvestmentApi
from pluggy_sdk.api.items_api import ItemsApi
from pluggy_sdk.api.loan_api import LoanApi
from pluggy_sdk.api.merchant_api import MerchantApi
from pluggy_sdk.api.scr_api import SCRApi
from pluggy_sdk.api.transaction_api import TransactionApi
from pluggy_sdk.api.webhook_api import WebhookApi
from pluggy_sdk.models import (
    AuthRequest,
    CreateItem,
    CreateItemParameters,
    Item,
    UpdateItem,
    UpdateItemParameters,
)

from tests.server import Client, Server

PATIENCE = 30.0
"""Seconds that an item may take to rest; the scripted institutions take none."""

RUNNING = ("UPDATING", "MERGING")


class Pluggy:
    """All that a program reads and writes, by the client's own classes. `sandbox` turns the knobs behind it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sandbox: Client = server.client()
        configuration = Configuration(host=f"{server.url}/pluggy")
        self.api = ApiClient(configuration)
        self.auth = AuthApi(self.api)
        id, secret = server.keys
        answer = self.auth.auth_create(AuthRequest(clientId=id, clientSecret=secret))
        configuration.api_key["default"] = answer.api_key
        self.items = ItemsApi(self.api)
        self.accounts = AccountApi(self.api)
        self.transactions = TransactionApi(self.api)
        self.bills = BillApi(self.api)
        self.investments = InvestmentApi(self.api)
        self.identity = IdentityApi(self.api)
        self.loans = LoanApi(self.api)
        self.consents = ConsentApi(self.api)
        self.credit = SCRApi(self.api)
        self.merchants = MerchantApi(self.api)
        self.categories = CategoryApi(self.api)
        self.connectors = ConnectorApi(self.api)
        self.webhooks = WebhookApi(self.api)

    def close(self) -> None:
        """Close every connection that was opened."""
        self.api.rest_client.pool_manager.clear()
        self.sandbox.close()

    def create(self, connector: int, **more: Any) -> Item:
        """Create an item and return it as the service answers at once."""
        parameters = more.pop("parameters", None) or {"user": "user-ok", "password": "password-ok"}
        return self.items.items_create(
            CreateItem(connectorId=connector, parameters=CreateItemParameters(parameters), **more)
        )

    def connect(self, connector: int, **more: Any) -> Item:
        """Create an item and poll it until it rests or asks for something."""
        return self.rested(self.create(connector, **more).id)

    def update(self, item_id: str, parameters: dict[str, str] | None = None, **more: Any) -> Item:
        """Update an item and poll it until it rests or asks for something."""
        given = None if parameters is None else UpdateItemParameters(parameters)
        self.items.items_update(item_id, UpdateItem(parameters=given, **more))
        return self.rested(item_id)

    def answer(self, item_id: str, **values: str) -> Item:
        """Answer what the item asks for and poll it until it rests or asks again."""
        self.items.items_send_mfa(item_id, values)
        return self.rested(item_id)

    def rested(self, item_id: str) -> Item:
        """Poll an item until nothing runs."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            item = self.items.items_retrieve(item_id)
            if item.status not in RUNNING:
                return item
        raise AssertionError(f"the item still runs after {PATIENCE} s")
