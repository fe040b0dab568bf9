"""The rules of automatic syncs and of warnings, each followed over a clock that is moved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.rows.pluggy.browser import consented, decide, someone
from tests.rows.pluggy.stories import detail, ending, failed, later, read, refused, stopped, unread
from tests.server import Client

DAILY = 24 * 60 * 60
UNAVAILABLE = failed("OUTDATED", "SITE_NOT_AVAILABLE", "The institution is not available, please try again later.")


def after(at: str, **span: float) -> str:
    """Return the instant so long after another."""
    then = datetime.fromisoformat(at) + timedelta(**span)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def strikes_left(client: Client) -> int:
    """Return how many more times the armed fault would strike: what an attempt at the institution costs."""
    faults: list[dict[str, Any]] = client.own("GET", "/sandbox/faults")["faults"]
    return sum(int(fault.get("times", 1)) for fault in faults)


@pytest.mark.row("pluggy.rule/outdated-auto-retry")
def test_an_outdated_item_is_retried_five_times_an_hour_apart_and_then_dropped(alone: Client) -> None:
    """Each hour one attempt reaches the institution; after the fifth none is planned, and none comes."""
    alone.policy(sync_every=DAILY)
    alone.arm("institution.unavailable", operation="login", times=100)
    now = stopped(alone)
    item = alone.connect(2)
    assert ending(item) == UNAVAILABLE
    assert item["nextAutoSyncAt"] == after(now, hours=1)
    assert strikes_left(alone) == 99
    for retry in range(1, 6):
        later(alone, "PT59M59S")
        assert strikes_left(alone) == 100 - retry
        now = later(alone, "PT1S")
        assert strikes_left(alone) == 99 - retry
        item = alone.get(f"/items/{item['id']}")
        assert ending(item) == UNAVAILABLE
        assert item["updatedAt"] == now
        assert item["nextAutoSyncAt"] == (after(now, hours=1) if retry < 5 else None)
    later(alone, "P30D")
    assert strikes_left(alone) == 94
    assert alone.get(f"/items/{item['id']}")["updatedAt"] == now


@pytest.mark.row("pluggy.rule/outdated-auto-retry")
def test_a_daily_sync_that_fails_is_retried_five_times_too(alone: Client) -> None:
    """The sync that was due anyway is none of the five."""
    alone.policy(sync_every=DAILY)
    now = stopped(alone)
    item = alone.connect(2)
    assert item["nextAutoSyncAt"] == after(now, days=1)
    alone.arm("institution.connection", operation="login", times=100)
    failed_at = later(alone, "P1D")
    assert strikes_left(alone) == 99
    later(alone, "P30D")
    assert strikes_left(alone) == 94
    item = alone.get(f"/items/{item['id']}")
    assert (item["status"], item["executionStatus"]) == ("OUTDATED", "CONNECTION_ERROR")
    assert item["nextAutoSyncAt"] is None
    assert item["updatedAt"] == after(failed_at, hours=5)
    assert item["lastUpdatedAt"] == now


@pytest.mark.row("pluggy.rule/outdated-auto-retry")
def test_an_institution_that_recovers_ends_the_retries(alone: Client) -> None:
    """The third retry succeeds: the item is updated, and its next sync is the daily one again."""
    alone.policy(sync_every=DAILY)
    alone.arm("institution.unavailable", operation="login", times=3)
    now = stopped(alone)
    item = alone.connect(2)
    later(alone, "PT12H")
    item = alone.get(f"/items/{item['id']}")
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
    assert item["lastUpdatedAt"] == after(now, hours=3)
    assert item["nextAutoSyncAt"] == after(now, hours=3, days=1)


@pytest.mark.row("pluggy.rule/outdated-auto-retry")
def test_a_consented_item_is_retried_without_its_user(alone: Client) -> None:
    """An Open Finance item whose bank was down goes on with the consent it has: nobody is asked at night."""
    alone.policy(sync_every=DAILY)
    now = stopped(alone)
    item = consented(alone, "user-ok", ["ACCOUNTS"])
    alone.arm("institution.unavailable", operation="accounts", times=2)
    later(alone, "P1D")
    item = alone.get(f"/items/{item['id']}")
    assert (item["status"], item["executionStatus"]) == ("OUTDATED", "SITE_NOT_AVAILABLE")
    later(alone, "PT2H")
    item = alone.get(f"/items/{item['id']}")
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "SUCCESS")
    assert item["lastUpdatedAt"] == after(now, days=1, hours=2)


@pytest.mark.row("pluggy.rule/partial-success-not-retried")
def test_a_partial_success_waits_for_the_next_daily_sync(alone: Client) -> None:
    """In the hours in which an outdated item would be retried nothing reaches the institution."""
    alone.policy(sync_every=DAILY)
    alone.arm("product", operation="transactions", times=100)
    now = stopped(alone)
    item = alone.connect(2, products=["ACCOUNTS", "TRANSACTIONS"])
    assert (item["status"], item["executionStatus"]) == ("UPDATED", "PARTIAL_SUCCESS")
    assert item["nextAutoSyncAt"] == after(now, days=1)
    assert strikes_left(alone) == 99
    later(alone, "PT23H59M59S")
    assert strikes_left(alone) == 99
    assert alone.get(f"/items/{item['id']}")["updatedAt"] == now
    later(alone, "PT1S")
    assert strikes_left(alone) == 98


@pytest.mark.row("pluggy.rule/login-error-needs-user")
def test_a_login_error_is_never_retried_and_wants_new_credentials(alone: Client) -> None:
    """Nothing is sent again by itself, nor on a client's word without new credentials; with them the item is whole."""
    alone.policy(sync_every=DAILY)
    now = stopped(alone)
    item = alone.connect(2, "user-ok", "wrong-one")
    assert ending(item) == failed("LOGIN_ERROR", "INVALID_CREDENTIALS", "Invalid credentials.")
    assert item["nextAutoSyncAt"] is None
    # whatever reached the institution now would be seen
    alone.arm("institution.unavailable", operation="login", times=100)
    later(alone, "P30D")
    assert strikes_left(alone) == 100
    assert alone.get(f"/items/{item['id']}")["updatedAt"] == now
    told = {
        "code": 400,
        "codeDescription": "LAST_EXECUTION_HAD_LOGIN_ERROR",
        "message": "Last execution had a login error, new credentials have to be provided",
    }
    assert refused(alone, item["id"]) == (400, told)
    same = {"user": "user-ok", "password": "wrong-one"}
    assert refused(alone, item["id"], parameters=same) == (400, told)
    assert strikes_left(alone) == 100
    alone.own("DELETE", "/sandbox/faults")
    item = alone.update(item["id"], parameters={"user": "user-ok", "password": "password-ok"})
    assert (item["status"], item["executionStatus"], item["error"]) == ("UPDATED", "SUCCESS", None)
    assert item["consecutiveFailedLoginAttempts"] == 0


LOGIN_ERRORS = [
    ("login.credentials", "INVALID_CREDENTIALS"),
    ("login.credentials-reset", "ACCOUNT_CREDENTIALS_RESET"),
    ("login.locked", "ACCOUNT_LOCKED"),
    ("mfa.wrong", "INVALID_CREDENTIALS_MFA"),
]


@pytest.mark.row("pluggy.rule/login-error-needs-user")
@pytest.mark.parametrize(("meaning", "code"), LOGIN_ERRORS)
def test_no_kind_of_login_error_is_retried(client: Client, meaning: str, code: str) -> None:
    """An item that synced every day and loses its login so is out of the schedule."""
    client.policy(sync_every=DAILY)
    now = stopped(client)
    item = client.connect(2)
    assert item["nextAutoSyncAt"] == after(now, days=1)
    client.arm(meaning, operation="login", connection_id=item["id"])
    failed_at = later(client, "P1D")
    item = client.get(f"/items/{item['id']}")
    assert (item["status"], item["executionStatus"]) == ("LOGIN_ERROR", code)
    assert item["nextAutoSyncAt"] is None
    later(client, "P2D")
    assert client.get(f"/items/{item['id']}")["updatedAt"] == failed_at


@pytest.mark.row("pluggy.rule/login-error-needs-user")
def test_a_rejected_consent_is_not_asked_for_again_by_itself(client: Client) -> None:
    """The user said no: nothing happens until a client starts again."""
    client.policy(sync_every=DAILY)
    stopped(client)
    item = client.connect(600, parameters={"cpf": someone()})
    decide(item, "reject")
    item = client.settled(item["id"])
    assert (item["status"], item["nextAutoSyncAt"]) == ("LOGIN_ERROR", None)
    later(client, "P2D")
    assert client.get(f"/items/{item['id']}")["updatedAt"] == item["updatedAt"]


@pytest.mark.row("pluggy.rule/warning-on-failed-product")
def test_a_warning_says_why_a_product_failed(client: Client) -> None:
    """The institution's own sentence stands beside `isUpdated: false`, and the other product is there."""
    now = stopped(client)
    client.arm(
        "product.outside-hours.market-closed",
        operation="investment-movements",
        institution="itau-pf",
        said="O mercado está fechado.",
    )
    item = client.connect(201, products=["INVESTMENTS", "INVESTMENTS_TRANSACTIONS"])
    warning = {
        "code": "002",
        "message": "Treasury market is closed at this time",
        "providerMessage": "O mercado está fechado.",
    }
    assert (item["status"], item["executionStatus"], item["error"]) == ("UPDATED", "PARTIAL_SUCCESS", None)
    assert item["statusDetail"] == detail(investments=read(now), investmentsTransactions=unread(None, warning))
    assert client.get("/investments", itemId=item["id"])["results"]


@pytest.mark.row("pluggy.rule/warning-on-updated-product")
def test_a_warning_says_what_would_improve_a_product_that_was_read(client: Client) -> None:
    """The item is a success, the product is there, and still there is something for the user to do."""
    now = stopped(client)
    item = client.connect(202, "act+product.permission-missing.treasury@investments", products=["INVESTMENTS"])
    warning = {
        "code": "001",
        "message": "User does not have permissions to access Treasury assets",
        "providerMessage": "A Conta não está habilitada para operar no Tesouro Direto pois já existe outra conta "
        "XP Inc atrelada ao CPF do cliente. Caso queira trocar a conta habilitada, entre em contato com seu assessor.",
    }
    assert (item["status"], item["executionStatus"], item["error"]) == ("UPDATED", "SUCCESS", None)
    assert item["statusDetail"] == detail(investments=read(now, warning))
    assert client.get("/investments", itemId=item["id"])["results"]
