"""How an Open Finance item ends: the documented subset, with the user at the bank's own page."""

from __future__ import annotations

import pytest

from tests.rows.pluggy.browser import consented, decide, someone
from tests.rows.pluggy.stories import detail, ending, failed, later, read, stopped, unread
from tests.server import Client

PRODUCTS = ["ACCOUNTS", "IDENTITY"]

REVOKED = failed("LOGIN_ERROR", "USER_AUTHORIZATION_REVOKED", "The user revoked the authorization.")
UNAVAILABLE = failed("OUTDATED", "SITE_NOT_AVAILABLE", "The institution is not available, please try again later.")
TIMEOUT = failed("OUTDATED", "USER_INPUT_TIMEOUT", "User requested input had expired")


@pytest.mark.row("pluggy.openfinance/LOGIN_ERROR/INVALID_CREDENTIALS")
@pytest.mark.parametrize(
    ("connector", "parameters"),
    [
        (600, {"cpf": "761.092.776-74"}),
        (599, {"cpf": "761.092.776-73", "cnpj": "11.222.333/0001-82"}),
        (599, {"cpf": "761.092.776-74", "cnpj": "11.222.333/0001-81"}),
    ],
)
def test_an_invalid_tax_id_is_a_login_error(client: Client, connector: int, parameters: dict[str, str]) -> None:
    """A CPF or CNPJ whose check digits are wrong is refused before anybody is sent to a bank."""
    item = client.connect(connector, parameters=parameters)
    assert ending(item) == failed("LOGIN_ERROR", "INVALID_CREDENTIALS", "Invalid credentials.")
    assert item["parameter"] is None


@pytest.mark.row("pluggy.openfinance/LOGIN_ERROR/INVALID_CREDENTIALS")
def test_a_valid_company_is_sent_to_its_bank(client: Client) -> None:
    """The same form with right check digits asks for the consent, so it was the digits that were refused."""
    item = client.connect(599, parameters={"cpf": someone(), "cnpj": "11.222.333/0001-81"})
    assert (item["status"], item["parameter"]["name"]) == ("WAITING_USER_INPUT", "oauthCode")


@pytest.mark.row("pluggy.openfinance/LOGIN_ERROR/USER_AUTHORIZATION_NOT_GRANTED")
def test_a_rejected_consent_is_not_granted(client: Client) -> None:
    """The user says no at the bank, and comes back to the client's own address all the same."""
    home = "https://client.example/done?from=bank"
    item = client.connect(600, parameters={"cpf": someone()}, oauthRedirectUri=home)
    assert decide(item, "reject") == f"{home}&itemId={item['id']}"
    item = client.settled(item["id"])
    message = "The user did not grant the authorization."
    assert ending(item) == failed("LOGIN_ERROR", "USER_AUTHORIZATION_NOT_GRANTED", message)
    assert client.get("/accounts", itemId=item["id"])["results"] == []


@pytest.mark.row("pluggy.openfinance/LOGIN_ERROR/USER_AUTHORIZATION_REVOKED")
def test_a_consent_revoked_at_the_bank_is_a_login_error_until_it_is_given_again(alone: Client) -> None:
    """A connected item loses its consent; the next update asks for a new one, and with it the item is whole."""
    item = consented(alone, "user-ok", PRODUCTS)
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
    alone.arm("consent.revoked", connection_id=item["id"], times=len(PRODUCTS))
    item = alone.update(item["id"])
    assert (item["status"], item["executionStatus"], item["error"]) == (
        "LOGIN_ERROR", "USER_AUTHORIZATION_REVOKED", REVOKED["error"]
    )  # fmt: skip
    item = alone.update(item["id"])
    assert (item["status"], item["parameter"]["name"]) == ("WAITING_USER_INPUT", "oauthCode")
    decide(item, "approve")
    item = alone.settled(item["id"])
    assert (item["status"], item["executionStatus"], item["error"]) == ("UPDATED", "SUCCESS", None)


@pytest.mark.row("pluggy.openfinance/LOGIN_ERROR/USER_AUTHORIZATION_REVOKED")
def test_a_consent_revoked_before_it_was_used_ends_the_first_execution(client: Client) -> None:
    """Whoever logs in at the bank as the one who revokes at once ends so."""
    assert ending(consented(client, "act+consent.revoked", PRODUCTS)) == REVOKED


@pytest.mark.row("pluggy.openfinance/OUTDATED/USER_INPUT_TIMEOUT")
def test_an_authorisation_that_is_never_finished_times_out(alone: Client) -> None:
    """Until `expiresAt` the item waits; then it is outdated, and coming back from the bank is too late."""
    stopped(alone)
    item = alone.connect(600, parameters={"cpf": someone()})
    assert (item["status"], item["executionStatus"]) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    alone.own("POST", "/sandbox/clock", json={"at": item["parameter"]["expiresAt"]})
    after = alone.get(f"/items/{item['id']}")
    assert ending(after) == TIMEOUT
    assert after["parameter"] is None
    assert after["updatedAt"] == item["parameter"]["expiresAt"]


@pytest.mark.row("pluggy.openfinance/OUTDATED/USER_INPUT_TIMEOUT")
def test_an_authorisation_may_take_until_its_last_moment(client: Client) -> None:
    """One second before the deadline the item still waits, and the user can still approve."""
    stopped(client)
    item = client.connect(600, parameters={"cpf": someone()}, products=PRODUCTS)
    later(client, "PT14M59S")
    item = client.get(f"/items/{item['id']}")
    assert item["status"] == "WAITING_USER_INPUT"
    decide(item, "approve")
    assert client.settled(item["id"])["status"] == "UPDATED"


@pytest.mark.row("pluggy.openfinance/OUTDATED/SITE_NOT_AVAILABLE")
def test_an_unstable_institution_leaves_the_item_outdated(client: Client) -> None:
    """The bank takes the consent and then is not there."""
    assert ending(consented(client, "act+institution.unavailable", PRODUCTS)) == UNAVAILABLE


@pytest.mark.row("pluggy.openfinance/OUTDATED/SITE_NOT_AVAILABLE")
def test_an_outage_does_not_cost_the_consent(client: Client) -> None:
    """A connected item is outdated while its bank is down; afterwards it goes on without asking the user again."""
    first = stopped(client)
    item = consented(client, "user-ok", PRODUCTS)
    client.arm("institution.unavailable", connection_id=item["id"], times=len(PRODUCTS))
    later(client, "PT1H")
    item = client.update(item["id"])
    assert (item["status"], item["executionStatus"], item["error"]) == (
        "OUTDATED", "SITE_NOT_AVAILABLE", UNAVAILABLE["error"]
    )  # fmt: skip
    assert item["lastUpdatedAt"] == first
    item = client.update(item["id"])
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")


@pytest.mark.row("pluggy.openfinance/OUTDATED/ERROR")
@pytest.mark.parametrize(
    ("meaning", "code", "message"),
    [
        ("server.error", "ERROR", "An unexpected error happened, please try again."),
        ("institution.connection", "CONNECTION_ERROR", "Connectivity error, please try again."),
    ],
)
def test_an_unexpected_error_at_the_institution_leaves_the_item_outdated(
    client: Client, meaning: str, code: str, message: str
) -> None:
    """Both of the documented words for it."""
    assert ending(consented(client, f"act+{meaning}", PRODUCTS)) == failed("OUTDATED", code, message)


RATE_LIMITED = {
    "code": "423",
    "message": "Open Finance monthly rate limit reached on product 'accounts' for this CPF/CNPJ and institution. "
    "The product could not be updated.",
}
UNSTABLE = {
    "code": "ACCT_003",
    "message": "The account is temporarily unavailable at the institution",
    "providerMessage": "A conta está temporariamente indisponível na instituição.",
}


@pytest.mark.parametrize(
    ("meaning", "warning"),
    [
        pytest.param(
            "product.quota-spent",
            RATE_LIMITED,
            marks=pytest.mark.row("pluggy.openfinance/UPDATED/PARTIAL_SUCCESS.rate-limit"),
        ),
        pytest.param(
            "product.temporarily-unavailable",
            UNSTABLE,
            marks=pytest.mark.row("pluggy.openfinance/UPDATED/PARTIAL_SUCCESS.instability"),
        ),
    ],
)
def test_a_product_that_failed_leaves_the_item_partly_updated(
    client: Client, meaning: str, warning: dict[str, str]
) -> None:
    """The other product is read; the failed one says why, and that it never was."""
    now = stopped(client)
    item = consented(client, f"act+{meaning}@accounts", PRODUCTS)
    assert ending(item) == {
        "status": "UPDATED",
        "executionStatus": "PARTIAL_SUCCESS",
        "error": None,
        "statusDetail": detail(accounts=unread(None, warning), identity=read(now)),
    }


@pytest.mark.row("pluggy.openfinance/UPDATED/PARTIAL_SUCCESS.rate-limit")
def test_a_rate_limit_keeps_what_was_read_before_it(alone: Client) -> None:
    """The product keeps the instant of its last success, and its accounts stay readable."""
    first = stopped(alone)
    item = consented(alone, "user-ok", PRODUCTS)
    accounts = alone.get("/accounts", itemId=item["id"])["results"]
    alone.arm("product.quota-spent", operation="accounts", connection_id=item["id"])
    second = later(alone, "P1D")
    item = alone.update(item["id"])
    assert item["statusDetail"] == detail(accounts=unread(first, RATE_LIMITED), identity=read(second))
    assert alone.get("/accounts", itemId=item["id"])["results"] == accounts
