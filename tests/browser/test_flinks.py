"""The connect page in Flinks' manner: a frame with parameters, a message for each step, the ways back."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.browser.visiting import Host, Visitor
from tests.server import Client

_pages = itertools.count(1)


def framed(page: Any, client: Client, host: Host, path: str = "/v2/", **query: str) -> Visitor:
    """Open a host page with the widget in a frame; it keeps what is posted to it."""
    address = "&".join(f"{name}={quote(value, safe='')}" for name, value in {"demo": "true", **query}.items())
    place = f"/frame-{next(_pages)}"
    host.pages[place] = f"""<!doctype html><html lang="en"><title>Shop</title><body><script>window.told = [];
    addEventListener("message", (event) => told.push([event.origin, event.data]));</script>
    <iframe title="Flinks" width="350" height="680" src="{client.server.url}/flinks{path}?{address}"></iframe>"""
    page.goto(f"{host.url}{place}")
    return Visitor(page, page.frame_locator("iframe"))


def steps(page: Any, origin: str) -> list[dict[str, Any]]:
    """Return what was posted from an origin."""
    return [data for sender, data in page.evaluate("told") if sender == origin]


def log_in(visitor: Visitor, user: str) -> None:
    """Choose the demonstration's bank and send a login."""
    visitor.press("Agree and")
    visitor.at("institutions")
    visitor.press("FlinksCapital", exact=True)
    visitor.at("login")
    visitor.type(username=user, password="Everyday")
    visitor.press("Log in")


def test_steps_are_posted_in_their_order_and_the_redirect_is_complete(
    page: Any, client: Client, host: Host, shot: Any
) -> None:
    """A run with a question and a choice of accounts posts each step, and REDIRECT's url has all that the end has."""
    home = f"{host.url}/done"
    options = {"redirectUrl": home, "innerRedirect": "true", "accountSelectorEnable": "true", "tag": "shop-7"}
    visitor = framed(page, client, host, **options)
    log_in(visitor, "test_multiple_choice")
    visitor.at("asked")
    shot(page, "flinks-question")
    visitor.on.get_by_label("Toronto").check()
    visitor.press("Send")
    visitor.at("accounts")
    shot(page, "flinks-accounts")
    visitor.on.locator("input[type=radio]").first.check()
    visitor.press("Continue")
    page.frame_locator("iframe").get_by_role("heading", name="Back").wait_for()
    told = steps(page, client.server.url)
    assert [one["step"] for one in told] == [
        "APP_MOUNTED",
        "COMPONENT_LOAD_CONSENT",
        "COMPONENT_ACCEPT_CONSENT",
        "COMPONENT_LOAD_INSTITUTION_SELECTOR",
        "INSTITUTION_SELECTED",
        "COMPONENT_LOAD_CREDENTIAL",
        "SUBMIT_CREDENTIAL",
        "COMPONENT_LOAD_MFA",
        "SUBMIT_MFA",
        "COMPONENT_LOAD_ACCOUNT_SELECTION",
        "ACCOUNT_SELECTED",
        "REDIRECT",
    ]
    last = told[-1]
    query = {name: values[0] for name, values in parse_qs(urlsplit(last["url"]).query).items()}
    assert last["url"].startswith(home)
    assert query == {
        "loginId": last["loginId"],
        "requestId": last["requestId"],
        "accountId": last["accountId"],
        "tag": "shop-7",
        "institution": "FlinksCapital",
        "demo": "true",
    }
    assert told[7]["mfaTypes"] == ["MultipleChoice"]


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("Greatday", "text"),
        ("test_multiple_answers", "several"),
        ("test_image_selection", "pictures"),
        ("test_text_or_call", "telephone"),
        ("test_two_questions", "together"),
    ],
)
def test_every_kind_of_question_can_be_answered(
    page: Any, client: Client, host: Host, shot: Any, user: str, kind: str
) -> None:
    """Texts, several choices, pictures, a telephone with its way, and questions shown together."""
    visitor = framed(page, client, host)
    log_in(visitor, user)
    visitor.at("asked")
    shot(page, f"flinks-{kind}")
    match kind:
        case "several":
            visitor.on.get_by_label("Chequing").check()
            visitor.on.get_by_label("Savings").check()
        case "pictures":
            assert visitor.on.locator(".choice img").count() == 4
            visitor.on.locator("input[type=radio]").nth(1).check()
        case "telephone":
            visitor.on.locator("input[name=answer-0]").first.check()
            visitor.on.get_by_label("By phone call").check()
            visitor.press("Send")
            visitor.on.locator("#answer-0").fill("123456")
        case _:
            for number in range(visitor.on.locator(".field").count()):
                asked = visitor.on.locator(".field").nth(number).inner_text()
                said = {"city": "Montreal", "country": "Canada", "shape": "Triangle"}
                visitor.on.locator(f"#answer-{number}").fill(next(v for k, v in said.items() if k in asked))
    visitor.press("Send")
    visitor.at("result")


def test_messages_are_texts_where_that_is_asked_for(page: Any, client: Client, host: Host) -> None:
    """With `stringify` each message is JSON text."""
    visitor = framed(page, client, host, stringify="true")
    visitor.at("consent")
    assert '{"step":"APP_MOUNTED"}' in steps(page, client.server.url)


def test_the_whole_window_goes_where_the_redirect_leads(page: Any, client: Client, host: Host) -> None:
    """Without `innerRedirect` the page around the frame is left for the address."""
    visitor = framed(page, client, host, redirectUrl=f"{host.url}/whole")
    log_in(visitor, "Greatday_nomfa")
    page.wait_for_url(f"{host.url}/whole?**")
    assert "loginId=" in page.url


def test_with_js_redirect_nothing_is_navigated(page: Any, client: Client, host: Host) -> None:
    """`jsRedirect` leaves it to the page around: REDIRECT is posted, and the result stays in view."""
    visitor = framed(page, client, host, redirectUrl=f"{host.url}/never", jsRedirect="true")
    log_in(visitor, "Greatday_nomfa")
    visitor.at("result")
    assert steps(page, client.server.url)[-1]["step"] == "REDIRECT"
    assert "/frame-" in page.url


def test_an_error_is_posted_with_its_code(page: Any, client: Client, host: Host) -> None:
    """A login that fails posts the FlinksCode as the step, with session and institution."""
    visitor = framed(page, client, host)
    log_in(visitor, "test_disabled_account")
    visitor.at("failure")
    last = steps(page, client.server.url)[-1]
    assert (last["step"], last["flinksCode"], last["institution"]) == ("DISABLED_LOGIN",) * 2 + ("FlinksCapital",)
    assert last["requestId"]


def test_a_token_opens_the_page_once(page: Any, client: Client, host: Host) -> None:
    """Where tokens are wanted, a used one posts TOKEN_INVALID and shows nothing to do."""
    client.policy(admission="token")
    id, secret = client.keys
    asked = client.http.post(
        f"/flinks/v3/{id}/BankingServices/GenerateAuthorizeToken", headers={"flinks-auth-key": secret}
    )
    token = asked.json()["Token"]
    try:
        framed(page, client, host, authorizeToken=token).at("consent")
        framed(page, client, host, authorizeToken=token).at("nowhere")
    finally:
        client.policy(admission="open")
    page.wait_for_function("told.length > 0")
    assert steps(page, client.server.url) == [{"step": "TOKEN_INVALID"}]


def test_an_institution_in_the_path_is_chosen_already(page: Any, client: Client, host: Host) -> None:
    """`/v2/Credential/{id}` leads from the consent to that institution's form, in French where that is asked for."""
    visitor = framed(page, client, host, "/v2/Credential/14", language="fr")
    visitor.press("Accepter")
    visitor.at("login")
    assert "FlinksCapital" in visitor.heading()
    assert visitor.on.get_by_label("Mot de passe", exact=True).count() == 1
