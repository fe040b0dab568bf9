"""What is kept for a time, what may be done only so often, and what the log keeps of a call."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.belvo import Belvo, new_password


@pytest.fixture
def still(belvo: Belvo) -> Belvo:
    """A client whose clock stands."""
    belvo.sandbox.advance("PT0S")
    return belvo


def later(belvo: Belvo, span: str) -> None:
    """Move the clock, and log in again: keys do not last for days."""
    belvo.sandbox.advance(span)
    belvo.sandbox.key = belvo.sandbox.authenticate(*belvo.sandbox.keys)


def counts(belvo: Belvo, link: str) -> dict[str, int]:
    """Return how many objects of each kind are held of a link."""
    paths = ("accounts", "transactions", "owners", "balances", "incomes")
    return {path: belvo.get(f"/api/{path}/", link=link)["count"] for path in paths}


def read(belvo: Belvo, link: str) -> None:
    """Have everything fetched that `counts` looks at."""
    today = date.fromisoformat(belvo.sandbox.advance("PT0S")[:10])
    for resource in ("accounts", "owners", "incomes"):
        assert belvo.ask(link, resource).status_code == 201
    since = (today - timedelta(days=60)).isoformat()
    assert belvo.ask(link, "transactions", date_from=since).status_code == 201


def test_data_is_erased_when_it_was_not_refreshed_for_stale_in(still: Belvo) -> None:
    """The link stays and stays valid; asking again brings everything back under the same ids."""
    link = still.link(stale_in="30d", access_mode="single")
    assert link["stale_in"] == "30d"
    read(still, link["id"])
    before, ids = counts(still, link["id"]), {one["id"] for one in still.every("/api/accounts/", link=link["id"])}
    assert all(before.values())
    later(still, "P29DT23H")
    assert counts(still, link["id"]) == before
    later(still, "PT2H")
    assert counts(still, link["id"]) == dict.fromkeys(before, 0)
    assert still.status(link["id"]) == "valid"
    assert still.sandbox.get("/accounts", itemId=link["id"])["results"] == []
    read(still, link["id"])
    assert {one["id"] for one in still.every("/api/accounts/", link=link["id"])} == ids
    assert counts(still, link["id"])["transactions"] > 0


def test_stale_in_can_be_changed_and_counts_from_the_last_refresh(still: Belvo) -> None:
    """Without one it is a year; whatever is fetched begins the time anew."""
    link = still.link(access_mode="single")["id"]
    assert still.ask(link).status_code == 201
    answer = still.call("PATCH", f"/api/links/{link}/", json={"stale_in": "10d"})
    assert (answer.status_code, answer.json()["stale_in"]) == (200, "10d")
    later(still, "P9D")
    assert still.ask(link, "owners").status_code == 201
    later(still, "P9D")
    assert still.get("/api/accounts/", link=link)["count"] > 0
    later(still, "P2D")
    assert still.get("/api/accounts/", link=link)["count"] == 0


@pytest.mark.parametrize(("mode", "times"), [("recurrent", 4), ("single", 0)])
def test_a_recurrent_link_is_refreshed_every_week_and_a_single_one_never(still: Belvo, mode: str, times: int) -> None:
    """Nobody asks: 29 days on, the last of four refreshes was a day ago, or there was none."""
    link = still.link(access_mode=mode)["id"]
    began = still.get(f"/api/links/{link}/")["last_accessed_at"]
    later(still, "P29D")
    now = still.get(f"/api/links/{link}/")["last_accessed_at"]
    days = (datetime.fromisoformat(now) - datetime.fromisoformat(began)).days
    assert days == 7 * times


def test_credentials_of_a_link_of_one_use_are_forgotten(still: Belvo) -> None:
    """After the days that `credentials_storage` says nothing can be asked for, and what is held can be read."""
    link = still.link(access_mode="single", credentials_storage="7d")["id"]
    assert still.ask(link).status_code == 201
    later(still, "P7D")
    assert still.refusal(still.ask(link), 404)["code"] == "expired_credentials"
    assert still.get("/api/accounts/", link=link)["count"] > 0


@pytest.mark.parametrize("kind", ["links", "transactions"])
def test_five_deletes_of_a_kind_may_be_waited_for_in_a_minute(still: Belvo, kind: str) -> None:
    """The sixth is told when to come again, and has deleted nothing; what is not there does not count."""
    if kind == "links":
        ids = [still.link()["id"] for _ in range(7)]
    else:
        link = still.link()["id"]
        read(still, link)
        ids = [one["id"] for one in still.get("/api/transactions/", link=link, page_size=7)["results"]]
    later(still, "PT1M")  # other tests delete with the same keys
    nobody = "00000000-0000-4000-8000-000000000000"
    assert still.call("DELETE", f"/api/{kind}/{nobody}/").status_code == 404
    assert [still.call("DELETE", f"/api/{kind}/{id}/").status_code for id in ids[:5]] == [204] * 5
    later(still, "PT20S")
    answer = still.call("DELETE", f"/api/{kind}/{ids[5]}/")
    assert still.refusal(answer, 429) == {
        "code": "throttled",
        "message": "Request was throttled. Expected available in 40 seconds.",
    }
    assert answer.headers["retry-after"] == "40"
    assert still.call("GET", f"/api/{kind}/{ids[5]}/").status_code == 200
    if kind == "links":
        header = {"x-belvo-request-mode": "async"}
        assert still.call("DELETE", f"/api/links/{ids[6]}/", headers=header).status_code == 202
    later(still, "PT40S")
    assert still.call("DELETE", f"/api/{kind}/{ids[5]}/").status_code == 204


@pytest.mark.parametrize("path", ["/api/links/{link}/refresh/", "/api/transactions/", "/api/links/{link}/"])
def test_the_request_id_of_what_is_done_later_is_in_the_log(belvo: Belvo, path: str) -> None:
    """With the verb and the path of the call it was told to."""
    link = belvo.link()["id"]
    body: dict[str, Any] = {"link": link, "date_from": "2026-01-01"} if "transactions" in path else {}
    if "transactions" in path:
        body["date_from"] = belvo.sandbox.advance("PT0S")[:10]
    verb = "POST" if "refresh" in path or "transactions" in path else "DELETE"
    path = path.format(link=link)
    answer = belvo.call(verb, path, json=body or None, headers={"x-belvo-request-mode": "async"})
    assert answer.status_code == 202, answer.text
    (line,) = [line for line in belvo.logged() if line.get("request") == answer.json()["request_id"]]
    assert (line["event"], line["verb"], line["route"]) == ("accepted", verb, f"/belvo{path}".rstrip("/"))
    belvo.sandbox.settle()


@pytest.mark.parametrize("resource", ["incomes", "recurring-expenses"])
def test_a_span_that_ends_before_it_begins_is_refused(belvo: Belvo, resource: str) -> None:
    """By the field that is wrong; also where its end is left out and is today."""
    link = belvo.link()["id"]
    for span in ({"date_from": "2026-05-02", "date_to": "2026-05-01"}, {"date_from": "2101-01-01"}):
        assert belvo.refusal(belvo.ask(link, resource, **span), 400) == {
            "code": "invalid",
            "message": "date_from cannot be greater than date_to.",
            "field": "date_from",
        }


def test_a_client_may_be_a_day_ahead_of_the_institution(still: Belvo) -> None:
    """At three in the morning UTC it is still the day before in Brazil and in Mexico; two days ahead nobody is."""
    now = datetime.fromisoformat(still.sandbox.advance("PT0S"))
    morning = now.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)
    later(still, f"PT{int((morning - now).total_seconds())}S")
    link = still.link()["id"]
    for days, status in ((0, 201), (2, 400)):
        answer = still.ask(link, "transactions", date_from=(morning + timedelta(days=days)).date().isoformat())
        assert answer.status_code == status, answer.text


def test_a_call_that_is_refused_is_a_failed_one_though_something_else_came(belvo: Belvo) -> None:
    """Of six requests for transactions that do not come the link falls invalid, though its accounts come each time."""
    link = belvo.link()["id"]
    today = belvo.sandbox.advance("PT0S")[:10]
    for _ in range(6):
        assert belvo.status(link) == "valid"
        belvo.sandbox.arm("institution.unavailable", operation="transactions")
        # daily balances are reckoned from movements and stand on accounts, which do come
        answer = belvo.ask(link, "balances", date_from=today)
        assert belvo.refusal(answer, 400)["code"] == "institution_unavailable"
        assert belvo.get("/api/accounts/", link=link)["count"] > 0
    assert belvo.status(link) == "invalid"
    answer = belvo.call("PUT", f"/api/links/{link}/", json={"password": new_password()})
    assert (answer.status_code, answer.json()["status"]) == (200, "valid")
