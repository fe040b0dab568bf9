"""What callers are advised to do: to look at how institutions are, and to leave time between their requests."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.belvo import BANK, Belvo

ATOM = "{http://www.w3.org/2005/Atom}"


def health_of(belvo: Belvo, slug: str) -> dict[str, Any]:
    """Return how an institution has been for this application."""
    listed = belvo.sandbox.own("GET", "/institutions/health")["institutions"]
    return next(one for one in listed if one["institution"] == slug)


def alerts(belvo: Belvo) -> dict[str, str]:
    """Return the entries of the feed, by id."""
    answer = belvo.sandbox.http.get("/api/institutions/health.atom", headers={"x-api-key": belvo.sandbox.key})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    feed = ElementTree.fromstring(answer.text)
    return {str(one.findtext(f"{ATOM}id")): str(one.findtext(f"{ATOM}title")) for one in feed.iter(f"{ATOM}entry")}


@pytest.mark.row("belvo.rule.institution-status-page")
def test_the_health_of_an_institution_follows_what_it_did_and_whoever_subscribes_is_told(alone: Belvo) -> None:
    """It goes down with its logins, is impaired while some fail, and is well again; the counts are of two weeks.

    Belvo's own list of institutions says the same of it, and of others nothing changes.
    """
    alone.sandbox.advance("PT0S")
    slug, number = "erebor-mx-retail", alone.get("/api/institutions/", name=BANK)["results"][0]["id"]

    def status() -> tuple[str, str]:
        return health_of(alone, slug)["status"], alone.get(f"/api/institutions/{number}/")["status"]

    assert status() == ("operational", "healthy")
    assert health_of(alone, slug)["login"] == {"attempts": 0, "succeeded": 0, "share": None}
    # whoever is refused for a wrong password says nothing about the bank
    assert alone.try_link(username="wrong", password="pass_invalid").status_code == 400
    assert health_of(alone, slug)["login"]["attempts"] == 0
    alone.sandbox.arm("institution.unavailable.down", operation="login", institution=slug, times=3)
    refused = [alone.try_link() for _ in range(3)]
    assert [answer.json()[0]["code"] for answer in refused] == ["institution_down"] * 3
    assert status() == ("down", "down")
    told = [one["status"] for one in alone.every("/api/institutions/", name=BANK)]
    assert told == ["down"]
    (alert,) = alerts(alone).items()
    assert f"{slug}/down/" in alert[0] and alert[1].endswith(": down")
    link = alone.link(access_mode="single")
    assert status() == ("degraded", "healthy")
    assert health_of(alone, slug)["login"] == {"attempts": 4, "succeeded": 1, "share": 0.25}
    alone.sandbox.arm("institution.unavailable", operation="accounts", institution=slug)
    assert alone.ask(link["id"]).status_code == 400
    assert health_of(alone, slug)["products"]["accounts"] == {"attempts": 1, "succeeded": 0, "share": 0}
    alone.sandbox.advance("P2D")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    assert status() == ("operational", "healthy")
    assert alerts(alone) == {}
    assert health_of(alone, slug)["login"]["attempts"] == 5
    alone.sandbox.advance("P13D")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    assert health_of(alone, slug)["login"]["attempts"] == 0


@pytest.mark.row("belvo.rule.institution-status-page")
def test_whoever_is_refused_is_led_to_the_page(belvo: Belvo) -> None:
    """From the refusal to the page about it, and from there to how institutions are, in each language."""
    belvo.sandbox.arm("institution.unavailable.down", operation="login")
    answer = belvo.try_link()
    assert answer.json()[0]["code"] == "institution_down"
    page = belvo.sandbox.http.get(answer.links["help"]["url"], params={"lang": "pt-BR"})
    assert 'href="/institutions?lang=pt-BR"' in page.text
    assert "Como estão as instituições" in page.text
    open_to_all = belvo.sandbox.http.get("/api/institutions/health", params={"country": "mx"})
    assert open_to_all.status_code == 200
    listed = open_to_all.json()["institutions"]
    assert "erebor-mx-retail" in {one["institution"] for one in listed}
    assert {one["country"] for one in listed} == {"MX"}
    wrong = belvo.sandbox.http.get("/api/institutions/health", headers={"x-api-key": "made-up"})
    assert wrong.status_code == 401


@pytest.mark.row("belvo.rule.six-hours-between-reads")
def test_a_set_of_requests_too_soon_after_another_is_done_with_a_warning(belvo: Belvo) -> None:
    """Requests within an hour are one set; before six hours are over, another one is told what it risks.

    It is advice: nothing is refused for it, and reading what is stored needs none.
    """
    belvo.sandbox.advance("PT0S")
    link = belvo.link()["id"]

    def warned(resource: str) -> bool:
        answer = belvo.ask(link, resource)
        assert answer.status_code == 201, answer.text
        told = answer.headers.get("warning")
        if told is not None:
            assert told.startswith('299 - "') and "leave 6 hours" in told
            assert answer.links["help"]["url"].endswith("/meanings/login.locked")
        return told is not None

    assert [warned("accounts"), warned("owners")] == [False, False]
    belvo.sandbox.advance("PT30M")
    assert not warned("accounts")
    belvo.sandbox.advance("PT2H")
    belvo.sandbox.key = belvo.sandbox.authenticate(*belvo.sandbox.keys)
    assert [warned("accounts"), warned("owners")] == [True, True]
    assert "warning" not in belvo.call("GET", "/api/accounts/", params={"link": link}).headers
    # where the institution is, the day may have begun later
    yesterday = date.fromisoformat(belvo.sandbox.advance("PT0S")[:10]) - timedelta(days=1)
    later = belvo.call(
        "POST",
        "/api/transactions/",
        json={"link": link, "date_from": yesterday.isoformat()},
        headers={"x-belvo-request-mode": "async"},
    )
    assert (later.status_code, later.headers.get("warning", "")[:4]) == (202, "299 ")
    belvo.sandbox.advance("PT6H")
    belvo.sandbox.key = belvo.sandbox.authenticate(*belvo.sandbox.keys)
    assert [warned("accounts"), warned("owners")] == [False, False]


@pytest.mark.row("belvo.rule.six-hours-between-reads")
def test_neither_the_making_of_a_link_nor_another_links_requests_are_a_set(belvo: Belvo) -> None:
    """What is counted is data that a client asked for, of this link."""
    belvo.sandbox.advance("PT0S")
    link, other = belvo.link()["id"], belvo.link()["id"]
    assert belvo.ask(other).status_code == 201
    belvo.sandbox.advance("PT2H")
    answer = belvo.ask(link)
    assert (answer.status_code, "warning" in answer.headers) == (201, False)
