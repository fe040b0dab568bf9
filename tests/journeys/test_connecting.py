"""Ways in, told with the service's own client: passwords, tokens, pictures, choices, an app, the bank's own page."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pluggy_sdk.models import Item

from tests.journeys.pluggy import Pluggy

pytestmark = pytest.mark.journey


def ending(item: Item) -> tuple[str, str]:
    """How the item's last execution ended."""
    return item.status, item.execution_status


def test_a_password_is_enough_where_the_bank_asks_for_nothing_else(own_pluggy: Pluggy) -> None:
    """An item is updating at once, rests updated, and has accounts to read."""
    created = own_pluggy.create(2, clientUserId="user-17")
    assert ending(created) == ("UPDATING", "CREATED")
    assert created.last_updated_at is None
    item = own_pluggy.rested(created.id)
    assert ending(item) == ("UPDATED", "SUCCESS")
    assert item.error is None
    assert item.status_detail is None
    assert item.last_updated_at is not None
    # the client's own Item has no place for the user's id, so it is read as it stands on the wire
    assert own_pluggy.sandbox.get(f"/items/{item.id}")["clientUserId"] == "user-17"
    assert item.connector is not None
    assert item.connector.id == 2
    assert own_pluggy.accounts.accounts_list(item.id).results


def test_a_token_given_with_the_password_lets_in_and_serves_once(pluggy: Pluggy) -> None:
    """Where the token is one of the credentials, the item needs no second step."""
    credentials = {"user": "user-ok", "password": "password-ok", "token": "123456"}
    item = pluggy.connect(4, parameters=credentials)
    assert ending(item) == ("UPDATED", "SUCCESS")
    wrong = pluggy.connect(4, parameters={**credentials, "token": "654321"})
    assert ending(wrong) == ("LOGIN_ERROR", "INVALID_CREDENTIALS_MFA")
    assert pluggy.accounts.accounts_list(wrong.id).results == []


def test_a_token_asked_for_later_is_sent_in_a_second_step(own_pluggy: Pluggy) -> None:
    """The item waits with a parameter to fill in, and goes on once it is answered."""
    item = own_pluggy.connect(5)
    assert ending(item) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert item.parameter is not None
    assert (item.parameter.name, item.parameter.type) == ("token", "number")
    assert own_pluggy.accounts.accounts_list(item.id).results == []
    answered = own_pluggy.answer(item.id, token="123456")
    assert ending(answered) == ("UPDATED", "SUCCESS")
    assert answered.parameter is None
    assert own_pluggy.accounts.accounts_list(item.id).results


def test_a_wrong_token_in_the_second_step_is_a_login_error(pluggy: Pluggy) -> None:
    """The item is refused, counts the failed login, and can be tried again from the start."""
    item = pluggy.connect(5)
    refused = pluggy.answer(item.id, token="000000")
    assert ending(refused) == ("LOGIN_ERROR", "INVALID_CREDENTIALS_MFA")
    assert refused.consecutive_failed_login_attempts == 1
    assert refused.error is not None
    assert refused.error.code == "INVALID_CREDENTIALS_MFA"
    assert ending(pluggy.update(item.id)) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert ending(pluggy.answer(item.id, token="123456")) == ("UPDATED", "SUCCESS")
    assert pluggy.items.items_retrieve(item.id).consecutive_failed_login_attempts == 0


def test_a_picture_is_shown_and_read(pluggy: Pluggy) -> None:
    """The parameter carries the picture itself, encoded in base64."""
    item = pluggy.connect(5, parameters={"user": "user-ok-img", "password": "password-ok"})
    assert item.parameter is not None
    assert item.parameter.type == "image"
    picture = base64.b64decode(item.parameter.data or "", validate=True)
    assert picture.startswith(b"\x89PNG")
    assert ending(pluggy.answer(item.id, **{item.parameter.name: "123456"})) == ("UPDATED", "SUCCESS")


def test_one_of_several_is_chosen(pluggy: Pluggy) -> None:
    """The parameter lists what there is to choose from; a value that is not among it is refused."""
    parameters = {"user": "user-ok-select", "password": "password-ok"}
    item = pluggy.connect(5, parameters=parameters)
    assert item.parameter is not None
    assert item.parameter.type == "select"
    options = item.parameter.options or []
    assert len(options) > 1
    assert all(option.label for option in options)
    assert ending(pluggy.answer(item.id, **{item.parameter.name: options[1].value})) == ("UPDATED", "SUCCESS")
    other = pluggy.connect(5, parameters=parameters)
    assert other.parameter is not None
    refused = pluggy.answer(other.id, **{other.parameter.name: "none of them"})
    assert ending(refused) == ("LOGIN_ERROR", "INVALID_CREDENTIALS_MFA")


def test_a_telephone_is_chosen_and_then_the_token_is_typed(own_pluggy: Pluggy) -> None:
    """Two questions follow each other, each with a parameter of its own."""
    item = own_pluggy.connect(5, parameters={"user": "user-ok-phone", "password": "password-ok"})
    assert item.parameter is not None
    assert (item.parameter.name, item.parameter.type) == ("phone", "select")
    asked = own_pluggy.answer(item.id, phone=(item.parameter.options or [])[0].value)
    assert ending(asked) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert asked.parameter is not None
    assert asked.parameter.name == "token"
    assert ending(own_pluggy.answer(item.id, token="123456")) == ("UPDATED", "SUCCESS")


def test_a_token_is_typed_and_then_a_company_is_chosen(pluggy: Pluggy) -> None:
    """Who stands for several companies says which one, and another choice has other accounts."""
    numbers = []
    for choice in (0, 1):
        item = pluggy.connect(10, parameters={"user": "user-ok-multi-company", "password": "password-ok"})
        asked = pluggy.answer(item.id, token="123456")
        assert asked.parameter is not None
        assert (asked.parameter.name, asked.parameter.type) == ("company", "select")
        options = asked.parameter.options or []
        done = pluggy.answer(item.id, company=options[choice].value)
        assert ending(done) == ("UPDATED", "SUCCESS")
        numbers.append({account.number for account in pluggy.accounts.accounts_list(item.id).results})
    assert numbers[0].isdisjoint(numbers[1])


def test_a_token_with_the_password_and_another_one_later(pluggy: Pluggy) -> None:
    """Some banks want both steps."""
    item = pluggy.connect(9, parameters={"user": "user-ok", "password": "password-ok", "token": "123456"})
    assert ending(item) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert ending(pluggy.answer(item.id, token="123456")) == ("UPDATED", "SUCCESS")


def test_a_qr_code_is_shown_and_read_by_the_banks_app(own_pluggy: Pluggy) -> None:
    """The item waits for something done elsewhere, and goes on by itself once it is done."""
    item = own_pluggy.connect(19)
    assert ending(item) == ("WAITING_USER_ACTION", "WAITING_USER_ACTION")
    assert item.parameter is None
    assert item.user_action is not None
    assert item.user_action.type == "qr"
    assert item.user_action.instructions
    assert item.user_action.attributes
    own_pluggy.sandbox.own("POST", f"/sandbox/connections/{item.id}/answer", json={"value": "approved"})
    done = own_pluggy.rested(item.id)
    assert ending(done) == ("UPDATED", "SUCCESS")
    assert done.user_action is None


def test_an_access_is_approved_in_the_banks_app(pluggy: Pluggy) -> None:
    """An approval has no code to show, only what to do."""
    item = pluggy.connect(6)
    assert ending(item) == ("WAITING_USER_ACTION", "WAITING_USER_ACTION")
    assert item.user_action is not None
    assert item.user_action.type == "authorize-access"
    pluggy.sandbox.own("POST", f"/sandbox/connections/{item.id}/answer", json={"value": "approved"})
    assert ending(pluggy.rested(item.id)) == ("UPDATED", "SUCCESS")


def consent_page(item: Item) -> str:
    """The address of the bank's own page, as the item names it."""
    assert ending(item) == ("WAITING_USER_INPUT", "WAITING_USER_INPUT")
    assert item.parameter is not None
    assert item.parameter.name == "oauthCode"
    assert item.parameter.data is not None
    return item.parameter.data


def decided(page: str, decision: str, user: str = "user-ok") -> str:
    """Log in at the bank's page as a browser would, decide, and return where the browser ends."""
    with httpx.Client(timeout=30) as browser:
        form = browser.get(page)
        assert form.headers["content-type"].startswith("text/html")
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.text))
        typed = {"user": user, "password": "anything", "decision": decision}
        address = urlsplit(page)._replace(query="").geturl()
        answer = browser.post(address, data={**hidden, **typed})
        while answer.is_redirect:
            where = str(httpx.URL(str(answer.url)).join(answer.headers["location"]))
            if "shop.example" in where:
                return where
            answer = browser.get(where)
        return str(answer.url)


def test_a_consent_is_given_on_the_banks_own_page(own_pluggy: Pluggy) -> None:
    """The browser is led from the bank back to the program's own address, and the item goes on by itself."""
    cpf = {"cpf": "761.092.776-73"}
    item = own_pluggy.connect(600, parameters=cpf, oauthRedirectUri="https://shop.example/back?order=9")
    end = urlsplit(decided(consent_page(item), "approve"))
    assert (end.hostname, end.path) == ("shop.example", "/back")
    assert parse_qs(end.query) == {"order": ["9"], "itemId": [item.id]}
    done = own_pluggy.rested(item.id)
    assert ending(done) == ("UPDATED", "SUCCESS")
    assert done.consent_expires_at is not None
    [consent] = own_pluggy.consents.consents_list(item.id).results
    assert consent.expires_at == done.consent_expires_at
    assert "ACCOUNTS_ALL" in (consent.open_finance_permissions_granted or [])
    assert own_pluggy.accounts.accounts_list(item.id).results


def test_a_consent_is_rejected_on_the_banks_own_page(pluggy: Pluggy) -> None:
    """Nothing is read, and the item says that the authorisation was not granted."""
    redirect = "https://shop.example/back"
    item = pluggy.connect(600, parameters={"cpf": "761.092.776-73"}, oauthRedirectUri=redirect)
    assert decided(consent_page(item), "reject") == f"{redirect}?itemId={item.id}"
    refused = pluggy.rested(item.id)
    assert ending(refused) == ("LOGIN_ERROR", "USER_AUTHORIZATION_NOT_GRANTED")
    assert pluggy.accounts.accounts_list(item.id).results == []


def test_a_browser_without_an_address_of_the_program_ends_on_our_own_page(pluggy: Pluggy) -> None:
    """Where no redirect address was given, the last page is there, in words a user can read."""
    item = pluggy.connect(600, parameters={"cpf": "761.092.776-73"})
    end = decided(consent_page(item), "approve")
    assert urlsplit(end).path.endswith("/oauthCallback.html")
    assert parse_qs(urlsplit(end).query) == {"itemId": [item.id]}
    page = httpx.get(end, headers={"accept-language": "es-MX,es;q=0.9"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert '<html lang="es">' in page.text
    pluggy.rested(item.id)
    other = pluggy.connect(600, parameters={"cpf": "761.092.776-73"})
    end = decided(consent_page(other), "reject")
    assert list(parse_qs(urlsplit(end).query)) == ["message"]
    assert httpx.get(end, headers={"accept-language": "es"}).text != page.text


def test_a_business_gives_its_consent_with_two_numbers(pluggy: Pluggy) -> None:
    """A company's connector asks for the CPF of who acts and the CNPJ of the company."""
    item = pluggy.connect(599, parameters={"cpf": "761.092.776-73", "cnpj": "11.222.333/0001-81"})
    decided(consent_page(item), "approve")
    assert ending(pluggy.rested(item.id)) == ("UPDATED", "SUCCESS")
    identity = pluggy.identity.identity_find_by_item(item.id)
    assert identity.document == "11.222.333/0001-81"


@pytest.mark.parametrize(
    ("user", "status", "code"),
    [
        ("user-logged", "OUTDATED", "ALREADY_LOGGED_IN"),
        ("user-locked", "LOGIN_ERROR", "ACCOUNT_LOCKED"),
        ("user-error", "OUTDATED", "UNEXPECTED_ERROR"),
        ("user-unavailable", "OUTDATED", "SITE_NOT_AVAILABLE"),
        ("user-account-need-actions", "OUTDATED", "ACCOUNT_NEEDS_ACTION"),
        ("user-connection-error", "OUTDATED", "CONNECTION_ERROR"),
        ("user-account-credentials-reset", "LOGIN_ERROR", "ACCOUNT_CREDENTIALS_RESET"),
        ("user-not-supported", "OUTDATED", "USER_NOT_SUPPORTED"),
        ("user-ok-auth-pending", "OUTDATED", "USER_AUTHORIZATION_PENDING"),
        ("user-nobody", "LOGIN_ERROR", "INVALID_CREDENTIALS"),
    ],
)
def test_a_documented_user_of_the_sandbox_fails_as_documented(
    pluggy: Pluggy, user: str, status: str, code: str
) -> None:
    """The client reads the item's error, and nothing was collected."""
    item = pluggy.connect(2, parameters={"user": user, "password": "password-ok"})
    assert ending(item) == (status, code)
    assert item.error is not None
    assert item.error.code == code
    assert item.error.message
    assert item.last_updated_at is None
    assert pluggy.accounts.accounts_list(item.id).results == []
