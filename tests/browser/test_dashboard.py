"""The dashboard in a real browser: with the keyboard alone, on a telephone, live, and without a grave fault."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

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
    page: Any, client: Client, shot: Callable[[Any, str], None], theme: str
) -> None:
    """axe-core has nothing serious to say, and nothing hangs over at 360 pixels, in lists and on single entries."""
    client.connect(2, user="user-ok-account-error")
    client.connect(2, user="user-locked")
    flinks = Flinks(client)
    flinks.post("GetAccountsDetail", RequestId=flinks.connected(newcomer()))
    client.settle()
    page.emulate_media(color_scheme=theme)
    logged_in(page, client)
    seen: dict[str, list[str]] = {}
    for place in PLACES:
        page.goto(f"{client.server.url}/dashboard/{place}")
        shot(page, f"dashboard-{place}-{theme}")
        seen[place] = [*faults(page), *too_wide(page)]
        first = page.locator("#live tbody th a, #live ul.plain > li > a").first
        if place in ("connections", "sessions", "requests") and first.count():
            first.click()
            page.wait_for_url(f"**/dashboard/{place}/*")
            shot(page, f"dashboard-{place}-one-{theme}")
            seen[f"{place}/one"] = [*faults(page), *too_wide(page)]
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
