"""What becomes of an item: mended, partly read, updated, taken out of the schedule, deleted; with the own client."""

from __future__ import annotations

import json

import pytest
from pluggy_sdk.exceptions import ApiException, BadRequestException, NotFoundException
from pluggy_sdk.models import Item, StatusDetailProduct

from tests.journeys.pluggy import Pluggy

pytestmark = [
    pytest.mark.journey,
    # the client says so of its own method; the endpoint is served until the service ends it
    pytest.mark.filterwarnings("ignore:GET /transactions is deprecated:DeprecationWarning"),
]


def body(raised: pytest.ExceptionInfo[ApiException]) -> dict[str, object]:
    """The error's JSON."""
    return dict(json.loads(raised.value.body))


def test_wrong_credentials_are_repaired_with_right_ones(own_pluggy: Pluggy) -> None:
    """A refused password is not tried again as it stands; another one is, and then everything is read."""
    item = own_pluggy.connect(2, parameters={"user": "user-ok", "password": "password-bad"})
    assert (item.status, item.execution_status) == ("LOGIN_ERROR", "INVALID_CREDENTIALS")
    assert item.error is not None
    assert (item.error.code, item.error.message) == ("INVALID_CREDENTIALS", "Invalid credentials.")
    assert item.consecutive_failed_login_attempts == 1
    with pytest.raises(BadRequestException) as raised:
        own_pluggy.update(item.id)
    assert body(raised)["codeDescription"] == "LAST_EXECUTION_HAD_LOGIN_ERROR"
    mended = own_pluggy.update(item.id, {"user": "user-ok", "password": "password-ok"})
    assert (mended.status, mended.execution_status) == ("UPDATED", "SUCCESS")
    assert (mended.error, mended.consecutive_failed_login_attempts) == (None, 0)
    assert own_pluggy.accounts.accounts_list(item.id).results


def products(item: Item) -> dict[str, StatusDetailProduct]:
    """What is told of each product that the item has."""
    assert item.status_detail is not None
    told = {name: getattr(item.status_detail, name) for name in type(item.status_detail).model_fields}
    return {name: product for name, product in told.items() if product is not None}


def test_one_product_fails_and_the_others_are_read(own_pluggy: Pluggy) -> None:
    """A partial success says which product is not new, and what was read of the others is there."""
    item = own_pluggy.connect(2, parameters={"user": "user-ok-account-error", "password": "password-ok"})
    assert (item.status, item.execution_status) == ("UPDATED", "PARTIAL_SUCCESS")
    told = products(item)
    assert {name for name, product in told.items() if not product.is_updated} == {"accounts"}
    assert told["accounts"].last_updated_at is None
    assert told["accounts"].warnings
    assert told["credit_cards"].last_updated_at is not None
    assert [account.type for account in own_pluggy.accounts.accounts_list(item.id).results] == ["CREDIT"]
    assert own_pluggy.investments.investments_list(item.id).results


def test_a_product_that_fails_later_keeps_what_was_read_before(pluggy: Pluggy) -> None:
    """The data of the last success stays, and its date says how old it is."""
    item = pluggy.connect(2)
    before = [account.id for account in pluggy.accounts.accounts_list(item.id).results]
    pluggy.sandbox.arm("product.temporarily-unavailable", operation="accounts", connection_id=item.id)
    partly = pluggy.update(item.id)
    assert partly.execution_status == "PARTIAL_SUCCESS"
    accounts = products(partly)["accounts"]
    assert accounts.is_updated is False
    assert accounts.last_updated_at is not None
    assert partly.last_updated_at is not None
    assert accounts.last_updated_at < partly.last_updated_at
    assert [account.id for account in pluggy.accounts.accounts_list(item.id).results] == before


def test_a_warning_stands_beside_data_that_arrived(pluggy: Pluggy) -> None:
    """The item is a success, and its detail names the product that has something to tell."""
    item = pluggy.connect(2, parameters={"user": "user-ok-account-warning", "password": "password-ok"})
    assert (item.status, item.execution_status) == ("UPDATED", "SUCCESS")
    told = products(item)
    assert all(product.is_updated for product in told.values())
    assert {name for name, product in told.items() if product.warnings} == {"accounts"}


def test_an_update_reads_again_and_keeps_every_id(own_pluggy: Pluggy) -> None:
    """Accounts and transactions are the same ones after an update, and the item says when it was."""
    item = own_pluggy.connect(2)
    accounts = own_pluggy.accounts.accounts_list(item.id).results
    movements = own_pluggy.transactions.transactions_list(accounts[0].id).results
    updated = own_pluggy.update(item.id)
    assert (updated.status, updated.execution_status) == ("UPDATED", "SUCCESS")
    assert updated.last_updated_at is not None
    assert item.last_updated_at is not None
    assert updated.last_updated_at > item.last_updated_at
    again = own_pluggy.accounts.accounts_list(item.id).results
    assert [account.id for account in again] == [account.id for account in accounts]
    assert {t.id for t in movements} <= {t.id for t in own_pluggy.transactions.transactions_list(again[0].id).results}


def test_an_update_with_the_token_again_wants_a_new_one(pluggy: Pluggy) -> None:
    """A one-step token is renewed on every update: left out or repeated, the update is refused."""
    item = pluggy.connect(4, parameters={"user": "user-ok", "password": "password-ok", "token": "123456"})
    with pytest.raises(BadRequestException) as raised:
        pluggy.update(item.id)
    assert body(raised)["codeDescription"] == "CONNECTOR_REQUIRED_PARAMETER_VALIDATION_ERROR"
    with pytest.raises(BadRequestException) as raised:
        pluggy.update(item.id, {"token": "123456"})
    assert body(raised)["codeDescription"] == "MFA_PARAMERTER_WAS_ALREADY_USED_ERROR"
    assert pluggy.items.items_retrieve(item.id).status == "UPDATED"


def test_an_item_can_be_asked_for_some_products_only(pluggy: Pluggy) -> None:
    """What was not asked for is not read, and an update may ask for more."""
    item = pluggy.connect(2, products=["ACCOUNTS"])
    assert item.products == ["ACCOUNTS"]
    assert pluggy.loans.loans_list(item.id).results == []
    assert {a.type for a in pluggy.accounts.accounts_list(item.id).results} == {"BANK"}
    more = pluggy.update(item.id, products=["ACCOUNTS", "LOANS"])
    assert more.products == ["ACCOUNTS", "LOANS"]
    assert pluggy.loans.loans_list(item.id).results


def test_automatic_updates_are_switched_off(own_pluggy: Pluggy) -> None:
    """An item in the schedule leaves it when it is told to, and comes back with the next update."""
    own_pluggy.sandbox.policy(sync_every=86_400)
    item = own_pluggy.connect(2)
    assert item.next_auto_sync_at is not None
    assert own_pluggy.items.items_disable_autosync(item.id).next_auto_sync_at is None
    assert own_pluggy.items.items_retrieve(item.id).next_auto_sync_at is None
    assert own_pluggy.update(item.id).next_auto_sync_at is not None


def test_a_deleted_item_is_gone_with_all_it_had(own_pluggy: Pluggy) -> None:
    """One item is counted as deleted; then neither it nor anything of it can be found."""
    item = own_pluggy.connect(2)
    account = own_pluggy.accounts.accounts_list(item.id).results[0]
    identity = own_pluggy.identity.identity_find_by_item(item.id)
    transaction = own_pluggy.transactions.transactions_list(account.id).results[0]
    assert own_pluggy.items.items_delete(item.id).count == 1
    gone = {
        "ITEM_NOT_FOUND": lambda: own_pluggy.items.items_retrieve(item.id),
        "ACCOUNT_NOT_FOUND": lambda: own_pluggy.accounts.accounts_retrieve(account.id),
        "TRANSACTION_NOT_FOUND": lambda: own_pluggy.transactions.transactions_retrieve(transaction.id),
        "IDENTITY_NOT_FOUND": lambda: own_pluggy.identity.identity_retrieve(identity.id),
    }
    for code, read in gone.items():
        with pytest.raises(NotFoundException) as raised:
            read()
        assert body(raised)["codeDescription"] == code
    with pytest.raises(NotFoundException):
        own_pluggy.items.items_delete(item.id)


def test_items_are_listed_by_user_and_connector(own_pluggy: Pluggy) -> None:
    """The list by cursor has the application's items, oldest first, and can be narrowed."""
    first = own_pluggy.connect(2, clientUserId="anna")
    second = own_pluggy.connect(16, clientUserId="bia")
    third = own_pluggy.connect(2, clientUserId="bia")
    page = own_pluggy.items.items_list_by_cursor()
    assert [item.id for item in page.results] == [first.id, second.id, third.id]
    assert page.next is None
    assert [i.id for i in own_pluggy.items.items_list_by_cursor(client_user_id="bia").results] == [second.id, third.id]
    narrow = own_pluggy.items.items_list_by_cursor(client_user_id="bia", connector_id=2)
    assert [item.id for item in narrow.results] == [third.id]


def test_a_key_that_is_no_key_is_refused(pluggy: Pluggy) -> None:
    """The client raises what it raises for the service itself."""
    good = pluggy.api.configuration.api_key["default"]
    pluggy.api.configuration.api_key["default"] = good[:-4] + "AAAA"
    with pytest.raises(ApiException) as raised:
        pluggy.items.items_list_by_cursor()
    assert raised.value.status == 403
    assert body(raised)["message"] == "Missing or invalid authorization token"
