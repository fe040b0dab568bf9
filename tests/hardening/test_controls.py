"""Afluente's own controls, with every wrong value: refused in its own shape, and nothing changed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from stdnum.br import cpf

from tests.hardening.ground import NOBODYS, Ground, Rows, is_own_refusal, is_refusal
from tests.hardening.test_bodies import MALFORMED, NO_BOOLEAN

NO_NUMBER: tuple[Any, ...] = (-1, 1.5, "1", True, None, [], {}, 10**18, -(10**18), 10**4_000)
NO_INSTANT: tuple[Any, ...] = (
    None, 1, True, [], {}, "", "now", "2026-13-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z",
    "1969-12-31", "\x7f", "2026-01-01T00:00:00+99:99", "a" * 100_000,
)  # fmt: skip
NO_SPAN: tuple[Any, ...] = (
    None, 1, True, [], {}, "", "P", "PT", "1H", "-P1D", "P1Y", "P1.5D", "PT1H ", "P99999999999999999999999W", "P500Y",
    "P٢D", "PT" + "9" * 39 + "H", "P60000W", "a" * 100_000,
)  # fmt: skip
CASES: tuple[tuple[str, str, str, dict[str, Any], tuple[Any, ...]], ...] = (
    ("POST", "/api/sandbox/clock", "at", {}, NO_INSTANT),
    ("POST", "/api/sandbox/clock", "advance", {}, NO_SPAN),
    ("POST", "/api/sandbox/faults", "meaning", {}, (None, 1, True, [], {}, "", "no.such", "\x7f")),
    ("POST", "/api/sandbox/faults", "times", {"meaning": "unexpected"}, (0, *NO_NUMBER)),
    *(
        ("POST", "/api/sandbox/faults", field, {"meaning": "unexpected"}, (1, True, [], {}))
        for field in ("operation", "institution", "connection_id", "said")
    ),
    ("POST", "/api/sandbox/faults", "surprise", {"meaning": "unexpected"}, (1,)),
    *(
        ("PATCH", "/api/application", field, {}, NO_NUMBER)
        for field in ("update_every", "sync_every", "retry_every", "retries", "connections_limit")
    ),
    *(("PATCH", "/api/application", field, {}, (None, *NO_BOOLEAN)) for field in ("updates_disabled", "listing")),
    ("PATCH", "/api/application", "surprise", {}, (1,)),
    ("PATCH", "/api/application", "secret_hash", {}, ("x",)),
    ("POST", "/api/sandbox/connections/{shared}/answer", "value", {}, (None, 1, True, [], {}, "a" * 201)),
)  # fmt: skip


def ask(ground: Ground, verb: str, path: str, content: bytes | str | None = None) -> Any:
    """Call one of our own paths with the API key."""
    return ground.client.http.request(verb, path, headers={"x-api-key": ground.client.key}, content=content)


def state(ground: Ground) -> tuple[Any, ...]:
    """Return what the controls control, as it is told."""
    clock = ask(ground, "GET", "/api/sandbox/clock").json()
    faults = ask(ground, "GET", "/api/sandbox/faults").json()
    return clock["stopped"], faults, ask(ground, "GET", "/api/application").json()


@pytest.mark.parametrize(("verb", "path", "field", "body", "values"), CASES, ids=lambda value: str(value)[:30])
def test_no_control_takes_what_it_must_not(
    ground: Ground, verb: str, path: str, field: str, body: dict[str, Any], values: tuple[Any, ...], unchanged: Rows
) -> None:
    """Each field is sent with each value that it cannot have; clock, faults and policy stay as they are."""
    before = state(ground)
    for value in values:
        text = json.dumps({**body, field: value})
        answer = ask(ground, verb, path.format_map(ground.ids), text)
        assert is_own_refusal(answer.status_code, answer.content) is None, text[:200]
    assert state(ground) == before


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_body_is_refused_by_every_control(ground: Ground, unchanged: Rows, what: str) -> None:
    """The same bodies as the dialect's paths are sent."""
    before = state(ground)
    for verb, path in dict.fromkeys(case[:2] for case in CASES):
        answer = ask(ground, verb, path.format_map(ground.ids), MALFORMED[what])
        assert is_own_refusal(answer.status_code, answer.content) is None, path
    assert state(ground) == before


def test_a_large_body_is_refused_by_every_control(ground: Ground, unchanged: Rows) -> None:
    """Ten megabytes are too many for all of them."""
    for verb, path in dict.fromkeys(case[:2] for case in CASES):
        answer = ask(ground, verb, path.format_map(ground.ids), b'{"a": "' + b"a" * 10_485_760 + b'"}')
        assert (answer.status_code, is_own_refusal(answer.status_code, answer.content)) == (413, None)


PARTS = ("findings", "lateness", "quotas")
"""What can be read of a connection."""


def test_an_answer_for_no_connection_is_refused(server_of_each: Ground) -> None:
    """Ids that are none and ids that nobody has, on both databases alike."""
    for id in ("no-uuid", "%00", "%ff", NOBODYS, "a" * 5_000, "%0a"):
        answer = ask(server_of_each, "POST", f"/api/sandbox/connections/{id}/answer", "{}")
        assert (answer.status_code, is_own_refusal(answer.status_code, answer.content)) == (404, None), id
        for path in ("connections/{}", *(f"connections/{{}}/{name}" for name in PARTS), "uploads/{}", "endpoints/{}"):
            answer = ask(server_of_each, "GET", f"/api/{path.format(id)}")
            assert (answer.status_code, is_own_refusal(answer.status_code, answer.content)) == (404, None), (path, id)


def test_a_clock_cannot_be_moved_back(ground: Ground) -> None:
    """Once it is stopped it goes forward only, and what was refused has not moved it."""
    try:
        ground.client.own("POST", "/sandbox/clock", json={"at": "2026-06-01T00:00:00Z"})
        for body in ('{"at": "2026-05-31T00:00:00Z"}', '{"at": "1970-01-01"}'):
            answer = ask(ground, "POST", "/api/sandbox/clock", body)
            assert is_own_refusal(answer.status_code, answer.content) is None
        assert ask(ground, "GET", "/api/sandbox/clock").json()["now"] == "2026-06-01T00:00:00.000Z"
    finally:
        ground.client.own("DELETE", "/sandbox/clock")


@pytest.mark.parametrize("end", ["first", "last"])
def test_at_the_ends_of_time_everything_still_answers(ground: Ground, end: str) -> None:
    """A connection made at the first and the last instant a clock can have is read as any other."""
    client = ground.other
    if end == "first":
        client.own("POST", "/sandbox/clock", json={"at": "1970-01-01T00:00:00Z"})
    else:
        for span in ("P400D", "P30D", "P1D", "PT1H", "PT1M", "PT1S"):
            while True:
                key = {"x-api-key": client.key}
                moved = client.http.post("/api/sandbox/clock", headers=key, json={"advance": span})
                if moved.status_code != 200:
                    break
        assert client.own("GET", "/sandbox/clock")["now"].startswith("2499-12-31T23:59:59")
    client.key = client.authenticate(*client.keys)
    item = client.connect(2)
    assert item["status"] == "UPDATED"
    for account in client.get("/accounts", itemId=item["id"])["results"]:
        client.get("/transactions", accountId=account["id"])
        client.get("/bills", accountId=account["id"])
        client.get(f"/accounts/{account['id']}/statements")
    for path in ("/investments", "/identity"):
        client.get(path, itemId=item["id"])
    client.call("DELETE", f"/items/{item['id']}").raise_for_status()
    client.own("DELETE", "/sandbox/clock")
    client.key = client.authenticate(*client.keys)


def test_an_armed_fault_locks_nobody_out_of_disarming_it(ground: Ground) -> None:
    """A fault for every request strikes the dialect, and not the controls that take it away."""
    client = ground.client
    client.arm("institution.unavailable", operation="http", times=1_000)
    try:
        assert client.call("GET", "/connectors").status_code >= 400
        assert client.own("GET", "/sandbox/faults")["faults"]
    finally:
        client.own("DELETE", "/sandbox/faults")
    assert client.call("GET", "/connectors").status_code == 200


CPFS = (f"{number:011d}" for number in range(10_000_000_000, 99_999_999_999) if cpf.is_valid(f"{number:011d}"))
"""People, each of whom gives one consent: two for the same person would be the same login twice."""


def waiting_state(ground: Ground, **options: Any) -> str:
    """Connect an Open Finance bank and return the state its page is asked for with."""
    asked = {"connectorId": 600, "parameters": {"cpf": next(CPFS)}, **options}
    id = ground.client.call("POST", "/items", json=asked).json()["id"]
    url = ground.client.settled(id)["parameter"]["data"]
    return next(part.partition("=")[2] for part in urlsplit(url).query.split("&") if part.startswith("state="))


NO_WAYS_BACK = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "",
    "/pluggy",
    "/pluggy/items/oauth/callback/../../..",
    "/pluggy/items/oauth/callback\r\nset-cookie: a=b",
)
STATES = ("", "no-state", "%00", "%ff", NOBODYS, f"{NOBODYS}.{NOBODYS}", "a" * 5_000, ".", "%0d%0ax", "<script>")


def test_the_banks_page_sends_nobody_elsewhere(ground: Ground) -> None:
    """Whatever address the query names: only our own dialects' are gone back to."""
    state = waiting_state(ground)
    http = ground.client.http
    for back in NO_WAYS_BACK:
        for decision in ("approve", "reject"):
            form = {"state": state, "back": back, "decision": decision, "user": "user-ok"}
            answer = http.post("/sandbox-bank/authorize", data=form)
            assert "location" not in answer.headers
            assert is_own_refusal(answer.status_code, answer.content) is None, back
    page = http.get("/sandbox-bank/authorize", params={"state": state, "redirect_uri": '"><script>alert(1)</script>'})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_the_banks_page_keeps_odd_logins_inside_its_answer(ground: Ground) -> None:
    """A login with line ends and ampersands comes back as one value of the query."""
    state = waiting_state(ground)
    form = {
        "state": state,
        "back": "/pluggy/items/oauth/callback",
        "decision": "approve",
        "user": "a&state=b\r\nx: y#z",
    }
    answer = ground.client.http.post("/sandbox-bank/authorize", data=form)
    assert answer.status_code == 302
    assert answer.headers["location"] == (f"/pluggy/items/oauth/callback?state={state}&code={quote(form['user'])}")
    assert "x" not in answer.headers


@pytest.mark.parametrize("given", STATES)
def test_a_state_that_is_none_opens_nothing(ground: Ground, unchanged: Rows, given: str) -> None:
    """Neither the bank's page nor the way back from it."""
    http = ground.client.http
    ours = [http.get(f"/sandbox-bank/authorize?state={given}"),
            http.post("/sandbox-bank/authorize", headers={"content-type": "application/x-www-form-urlencoded"},
                      content=f"state={given}&back=/items/oauth/callback&decision=approve")]  # fmt: skip
    for answer in ours:
        assert is_own_refusal(answer.status_code, answer.content) is None
    for path in ("/pluggy/items/oauth/callback", "/pluggy/connectors/600/oauth/callback"):
        answer = http.get(f"{path}?state={given}&code=user-ok")
        assert is_refusal(answer.status_code, answer.content) is None


def test_a_state_serves_once_and_for_its_own_item(ground: Ground) -> None:
    """The second use is refused, and a state whose item was changed in it opens nothing."""
    first, second = waiting_state(ground), waiting_state(ground)
    mixed = f"{second.partition('.')[0]}.{first.partition('.')[2]}"
    http = ground.client.http
    answer = http.get("/pluggy/items/oauth/callback", params={"state": mixed, "code": "user-ok"})
    assert is_refusal(answer.status_code, answer.content) is None
    assert http.get("/pluggy/items/oauth/callback", params={"state": first, "code": "user-ok"}).status_code == 302
    again = http.get("/pluggy/items/oauth/callback", params={"state": first, "code": "user-other"})
    assert is_refusal(again.status_code, again.content) is None


def test_the_way_back_keeps_the_clients_own_address_whole(ground: Ground) -> None:
    """The item's id is added to its query, before a fragment, and letters that no header holds are encoded."""
    state = waiting_state(ground, oauthRedirectUri="https://app.example.com/back?a=1&b=é#part")
    answer = ground.client.http.get("/pluggy/items/oauth/callback", params={"state": state, "code": "user-ok"})
    item = state.partition(".")[0]
    assert answer.headers["location"] == f"https://app.example.com/back?a=1&b=%C3%A9&itemId={item}#part"
