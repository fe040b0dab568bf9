"""The connect page where something goes wrong on the way: an answer that never arrived, a second tab, a server that was
started again, a visit that is over."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.klavi import Klavi
from tests.pages import Page
from tests.server import Client, running

_people = itertools.count(1)


def pluggy(client: Client, **query: str) -> Page:
    """Open the page at the login of a bank that asks for a token."""
    token = client.call("POST", "/connect_token", json={}).json()["accessToken"]
    page = Page(client, "/pluggy/", connect_token=token, connector_ids="5", lang="en", **query)
    page.send("agree")
    return page


def belvo(client: Client) -> Page:
    """The same in Belvo's manner."""
    id, secret = client.keys
    body = {"id": id, "password": secret, "scopes": "read_institutions,write_links"}
    token = client.http.post("/belvo/api/token/", json=body).json()["access"]
    page = Page(client, "/belvo/", access_token=token, institution="erebor_br_retail", locale="en")
    page.send("agree")
    return page


def flinks(client: Client) -> Page:
    """The same in Flinks'."""
    return Page(client, "/flinks/v2/Credential/14", customerId=client.keys[0], demo="true", consentEnable="false")


def klavi(client: Client) -> Page:
    """The same in Klavi's, at a bank that is logged in to."""
    page = Page(client, f"/klavi/data/v1/basic-links/{client.keys[0]}", personal_tax_id="76109277673", lang="en")
    page.send("agree")
    page.send("choose", slug="sandbox-bank-two-step-legacy")
    return page


LOGINS: dict[str, tuple[Any, dict[str, str]]] = {
    "pluggy": (pluggy, {"field-username": "user-ok", "field-password": "password-ok"}),
    "belvo": (belvo, {"field-username": "mfa_default", "field-password": "pass_valid"}),
    "flinks": (flinks, {"field-username": "Greatday", "field-password": "Everyday"}),
    "klavi": (klavi, {"field-username": "user-ok", "field-password": "password-ok", "field-autoupdate": "yes"}),
}


@pytest.mark.parametrize("system", LOGINS)
def test_a_login_whose_answer_never_arrived_is_sent_again_and_goes_on(client: Client, system: str) -> None:
    """It makes nothing twice and is refused by nobody: the page shows what the first one has begun."""
    opened, form = LOGINS[system]
    page = opened(client)
    assert page.place == "login", page.text
    before = page.visit
    page.send("login", **form)
    client.settle()
    first = page.send("look")
    assert first == "asked", page.text
    page.send("login", visit=before, **form)
    client.settle()
    assert page.place == "asked", page.text
    # what the answer that was lost had to tell is told with this one
    started = {"pluggy": "LOGIN_SUCCESS", "flinks": "COMPONENT_LOAD_MFA"}.get(system)
    if started is not None:
        assert [one.get("event") or one.get("step") for one in page.told].count(started) == 2
    if system == "pluggy":
        assert len({one["payload"]["item"]["id"] for one in page.told if "item" in one.get("payload", {})}) == 1


def test_an_answer_that_was_sent_twice_counts_once(client: Client) -> None:
    """The second press shows what came of the first one."""
    page = pluggy(client)
    page.send("login", **{"field-username": f"user-person+twice{next(_people)}", "field-password": "password-ok"})
    client.settle()
    assert page.send("look") == "asked"
    before = page.visit
    page.send("answer", **{"answer-0": "123456"})
    client.settle()
    assert page.send("answer", visit=before, **{"answer-0": "999999"}) == "result"


def test_two_pages_of_one_token_go_their_own_ways(client: Client) -> None:
    """They make two connections of two people; of the same one, the second is told that a login runs, and how to go
    on."""
    token = client.call("POST", "/connect_token", json={}).json()["accessToken"]
    one, other = (Page(client, "/pluggy/", connect_token=token, connector_ids="5", lang="en") for _ in range(2))
    made = set()
    names = [f"user-person+tab{next(_people)}" for _ in range(2)]
    for page, name in zip((one, other), names, strict=True):
        page.send("agree")
        page.send("login", **{"field-username": name, "field-password": "password-ok"})
        client.settle()
        assert page.send("look") == "asked"
        made.add(page.told[-1]["payload"]["item"]["id"])
    assert len(made) == 2
    third = Page(client, "/pluggy/", connect_token=token, connector_ids="5", lang="en")
    third.send("agree")
    assert third.send("login", **{"field-username": names[0], "field-password": "password-ok"}) == "failure"
    assert third.send("login-form") == "login"


def klavi_by_link(client: Client) -> Page:
    """A page that a link opens which was made for one person, with a way back."""
    klavi = Klavi(client)
    return Page(client, klavi.link(redirectURL="https://partner.example/back", personalTaxId="76109277673")["linkURL"])


def flinks_by_token(client: Client) -> Page:
    """A page whose opener has used up a token."""
    sold = client.http.post(
        f"/flinks/v3/{client.keys[0]}/BankingServices/GenerateAuthorizeToken",
        headers={"flinks-auth-key": client.keys[1]},
    )
    return Page(client, "/flinks/v2/Credential/14", authorizeToken=sold.json()["Token"], demo="true")


def words(told: Any) -> set[str]:
    """Return every word and text of what the page around was told."""
    return set(re.findall(r'"([^"]*)"', json.dumps(told)))


OVER: dict[str, tuple[Any, set[str], set[str]]] = {
    "pluggy": (pluggy, {"ERROR", "Unauthorized"}, {"CLOSE", "close"}),
    "belvo": (belvo, {"ERROR", "ACCESS_TOKEN_NOT_VALID"}, {"exit", "last_encountered_error"}),
    "flinks": (flinks_by_token, {"TOKEN_INVALID"}, {"COMPONENT_CLOSE_SESSION"}),
    "klavi": (klavi_by_link, set(), {"landing_exit_click", "address"}),
}
"""How each is opened, what the page around hears when the visit is over, and when its user leaves."""


@pytest.mark.parametrize("system", OVER)
def test_a_visit_that_is_over_can_be_left_and_nothing_else(client: Client, system: str) -> None:
    """The page around it is told as of any error, and that it is left; the visit itself is over for good."""
    opened, failed, left = OVER[system]
    page = opened(client)
    client.advance("PT61M")
    page.told.clear()
    assert page.send("look") == "nowhere"
    assert words(page.told) >= failed and not words(page.told) & left
    assert re.findall(r'action="[^"]*/connect/(.+?)"', page.text) == ["leave"]
    assert page.send("agree") == "nowhere"
    page.told.clear()
    assert page.send("leave") == "over"
    assert words(page.told) >= left
    assert page.visit == ""


def test_a_page_whose_address_opens_it_once_more_is_begun_again(client: Client) -> None:
    """Where nobody's token was used up by opening it; in each language."""
    said = {"en": "Begin again", "pt": "Começar de novo", "es": "Empezar de nuevo", "fr": "Recommencer"}
    address = f"/klavi/data/v1/basic-links/{client.keys[0]}"
    pages = [(Page(client, address, lang=locale), text) for locale, text in said.items()]
    pages.append((flinks(client), "Begin again"))
    client.advance("PT31M")
    for page, text in pages:
        assert page.send("look") == "nowhere"
        assert re.findall(r'<a class="button" href="">([^<]*)</a>', page.text) == [text]
        assert "<form" not in page.text


def test_a_server_that_was_started_again_goes_on_with_the_page(tmp_path: Path) -> None:
    """What was chosen is in the page, what was begun in the database: the next press finds both."""
    with running(tmp_path) as server:
        client = server.client()
        page = pluggy(client)
        server.stop()
        server.start()
        page.send("login", **{"field-username": "user-ok", "field-password": "password-ok"})
        client.settle()
        assert page.send("look") == "asked"
        server.kill()
        server.start()
        page.send("answer", **{"answer-0": "123456"})
        client.settle()
        assert page.send("look") == "result"
