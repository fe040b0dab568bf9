"""How an item ends: its statuses and its error object, as they are documented."""

from __future__ import annotations

import pytest

from tests.rows.pluggy.stories import detail, ending, failed, later, read, stopped, unread
from tests.server import Client


def has_nothing(client: Client, item_id: str) -> bool:
    """Tell whether no product of the item can be read."""
    lists = ("/accounts", "/investments", "/loans")
    return all(client.get(path, itemId=item_id)["results"] == [] for path in lists)


@pytest.mark.row("pluggy.UPDATED/SUCCESS")
@pytest.mark.parametrize("connector", [0, 2])
def test_an_item_whose_products_were_all_read_is_updated_with_success(client: Client, connector: int) -> None:
    """Nothing is to be said: error and statusDetail are null, and the data is there."""
    now = stopped(client)
    item = client.connect(connector)
    assert ending(item) == {"status": "UPDATED", "executionStatus": "SUCCESS", "error": None, "statusDetail": None}
    assert item["lastUpdatedAt"] == now
    assert client.get("/accounts", itemId=item["id"])["results"]


@pytest.mark.row("pluggy.LOGIN_ERROR/INVALID_CREDENTIALS")
@pytest.mark.parametrize(("user", "password"), [("user-ok", "not-the-password"), ("user-nobody", "password-ok")])
def test_refused_credentials_are_a_login_error(client: Client, user: str, password: str) -> None:
    """A wrong password and an unknown user end alike, and nothing was read."""
    item = client.connect(2, user, password)
    assert ending(item) == failed("LOGIN_ERROR", "INVALID_CREDENTIALS", "Invalid credentials.")
    assert item["lastUpdatedAt"] is None
    assert item["consecutiveFailedLoginAttempts"] == 1
    assert has_nothing(client, item["id"])


OUTDATED = [
    pytest.param(
        "user-connection-error",
        failed("OUTDATED", "CONNECTION_ERROR", "Connectivity error, please try again."),
        marks=pytest.mark.row("pluggy.OUTDATED/CONNECTION_ERROR"),
    ),
    pytest.param(
        "user-unavailable",
        failed("OUTDATED", "SITE_NOT_AVAILABLE", "The institution is not available, please try again later."),
        marks=pytest.mark.row("pluggy.OUTDATED/SITE_NOT_AVAILABLE"),
    ),
    pytest.param(
        "act+server.error",
        failed("OUTDATED", "ERROR", "An unexpected error happened, please try again."),
        marks=pytest.mark.row("pluggy.OUTDATED/ERROR"),
    ),
    pytest.param(
        "user-logged",
        failed("OUTDATED", "ALREADY_LOGGED_IN", "The user is already logged in at the institution."),
        marks=pytest.mark.row("pluggy.OUTDATED/another-active-session"),
    ),
]


@pytest.mark.parametrize(("user", "expected"), OUTDATED)
def test_what_stops_an_execution_before_any_product_leaves_the_item_outdated(
    client: Client, user: str, expected: dict[str, object]
) -> None:
    """It is no login error: the user is not blamed, nothing was read, and another attempt is allowed at once."""
    item = client.connect(0, user)
    assert ending(item) == expected
    assert item["lastUpdatedAt"] is None
    assert item["consecutiveFailedLoginAttempts"] == 0
    assert has_nothing(client, item["id"])
    assert ending(client.update(item["id"])) == expected


@pytest.mark.row("pluggy.OUTDATED/SITE_NOT_AVAILABLE")
def test_an_outdated_item_can_be_updated_once_the_institution_is_back(client: Client) -> None:
    """The institution is unstable in the morning and recovers later in the day."""
    client.arm("institution.unavailable", operation="login", institution="sandbox-bank")
    item = client.connect(2)
    assert (item["status"], item["executionStatus"]) == ("OUTDATED", "SITE_NOT_AVAILABLE")
    assert (client.update(item["id"])["status"], has_nothing(client, item["id"])) == ("UPDATED", False)


@pytest.mark.row("pluggy.UPDATED/PARTIAL_SUCCESS")
def test_a_failed_product_keeps_the_instant_of_its_last_success(alone: Client) -> None:
    """Of two products one fails the next day: the other is new, it keeps its date, what was not asked for is null."""
    first = stopped(alone)
    item = alone.connect(2, products=["ACCOUNTS", "TRANSACTIONS"])
    assert item["statusDetail"] is None
    alone.arm("product", operation="transactions", connection_id=item["id"])
    second = later(alone, "P2D")
    item = alone.update(item["id"])
    warning = {
        "code": "003",
        "message": "The product could not be retrieved",
        "providerMessage": "Não foi possível obter estas informações.",
    }
    assert ending(item) == {
        "status": "UPDATED",
        "executionStatus": "PARTIAL_SUCCESS",
        "error": None,
        "statusDetail": detail(accounts=read(second), transactions=unread(first, warning)),
    }
    third = later(alone, "PT1H")
    item = alone.update(item["id"])
    assert (item["executionStatus"], item["statusDetail"], item["lastUpdatedAt"]) == ("SUCCESS", None, third)


@pytest.mark.row("pluggy.UPDATED/PARTIAL_SUCCESS")
def test_the_documented_user_whose_accounts_fail_is_partly_updated(client: Client) -> None:
    """The accounts say that they are not there; a product that needs none of them is, and so are a card's movements."""
    now = stopped(client)
    products = ["ACCOUNTS", "CREDIT_CARDS", "TRANSACTIONS", "IDENTITY"]
    item = client.connect(2, "user-ok-account-error", products=products)
    assert (item["status"], item["executionStatus"], item["error"]) == ("UPDATED", "PARTIAL_SUCCESS", None)
    assert item["statusDetail"]["identity"] == read(now)
    accounts = item["statusDetail"]["accounts"]
    assert (accounts["isUpdated"], accounts["lastUpdatedAt"], len(accounts["warnings"])) == (False, None, 1)
    without = {
        "code": "TXN_005",
        "message": "Transactions could not be retrieved because the accounts step had errors",
        "providerMessage": "As transações não foram obtidas porque houve erro ao obter as contas.",
    }
    assert item["statusDetail"]["transactions"] == read(now, without)
    (card,) = client.get("/accounts", itemId=item["id"])["results"]
    assert card["type"] == "CREDIT"
    assert client.get("/v2/transactions", accountId=card["id"])["results"]
    assert client.get("/identity", itemId=item["id"])["itemId"] == item["id"]


@pytest.mark.row("pluggy.error/USER_AUTHORIZATION_PENDING")
def test_a_device_to_be_authorised_is_named_in_the_attributes(client: Client) -> None:
    """The user is told under which name to look for the device at the bank."""
    item = client.connect(2, "user-ok-auth-pending")
    message = "The user needs to grant necessary permissions for their account."
    told = {"deviceNickname": "Afluente 0417"}
    assert ending(item) == failed("OUTDATED", "USER_AUTHORIZATION_PENDING", message, attributes=told)


@pytest.mark.row("pluggy.error/ACCOUNT_NEEDS_ACTION")
def test_the_institutions_own_sentence_is_the_provider_message(client: Client) -> None:
    """What the bank shows to the user comes through unchanged, with the documented default beside it."""
    sentence = "Your password should be changed"
    client.arm("login.needs-action", operation="login", institution="sandbox-bank", said=sentence)
    item = client.connect(2)
    message = "Account needs a manual user action."
    assert ending(item) == failed("OUTDATED", "ACCOUNT_NEEDS_ACTION", message, providerMessage=sentence)
    assert item["error"] == {
        "code": "ACCOUNT_NEEDS_ACTION",
        "message": "Account needs a manual user action.",
        "providerMessage": "Your password should be changed",
    }


@pytest.mark.row("pluggy.error/ACCOUNT_NEEDS_ACTION")
def test_the_documented_user_is_told_in_portuguese_what_to_do(client: Client) -> None:
    """The sandbox's user whose bank says something has that sentence; the one whose bank says nothing has none."""
    item = client.connect(2, "user-account-need-actions-provider-message")
    sentence = "Sua senha expirou. Acesse o aplicativo do banco e cadastre uma nova senha para continuar."
    assert item["error"]["providerMessage"] == sentence
    silent = client.connect(2, "user-account-need-actions")
    message = "Account needs a manual user action."
    assert ending(silent) == failed("OUTDATED", "ACCOUNT_NEEDS_ACTION", message)
