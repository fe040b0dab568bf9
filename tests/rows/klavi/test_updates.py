"""The auto-update service: its own codes, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.klavi import ASKING_BANK, Klavi, someone

PATHS = ("/autoupdate_sync", "/data/v1/autoupdate_sync")


def said(klavi: Klavi, path: str = PATHS[0], method: str = "POST", **options: Any) -> tuple[int, str]:
    """Return code and message of an answer."""
    answer = klavi.call(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()["code"], answer.json()["msg"]


def connected(klavi: Klavi, **more: Any) -> dict[str, Any]:
    """Return the body of an update of a new connection whose user allowed it."""
    person = someone()
    trace_id = klavi.begin(person=person, **{"allow_autoupdate": "Yes", **more})
    return {"connectionKey": klavi.task(trace_id)["connection_key"], "allowAutoUpdate": "Yes"}


@pytest.mark.row("klavi.auto-update.200")
@pytest.mark.parametrize("path", PATHS)
def test_an_update_is_accepted_and_done(alone: Klavi, path: str) -> None:
    """On both paths, and under every spelling of the two names; the connection is fresh afterwards."""
    told = connected(alone)
    key = told["connectionKey"]
    item = f"/items/{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
    before = alone.sandbox.get(item)["lastUpdatedAt"]
    alone.sandbox.advance("PT1H")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    assert said(alone, path, json=told) == (200, "OK")
    alone.sandbox.settle()
    assert alone.sandbox.get(item)["lastUpdatedAt"] > before
    for flag in ("allow_autoupdate", "allowAutoupdate", "allowAutoUpdate"):
        for value in ("Yes", "yes", True):
            assert said(alone, path, json={"connection_key": key, flag: value}) == (200, "OK")
            alone.sandbox.settle()


@pytest.mark.row("klavi.auto-update.200")
def test_a_mistyped_password_leaves_updates_as_they_were(klavi: Klavi) -> None:
    """The task that brought it ends in its code, and updates go on with the password that the bank had let in."""
    person = someone()
    ordered = {"person": person, "allow_autoupdate": "Yes"}
    told = {"connectionKey": klavi.task(klavi.begin(**ordered))["connection_key"], "allowAutoUpdate": "Yes"}
    assert klavi.task(klavi.begin(**ordered, password="mistyped"))["code"] == 402
    update = klavi.call("POST", PATHS[0], json=told).json()
    klavi.sandbox.settle()
    assert (update["code"], klavi.task(update["traceId"])["code"]) == (200, 200)


@pytest.mark.row("klavi.auto-update.601")
@pytest.mark.parametrize(("before", "after"), [("Yes", "No"), ("No", "Yes")])
def test_a_task_that_came_to_nothing_changes_no_permission(klavi: Klavi, before: str, after: str) -> None:
    """Nor what updates bring; one that the bank lets in does, whether it names the person or the connection's key."""
    person = someone()
    codes = {"Yes": 200, "No": 601}
    key = klavi.task(klavi.begin(person=person, allow_autoupdate=before, query_param={"n": 1}))["connection_key"]
    told = {"connectionKey": key, "allowAutoUpdate": "Yes"}
    other = {"person": person, "allow_autoupdate": after, "query_param": {"n": 2}}
    assert klavi.task(klavi.begin(**other, password="mistyped"))["code"] == 402
    report = klavi.retrieve(person)
    assert (report["data"]["allow_autoupdate"], report["query_param"]) == (before, {"n": 1})
    assert said(klavi, json=told)[0] == codes[before]
    klavi.sandbox.settle()
    changed = {"connectionKey": key, "allow_autoupdate": after, "query_param": {"n": 2}}
    assert klavi.code("POST", "/data/v1/tasks", json=changed) == 200
    klavi.sandbox.settle()
    report = klavi.retrieve(person)
    assert (report["data"]["allow_autoupdate"], report["query_param"]) == (after, {"n": 2})
    assert said(klavi, json=told)[0] == codes[after]
    klavi.sandbox.settle()


@pytest.mark.row("klavi.auto-update.600")
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATHS[0]), ("PUT", PATHS[1]), ("DELETE", PATHS[0]), ("POST", f"{PATHS[0]}/now"), ("GET", f"{PATHS[1]}2")],
)
def test_another_route_is_invalid(klavi: Klavi, method: str, path: str) -> None:
    """Before anybody asks who it is."""
    assert said(klavi, path, method, headers={}) == (600, "Invalid route")


@pytest.mark.row("klavi.auto-update.601")
@pytest.mark.parametrize("allowed", ["No", None])
def test_a_user_who_did_not_allow_updates_is_asked_first(klavi: Klavi, allowed: str | None) -> None:
    """Whatever the partner says; connecting again with the permission changes it."""
    person = someone()
    klavi.begin(person=person, allow_autoupdate=allowed)
    report = klavi.retrieve(person)
    told = {"connectionKey": report["data"]["connection_key"], "allowAutoUpdate": "Yes"}
    assert report["data"]["allow_autoupdate"] == "No"
    assert said(klavi, json=told) == (601, "Auto update unauthorized")
    klavi.begin(person=person, allow_autoupdate="Yes")
    assert said(klavi, json=told) == (200, "OK")
    klavi.sandbox.settle()


@pytest.mark.row("klavi.auto-update.601")
def test_a_bank_that_asks_for_a_token_is_not_updated_without_its_user(klavi: Klavi) -> None:
    """And a partner that says No is not updated either."""
    trace_id = klavi.begin(bank=ASKING_BANK, person=someone(), allow_autoupdate="Yes")
    klavi.code("POST", f"/data/v1/tasks/{trace_id}/mfa", json={"token": "123456"})
    klavi.sandbox.settle()
    key = klavi.task(trace_id)["connection_key"]
    assert said(klavi, json={"connectionKey": key, "allowAutoUpdate": "Yes"})[0] == 601
    assert said(klavi, json={**connected(klavi), "allowAutoUpdate": "No"})[0] == 601


@pytest.mark.row("klavi.auto-update.602")
@pytest.mark.parametrize(
    "change",
    [
        {"connectionKey": None},
        {"connectionKey": ""},
        {"connectionKey": "0" * 32},
        {"connectionKey": "not a key"},
        {"allowAutoUpdate": None},
        {"allowAutoUpdate": "Maybe"},
    ],
)
def test_both_parameters_must_be_there_and_right(klavi: Klavi, change: dict[str, Any]) -> None:
    """A key that nobody has is as wrong as none."""
    told = {name: value for name, value in {**connected(klavi), **change}.items() if value is not None}
    assert said(klavi, json=told) == (602, "Request body invalid")


@pytest.mark.row("klavi.auto-update.701")
@pytest.mark.parametrize("missing", ["partner_code", "partner_token"])
def test_both_headers_are_needed(klavi: Klavi, missing: str) -> None:
    """Without one of them there is no access."""
    headers = {name: value for name, value in klavi.partner.items() if name != missing}
    assert said(klavi, headers=headers) == (701, "Invalid access")


@pytest.mark.row("klavi.auto-update.703")
@pytest.mark.parametrize("wrong", ["partner_code", "partner_token"])
def test_a_wrong_code_or_token_is_invalid(klavi: Klavi, wrong: str) -> None:
    """The one as much as the other."""
    assert said(klavi, headers={**klavi.partner, wrong: "wrong"}) == (703, "Partner code or token invalid")


@pytest.mark.row("klavi.auto-update.704")
def test_the_service_needs_the_right_to_it(alone: Klavi) -> None:
    """A partner may retrieve reports and still not have the service."""
    told = connected(alone)
    alone.sandbox.policy(rights=["category_checking"])
    assert said(alone, json=told) == (704, "No access permission")
    alone.sandbox.policy(rights=["category_checking", "autoupdate"])
    assert said(alone, json=told) == (200, "OK")


@pytest.mark.row("klavi.auto-update.708")
@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff", b"connectionKey=1", b'{"connectionKey": 7}', b'{"connectionKey": ["x"]}',
     b'{"connectionKey": "x", "allowAutoUpdate": 1.5}', b'{"connectionKey": "\\u0000"}'],
)  # fmt: skip
def test_what_is_no_json_or_of_a_wrong_type_has_a_wrong_format(klavi: Klavi, body: bytes) -> None:
    """The form comes before what it says."""
    assert said(klavi, content=body) == (708, "Data format verification failed")


def test_the_checks_have_an_order(alone: Klavi) -> None:
    """Of several things that are wrong the first is said."""
    alone.sandbox.policy(active=False, rights=[])
    code, _ = alone.sandbox.keys
    wrong = {"partner_code": code, "partner_token": "wrong"}
    bad: dict[str, Any] = {"content": b"{"}
    assert said(alone, f"{PATHS[0]}/x", headers={}, **bad)[0] == 600
    assert said(alone, headers={"partner_code": code}, **bad)[0] == 701
    assert said(alone, headers=wrong, **bad)[0] == 702
    alone.sandbox.policy(active=True)
    assert said(alone, headers=wrong, **bad)[0] == 703
    assert said(alone, **bad)[0] == 704
    alone.sandbox.policy(rights=None)
    assert said(alone, **bad)[0] == 708
    assert said(alone, json={})[0] == 602
