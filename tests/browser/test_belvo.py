"""The connect page in Belvo's manner: the script, the hosted page, the texts of errors, the activation."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from afluente.catalogue import load
from tests.browser.visiting import Host, Visitor, access_token
from tests.server import Client

TEXTS = {
    row["fact"]: (row["title"], row["description"])
    for row in csv.DictReader(
        (Path(__file__).parents[1] / "catalogue/widget_texts.csv").read_text("utf-8").splitlines()
    )
}
ARMED = {
    "belvo.unexpected_error": "unexpected",
    "belvo.institution_down": "institution.unavailable.down",
    "belvo.institution_unavailable": "institution.unavailable",
    "belvo.too_many_sessions": "login.other-session",
    "belvo.unsupported_operation": "request.unsupported.institution",
    "belvo.token_required": "mfa.wrong",
    "belvo.request_timeout": "institution.connection.timeout",
    "belvo.login_error.unexpected": "institution.connection.rejected",
    "belvo.login_error.missing-credentials": "login.credentials.missing",
    "belvo.login_error.forbidden.institution": "institution.connection.rejected.access",
    "belvo.login_error.forbidden.account": "institution.connection.rejected.account",
    "belvo.login_error.locked": "login.locked",
}
"""Each error that the widget has a text for, by the meaning that a login is made to end in."""

_people = itertools.count(1)


def hosted(page: Any, client: Client, token: str = "", **query: str) -> Visitor:
    """Open the hosted page."""
    given = {"access_token": token or access_token(client), "locale": "pt", **query}
    address = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
    page.goto(f"{client.server.url}/belvo/?{address}")
    return Visitor(page)


def log_in(visitor: Visitor, user: str = "", password: str = "full") -> None:
    """Send a login."""
    visitor.at("login")
    visitor.type(username=user or f"visitor_{next(_people)}", password=password)
    visitor.press("Entrar")


def test_the_script_puts_the_page_into_another_origin_and_calls_back(
    page: Any, client: Client, host: Host, shot: Any
) -> None:
    """A page with the script and a token gets its events, and the link and the institution at the end."""
    token = access_token(client, fetch_resources=["ACCOUNTS", "TRANSACTIONS"])
    host.pages["/shop"] = f"""<!doctype html><html lang="en"><title>Shop</title><body><div id="belvo"></div>
    <script src="{client.server.url}/belvo/belvo-widget-1-stable.js"></script><script>window.told = [];
    belvoSDK.createWidget("{token}", {{locale: "pt", institution: "erebor_br_retail",
      callback: (link, institution) => told.push(["callback", link, institution]),
      onEvent: (data) => told.push([data.eventName, data.metadata.page, data.meta_data.from]),
      onExit: (data) => told.push(["exit"])}}).build();</script></body></html>"""
    page.goto(f"{host.url}/shop")
    visitor = Visitor(page, page.frame_locator("#belvo iframe"))
    visitor.press("Concordar")
    log_in(visitor)
    visitor.at("result")
    shot(page, "belvo-script")
    assert "Transações" in visitor.text()
    heard = page.evaluate("told")
    assert ["PAGE_LOAD", "/consent", "/"] in heard
    assert ["PAGE_LOAD", "/credentials", "/consent"] in heard
    name, link, institution = heard[-1]
    assert (name, institution) == ("callback", "erebor_br_retail")
    assert client.get(f"/items/{link}")["id"] == link
    visitor.press("Concluir")
    page.locator("#belvo iframe").wait_for(state="detached")
    assert ["exit"] not in page.evaluate("told")


def test_leaving_is_told_with_the_last_error(page: Any, client: Client, host: Host) -> None:
    """`onExit` has the last error's code and message, and the institution it happened at."""
    client.arm("login.locked", operation="login")
    host.pages["/shop"] = f"""<!doctype html><html lang="en"><title>Shop</title><body><div id="belvo"></div>
    <script src="{client.server.url}/belvo/belvo-widget-1-stable.js"></script><script>window.told = [];
    belvoSDK.createWidget("{access_token(client)}", {{locale: "pt", institution: "erebor_br_retail",
      onExit: (data) => told.push(data)}}).build();</script></body></html>"""
    page.goto(f"{host.url}/shop")
    visitor = Visitor(page, page.frame_locator("#belvo iframe"))
    visitor.press("Concordar")
    log_in(visitor)
    visitor.at("failure")
    visitor.press("Fechar", exact=True)
    page.wait_for_function("told.length > 0")
    left = page.evaluate("told[0]")
    assert left["last_encountered_error"]["code"] == "login_error"
    assert left["meta_data"]["institution_name"] == "erebor_br_retail"


def test_the_hosted_page_goes_on_to_the_address_of_the_token(page: Any, client: Client, host: Host) -> None:
    """At a good end the browser goes to `success` with link and institution."""
    token = access_token(client, widget={"callback_urls": {"success": f"{host.url}/made", "exit": f"{host.url}/left"}})
    visitor = hosted(page, client, token, institutions="erebor_br_retail")
    visitor.press("Concordar")
    log_in(visitor)
    visitor.at("result")
    visitor.press("Concluir")
    page.wait_for_url(f"{host.url}/made?**")
    query = parse_qs(urlsplit(page.url).query)
    assert query["institution"] == ["erebor_br_retail"]
    assert client.get(f"/items/{query['link'][0]}")["id"] == query["link"][0]


def test_who_leaves_is_asked_whether_and_why(page: Any, client: Client, host: Host, shot: Any) -> None:
    """With `show_close_dialog` and `show_abandon_survey` Close asks first; who stays goes on where it was."""
    branding = {
        "company_name": "Banco do Bairro",
        "company_benefit_header": "Crédito na hora",
        "company_icon": f"{host.url}/icon.svg",
        "company_logo": f"{host.url}/logo.svg",
    }
    host.pages["/logo.svg"] = host.pages["/icon.svg"] = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#7a1fa2"/></svg>'
    )
    theme = [{"css_key": "--color-primary-base", "value": "#7a1fa2"}]
    widget = {"callback_urls": {"exit": f"{host.url}/left"}, "branding": branding, "theme": theme}
    options = {"show_close_dialog": "true", "show_abandon_survey": "true", "institution": "erebor_br_retail"}
    visitor = hosted(page, client, access_token(client, widget=widget), **options)
    visitor.at("consent")
    assert visitor.heading().startswith("Banco do Bairro")
    assert page.get_by_role("heading", name="Crédito na hora").count() == 1
    page.wait_for_function("document.querySelector('.own img').naturalWidth > 0")
    page.wait_for_function("document.querySelector('img.logo').naturalWidth > 0")
    shot(page, "belvo-branding")
    page.locator("img.logo").dispatch_event("error")
    page.locator("img.logo").wait_for(state="detached")
    colour = page.get_by_role("button", name="Concordar").evaluate("one => getComputedStyle(one).backgroundColor")
    assert colour == "rgb(122, 31, 162)"
    visitor.press("Concordar")
    visitor.at("login")
    visitor.press("Fechar", exact=True)
    visitor.at("leaving")
    shot(page, "leaving")
    visitor.press("Continuar conectando")
    visitor.at("login")
    visitor.press("Fechar", exact=True)
    page.get_by_label("Não quero informar meu acesso").check()
    visitor.press("Sair", exact=True)
    page.wait_for_url(f"{host.url}/left?**")
    assert parse_qs(urlsplit(page.url).query)["meta_data_institution_name"] == ["erebor_br_retail"]


def test_the_hosted_page_tells_the_exit_where_it_was_left(page: Any, client: Client, host: Host) -> None:
    """Who leaves at the first view is led to `exit` with that step."""
    token = access_token(client, widget={"callback_urls": {"exit": f"{host.url}/left"}})
    visitor = hosted(page, client, token)
    visitor.press("Fechar", exact=True)
    page.wait_for_url(f"{host.url}/left?**")
    assert parse_qs(urlsplit(page.url).query)["meta_data_step"] == ["abandon-survey"]


def test_an_app_hears_of_an_institution_that_is_switched_off(page: Any, client: Client) -> None:
    """The warning goes to the token's `event` address, where that is an app's own."""
    client.arm("request.institution.offline", operation="login")
    token = access_token(client, widget={"callback_urls": {"event": "shopapp://event"}})
    visitor = hosted(page, client, token, institution="erebor_br_retail", locale="en")
    visitor.press("Agree and")
    visitor.at("login")
    visitor.type(username=f"visitor_{next(_people)}", password="full")
    page.evaluate(
        """addEventListener("connect:news", (event) => {
            for (const told of event.detail) if (told.address) document.body.dataset.heard = told.address; }, true)"""
    )
    visitor.press("Log in")
    visitor.at("failure")
    told = page.locator("body[data-heard]")
    told.wait_for()
    address = str(told.get_attribute("data-heard"))
    assert address.startswith("shopapp://event?warning=institution_disabled&warning_message=")


def test_an_error_is_told_in_the_language_of_the_page(page: Any, client: Client) -> None:
    """In English the page shows the English title and description of the same error."""
    client.arm("login.locked", operation="login")
    visitor = hosted(page, client, institution="erebor_br_retail", locale="en")
    visitor.press("Agree and")
    visitor.at("login")
    visitor.type(username=f"visitor_{next(_people)}", password="full")
    visitor.press("Log in")
    visitor.at("failure")
    title, description = load().word("belvo", "error", "login.locked").extra["widget"]["en"]
    assert visitor.heading() == title
    assert page.get_by_text(description, exact=True).count() == 1


@pytest.mark.parametrize("fact", [pytest.param(fact, marks=pytest.mark.row(fact)) for fact in ARMED])
def test_an_error_is_shown_in_its_published_words(page: Any, client: Client, shot: Any, fact: str) -> None:
    """The page shows the title and the description that are published for the error, and one action."""
    client.arm(ARMED[fact], operation="login")
    visitor = hosted(page, client, institution="erebor_br_retail")
    visitor.press("Concordar")
    log_in(visitor)
    visitor.at("failure")
    shot(page, f"belvo-error-{fact.removeprefix('belvo.').replace('.', '-')}")
    title, description = TEXTS[fact]
    assert visitor.heading() == title
    assert page.get_by_text(description, exact=True).count() == 1
    assert page.locator("[data-place=failure] form:not(.bar form)").count() == 1


@pytest.mark.row("belvo.token_not_valid")
def test_a_token_that_is_over_is_told_in_its_published_words(page: Any, client: Client) -> None:
    """A page that stays open past the token's hour without a renewal says that its session has expired."""
    visitor = hosted(page, client, institution="erebor_br_retail")
    visitor.at("consent")
    client.advance("PT61M")
    visitor.press("Concordar")
    visitor.at("nowhere")
    title, description = TEXTS["belvo.token_not_valid"]
    assert visitor.heading() == title
    assert page.get_by_text(description, exact=True).count() == 1


def test_a_page_that_stays_open_is_renewed(page: Any, client: Client) -> None:
    """A page that says in between that it is still open works on after the token's hour."""
    visitor = hosted(page, client, institution="erebor_br_retail")
    visitor.at("consent")
    for _ in range(2):
        client.advance("PT40M")
        fresh = page.evaluate(
            """async () => { const old = document.querySelector("input[name=visit]").value;
            const told = await fetch(document.body.dataset.base + "/connect/alive",
                {method: "POST", body: new URLSearchParams({visit: old})});
            const fresh = (await told.json()).visit;
            for (const input of document.querySelectorAll("input[name=visit]")) input.value = fresh; return fresh; }"""
        )
        assert fresh
    visitor.press("Concordar")
    visitor.at("login")


@pytest.mark.row("belvo.activation_required")
def test_an_account_that_is_not_active_is_activated_with_cvv_and_pin(page: Any, client: Client, shot: Any) -> None:
    """The page asks for the card's CVV, then for its PIN, hides both, and the link is made."""
    visitor = hosted(page, client, institution="erebor_br_retail")
    visitor.press("Concordar")
    log_in(visitor, "act_activate")
    for name, value in (("CVV", "123"), ("PIN", "1234")):
        page.get_by_label(name, exact=True).wait_for()
        shot(page, f"belvo-activation-{name.lower()}")
        assert page.locator("#answer-0").get_attribute("type") == "password"
        assert "Digite" in page.locator("#answer-0-how").inner_text()
        page.locator("#answer-0").fill(value)
        visitor.press("Enviar")
    visitor.at("result")


def test_an_update_asks_for_the_credentials_only_where_they_are_spent(page: Any, client: Client) -> None:
    """A link whose credentials are good is logged in to with no form; where they were refused, the form is shown."""
    id, secret = client.keys
    keys = (id, secret)
    body = {"institution": "erebor_br_retail", "username": f"visitor_{next(_people)}", "password": "full"}
    link = client.http.post("/belvo/api/links/", json=body, auth=keys).json()["id"]
    hosted(page, client, access_token(client, link_id=link)).at("result")
    client.arm("login.credentials", operation="login")
    client.http.post("/belvo/api/accounts/", json={"link": link}, auth=keys)
    visitor = hosted(page, client, access_token(client, link_id=link))
    visitor.at("login")
    visitor.type(username=body["username"], password="other")
    visitor.press("Entrar")
    visitor.at("result")
