"""Lists: pages with absolute neighbours, filters that storage applies, `fields` and `omit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.belvo import Belvo

MOVEMENTS = "/api/transactions/"
Wire = dict[str, Any]


@pytest.fixture(scope="module")
def movements(reader: Belvo, read_link: str) -> list[Wire]:
    """All movements of the link."""
    return reader.every(MOVEMENTS, link=read_link)


def test_pages_lead_through_a_list_and_back(reader: Belvo, read_link: str, movements: list[Wire]) -> None:
    """`next` and `previous` are absolute, carry every filter, and are null at the ends."""
    first = reader.get(MOVEMENTS, link=read_link, page_size=7, type="OUTFLOW", fields="id,type")
    assert first["previous"] is None
    assert first["next"].startswith(f"{reader.url}{MOVEMENTS}?")
    second = reader.sandbox.http.get(first["next"], auth=reader.sandbox.keys).json()
    back = reader.sandbox.http.get(second["previous"], auth=reader.sandbox.keys).json()
    assert back == first
    outgoing = [{"id": one["id"], "type": "OUTFLOW"} for one in movements if one["type"] == "OUTFLOW"]
    assert first["count"] == len(outgoing)
    assert first["results"] + second["results"] == outgoing[:14]
    last = reader.get(MOVEMENTS, link=read_link, page_size=1000, page=-(-len(movements) // 1000))
    assert last["next"] is None


@pytest.mark.parametrize("page", ["0", "-1", "x", "999", "99999999999999999999"])
def test_a_page_that_is_none_is_not_found(page: str, reader: Belvo, read_link: str) -> None:
    """404 in the array."""
    for path in (MOVEMENTS, "/api/accounts/", "/api/institutions/"):
        answer = reader.call("GET", path, params={"link": read_link, "page": page})
        assert reader.refusal(answer, 404)["code"] == "not_found"


@pytest.mark.parametrize(("size", "length"), [("3", 3), ("0", 100), ("x", 100), ("5000", None)])
def test_a_page_is_as_long_as_asked_for_within_bounds(
    size: str, length: int | None, reader: Belvo, read_link: str, movements: list[Wire]
) -> None:
    """A size that is none counts as none given, and a thousand is the most."""
    found = reader.get(MOVEMENTS, link=read_link, page_size=size)["results"]
    assert len(found) == (min(len(movements), 1000) if length is None else length)


FILTERS: tuple[tuple[dict[str, str], Callable[[Wire], bool]], ...] = (
    ({"type": "INFLOW"}, lambda one: one["type"] == "INFLOW"),
    ({"status": "PENDING"}, lambda one: one["status"] == "PENDING"),
    ({"status__in": "PENDING,PROCESSED"}, lambda one: True),
    ({"status": "UNCATEGORIZED"}, lambda one: False),
    ({"amount__gt": "100", "amount__lte": "500"}, lambda one: 100 < one["amount"] <= 500),
    ({"amount__range": "10,20.5"}, lambda one: 10 <= one["amount"] <= 20.5),
    ({"currency": "BRL"}, lambda one: one["currency"] == "BRL"),
    ({"currency": "MXN"}, lambda one: one["currency"] == "MXN"),
    ({"account_type": "nothing"}, lambda one: False),
    ({"account__balance__current__lt": "0"}, lambda one: one["account"]["balance"]["current"] < 0),
    ({"reference": "none of them"}, lambda one: False),
)


@pytest.mark.parametrize(("asked", "fits"), FILTERS, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_a_filter_leaves_what_fits(
    asked: dict[str, str], fits: Callable[[Wire], bool], reader: Belvo, read_link: str, movements: list[Wire]
) -> None:
    """The same movements as filtering the whole list leaves, in the same order."""
    found = reader.every(MOVEMENTS, link=read_link, **asked)
    assert [one["id"] for one in found] == [one["id"] for one in movements if fits(one)]


@pytest.mark.parametrize("name", ["value_date", "accounting_date", "reference"])
@pytest.mark.parametrize("behind", ["", "__in"])
def test_a_movement_is_found_by_what_it_says(
    name: str, behind: str, reader: Belvo, read_link: str, movements: list[Wire]
) -> None:
    """A day, the day of booking and the reference of one in the middle."""
    if behind and name != "reference":
        name, behind = name, "__range"
    one = next(one for one in movements[len(movements) // 2 :] if one[name])
    value = one[name] if name == "reference" else one[name][:10]
    asked = f"{value},{value}" if behind == "__range" else value
    found = reader.every(MOVEMENTS, link=read_link, **{name + behind: asked})
    assert [each["id"] for each in found if (each[name] or "")[: len(value)] != value] == []
    expected = {each["id"] for each in movements if each[name] and each[name][: len(value)] == value}
    assert {each["id"] for each in found} == expected


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_days(day: str, reader: Belvo, read_link: str) -> None:
    """Bounds of which one day more, or less, does not exist."""
    for name in ("value_date", "accounting_date", "created_at", "collected_at"):
        for test in ("", "__gt", "__gte", "__lt", "__lte"):
            reader.get(MOVEMENTS, link=read_link, **{name + test: day})


def test_movements_are_listed_with_their_link_only(reader: Belvo) -> None:
    """400 with the field that is missing."""
    entry = reader.refusal(reader.call("GET", MOVEMENTS), 400)
    assert (entry["code"], entry["field"]) == ("required", "link")


def test_fields_and_omit_choose_keys_of_one_object_too(reader: Belvo, read_link: str, movements: list[Wire]) -> None:
    """On the list and on the detail alike."""
    id = movements[0]["id"]
    assert reader.get(f"{MOVEMENTS}{id}/", fields="id,amount") == {"id": id, "amount": movements[0]["amount"]}
    assert "account" not in reader.get(f"{MOVEMENTS}{id}/", omit="account")
    assert list(reader.get("/api/links/", fields="id", page_size=1)["results"][0]) == ["id"]
