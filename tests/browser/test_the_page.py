"""What holds for the page whoever opens it: who may frame it, the keyboard, languages, colours, weight."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import httpx
import pytest

from tests.browser.visiting import Host, Visitor, access_token, connect_token, pace_of
from tests.server import Client

LIGHT = 60 * 1024


def address(client: Client, **query: str) -> str:
    """Return where the page opens for one bank."""
    given = {"connect_token": connect_token(client), "connector_ids": "2", **query}
    return f"{client.server.url}/pluggy/?" + "&".join(f"{name}={value}" for name, value in given.items())


def test_it_may_be_framed_by_the_named_origins_only(page: Any, client: Client, host: Host) -> None:
    """The page names the application's origins as its ancestors, and shows inside them."""
    answer = client.http.get(address(client))
    assert f"frame-ancestors {host.url};" in answer.headers["content-security-policy"] + ";"
    host.pages["/around"] = f'<!doctype html><title>Shop</title><iframe src="{address(client)}"></iframe>'
    page.goto(f"{host.url}/around")
    page.frame_locator("iframe").locator("[data-place=consent]").wait_for()


def test_a_page_of_a_stranger_gets_nothing_of_it(browser: Any, client: Client) -> None:
    """Chromium refuses to show the page inside one of an origin that was not named."""
    stranger = Host()
    try:
        stranger.pages["/around"] = f'<!doctype html><title>Other</title><iframe src="{address(client)}"></iframe>'
        opened = browser.new_page()
        with opened.expect_console_message(lambda told: "frame-ancestors" in told.text):
            opened.goto(f"{stranger.url}/around")
        assert opened.frame_locator("iframe").locator("[data-place]").count() == 0
        opened.close()
    finally:
        stranger.close()


def test_a_step_sent_from_another_site_is_refused(client: Client) -> None:
    """A form of another site is turned away, and one without a visit of ours too."""
    sent = {"content-type": "application/x-www-form-urlencoded"}
    across = client.http.post(
        "/pluggy/connect/agree", content="visit=x", headers={**sent, "sec-fetch-site": "cross-site"}
    )
    made_up = client.http.post("/pluggy/connect/agree", content="visit=eyJpZCI6IjEifQ==", headers=sent)
    assert "Escolha sua instituição" not in across.text + made_up.text
    assert across.status_code == 400
    assert 'data-place="nowhere"' in made_up.text


def by_pluggy(client: Client) -> str:
    """Return where Pluggy's page opens, with two banks."""
    return address(client, connector_ids="2,5", lang="en")


def by_belvo(client: Client) -> str:
    """Return where Belvo's does."""
    return f"{client.server.url}/belvo/?access_token={access_token(client)}&locale=en"


def by_flinks(client: Client) -> str:
    """Return where Flinks' does, with the demonstration's bank among others."""
    return f"{client.server.url}/flinks/v2?customerId={client.keys[0]}&demo=true"


def by_klavi(client: Client) -> str:
    """Return where Klavi's does, for one person."""
    return f"{client.server.url}/klavi/data/v1/basic-links/{client.keys[0]}?personal_tax_id=76109277673&lang=en"


WAYS: dict[str, tuple[Any, str, dict[str, str]]] = {
    "pluggy": (by_pluggy, "Pluggy Bank", {"username": "user-ok", "password": "password-ok"}),
    "belvo": (by_belvo, "Erebor", {"username": "keyboard", "password": "full"}),
    "flinks": (by_flinks, "FlinksCapital", {"username": "greatday_nomfa", "password": "Everyday"}),
    "klavi": (by_klavi, "Sandbox Bank (legacy)", {"username": "user-ok", "password": "password-ok", "autoupdate": "Y"}),
}
"""Where each system's page opens, a bank of its list, and what is typed there."""


@pytest.mark.parametrize("system", WAYS)
def test_all_of_it_can_be_done_with_the_keyboard(page: Any, client: Client, system: str) -> None:
    """From the consent over the list to the result with Tab, typing and Enter alone; the focus follows the view."""
    opens, bank, typed = WAYS[system]
    page.goto(opens(client))
    visitor = Visitor(page)
    keys = page.keyboard

    def reach(place: str) -> None:
        visitor.at(place)
        page.wait_for_function("document.activeElement.tagName === 'H1'")

    def tab_to(name: str) -> None:
        for _ in range(20):
            keys.press("Tab")
            text, id = page.evaluate("[document.activeElement.innerText, document.activeElement.id]")
            if name in text or name == f"#{id}":
                return
        raise AssertionError(f"nothing that is called {name} can be reached")

    visitor.at("consent")
    tab_to("Agree")
    keys.press("Enter")
    reach("institutions")
    unsearched = page.locator("#found").element_handle()
    tab_to("#q")
    keys.type(bank)
    # a key is lost where the list is exchanged under it
    unsearched.wait_for_element_state("hidden")
    tab_to(bank)
    keys.press("Enter")
    reach("login")
    for name, value in typed.items():
        tab_to(f"#field-{name}")
        keys.type(value)
    tab_to("Log in")
    keys.press("Enter")
    reach("result")
    tab_to("Finish")
    keys.press("Enter")
    visitor.at("over")


def test_progress_is_read_aloud(page: Any, client: Client) -> None:
    """A polite region tells what is being read, and then that it has come to an end."""
    page.goto(address(client))
    visitor = Visitor(page)
    page.evaluate(
        """() => { window.heard = []; const live = document.getElementById("live");
        new MutationObserver(() => heard.push(live.textContent))
        .observe(live, {childList: true, characterData: true, subtree: true}); }"""
    )
    assert page.locator("#live").get_attribute("aria-live") == "polite"
    visitor.press("Concordar")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    heard = page.evaluate("heard")
    assert any("em andamento" in said for said in heard)
    assert heard[-1] == "Conta conectada"


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("pt", "quer ler dados da sua conta"),
        ("en", "wants to read data from your account"),
        ("es", "quiere leer datos de tu cuenta"),
        ("fr", "veut lire des données de votre compte"),
    ],
)
def test_it_speaks_four_languages(page: Any, client: Client, shot: Any, language: str, heading: str) -> None:
    """The language that the opener names is the page's, in its text and for a screen reader."""
    page.goto(address(client, lang=language))
    visitor = Visitor(page)
    visitor.at("consent")
    shot(page, f"language-{language}")
    assert heading in visitor.heading()
    assert page.locator("html").get_attribute("lang") == {"pt": "pt-BR"}.get(language, language)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_opener_says(page: Any, client: Client, shot: Any, theme: str) -> None:
    """Text and ground differ enough in both, and nothing is wider than a telephone."""
    page.goto(address(client, theme=theme, connector_ids="2,5,600,19"))
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.at("institutions")
    shot(page, f"theme-{theme}")
    ground = page.evaluate("getComputedStyle(document.querySelector('.frame')).backgroundColor")
    assert (sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) > 380) is (theme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_first_view_is_light_and_comes_at_once(page: Any, client: Client) -> None:
    """Below 60 kB over the wire; everything behind the document is named in it; no other host is asked."""
    where = address(client)
    packed = {"accept-encoding": "gzip"}
    with client.http.stream("GET", where, headers=packed) as answer:
        weight = len(b"".join(answer.iter_raw()))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(where)
    Visitor(page).at("consent")
    html = httpx.get(where).text
    for url in asked[1:]:
        if url.startswith("data:"):
            continue
        assert url.startswith(client.server.url)
        assert url.removeprefix(client.server.url) in html
        with client.http.stream("GET", url, headers=packed) as answer:
            weight += len(b"".join(answer.iter_raw()))
    assert weight < LIGHT


def test_it_is_ready_in_twice_what_a_plain_page_takes(page: Any, client: Client) -> None:
    """From the request to the page that answers its visitor, forms and scripts and all."""
    took, paces = [], []
    for _ in range(5):
        page.goto(address(client), wait_until="load")
        took.append(page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
        assert page.evaluate("window.connect.ready")
        paces.append(pace_of(page, client))
    assert min(took) < 2 * min(paces), (took, paces)


def test_a_server_that_is_away_is_told_and_nothing_is_lost(page: Any, client: Client) -> None:
    """What could not be sent is said to be so, and sent with the next press."""
    page.goto(address(client))
    visitor = Visitor(page)
    visitor.at("consent")
    page.route("**/connect/agree", lambda route: route.abort())
    visitor.press("Concordar")
    page.get_by_role("alert").filter(has_text="Nada se perdeu").wait_for()
    page.unroute("**/connect/agree")
    visitor.press("Concordar")
    visitor.at("login")
    assert not page.locator("#lost").is_visible()


def test_the_list_tells_how_each_institution_is_doing(page: Any, client: Client, shot: Any) -> None:
    """A bank that has failed everything lately is marked, and those that are well are not."""
    own = client.server.other_client("whose-bank-is-down")
    own.arm("institution.unavailable", operation="login", institution="sandbox-bank-legacy", times=3)
    for number in range(3):
        own.connect(0, user=f"user-ok-{number}")
    page.goto(address(own, connector_ids="0,5"))
    visitor = Visitor(page)
    visitor.press("Concordar")
    visitor.at("institutions")
    shot(page, "institutions-health")
    assert page.locator(".row").first.locator(".state.down").inner_text() == "Indisponível no momento"
    assert page.locator(".row").nth(1).locator(".state").count() == 0


def test_nothing_inline_runs_and_nothing_foreign_is_loaded(client: Client) -> None:
    """The policy has no 'unsafe' word and no other host; of scripts in the document it lets one run whose very text it
    names, where the page waits for what it is opened with, and none elsewhere."""
    policy = client.http.get(address(client)).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    waiting = client.http.get("/pluggy/")
    (script,) = re.findall(r"<script data-begin[^>]*>(.+?)</script>", waiting.text, re.DOTALL)
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    told = waiting.headers["content-security-policy"]
    assert told.startswith(f"default-src 'none'; script-src 'self' 'sha256-{known}'; style-src 'self';")
    assert "unsafe" not in told
    assert "<script data-begin" not in client.http.get(address(client)).text
