"""The page about institutions: what it says follows from what happened, and of what nobody tried it says nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from afluente.catalogue import load
from afluente.core.clock import DAY
from afluente.engine.institutions.health import DAYS, first_day
from tests.api.test_meaning_pages import Reader
from tests.server import Client

SANDBOX = 2
SANDBOX_BANK = "sandbox-bank"


def looked_at(client: Client, **query: str) -> Reader:
    """Return the page as the client's own application sees it, in English."""
    asked = {"lang": "en", **query}
    answer = client.http.get("/institutions", params=asked, headers={"x-api-key": client.key})
    assert answer.status_code == 200, answer.text[:300]
    return Reader(answer.text)


@pytest.fixture
def other(client: Client) -> Client:
    """A client of an application that has done nothing yet."""
    return client.server.other_client("watching")


def test_what_nobody_tried_is_not_said_to_work(other: Client) -> None:
    """It is listed apart, and counted as not tried; what was tried says how often."""
    before = looked_at(other)
    states = [told.get("class") for tag, told in before.tags if tag == "span" and "status" in str(told.get("class"))]
    assert states == ["status untried"]
    other.connect(SANDBOX)
    after = looked_at(other)
    assert "Sandbox Bank BR works" in after.text
    assert "Logins 100 % 1 / 1" in after.text


def test_failures_of_the_institution_count_and_those_of_the_user_do_not(other: Client) -> None:
    """Down after three logins that all failed there; the product that failed is told with its share."""
    other.connect(SANDBOX, user="user-bad")
    assert "Sandbox Bank BR" not in looked_at(other).text.split("nobody asked")[0]
    for number in range(3):
        other.connect(SANDBOX, user="user-act+institution.unavailable", password=f"password-{number}")
        if number == 1:
            assert "Sandbox Bank BR too few to tell" in looked_at(other).text
    page = looked_at(other)
    assert "Sandbox Bank BR down" in page.text and "Logins 0 % 0 / 3" in page.text and "Failed last: " in page.text
    assert looked_at(other, status="down").text.count("Sandbox Bank BR") == 1
    assert "No institution fits." in looked_at(other, status="down", country="CA").text
    assert "No institution fits." in looked_at(other, q="no such bank").text
    bars = [told for tag, told in page.tags if tag == "rect" and told.get("class") == "bad"]
    assert len(bars) == 1


def test_each_day_has_its_bar_and_the_record_its_figures(other: Client) -> None:
    """Two weeks, the last of them today; days on which nothing was asked for are left out of the record."""
    other.advance("PT0S")
    other.connect(SANDBOX)
    other.advance("P3D")
    other.key = other.authenticate(*other.keys)
    other.connect(SANDBOX, user="user-act+institution.unavailable")
    record = other.own("GET", "/institutions/health")
    [one] = [each for each in record["institutions"] if each["institution"] == SANDBOX_BANK]
    assert [day["login"]["succeeded"] for day in one["days"]] == [1, 0]
    assert one["days"][0]["products"]["accounts"] == {"attempts": 1, "succeeded": 1, "share": 1.0}
    assert one["days"][-1]["date"] == record["at"][:10]
    page = looked_at(other, q="sandbox bank")
    days = [told for tag, told in page.tags if tag == "rect" and told.get("class") == "ground"]
    assert len(days) == DAYS
    assert f"{record['at'][:10]}: 0 of 1" in page.text


def test_the_days_end_with_today() -> None:
    """Whatever the hour."""
    for now in (20 * DAY, 21 * DAY - 1):
        assert first_day(now) + DAYS - 1 == 20


@pytest.mark.parametrize("locale", load().locales)
def test_the_page_is_anybodys_in_every_language(client: Client, locale: str) -> None:
    """Without a key, and with a way to be told."""
    answer = client.http.get("/institutions", params={"lang": locale})
    assert answer.status_code == 200 and answer.headers["content-language"] == locale
    read = Reader(answer.text)
    [feed] = [told["href"] for told in read.all("link") if told.get("type") == "application/atom+xml"]
    found = ElementTree.fromstring(client.http.get(str(feed)).text)
    assert found.tag.endswith("}feed")
    assert client.http.get("/institutions", headers={"x-api-key": "made-up"}).status_code == 401


def test_an_alert_leads_to_the_page(other: Client) -> None:
    """A reader of feeds opens what a person can read."""
    for number in range(3):
        other.connect(SANDBOX, user="user-act+institution.unavailable", password=f"password-{number}")
    feed = other.http.get("/api/institutions/health.atom", headers={"x-api-key": other.key})
    address = "{http://www.w3.org/2005/Atom}"
    links = [link.get("href") for link in ElementTree.fromstring(feed.text).findall(f"{address}entry/{address}link")]
    assert links == [f"{other.server.url}/institutions"]
