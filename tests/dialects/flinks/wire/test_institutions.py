from __future__ import annotations

import pytest

from tests.flinks import Flinks, newcomer
from tests.server import Client

PUBLISHED = {
    1: "BMO", 2: "Desjardins", 3: "RBC", 4: "TD", 5: "CIBC", 6: "Scotiabank", 7: "National", 8: "Tangerine",
    11: "Meridian", 13: "Coast Capital", 14: "FlinksCapital", 15: "Vancity", 17: "Simplii", 18: "EQ Bank",
    23: "Servus", 77: "PC Financial", 212: "American Express", 80017956: "Rogers",
}  # fmt: skip
"""The numbers that are published, each with a word of the name."""


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """A client that speaks Flinks."""
    return Flinks(client)


def test_institutions_have_their_published_numbers(flinks: Flinks) -> None:
    """Clients keep the numbers."""
    told = flinks.get("Institutions?skip=0&take=1000")
    by_id = {one["Id"]: one for one in told["Data"]}
    assert told["Count"] == len(told["Data"]) == len(by_id)
    for id, word in PUBLISHED.items():
        names = [one["Name"] for one in by_id[id]["Localizations"] if one["Language"] == "en"]
        assert word in names[0]
    assert {one["Country"] for one in told["Data"]} == {"CA", "US"}
    assert {one["Status"] for one in told["Data"]} == {"Enabled"}


def test_the_list_is_read_page_by_page(flinks: Flinks) -> None:
    """Two pages have what one of both lengths has."""
    both = flinks.get("Institutions?take=4")["Data"]
    pages = flinks.get("Institutions?take=2")["Data"] + flinks.get("Institutions?skip=2&take=2")["Data"]
    assert pages == both
    assert flinks.get("Institutions?skip=999999")["Data"] == []


@pytest.mark.parametrize("query", ["take=1001", "take=x", "skip=-1"])
def test_a_page_has_its_bounds(flinks: Flinks, query: str) -> None:
    """A thousand at most."""
    flinks.refusal(flinks.get(f"Institutions?{query}", 401), "INVALID_REQUEST")


def test_a_bank_is_known_by_what_the_list_calls_it(flinks: Flinks) -> None:
    """The list has no other word for it than its name and its number."""
    listed = flinks.get("Institutions?take=1000")["Data"]
    shown = next(one for one in listed if one["Localizations"][0]["Name"] == "Capital One")
    for name in ("Capital One", "capital one", str(shown["Id"])):
        assert flinks.authorize(newcomer(), bank=name)["InstitutionId"] == shown["Id"]


def test_a_routing_number_names_its_bank(flinks: Flinks) -> None:
    """Banks of the United States have more than one."""
    told = flinks.get("Institutions/RoutingNumber/021000021")
    assert told["Country"] == "US"
    assert "Chase" in told["Localizations"][0]["Name"]
    assert "021000021" in told["RoutingNumbers"]
    flinks.refusal(flinks.get("Institutions/RoutingNumber/000000000", 401), "INVALID_REQUEST")


def test_categories_are_told_for_two_countries(flinks: Flinks) -> None:
    """Of any other there are none."""
    for country in ("CA", "us"):
        assert flinks.get(f"Categories/{country}")[0]["PrimaryCategoryName"] == "Food and Dining"
    flinks.refusal(flinks.get("Categories/BR", 401), "INVALID_REQUEST")
