"""The id by which support finds a call: on every error, whatever kind it is, and in the server's log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.belvo import ASKING_BANK, Belvo

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.mark.row("belvo.rule.request-id-on-every-error")
@pytest.mark.parametrize(
    ("method", "path", "options", "status", "codes"),
    [
        ("GET", "/api/", {"auth": ("nobody", "nothing")}, 401, ["authentication_failed"]),
        ("GET", "/api/links/", {"headers": {"authorization": "Bearer made-up"}, "auth": None}, 401, None),
        ("GET", f"/api/links/{NOBODY}/", {}, 404, ["not_found"]),
        ("GET", "/api/links/not-an-id/", {}, 404, ["not_found"]),
        ("GET", "/api/nothing/", {}, 404, ["not_found"]),
        ("GET", "/api/links/?page=99", {}, 404, ["not_found"]),
        ("GET", "/api/transactions/", {}, 400, ["required"]),
        ("DELETE", "/api/links/", {}, 405, ["method_not_allowed"]),
        ("PUT", "/api/accounts/", {}, 405, ["method_not_allowed"]),
        ("POST", "/api/links/", {"content": b"{"}, 400, ["parse_error"]),
        ("POST", "/api/links/", {"json": {}}, 400, ["required", "required"]),
        ("POST", "/api/links/", {"json": {"institution": "narnia", "username": "me"}}, 400, ["does_not_exist"]),
        ("POST", "/api/accounts/", {"json": {"link": "me"}}, 400, ["invalid"]),
        ("POST", "/api/transactions/", {"json": {"link": NOBODY}}, 400, ["does_not_exist", "required"]),
        ("PATCH", "/api/links/", {"json": {"session": "a" * 32, "token": "1"}}, 400, ["session_expired"]),
    ],
)
def test_every_refused_request_has_an_id_that_the_log_has_too(
    belvo: Belvo, method: str, path: str, options: dict[str, Any], status: int, codes: list[str] | None
) -> None:
    """Each entry of one answer has the same id, of 32 hexadecimal digits; `refusals` looks it up."""
    entries = belvo.refusals(belvo.call(method, path, **options), status)
    assert codes is None or [entry["code"] for entry in entries] == codes
    assert all(entry["message"] for entry in entries)


@pytest.mark.row("belvo.rule.request-id-on-every-error")
def test_no_two_errors_share_an_id(belvo: Belvo) -> None:
    """Not even those of the same call made twice, nor the errors that ask for something."""
    answers = [belvo.call("GET", f"/api/links/{NOBODY}/") for _ in range(3)]
    answers += [belvo.try_link(username="act_unexpected") for _ in range(2)]
    answers += [belvo.try_link(ASKING_BANK), belvo.try_link(username="act_timeout")]
    ids = [entry["request_id"] for answer in answers for entry in answer.json()]
    assert len(set(ids)) == len(answers)
    logged = {line.get("error") for line in belvo.logged()}
    assert set(ids) <= logged


@pytest.mark.row("belvo.rule.request-id-on-every-error")
def test_the_log_tells_what_the_call_was_and_no_secret_of_it(belvo: Belvo) -> None:
    """Under the id there are the meaning, the verb, the path and the application, and no password."""
    answer = belvo.try_link(username="act_locked", password="Sesame-4711")
    (entry,) = answer.json()
    (line,) = [line for line in belvo.logged() if line.get("error") == entry["request_id"]]
    assert (line["meaning"], line["verb"], line["route"]) == ("login.locked", "POST", "/belvo/api/links")
    assert line["application"] == belvo.sandbox.own("GET", "/application")["id"]
    assert "Sesame-4711" not in belvo.sandbox.server.log.read_text(encoding="utf-8")
