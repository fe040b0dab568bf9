"""Who may see what: cards, sessions and calls are their own application's, in every path and in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.flinks import PASSWORD, Flinks
from tests.hardening.flinks.aiming import EVERY, TARGETS, aimed, body_of, is_guid, is_refusal, nobodys
from tests.hardening.ground import NOBODYS, Ground

IN_A_PATH = [
    (operation, verb, path)
    for operation, verb, path in TARGETS
    if any(f"{{{name}}}" in path for name in ("id", "login", "request"))
]
IN_A_BODY = (
    ("Authorize", {"RequestId": "asked"}),
    ("Authorize", {"RequestId": "asked", "SecurityResponses": {"What city were you born in?": ["Montreal"]}}),
    ("Authorize", {"LoginId": "login", "MostRecentCached": True}),
    ("Authorize", {"LoginId": "login", "MostRecentCached": False}),
    ("AuthorizeAsync", {"RequestId": "asked"}),
    ("AuthorizeMultiple", {"LoginIds": ["login"]}),
    ("GetAccountsSummary", {"RequestId": "live"}),
    ("GetAccountsDetail", {"RequestId": "request"}),
    ("GetStatements", {"RequestId": "live"}),
    ("SetScheduledRefresh", {"LoginId": "login", "IsActivated": True}),
    ("AnswerMFAQuestions", {"LoginId": "asking", "Questions": [{"Question": "q", "Answer": "a"}]}),
    ("FieldMatch", {"LoginId": "login", "FullName": "John Doe"}),
)
"""Operations that are told an id in their body, with whose it is."""


@pytest.mark.parametrize(("operation", "verb", "pattern"), IN_A_PATH, ids=lambda value: str(value)[-30:])
def test_anothers_id_in_a_path_is_nobodys(ground: Ground, operation: str, verb: str, pattern: str) -> None:
    """It is answered as an id that nobody has, so that ids tell nothing."""
    customer = ground.other.keys[0]
    body = {name: value for name, value in body_of(ground, operation).items() if name != "AccountFilter"}
    theirs = ground.client.http.request(verb, aimed(ground, pattern, customer=customer), json=body)
    nobody = ground.client.http.request(verb, aimed(ground, pattern, **nobodys(customer=customer)), json=body)
    assert is_refusal(theirs) is None
    text = theirs.text
    for id in ground.ids.values():
        text = text.replace(id, NOBODYS)
    assert (theirs.status_code, text) == (nobody.status_code, nobody.text)


@pytest.mark.parametrize(("operation", "named"), IN_A_BODY, ids=lambda value: str(value)[:40])
def test_anothers_id_in_a_body_is_nobodys(ground: Ground, operation: str, named: dict[str, Any]) -> None:
    """The same, for sessions, their questions, and cards."""
    verb, pattern = next((verb, path) for name, verb, path in TARGETS if name == operation)
    url = aimed(ground, pattern, customer=ground.other.keys[0])
    bodies = [
        {field: _of(ids, value) for field, value in named.items()}
        for ids in (ground.ids, dict.fromkeys(ground.ids, NOBODYS))
    ]
    answers = [ground.client.http.request(verb, url, json=body) for body in bodies]
    told = [json.loads(_anonymous(answer.text, ground)) for answer in answers]
    assert told[0] == told[1]
    if operation == "AuthorizeMultiple":
        assert told[0]["ValidLoginIds"] == []
    else:
        assert is_refusal(answers[0]) is None


def _of(ids: Mapping[str, str], value: Any) -> Any:
    if isinstance(value, list):
        return [_of(ids, each) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def _anonymous(text: str, ground: Ground) -> str:
    for id in ground.ids.values():
        text = text.replace(id, NOBODYS)
    body = json.loads(text)
    if is_guid(body.get("RequestId")):
        # the session in which it was refused is the caller's own
        body["RequestId"] = NOBODYS
    return json.dumps(body)


def test_the_same_person_is_another_card_to_another_application(ground: Ground, flinks: Flinks, other: Flinks) -> None:
    """And neither sees the other's in its list, in its log, or in its sessions."""
    mine = flinks.authorize("greatday_nomfa")
    theirs = other.authorize("greatday_nomfa")
    assert mine["Login"]["Id"] != theirs["Login"]["Id"]
    listed = {one["id"] for one in ground.other.own("GET", "/sessions", params={"size": 500})["sessions"]}
    assert theirs["RequestId"] in listed
    assert not listed & {mine["RequestId"], *ground.ids.values()}
    id = flinks.log(session_id=mine["RequestId"])[0]["id"]
    headers = {"x-api-key": ground.other.key}
    assert ground.other.http.get(f"/api/requests/{id}", headers=headers).status_code == 404
    assert ground.other.http.get(f"/api/sessions/{mine['RequestId']}", headers=headers).status_code == 404


def test_a_call_that_names_anothers_session_is_not_among_its_calls(flinks: Flinks, other: Flinks) -> None:
    """Nor does the log tell the caller where that session is, or under which tag."""
    asked = flinks.authorize("Greatday", 203, Tag="secret-tag")["RequestId"]
    other.refusal(other.post("GetAccountsDetail", 400, RequestId=asked), "SESSION_NONEXISTENT")
    assert [one["operation"] for one in flinks.session(asked)["calls"]] == ["Authorize"]
    assert [one["operation"] for one in other.log(session_id=asked)] == ["GetAccountsDetail"]
    assert other.log(tag="secret-tag") == other.log(session_id=asked, institution="flinks-capital") == []
    assert [one["operation"] for one in flinks.log(tag="secret-tag")] == ["Authorize"]


@pytest.fixture
def guarded(flinks: Flinks) -> Iterator[Flinks]:
    """The application whose sessions need a token and whose data needs a key."""
    flinks.sandbox.policy(admission="token-and-key")
    yield flinks
    flinks.sandbox.policy(admission="open")


def test_no_guarded_path_takes_a_bad_key(ground: Ground, guarded: Flinks) -> None:
    """Missing, cut, another application's, a token that opens a session, and what is no header's text."""
    secret, others = ground.client.keys[1], ground.other.keys[1]
    token = guarded.told(guarded.call("POST", "GenerateAuthorizeToken", headers={"flinks-auth-key": secret}))["Token"]
    for operation, verb, pattern, access in EVERY:
        if access not in ("secret", "key", "bearer"):
            continue
        url, body = aimed(ground, pattern), body_of(ground, operation)
        for key in ("", secret[:-1], secret + "0", f"{secret}, x", others, token, "x" * 9_000, "\xff\xfe", "a.b.c"):
            sent = {"flinks-auth-key": key, "x-api-key": key, "authorization": f"Bearer {key or '-'}"}
            headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
            answer = ground.client.http.request(verb, url, json=body, headers=headers)
            assert is_refusal(answer, 401) is None, (operation, key[:40])
            assert answer.json()["FlinksCode"] == "UNAUTHORIZED", (operation, key[:40])


def test_a_token_of_one_application_opens_nothing_of_another(ground: Ground, guarded: Flinks, other: Flinks) -> None:
    """Neither a session nor data, and it is still good where it belongs."""
    headers = {"flinks-auth-key": other.sandbox.keys[1]}
    token = other.told(other.call("POST", "GenerateAuthorizeToken", headers=headers))["Token"]
    body = {"Institution": "FlinksCapital", "Username": "greatday_nomfa", "Password": PASSWORD}
    refused = guarded.call("POST", "Authorize", json=body, headers={"flinks-auth-key": token})
    guarded.refusal(guarded.told(refused, 401), "UNAUTHORIZED")
    bearer = other.post("Token", client_id=other.customer, secret=other.sandbox.keys[1])["access_token"]
    refused = guarded.call("GET", "GetNightlyRefreshStatus", headers={"authorization": f"Bearer {bearer}"})
    guarded.refusal(guarded.told(refused, 401), "UNAUTHORIZED")
    other.sandbox.policy(admission="token")
    try:
        assert other.told(other.call("POST", "Authorize", json=body, headers={"flinks-auth-key": token}))
    finally:
        other.sandbox.policy(admission="open")


def test_every_refusal_is_found_by_its_id(ground: Ground, flinks: Flinks) -> None:
    """The log of calls and the server's log have it under the same id, with what it meant and the status."""
    ids = ground.ids
    refused = [
        (flinks.call("POST", "Authorize", json={"Institution": "Nowhere"}), "request.invalid", None),
        (flinks.call("POST", "GetAccountsDetail", json={"RequestId": NOBODYS}), "session.unknown", NOBODYS),
        (flinks.call("DELETE", f"DeleteCard/{NOBODYS}"), "request.not-found.connection.login", None),
        (flinks.call("GET", "Authorize"), "request.unsupported.method", None),
        (flinks.call("POST", "Authorize", json={"RequestId": ids["request"]}), "session.authorized", ids["request"]),
    ]
    lines = [json.loads(line) for line in ground.server.log.read_text().splitlines() if line.startswith("{")]
    by_id = {line["error"]: line for line in lines if "error" in line}
    calls = flinks.log()
    for answer, meaning, session in refused:
        assert is_refusal(answer) is None
        found = [one for one in calls if (one["meaning"], one["session_id"]) == (meaning, session)]
        if meaning == "request.unsupported.method":
            # who called is not looked at for what cannot be called
            assert found == []
            continue
        assert found[0]["http_status"] == answer.status_code
        assert found[0].items() <= flinks.sandbox.own("GET", f"/requests/{found[0]['id']}").items()
        assert found[0]["id"] == answer.headers["x-request-id"]
        line = by_id[found[0]["id"]]
        assert (line["meaning"], line["status"]) == (meaning, answer.status_code)
