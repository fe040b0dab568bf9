"""Paths: with and without the last slash, with slashes in a row, by host name; verbs and places that are not there."""

from __future__ import annotations

import pytest

from afluente.dialects.belvo.api import ROUTES
from tests.belvo import Belvo

PLACES = [path for path, verbs in ROUTES if "{" not in path and "GET" in verbs and verbs["GET"][1] != "open"]


@pytest.mark.parametrize("path", PLACES)
def test_a_path_is_answered_directly_with_and_without_its_last_slash(path: str, reader: Belvo) -> None:
    """The same answer, and never a redirect: a client's POST would become a GET."""
    answers = [reader.call("GET", place) for place in (path, path.rstrip("/"), f"/{path}")]
    assert {answer.status_code for answer in answers} <= {200, 400}
    assert (
        len({(answer.status_code, answer.json()[0]["code"] if answer.status_code == 400 else "") for answer in answers})
        == 1
    )


def test_the_dialect_is_reached_by_its_host_name(reader: Belvo) -> None:
    """`belvo.localhost`, without a prefix."""
    answer = reader.sandbox.http.get("/api/links", headers={"host": "belvo.localhost"}, auth=reader.sandbox.keys)
    assert answer.status_code == 200
    assert set(answer.json()) == {"count", "next", "previous", "results"}


@pytest.mark.parametrize("path", ["/api/webhooks/", "/api/nothing/", "/nothing", "/payments/br/customers/"])
def test_what_is_not_served_is_not_found(path: str, reader: Belvo) -> None:
    """In Belvo's array."""
    assert reader.refusal(reader.call("GET", path), 404)["code"] == "not_found"


def test_a_verb_that_a_path_does_not_have_is_not_allowed(reader: Belvo) -> None:
    """405 that names the verb."""
    entry = reader.refusal(reader.call("PATCH", "/api/tax-returns/"), 405)
    assert (entry["code"], entry["message"]) == ("method_not_allowed", 'Method "PATCH" not allowed.')


@pytest.mark.parametrize("keys", [None, ("nobody", "nothing"), ("", "")])
def test_without_good_keys_nothing_is_answered(keys: tuple[str, str] | None, reader: Belvo) -> None:
    """401, on every path that needs keys."""
    for path in PLACES:
        answer = reader.sandbox.http.get(f"/belvo{path}", **({"auth": keys} if keys else {}))
        assert reader.refusal(answer, 401)["code"] == "authentication_failed"
