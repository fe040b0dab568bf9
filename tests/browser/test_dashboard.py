"""The dashboard in a real browser: with the keyboard alone, on a telephone, live, and without a grave fault."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from tests.browser.visiting import Host
from tests.flinks import Flinks, newcomer
from tests.server import Client

PLACES = ("connections", "sessions", "requests", "webhooks", "numbers", "sandbox", "keys")


def logged_in(page: Any, client: Client) -> None:
    """Log in with the keyboard alone."""
    page.goto(f"{client.server.url}/dashboard/connections")
    page.focus("#id")
    page.keyboard.type(client.keys[0])
    page.keyboard.press("Tab")
    page.keyboard.type(client.keys[1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/connections")


def faults(page: Any) -> list[str]:
    """Return what is gravely wrong with a page, as it stands."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]
            if one["impact"] in ("serious", "critical")]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_a_telephone_and_has_no_grave_fault(
    page: Any, client: Client, host: Host, shot: Callable[[Any, str], None], theme: str
) -> None:
    """axe-core has nothing serious to say, and nothing hangs over at 360 pixels, in lists and on single entries; nor on
    the pages that anybody may read."""
    client.connect(2, user="user-ok-account-error")
    client.connect(2, user="user-locked")
    flinks = Flinks(client)
    flinks.post("GetAccountsDetail", RequestId=flinks.connected(newcomer()))
    client.call("POST", "/items", json={"connectorId": 2})
    client.own("POST", "/endpoints", json={"url": f"{host.url}/hook-{theme}"})
    client.connect(2, user="user-locked", password="another")
    client.settle()
    page.emulate_media(color_scheme=theme)
    logged_in(page, client)
    seen: dict[str, list[str]] = {}
    for place in PLACES:
        page.goto(f"{client.server.url}/dashboard/{place}")
        shot(page, f"dashboard-{place}-{theme}")
        seen[place] = [*faults(page), *too_wide(page)]
        first = page.locator("#live tbody th a[id]").first
        if place in ("connections", "sessions", "requests", "webhooks"):
            first.click()
            page.wait_for_url(f"**/dashboard/{'deliveries' if place == 'webhooks' else place}/*")
            shot(page, f"dashboard-{place}-one-{theme}")
            seen[f"{place}/one"] = [*faults(page), *too_wide(page)]
    for place in ("connections?state=refused&text=nobody", "connections?after=nonsense"):
        page.goto(f"{client.server.url}/dashboard/{place}")
        seen[place] = [*faults(page), *too_wide(page)]
    for place in ("institutions", "meanings/login.locked", "meanings?q=locked"):
        page.goto(f"{client.server.url}/{place}")
        seen[place] = [*faults(page), *too_wide(page)]
        if place == "institutions":
            shot(page, f"institutions-health-{theme}")
    assert {place: found for place, found in seen.items() if found} == {}


def too_wide(page: Any) -> list[str]:
    """Return how wide a page is that does not fit."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"{width} pixels wide"] if width > 360 else []


def test_news_come_without_loading_the_page_again(page: Any, client: Client) -> None:
    """A connection made meanwhile appears in the list, and what was typed into the filter stays."""
    logged_in(page, client)
    page.evaluate("window.same = true")
    page.fill("#f-text", "half a wo")
    made = client.connect(2)["id"]
    page.wait_for_selector(f"#c-{made}")
    assert page.evaluate("window.same") is True
    assert page.input_value("#f-text") == "half a wo"


def test_the_skip_link_leads_past_the_navigation(page: Any, client: Client) -> None:
    """It is the first thing that the keyboard reaches."""
    logged_in(page, client)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_a_fault_is_armed_and_a_list_is_narrowed_with_the_keyboard_alone(page: Any, client: Client) -> None:
    """Every field is reached in its order, Enter sends the form, and the address keeps the filters."""
    logged_in(page, client)
    page.goto(f"{client.server.url}/dashboard/sandbox")
    page.focus("#f-meaning")
    page.keyboard.type("institution.unavailable")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "f-operation"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.focus("#f-times")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert [one["meaning"] for one in client.own("GET", "/sandbox/faults")["faults"]] == ["institution.unavailable"]
    page.goto(f"{client.server.url}/dashboard/connections")
    page.focus("#f-meaning")
    page.keyboard.type("login")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/connections?*meaning=login*")
    assert page.input_value("#f-meaning") == "login"
    page.get_by_role("link", name="Limpar filtros").click()
    page.wait_for_url("**/dashboard/connections")


def test_no_other_site_can_show_a_page_of_the_dashboard_in_a_frame(browser: Any, client: Client, host: Host) -> None:
    """A page of another origin that frames it stays empty there, whoever is logged in."""
    # the browser complains of what it refuses, so this page is not the one whose complaints fail a test
    page = browser.new_page()
    logged_in(page, client)
    host.pages["/thief"] = f'<iframe src="{client.server.url}/dashboard/keys"></iframe>'
    refused: list[str] = []
    page.on("requestfailed", lambda failed: refused.append(failed.url))
    page.goto(f"{host.url}/thief")
    page.wait_for_load_state("networkidle")
    frame = page.frames[1]
    shown = frame.content()
    page.close()
    assert client.keys[0] not in shown
    assert refused or frame.url.startswith("chrome-error")
