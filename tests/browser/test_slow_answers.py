"""The connect page where answers are slow: presses meanwhile, a search that is answered late, the browser's back."""

from __future__ import annotations

from typing import Any

from tests.browser.visiting import Visitor, connect_token
from tests.server import Client


class Held:
    """Answers of one step that are held back until they are let go."""

    def __init__(self, page: Any, step: str) -> None:
        self.routes: list[Any] = []
        self.page = page
        page.route(f"**/connect/{step}", lambda route: self.routes.append(route))

    def wait(self, count: int = 1) -> None:
        """Wait until so many were asked for."""
        for _ in range(900):
            if len(self.routes) >= count:
                return
            # the browser's news are heard while something is asked of it
            self.page.evaluate("new Promise(requestAnimationFrame)")
        raise AssertionError(f"only {len(self.routes)} of {count} were asked for")

    def given_up(self, number: int) -> bool:
        """Whether the page has given up waiting for one of them."""
        return self.routes[number].request.failure == "net::ERR_ABORTED"

    def let_go(self) -> None:
        """Let them be answered, and wait until they are."""
        for route in self.routes:
            with self.page.expect_event(
                "requestfinished", lambda request, route=route: request.url == route.request.url
            ):
                route.continue_()


def opened(page: Any, client: Client, **query: str) -> Visitor:
    """Open the page and agree."""
    given = {"connect_token": connect_token(client), "with_sandbox": "true", **query}
    page.goto(f"{client.server.url}/pluggy/?" + "&".join(f"{name}={value}" for name, value in given.items()))
    visitor = Visitor(page)
    visitor.press("Concordar")
    return visitor


def test_who_presses_again_sends_nothing_again(page: Any, client: Client) -> None:
    """While a login is on its way a bar runs and every other press is passed over; then it goes on as ever."""
    visitor = opened(page, client, connector_ids="2")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-ok")
    held = Held(page, "login")
    for _ in range(3):
        visitor.press("Entrar")
    held.wait()
    assert page.locator("body.busy").count() == 1
    visitor.press("Entrar")
    assert len(held.routes) == 1
    held.let_go()
    visitor.at("result")
    assert len(held.routes) == 1


def test_who_closes_need_not_wait(page: Any, client: Client) -> None:
    """What is on its way when the page is closed changes nothing any more when it arrives."""
    visitor = opened(page, client, connector_ids="2")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-ok")
    held = Held(page, "login")
    visitor.press("Entrar")
    held.wait()
    visitor.press("Fechar")
    visitor.at("over")
    assert held.given_up(0)
    assert page.locator("[data-place=over]").count() == 1
    assert not page.locator("#lost").is_visible()


def test_a_search_that_is_answered_late_disturbs_nothing(page: Any, client: Client) -> None:
    """Neither what is looked for since, nor the view that has taken its place."""
    visitor = opened(page, client)
    visitor.at("institutions")
    held = Held(page, "search")
    page.locator("#q").fill("itau")
    held.wait(1)
    page.locator("#q").fill("nubank")
    held.wait(2)
    assert held.given_up(0)
    held.routes = held.routes[1:]
    held.let_go()
    page.get_by_text("4 instituições").wait_for(state="detached")
    page.get_by_role("button", name="Nubank").first.wait_for()
    page.locator("#q").fill("itau")
    held.wait(2)
    page.get_by_role("button", name="Nubank").first.click()
    visitor.at("login")
    assert held.given_up(1)
    assert "Nubank" in visitor.heading()
    assert "connector_name=Nubank" in page.url


def test_back_and_forward_of_the_browser_begin_anew(page: Any, client: Client) -> None:
    """Nothing of an earlier visit is kept by the browser; what was connected in it stays connected."""
    visitor = opened(page, client, connector_ids="2")
    visitor.at("login")
    visitor.type(username="user-ok", password="password-ok")
    visitor.press("Entrar")
    visitor.at("result")
    page.goto("about:blank")
    page.go_back()
    visitor.at("consent")
    visitor.press("Concordar")
    visitor.at("login")
    assert page.locator("#field-username").input_value() == ""
