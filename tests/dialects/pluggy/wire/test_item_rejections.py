"""Items that are not made and updates that are not begun: every refusal, by its real cause where it has one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dialects.pluggy.wire.conftest import Widget
from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client, running

GOOD = {"user": "user-ok", "password": "password-ok"}


def create(client: Client, connector: Any = 2, parameters: Any = GOOD, **more: Any) -> httpx.Response:
    """Ask for an item."""
    return client.call("POST", "/items", json={"connectorId": connector, "parameters": parameters, **more})


def update(client: Client, item: dict[str, Any], **body: Any) -> httpx.Response:
    """Ask for an update."""
    return client.call("PATCH", f"/items/{item['id']}", json=body)


def unchanged(client: Client, item: dict[str, Any]) -> bool:
    """Whether the item is, to the letter, what it was."""
    return bool(client.get(f"/items/{item['id']}") == item)


def test_a_request_without_parameters_makes_no_item(client: Client) -> None:
    """Left out or null, they were not provided."""
    for body in ({"connectorId": 2}, {"connectorId": 2, "parameters": None}):
        refused = client.call("POST", "/items", json=body)
        assert_refused(refused, 400, "Parameters were not provided", "PARAMETERS_NOT_PROVIDED")


def entries(*faults: tuple[str, str, str]) -> dict[str, Any]:
    """The list of what is wrong, under both its names."""
    listed = [{"code": code, "message": message, "parameter": parameter} for code, parameter, message in faults]
    return {"details": listed, "errors": listed}


VALIDATION = (400, "Connector parameters do not match validation rules", "CONNECTOR_VALIDATION_ERROR")
USER_RULE = ("002", "user", 'O user deve começar com "user-"')
PASSWORD_RULE = ("002", "password", "A senha deve ter entre 6 e 20 caracteres")


def test_parameters_that_do_not_match_are_listed_one_by_one(client: Client) -> None:
    """What is missing is 001, what breaks its rule 002, and the rule's own text is told."""
    missing = entries(
        ("001", "user", "user parameter is required"), ("001", "password", "password parameter is required")
    )
    assert_refused(create(client, parameters={}), *VALIDATION, **missing)
    broken = entries(USER_RULE, PASSWORD_RULE)
    assert_refused(create(client, parameters={"user": "somebody", "password": "short"}), *VALIDATION, **broken)
    mixed = entries(("001", "user", "user parameter is required"), PASSWORD_RULE)
    assert_refused(create(client, parameters={"login": "user-ok", "password": "short"}), *VALIDATION, **mixed)


def test_an_update_with_parameters_that_do_not_match_changes_nothing(client: Client) -> None:
    """The same list, and the item keeps what it had."""
    item = client.connect(2)
    assert_refused(update(client, item, parameters={"password": "short"}), *VALIDATION, **entries(PASSWORD_RULE))
    assert unchanged(client, item)


def test_a_number_that_no_connector_has_makes_no_item(client: Client) -> None:
    """The connector is looked for before its parameters are looked at."""
    assert_refused(create(client, 99_999), 404, "connector not found", "CONNECTOR_NOT_FOUND")
    assert_refused(create(client, "two"), 400, "connectorId must be an integer number")
    assert_refused(client.call("POST", "/items", json={}), 400, "connectorId must be an integer number")


def test_unknown_fields_and_products_make_no_item(client: Client) -> None:
    """A field nobody knows is refused by its name, a product by the list of those there are."""
    assert_refused(create(client, colour="red"), 400, "property colour should not exist")
    refused = create(client, products=["ACCOUNTS", "HOROSCOPE"]).json()
    assert (refused["code"], "codeDescription" in refused) == (400, False)
    assert refused["message"].startswith("each value in products must be one of the following values: ACCOUNTS, ")


def test_a_bad_webhook_address_is_told_before_anything_else(client: Client) -> None:
    """Parameters that are wrong as well are not mentioned."""
    message = "Webhook url must be valid URL address and not localhost"
    assert_refused(create(client, parameters={}, webhookUrl="nonsense"), 400, message)
    item = client.connect(2)
    assert_refused(update(client, item, parameters={"password": "x"}, webhookUrl="nonsense"), 400, message)
    assert unchanged(client, item)


def test_the_same_credentials_twice_are_refused_where_duplicates_are_to_be_avoided(client: Client) -> None:
    """The items that have them are named; another user of the client's does not make other credentials."""
    parameters = {"user": "person+twice", "password": "password-ok"}
    first = client.connect(0, parameters=parameters)
    client.connect(0, parameters={**parameters, "user": "person+once"})
    refused = create(client, 0, parameters, avoidDuplicates=True, clientUserId="somebody else")
    message = "There are other items with the same credentials, you can't create a new one"
    ids = [first["id"]]
    assert_refused(refused, 400, message, "ITEM_USER_ALREADY_EXISTS", items=ids, data={"items": ids})
    assert create(client, 0, parameters).status_code == 200
    client.settle()


def test_a_bound_on_items_is_kept(client: Client) -> None:
    """Once there are as many as the plan has, no more are made; deleting one makes room."""
    item = client.connect(2)
    count = len(client.get("/v2/items")["results"])
    client.policy(connections_limit=count)
    message = f"Client exceeded item creation limit ({count} items) for the current subscription level."
    assert_refused(create(client), 409, message, "ITEM_CREATION_LIMIT_EXCEEDED", data={"itemsLimit": count})
    assert client.call("DELETE", f"/items/{item['id']}").status_code == 200
    assert create(client).status_code == 200
    client.settle()


PLANS = [
    ("request.plan.widget-only", 400, "CREATE_ITEMS_API_FREE_DISABLED",
     "Free subscription can only create items through our Connect Widget"),
    ("request.plan.trial", 400, "TRIAL_CLIENT_ITEM_CREATE_NOT_ALLOWED", "Trial client can only create Sandbox items"),
    ("request.institution.offline", 400, "CONNECTOR_OFFLINE", "Connector is offline, please try again later"),
]  # fmt: skip


@pytest.mark.parametrize(("meaning", "status", "code", "message"), PLANS)
def test_a_plan_or_an_institution_may_stand_in_the_way_of_an_item(
    client: Client, meaning: str, status: int, code: str, message: str
) -> None:
    """What the sandbox has no cause for is armed, once, and makes no item."""
    count = len(client.get("/v2/items")["results"])
    client.arm(meaning, operation="POST /items")
    assert_refused(create(client), status, message, code)
    assert len(client.get("/v2/items")["results"]) == count


UPDATES = [
    ("request.plan.sandbox-only", 400, "SANDBOX_CLIENT_ITEM_UPDATE_NOT_ALLOWED",
     "Current client subscription level can only update Sandbox (Pluggy Bank) items"),
    ("request.connection.cooldown", 409, "ITEM_IN_ERROR_COOLDOWN",
     "The item is in error cooldown, please try again later"),
    ("request.connection.different-account", 409, "ITEM_ORIGINAL_CONNECTED_WITH_DIFFERENT_ACCOUNT",
     "Item was originally connected with a different account, please use the original account"),
    ("request.institution.offline", 400, "CONNECTOR_OFFLINE", "Connector is offline, please try again later"),
    ("request.connection.not-updatable", 400, None, "MeuPluggy item cant be updated"),
]  # fmt: skip


@pytest.mark.parametrize(("meaning", "status", "code", "message"), UPDATES)
def test_a_plan_or_an_institution_may_stand_in_the_way_of_an_update(
    client: Client, meaning: str, status: int, code: str | None, message: str
) -> None:
    """What the sandbox has no cause for is armed, once, and changes nothing."""
    item = client.connect(2)
    client.arm(meaning, operation=f"PATCH /items/{item['id']}")
    assert_refused(update(client, item), status, message, code)
    assert unchanged(client, item)


def test_an_item_that_is_updating_is_not_updated(client: Client) -> None:
    """Waiting for the user counts: the execution has not ended."""
    waiting = client.connect(5, user="person+waiting")
    assert waiting["status"] == "WAITING_USER_INPUT"
    message = "An update is already in progress, wait until the last execution ends"
    assert_refused(update(client, waiting), 409, message, "ITEM_ALREADY_UPDATING")
    assert unchanged(client, waiting)
    client.call("DELETE", f"/items/{waiting['id']}")


def test_credentials_that_run_in_another_item_are_not_used_twice(client: Client) -> None:
    """Neither a new item nor an update may log in beside the one that has not ended."""
    parameters = {"user": "person+beside", "password": "password-ok"}
    first = client.answer(client.connect(5, parameters=parameters)["id"], token="123456")
    assert first["status"] == "UPDATED"
    second = client.connect(5, parameters=parameters)
    assert second["status"] == "WAITING_USER_INPUT"
    busy = (
        409,
        "There is an active item for the set of credentials that hasn't finished executing",
        "ITEM_IS_ALREADY_UPDATING",
    )
    ids = [second["id"]]
    assert_refused(create(client, 5, parameters), *busy, items=ids, data={"items": ids})
    assert_refused(update(client, first), *busy, items=ids, data={"items": ids})
    assert unchanged(client, first)
    client.answer(second["id"], token="123456")
    assert update(client, first).status_code == 200
    client.settle()
    client.call("DELETE", f"/items/{first['id']}")


def test_an_update_waits_for_the_least_time_between_two(client: Client) -> None:
    """The refusal says how long it is and when the last update was; a widget's update need not wait."""
    client.advance("PT0S")
    item = client.connect(2)
    client.policy(update_every=24 * 3600)
    message = (
        f"Client updates on this item are allowed at most every 24 hours. Last update was at {item['lastUpdatedAt']}"
    )
    data = {"minUpdateFrequencyAllowedInHours": 24, "lastUpdatedAt": item["lastUpdatedAt"]}
    early = (409, message, "CLIENT_IS_UPDATING_BEFORE_ALLOWED_FREQUENCY")
    assert_refused(update(client, item), *early, data=data)
    client.advance("PT1H59M")
    client.key = client.authenticate(*client.keys)
    assert_refused(update(client, item), *early, data=data)
    client.advance("PT22H1M")
    client.key = client.authenticate(*client.keys)
    assert update(client, item).status_code == 200
    client.settle()


def test_a_widgets_update_need_not_wait(client: Client, widget: Widget) -> None:
    """The least time is between updates that the client's own program asks for."""
    item = client.connect(2)
    client.policy(update_every=24 * 3600)
    assert widget(client, itemId=item["id"]).call("PATCH", f"/items/{item['id']}").status_code == 200
    client.settle()


REFUSED_BEFORE = (
    400,
    "Last execution had a login error, new credentials have to be provided",
    "LAST_EXECUTION_HAD_LOGIN_ERROR",
)


def test_refused_credentials_are_not_sent_again(client: Client) -> None:
    """Neither as they are stored nor typed once more; others are."""
    bad = {"user": "user-ok", "password": "password-bad"}
    item = client.connect(2, parameters=bad)
    assert item["executionStatus"] == "INVALID_CREDENTIALS"
    assert_refused(update(client, item), *REFUSED_BEFORE)
    assert_refused(update(client, item, parameters=bad), *REFUSED_BEFORE)
    assert unchanged(client, item)
    assert client.update(item["id"], parameters=GOOD)["status"] == "UPDATED"


def test_two_refused_logins_in_a_row_are_followed_by_a_wait(client: Client) -> None:
    """A quarter of an hour passes before a third password is tried; the refusal says until when."""
    client.advance("PT0S")
    item = client.connect(2, parameters={"user": "user-ok", "password": "password-1"})
    item = client.update(item["id"], parameters={"password": "password-2"})
    assert (item["status"], item["consecutiveFailedLoginAttempts"]) == ("LOGIN_ERROR", 2)
    ended = item["updatedAt"]
    moment = datetime.fromisoformat(ended) + timedelta(minutes=15)
    again = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = (
        f"must wait at least 15 minutes after 2 consecutive login errors, last attempt was at {ended} "
        f"(can retry after: {again})"
    )
    data = {
        "readableBackoffTime": "15 minutes",
        "maxConsecutiveFailedLoginAttempts": 2,
        "lastExecutionEndedAt": ended,
        "canRetryAfterDate": again,
    }
    early = (400, message, "TOO_MANY_CONSECUTIVE_LOGIN_FAILURES")
    assert_refused(update(client, item, parameters=GOOD), *early, data=data)
    client.advance("PT14M59S")
    assert_refused(update(client, item, parameters=GOOD), *early, data=data)
    client.advance("PT1S")
    assert client.update(item["id"], parameters=GOOD)["status"] == "UPDATED"


def failed_six_times(client: Client, user: str, code: str) -> dict[str, Any]:
    """An item whose every execution ended in one code."""
    item = client.connect(2, user=user)
    for _ in range(5):
        item = client.update(item["id"])
        assert item["executionStatus"] == code
    return dict(item)


def test_more_than_five_failures_in_a_row_want_new_credentials(client: Client) -> None:
    """A sixth failure that the user can mend ends the tries; the published message is kept with its slip."""
    item = failed_six_times(client, "user-logged", "ALREADY_LOGGED_IN")
    message = "There has been more than 5 failing syncronizations, please contact support"
    assert_refused(update(client, item), 400, message, "TOO_MANY_CONSECUTIVE_ERRORS")
    assert unchanged(client, item)
    assert client.update(item["id"], parameters=GOOD)["status"] == "UPDATED"


def test_failures_of_the_institution_lock_nobody_out(client: Client) -> None:
    """However often it was not available, the next update is tried."""
    item = failed_six_times(client, "user-unavailable", "SITE_NOT_AVAILABLE")
    assert client.update(item["id"])["executionStatus"] == "SITE_NOT_AVAILABLE"


def test_a_client_whose_updates_are_disabled_updates_nothing(client: Client) -> None:
    """Items can still be made and read."""
    item = client.connect(2)
    client.policy(updates_disabled=True)
    message = "Client has item updates disabled"
    assert_refused(update(client, item), 409, message, "CLIENT_HAS_ITEM_UPDATES_DISABLED")
    assert unchanged(client, item)


def test_a_token_of_one_step_is_renewed_on_every_update(client: Client) -> None:
    """Left out it is asked for by name; the last one again is refused."""
    item = client.connect(4, parameters={**GOOD, "token": "123456"})
    assert_refused(
        update(client, item),
        400,
        "The parameter 'token' is required to be renewed for item update.",
        "CONNECTOR_REQUIRED_PARAMETER_VALIDATION_ERROR",
        details=[{"code": "001", "message": "Parameter 'token' is required", "parameter": "token"}],
        data={"parameter": "token"},
    )
    message = "MFA parameter has to be updated from last execution"
    used = update(client, item, parameters={"token": "123456"})
    assert_refused(used, 400, message, "MFA_PARAMERTER_WAS_ALREADY_USED_ERROR")
    assert unchanged(client, item)


def test_an_item_that_is_not_there_is_not_updated(client: Client) -> None:
    """An unknown id and a malformed one are told apart."""
    assert_refused(client.call("PATCH", f"/items/{NOBODYS}"), 404, "item not found", "ITEM_NOT_FOUND")
    assert_refused(client.call("PATCH", "/items/none"), 400, "id must be a UUID")


def test_an_item_that_runs_at_this_moment_is_not_updated(tmp_path: Path) -> None:
    """While the institution is being asked, a second update is refused and the first goes on."""
    with running(tmp_path, pace="600000") as server:
        client = server.client()
        created = create(client).json()
        assert (created["status"], created["executionStatus"]) == ("UPDATING", "CREATED")
        message = "An update is already in progress, wait until the last execution ends"
        assert_refused(update(client, created), 409, message, "ITEM_ALREADY_UPDATING")
        ids = [created["id"]]
        assert_refused(
            create(client),
            409,
            "There is an active item for the set of credentials that hasn't finished executing",
            "ITEM_IS_ALREADY_UPDATING",
            items=ids,
            data={"items": ids},
        )
        assert client.get("/accounts", itemId=created["id"])["results"] == []
        assert_refused(
            client.call("GET", f"/identity?itemId={ids[0]}"), 404, "identity not found", "IDENTITY_NOT_FOUND"
        )
        client.close()
