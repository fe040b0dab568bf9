"""What a client is refused, and what it changes, is found again in the log of calls, whichever system it speaks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.belvo import BANK, Belvo, new_password, newcomer
from tests.klavi import Klavi, someone
from tests.pages import Page
from tests.server import Client

SANDBOX = 2
NOBODYS = "7d0a0a38-3f3c-4d0e-9a55-0c7a3a5a0f11"
CANARIES = ("canarypassword", "canaryfield", "canarytoken", "canaryquery", "canarypath", "canarysecret")


@pytest.fixture
def caller(client: Client) -> Iterator[Client]:
    """A client of an application of its own, so that its log is its own as well."""
    yield client.server.other_client("logged")


def listed(client: Client, **params: Any) -> list[dict[str, Any]]:
    """Return the calls in the log, newest first, without the one that gave the client its key."""
    headers = {"x-api-key": client.key}
    found = client.http.get("/api/requests", headers=headers, params={"size": 500, **params}).json()["requests"]
    return [one for one in found if one["operation"] != "POST /auth"]


def of_our_own(client: Client) -> list[tuple[str, int, str]]:
    """Return the calls of Afluente's own paths in the log, oldest first."""
    found = listed(client, system="afluente")[::-1]
    return [(one["operation"], one["http_status"], one["meaning"]) for one in found]


def test_our_own_refusals_and_changes_are_listed_and_our_reads_and_waits_are_not(caller: Client) -> None:
    """A refusal is found by its id, whatever was asked for; looking, and waiting for what runs, leave nothing."""
    item = caller.connect(SANDBOX)["id"]
    headers = {"x-api-key": caller.key}
    for path in ("/api/sandbox/clock", "/api/requests", f"/api/connections/{item}", "/api/meanings", "/institutions"):
        assert caller.http.get(path, headers=headers).status_code == 200
    caller.settle()
    caller.arm("institution.unavailable")
    refused = [
        caller.http.patch("/api/application", json={"canaryfield": 1}, headers=headers),
        caller.http.get(f"/api/connections/{item}/findings", params={"nothing": "x"}, headers={"x-api-key": "no key"}),
        caller.http.get(f"/api/deliveries/{NOBODYS}", headers=headers),
        caller.http.get("/api/nothing/canarypath-1", headers=headers),
        caller.http.get("/api/explain", params={"code": "none", "system": "canaryquery"}, headers=headers),
        caller.http.put("/api/sandbox/clock", headers=headers),
    ]
    assert [answer.status_code for answer in refused] == [400, 401, 404, 404, 400, 405]
    assert of_our_own(caller) == [
        ("POST /api/sandbox/faults", 201, "success"),
        ("PATCH /api/application", 400, "request.invalid"),
        ("GET /api/deliveries/{id}", 404, "request.not-found"),
        ("GET /api/nothing/…", 404, "request.not-found.route"),
        ("GET /api/explain", 400, "request.invalid.choice"),
        ("PUT /api/sandbox/clock", 405, "request.unsupported.method"),
    ]
    for answer in (each for each in refused if each.status_code != 401):
        assert told(caller, answer.json()["error"]["id"])["http_status"] == answer.status_code
    changed = caller.http.post(f"/api/sandbox/connections/{item}/answer", json={}, headers=headers)
    assert told(caller, changed.json()["error"]["id"])["connection_id"] == item


def test_a_key_that_does_not_open_our_own_paths_is_told_to_whom_it_was_given(caller: Client) -> None:
    """And so is one that opens the connect page alone: the signature says whose it is."""
    token = caller.call("POST", "/connect_token", json={}).json()["accessToken"]
    refused = caller.http.get("/api/events", headers={"x-api-key": token})
    assert refused.status_code == 401
    assert told(caller, named(refused))["meaning"] == "request.unauthenticated.token"


def told(client: Client, id: str) -> dict[str, Any]:
    """Return one call."""
    answer = client.http.get(f"/api/requests/{id}", headers={"x-api-key": client.key})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def named(answer: httpx.Response) -> str:
    """Return the id that an error came with."""
    return answer.headers["x-request-id"]


def test_pluggy_s_refusals_lead_to_what_was_asked_and_what_to_do(caller: Client) -> None:
    """Status, meaning, whose doing, advice, and the connection: by the id that came with the error."""
    item = caller.connect(SANDBOX, user="user-locked")
    refused = caller.call("PATCH", f"/items/{item['id']}", json={"parameters": {"user": "canarypassword"}})
    assert refused.status_code == 400
    found = told(caller, named(refused))
    assert (found["verb"], found["path"], found["operation"]) == ("PATCH", f"/items/{item['id']}", "PATCH /items/{id}")
    assert (found["system"], found["http_status"]) == ("pluggy", 400)
    assert found["meaning"].startswith("request.") and found["connection_id"] == item["id"]
    assert found["blame"] == "client" and found["action"] == "fix-credentials" and found["message"]
    assert found["help"].endswith(f"/meanings/{found['meaning']}")


def test_pluggy_s_changes_are_listed_and_its_reads_are_not(caller: Client) -> None:
    """Every change with its connection; a read only where it is refused."""
    item = caller.connect(SANDBOX)["id"]
    caller.get(f"/items/{item}")
    caller.get("/accounts", itemId=item)
    assert caller.call("GET", "/accounts", params={"itemId": NOBODYS}).status_code == 404
    caller.call("PATCH", f"/items/{item}/disable-auto-sync")
    caller.call("DELETE", f"/items/{item}")
    found = [(one["operation"], one["http_status"], one["connection_id"]) for one in listed(caller)]
    assert found == [
        ("DELETE /items/{id}", 200, item),
        ("PATCH /items/{id}/disable-auto-sync", 200, item),
        ("GET /accounts", 404, None),
        ("POST /items", 200, item),
    ]
    assert [one["connection_id"] for one in listed(caller, system="pluggy", operation="DELETE /items/{id}")] == [item]


def test_a_refused_read_names_its_connection(caller: Client) -> None:
    """Also where an armed fault struck before anybody looked for the connection."""
    item = caller.connect(SANDBOX)["id"]
    caller.arm("request.failed", operation="http")
    refused = caller.call("GET", "/accounts", params={"itemId": item, "secret": "canaryquery"})
    assert refused.status_code >= 400
    found = told(caller, named(refused))
    assert (found["meaning"], found["connection_id"], found["path"]) == ("request.failed", item, "/accounts")


def test_belvo_s_calls_lead_there_by_the_id_in_their_bodies(caller: Client) -> None:
    """A list of errors has its id in itself, a call that is only accepted has it in its answer."""
    belvo = Belvo(caller)
    link = belvo.post(
        "/api/links/", institution=BANK, username=newcomer(), password=new_password(), access_mode="recurrent"
    )
    refused = belvo.call("POST", "/api/accounts/", json={"link": link["id"], "canaryfield": "x", "save_data": "canary"})
    assert refused.status_code == 400
    id = refused.json()[0]["request_id"]
    assert id == named(refused)
    found = told(caller, id)
    assert (found["operation"], found["connection_id"]) == ("POST /api/accounts/", link["id"])
    assert found["blame"] == "client"
    accepted = belvo.call("POST", f"/api/links/{link['id']}/refresh/")
    assert accepted.status_code == 202
    assert told(caller, accepted.json()["request_id"])["meaning"] == "progress"
    caller.settle()
    assert belvo.call("GET", f"/api/links/{link['id']}/").status_code == 200
    assert [one["operation"] for one in listed(caller)] == [
        "POST /api/links/{id}/refresh/",
        "POST /api/accounts/",
        "POST /api/links/",
    ]


def test_klavi_s_calls_are_listed_though_http_says_that_they_went_well(caller: Client) -> None:
    """A code in the body of a 200 is a refusal all the same; a task has its session and connection."""
    klavi = Klavi(caller)
    begun = klavi.begin()
    caller.settle()
    refused = klavi.call("POST", "/data/v1/tasks", json={"institution": "none"})
    assert refused.status_code == 200
    assert told(caller, named(refused))["meaning"] == "request.invalid"
    first = listed(caller, operation="POST /data/v1/tasks")[-1]
    assert first["meaning"] == "success" and first["session_id"] == begun and first["connection_id"]
    missing = klavi.call("POST", f"/data/v1/tasks/{NOBODYS}/mfa", json={"token": "canarytoken"})
    assert told(caller, named(missing))["meaning"] == "request.invalid.task"


def test_a_wrong_secret_is_in_the_log_of_the_application_it_was_tried_on(caller: Client) -> None:
    """In each system: whoever runs the client sees that its keys are wrong; the secret itself is nowhere."""
    id, http = caller.keys[0], caller.http
    answers = {
        "POST /auth": http.post("/pluggy/auth", json={"clientId": id, "clientSecret": "canarysecret"}),
        "GET /api/links/": http.get("/belvo/api/links/", auth=(id, "canarysecret")),
        "POST /data/v1/auth": http.post("/klavi/data/v1/auth", json={"accessKey": id, "secretKey": "canarysecret"}),
        "GET /data/v1/reports": http.get(
            "/klavi/data/v1/reports", headers={"partner_code": id, "partner_token": "canarysecret"}
        ),
    }
    for operation, answer in answers.items():
        found = told(caller, named(answer))
        assert found["operation"] == operation and found["meaning"].startswith("request.unauthenticated")


def test_a_token_that_is_over_is_told_to_whom_it_was_given(caller: Client) -> None:
    """The signature says whose it was."""
    caller.own("POST", "/sandbox/clock", json={"advance": "P2D"})
    refused = caller.call("GET", "/connectors")
    assert refused.status_code == 403
    assert told(caller, named(refused))["meaning"] == "request.unauthenticated.token-expired"


def test_a_path_or_a_verb_that_nobody_has_is_in_the_log_of_who_asked(caller: Client) -> None:
    """Without what might be secret in the path."""
    belvo, klavi = Belvo(caller), Klavi(caller)
    for answer, path in (
        (caller.call("GET", "/itemz/canarypath-1?a=b"), "/itemz/…"),
        (caller.call("PUT", "/items"), "/items"),
        (belvo.call("GET", "/api/nothing/9Xcanarypath/"), "/api/nothing/…"),
        (klavi.call("GET", "/data/v1/nothing"), "/data/v1/nothing"),
    ):
        assert answer.status_code in (200, 404, 405)
        assert told(caller, named(answer))["path"] == path


def test_what_a_connect_page_could_not_do_is_found_by_the_id_on_it(caller: Client) -> None:
    """A user who calls support reads it out."""
    token = caller.call("POST", "/connect_token", json={}).json()["accessToken"]
    caller.own("POST", "/sandbox/clock", json={"advance": "PT31M"})
    page = caller.http.get("/pluggy/", params={"connect_token": token})
    assert page.status_code == 400
    found = [one for one in listed(caller) if one["operation"] == "GET /"]
    assert len(found) == 1 and found[0]["id"] in page.text
    assert found[0]["meaning"] == "request.unauthenticated.token-expired"


def test_what_did_not_fit_in_a_form_of_the_connect_page_is_named_in_the_log(caller: Client) -> None:
    """By the names of the fields, as what a client sends is; the values stay where they are."""
    token = caller.call("POST", "/connect_token", json={}).json()["accessToken"]
    page = Page(caller, "/pluggy/", connect_token=token, connector_ids=str(SANDBOX))
    page.send("agree")
    assert page.log_in("nobody at all", "") == "login"
    line = next(one for one in listed(caller) if one["operation"] == "POST /connect/{step}")
    assert line["meaning"] == "request.credentials.invalid"
    assert line["details"] == {"fields": "username, password"}


def test_nobody_s_call_is_in_nobody_s_log(caller: Client) -> None:
    """A key that names no application is refused, and that is all."""
    before = len(listed(caller))
    assert caller.http.get("/pluggy/items/x", headers={"x-api-key": "nonsense"}).status_code == 403
    assert caller.http.get("/pluggy/nothing").status_code == 404
    assert caller.http.post("/belvo/api/links/", auth=("nobody", "nothing")).status_code == 401
    assert len(listed(caller)) == before


def test_another_application_does_not_see_them(caller: Client, client: Client) -> None:
    """Neither by id nor in its list, nor by the id of a connection that is not its own."""
    item = caller.connect(SANDBOX)["id"]
    refused = caller.call("PATCH", f"/items/{item}", json=[])
    asked = client.http.get(f"/api/requests/{named(refused)}", headers={"x-api-key": client.key})
    assert asked.status_code == 404
    theirs = client.call("GET", f"/items/{item}")
    assert told(client, named(theirs))["connection_id"] is None


def test_what_was_wrong_is_named_where_the_wire_does_not_say_it(caller: Client) -> None:
    """Belvo's and Klavi's answers to a wrong form are bare; the log has the fields' names, and no value."""
    belvo, klavi = Belvo(caller), Klavi(caller)
    form = {"institution": BANK, "username": "not+a+name", "password": "full"}
    for answer, fields in (
        (belvo.call("POST", "/api/links/", json=form), "username"),
        (belvo.call("POST", "/api/transactions/", json={"date_from": "soon"}), "link, date_from"),
        (klavi.call("POST", "/data/v1/tasks", json={"institution": "999"}), "institution"),
        (caller.call("POST", "/items", json={"connectorId": SANDBOX, "parameters": {"user": "user-ok"}}), "password"),
    ):
        assert told(caller, named(answer))["details"] == {"fields": fields}


def test_a_refusal_for_another_connection_s_run_names_that_connection(caller: Client) -> None:
    """So that whoever reads the log can see what stood in the way."""
    form = {"connectorId": 5, "parameters": {"user": "user-person+busy", "password": "password-ok"}}
    asking = caller.call("POST", "/items", json=form).json()["id"]
    caller.settle()
    refused = caller.call("POST", "/items", json=form)
    assert refused.status_code == 409
    assert told(caller, named(refused))["connection_id"] == asking


def test_no_body_query_or_secret_is_stored(caller: Client) -> None:
    """Whatever was sent wrongly, and wherever."""
    item = caller.connect(SANDBOX)["id"]
    headers = {"x-api-key": caller.key}
    for answer in (
        caller.call("POST", "/items", json={"connectorId": SANDBOX, "parameters": {"user": "canarypassword"}}),
        caller.call("POST", "/items", json={"canaryfield": "canarypassword"}),
        caller.call("POST", "/items", content=b'{"canaryfield": canarypassword'),
        caller.call("POST", f"/items/{item}/mfa", json={"canaryfield": "canarytoken"}),
        caller.call("GET", "/accounts", params={"itemId": "canaryquery"}),
        caller.call("GET", "/items/canarypath"),
        caller.http.get("/belvo/api/links/", auth=(caller.keys[0], "canarysecret")),
        caller.http.post("/klavi/data/v1/auth", json={"accessKey": caller.keys[0], "secretKey": "canarysecret"}),
        caller.http.get("/api/requests/canarypath", headers=headers),
    ):
        assert answer.status_code >= 400
    assert (
        Klavi(caller)
        .call("POST", "/data/v1/tasks", json={"cpf": someone(), "credentials": "canarypassword"})
        .is_success
    )
    path = caller.server.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30)) as opened:
        rows = opened.execute("SELECT operation, meaning, body FROM requests").fetchall()
    text = repr(rows)
    assert len(listed(caller)) >= 9
    assert [canary for canary in CANARIES if canary in text] == []
