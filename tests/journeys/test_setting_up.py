"""What a program sets up beside its items, with the service's own client: connectors, categories, webhooks, tokens."""

from __future__ import annotations

import pytest
from pluggy_sdk.models import (
    ConnectTokenRequest,
    CreateClientCategoryRule,
    CreateWebhook,
    ItemOptions,
    UpdateWebhook,
)

from tests.journeys.pluggy import Pluggy

pytestmark = [
    pytest.mark.journey,
    # the client says so of its own method; the endpoint is served until the service ends it
    pytest.mark.filterwarnings("ignore:GET /transactions is deprecated:DeprecationWarning"),
]


def test_connectors_are_listed_filtered_and_read(pluggy: Pluggy) -> None:
    """Every connector can be read by the client, and each filter leaves only what it names."""
    every = pluggy.connectors.connectors_list(sandbox=True).results
    assert every
    # whatever is acted out is listed only for who asks for it
    real = pluggy.connectors.connectors_list().results
    assert {c.id for c in real} == {c.id for c in every if not c.is_sandbox}
    for connector in every:
        assert pluggy.connectors.connector_retrieve(connector.id).name == connector.name
    brokers = pluggy.connectors.connectors_list(types=["INVESTMENT", "INVOICE"], countries=["BR"], sandbox=True).results
    assert brokers
    assert {connector.type for connector in brokers} == {"INVESTMENT"}
    named = pluggy.connectors.connectors_list(name="itau", sandbox=True).results
    assert named
    assert all("Itaú" in (connector.name or "") for connector in named)
    shared = pluggy.connectors.connectors_list(is_open_finance=True, health_details=True, sandbox=True).results
    assert shared
    assert all(connector.is_open_finance for connector in shared)
    assert all(c.health is not None and c.health.details is not None for c in shared)


def test_credentials_are_validated_before_they_are_used(pluggy: Pluggy) -> None:
    """What is wrong is listed field by field, and nothing is created."""
    good = pluggy.connectors.connectors_validate(2, {"user": "user-ok", "password": "password-ok"})
    assert good.errors == []
    bad = pluggy.connectors.connectors_validate(2, {"user": "somebody"})
    assert {(error.parameter, error.code) for error in bad.errors or []} == {("user", "002"), ("password", "001")}


def test_categories_are_a_tree(pluggy: Pluggy) -> None:
    """A category's children are listed by their parent, and each reads alone."""
    every = pluggy.categories.categories_list().results
    assert every is not None
    assert len(every) == 130
    children = pluggy.categories.categories_list(parent_id="01000000").results
    assert children
    assert {child.parent_id for child in children} == {"01000000"}
    assert pluggy.categories.categories_retrieve("01010000").description == "Salary"


def test_a_rule_files_transactions_and_is_taken_back(own_pluggy: Pluggy) -> None:
    """The rule counts from the next read on; once it is gone the category is the old one."""
    item = own_pluggy.connect(2)
    account = own_pluggy.accounts.accounts_list(item.id, type="BANK").results[0]
    transaction = own_pluggy.transactions.transactions_list(account.id).results[0]
    rule = own_pluggy.categories.client_category_rules_create(
        CreateClientCategoryRule(description=transaction.description, categoryId="02030003", matchType="exact")
    )
    assert own_pluggy.transactions.transactions_retrieve(transaction.id).category == "Student loan"
    [listed] = own_pluggy.categories.client_category_rules_list().results or []
    assert listed.description == rule.description == transaction.description
    # the client knows 204 alone as the answer to this, and says nothing either way
    [id] = [r["id"] for r in own_pluggy.sandbox.get("/categories/rules")["results"]]
    assert own_pluggy.categories.client_category_rules_delete(id) is None
    assert own_pluggy.categories.client_category_rules_list().results == []
    assert own_pluggy.transactions.transactions_retrieve(transaction.id).category == transaction.category


def test_a_webhook_is_made_read_changed_and_deleted(own_pluggy: Pluggy) -> None:
    """All that can be done to a webhook is done."""
    url = "https://shop.example/told"
    made = own_pluggy.webhooks.webhooks_create(CreateWebhook(event="item/created", url=url, headers={"x-me": "1"}))
    # the client's map of answers knows 201 only, so it returns nothing for a 200 (and does not raise)
    assert made is None
    [webhook] = own_pluggy.webhooks.webhooks_list().results
    assert (webhook.event, webhook.url, webhook.headers) == ("item/created", url, {"x-me": "1"})
    assert own_pluggy.webhooks.webhooks_retrieve(webhook.id) == webhook
    off = own_pluggy.webhooks.webhooks_update(webhook.id, UpdateWebhook(event="all", enabled=False))
    assert off.event == "all"
    assert off.disabled_at is not None
    on = own_pluggy.webhooks.webhooks_update(webhook.id, UpdateWebhook(enabled=True, headers=None))
    assert (on.disabled_at, on.headers, on.url) == (None, {}, url)
    assert own_pluggy.webhooks.webhooks_delete(webhook.id).count == 1
    assert own_pluggy.webhooks.webhooks_list().results == []


def test_what_creating_a_webhook_answers_is_read_without_the_client(pluggy: Pluggy) -> None:
    """The answer that the Python client drops is the webhook itself."""
    wanted = {"event": "item/error", "url": "https://shop.example/errors"}
    answer = pluggy.sandbox.call("POST", "/webhooks", json=wanted)
    assert answer.status_code == 200
    made = answer.json()
    assert (made["event"], made["url"], made["headers"], made["disabledAt"]) == (*wanted.values(), {}, None)
    assert pluggy.webhooks.webhooks_delete(made["id"]).count == 1


def test_a_connect_token_is_made_for_a_widget(pluggy: Pluggy) -> None:
    """A token for a new item and a token for updating one are both given."""
    options = ItemOptions(clientUserId="anna", avoidDuplicates=True, oauthRedirectUri="https://shop.example/back")
    new = pluggy.auth.connect_token_create(ConnectTokenRequest(options=options))
    assert new.access_token
    item = pluggy.connect(2)
    known = pluggy.auth.connect_token_create(ConnectTokenRequest(itemId=item.id))
    assert known.access_token
    assert known.access_token != new.access_token
