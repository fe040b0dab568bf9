"""The list of sessions and calls as anybody may ask for it, also wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flinks import Flinks
from tests.server import Client


@pytest.fixture
def flinks(client: Client) -> Flinks:
    """A client that has sessions."""
    return Flinks(client)


def asked(client: Client, path: str, **params: Any) -> Any:
    """Ask for a path of the API and return status and body."""
    answer = client.http.get(f"/api{path}", params=params, headers={"x-api-key": client.key})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/sessions", "/requests"])
@pytest.mark.parametrize(
    "params",
    [
        {"size": "0"},
        {"size": "501"},
        {"size": "0000019999999"},
        {"size": "many"},
        {"after": "nothing"},
        {"after": "é"},
        {"after": "LTE6eA"},
        {"from": "yesterday"},
        {"colour": "blue"},
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(client: Client, path: str, params: dict[str, str]) -> None:
    """With a sentence that says what it should be."""
    status, body = asked(client, path, **params)
    assert (status, body["error"]["meaning"]) == (400, "request.invalid")
    assert body["error"]["message"]


@pytest.mark.parametrize("id", ["nothing", "%00", "x" * 100])
def test_an_id_that_nobody_has_is_not_found(client: Client, id: str) -> None:
    """Whatever it looks like."""
    for path in ("/sessions", "/requests"):
        assert asked(client, f"{path}/{id}")[0] == 404


def test_a_status_that_no_dashboard_has_finds_nothing(client: Client, flinks: Flinks) -> None:
    """The same session is found by its own."""
    asked_for = flinks.authorize("Greatday", 203)["RequestId"]
    for path, name in (("/sessions", "sessions"), ("/requests", "requests")):
        assert asked(client, path, status="No Such Status")[1][name] == []
    found = asked(client, "/sessions", status="answering security challenge", size=500)[1]["sessions"]
    assert asked_for in [one["id"] for one in found]


def test_what_one_application_did_is_not_shown_to_another(client: Client, flinks: Flinks) -> None:
    """Neither in lists nor by its id."""
    id = flinks.connected("greatday_nomfa")
    other = client.server.other_client("log-other")
    assert asked(other, "/sessions")[1]["sessions"] == []
    assert [one["operation"] for one in asked(other, "/requests")[1]["requests"]] == ["POST /auth"]
    assert asked(other, f"/sessions/{id}")[0] == 404
    assert asked(client, f"/sessions/{id}")[0] == 200
    assert client.http.get(f"/api/sessions/{id}").status_code == 401


def test_sessions_are_found_between_two_instants(client: Client, flinks: Flinks) -> None:
    """The instants are the application's own."""
    now = client.advance("PT0S")
    id = flinks.connected("greatday_nomfa")
    later = client.advance("PT1M")
    within = {"from": now, "to": later, "size": 500}
    assert id in [one["id"] for one in asked(client, "/sessions", **within)[1]["sessions"]]
    assert id not in [one["id"] for one in asked(client, "/sessions", **{"from": later})[1]["sessions"]]
    assert all(one["session_id"] != id for one in asked(client, "/requests", to=now, size=500)[1]["requests"])
