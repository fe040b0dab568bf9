"""What institutions do: they lock, turn away at random, let in one session at a time, and take too long."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from tests.belvo import Belvo, new_password, newcomer
from tests.server import Client

LOCKED = {
    "code": "login_error",
    "message": "The user account is locked, user needs to contact the institution to unlock it",
}
REJECTED = {
    "code": "login_error",
    "message": "Impossible to login, something unexpected happened while logging into the institution."
    " Try again later.",
}
TOO_MANY = {
    "code": "too_many_sessions",
    "message": "Impossible to login, a session is already opened with the institution for these credentials",
}
TIMED_OUT = {
    "code": "request_timeout",
    "message": "The request timed out, you can retry asking for less data by changing your query parameters.",
}


def today(client: Client) -> date:
    """Stop the clock and return what day it is."""
    return date.fromisoformat(client.advance("PT0S")[:10])


@pytest.mark.row("belvo.login_error.locked")
@pytest.mark.row("belvo.rule.lock-by-repeated-attempts")
def test_three_wrong_logins_lock_the_account_for_a_day(alone: Belvo) -> None:
    """Then the right password does not help either, until the day is over."""
    user = newcomer()
    for number in range(3):
        answer = alone.try_link(username=user, password=f"pass_invalid_{number}")
        assert alone.refusal(answer, 400)["message"].startswith("Invalid credentials")
    assert alone.refusal(alone.try_link(username=user), 400) == LOCKED
    alone.sandbox.advance("PT23H")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    assert alone.refusal(alone.try_link(username=user), 400) == LOCKED
    alone.sandbox.advance("PT1H")
    assert alone.link(username=user)["status"] == "valid"


@pytest.mark.row("belvo.rule.lock-by-repeated-attempts")
def test_many_requests_in_a_second_lock_the_account(alone: Belvo) -> None:
    """Three logins in one second are let in, the fourth is locked out; slower ones are not."""
    alone.sandbox.advance("PT0S")
    link = alone.link(username="bnk_quick")
    assert [alone.ask(link["id"]).status_code for _ in range(2)] == [201, 201]
    assert alone.refusal(alone.ask(link["id"]), 400) == LOCKED
    alone.sandbox.advance("PT24H")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    for _ in range(4):
        alone.sandbox.advance("PT2S")
        assert alone.ask(link["id"]).status_code == 201


@pytest.mark.row("belvo.login_error.unexpected")
@pytest.mark.row("belvo.rule.random-rejection")
def test_of_two_attempts_at_the_same_time_one_is_turned_away(alone: Belvo) -> None:
    """It has nothing to do with the user or the credentials: what was turned away is let in when it comes again."""
    bodies = [
        {"institution": "gringotts_br_retail", "username": "bnk_random", "password": new_password()} for _ in range(2)
    ]

    def attempt(body: dict[str, Any]) -> httpx.Response:
        url, keys = f"{alone.url}/api/links/", alone.sandbox.keys
        return httpx.post(url, json=body, auth=keys, timeout=30)

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(attempt, bodies))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: 1}
    turned_away = next(number for number, answer in enumerate(answers) if answer.status_code == 400)
    assert alone.refusal(answers[turned_away], 400) == REJECTED
    again = [attempt(bodies[turned_away]) for _ in range(2)]
    assert sorted(answer.status_code for answer in again)[0] == 201


@pytest.mark.row("belvo.too_many_sessions")
@pytest.mark.row("belvo.rule.one-session-at-a-time")
def test_an_open_session_shuts_the_others_out_until_it_is_closed(alone: Belvo) -> None:
    """The link that holds the session may go on; another login of the same user waits until it is over."""
    alone.sandbox.advance("PT0S")
    first = alone.link(username="bnk_one_session")
    password = new_password()
    answer = alone.try_link(username="bnk_one_session", password=password)
    assert alone.refusal(answer, 400) == TOO_MANY
    assert alone.ask(first["id"]).status_code == 201
    alone.sandbox.advance("PT2M")
    second = alone.link(username="bnk_one_session", password=password)
    assert alone.refusal(alone.ask(first["id"]), 400) == TOO_MANY
    alone.sandbox.advance("PT2M")
    assert alone.ask(first["id"]).status_code == 201
    assert alone.status(second["id"]) == "valid"


@pytest.mark.row("belvo.too_many_sessions")
@pytest.mark.row("belvo.rule.one-session-at-a-time")
def test_sessions_of_other_users_are_nobodys_business(alone: Belvo) -> None:
    """One session at a time is meant for one user at one institution."""
    alone.link(username="bnk_one_session")
    assert alone.link()["status"] == "valid"
    assert alone.link("gotham_mx_business", "bnk_one_session")["status"] == "valid"


@pytest.mark.row("belvo.request_timeout")
@pytest.mark.row("belvo.rule.timeout-saves-progress")
@pytest.mark.row("belvo.rule.timeout-by-volume")
def test_thousands_of_movements_in_a_month_take_two_calls(alone: Belvo) -> None:
    """The first one times out and keeps what it read; the same call again brings every movement of the days."""
    last = today(alone.sandbox)
    link = alone.link("erebor_br_retail", "bnk_volume")
    asked = {"date_from": (last - timedelta(days=60)).isoformat(), "date_to": last.isoformat()}
    assert alone.refusal(alone.ask(link["id"], "transactions", **asked), 408) == TIMED_OUT
    assert alone.status(link["id"]) == "valid"
    answer = alone.ask(link["id"], "transactions", **asked)
    assert answer.status_code == 201, answer.text
    movements = answer.json()
    months = Counter((one["account"]["id"], one["value_date"][:7]) for one in movements)
    assert max(months.values()) > 2_000
    assert len({one["id"] for one in movements}) == len(movements)
    assert {one["id"] for one in alone.every("/api/transactions/", link=link["id"])} >= {one["id"] for one in movements}


@pytest.mark.row("belvo.rule.timeout-by-volume")
def test_a_usual_number_of_movements_does_not_time_out(belvo: Belvo) -> None:
    """A thousand movements a month come at once, at an account that has fewer than two thousand in any."""
    last = today(belvo.sandbox)
    link = belvo.link("erebor_br_retail", "bnk_perf_100x")
    asked = {"date_from": (last - timedelta(days=60)).isoformat(), "date_to": last.isoformat()}
    answer = belvo.ask(link["id"], "transactions", **asked)
    assert answer.status_code == 201, answer.text
    months = Counter((one["account"]["id"], one["value_date"][:7]) for one in answer.json())
    assert 0 < max(months.values()) <= 2_000


@pytest.mark.row("belvo.rule.timeout-by-volume")
def test_more_than_two_thousand_movements_in_a_month_time_out_for_anybody(belvo: Belvo) -> None:
    """It is the volume that counts, not who it is; a question for fewer days is answered at once."""
    last = today(belvo.sandbox)
    link = belvo.link("erebor_br_retail", "bnk_perf_400x")
    few = {"date_from": (last - timedelta(days=7)).isoformat(), "date_to": last.isoformat()}
    many = {"date_from": (last - timedelta(days=90)).isoformat(), "date_to": last.isoformat()}
    assert belvo.ask(link["id"], "transactions", **few).status_code == 201
    assert belvo.refusal(belvo.ask(link["id"], "transactions", **many), 408) == TIMED_OUT
    answer = belvo.ask(link["id"], "transactions", **many)
    assert answer.status_code == 201, answer.text
    months = Counter((one["account"]["id"], one["value_date"][:7]) for one in answer.json())
    assert max(months.values()) > 2_000
