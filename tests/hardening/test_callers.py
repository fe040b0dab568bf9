"""Who may call what: every path of the dialect with keys that are missing, foreign, over, too narrow or another's."""

from __future__ import annotations

import base64
import json
import os

import pytest

from afluente.api.routes import ROUTES as OWN_ROUTES
from afluente.core.clock import DAY, RealClock
from afluente.dialects.pluggy.api import ROUTES
from afluente.security.tokens import Tokens
from tests.hardening.ground import NOBODYS, Ground, Rows, dump, is_own_refusal, is_refusal

EVERY = [(verb, path, access) for path, verbs in ROUTES for verb, (_, access) in verbs.items()]
GUARDED = [(verb, path) for verb, path, access in EVERY if access != "open"]
NARROW = [(verb, path) for verb, path, access in EVERY if access == "client"]
COMMON = ("/connectors", "/categories/{")
"""What is the same for every application."""
OF_AN_ID = [(verb, path) for verb, path in GUARDED if "{" in path and not path.startswith(COMMON)]
OWN = [
    (verb, path.replace("{id}", NOBODYS))
    for path, verbs in OWN_ROUTES
    for verb, (_, access) in verbs.items()
    if access != "open"
]
"""What of Afluente's own API asks for a key."""


def part(value: object) -> str:
    """Return one part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def bad_keys(ground: Ground) -> dict[str, str]:
    """Return keys that must open nothing, by what is wrong with them."""
    header, claims, signature = ground.client.key.split(".")
    application, now = ground.client.keys[0], RealClock().now()
    own = {"clientId": application, "iat": now // 1000, "exp": now // 1000 + 7200}
    return {
        "nonsense": "nonsense",
        "dots": "..",
        "no letters": "\xff\xfe",
        "no signature": f"{header}.{claims}.",
        "cut": ground.client.key[:-4],
        "other claims": f"{header}.{part({**own, 'exp': own['exp'] + 7200})}.{signature}",
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'application'})}.{part(own)}.",
        "header no object": f"{part([])}.{claims}.{signature}",
        "deep header": f"{base64.urlsafe_b64encode(b'[' * 20_000).decode().rstrip('=')}.{claims}.{signature}",
        "encrypted": f"{part({'alg': 'dir', 'enc': 'A128GCM'})}..{part('iv')}.{part('text')}.{part('tag')}",
        "foreign": Tokens(os.urandom(32)).issue(application, "application", now, DAY),
    }


@pytest.mark.parametrize(("verb", "path"), GUARDED)
def test_every_guarded_path_refuses_every_bad_key(ground: Ground, unchanged: Rows, verb: str, path: str) -> None:
    """A key that we did not sign opens nothing, and what is wrong with it makes no difference."""
    answers = set()
    for what, key in {"none": "", **bad_keys(ground)}.items():
        headers = {b"x-api-key": key.encode("latin-1")} if key else {}
        answer = ground.client.http.request(verb, f"/pluggy{ground.path(path)}", headers=headers, json={})
        assert is_refusal(answer.status_code, answer.content) is None, what
        answers.add((answer.status_code, answer.json()["message"]))
    assert len(answers) == 1
    assert next(iter(answers))[0] in (401, 403)


@pytest.mark.parametrize(("verb", "path"), NARROW)
def test_a_connect_token_opens_nothing_but_what_a_widget_needs(
    ground: Ground, unchanged: Rows, verb: str, path: str
) -> None:
    """Whoever sits before a widget holds its token, and could send it anywhere."""
    token = ground.client.call("POST", "/connect_token").json()["accessToken"]
    answer = ground.client.call(verb, ground.path(path), headers={"x-api-key": token}, json={})
    assert answer.status_code == 403
    assert is_refusal(answer.status_code, answer.content) is None


def test_a_connect_token_reaches_no_item_but_its_own(ground: Ground, unchanged: Rows) -> None:
    """A token without an item opened none of those that are there; one for an item opens that one alone."""
    client, item, shared = ground.client, ground.ids["item"], ground.ids["shared"]
    loose = client.call("POST", "/connect_token").json()["accessToken"]
    bound = client.call("POST", "/connect_token", json={"itemId": shared}).json()["accessToken"]
    for token in (loose, bound):
        for verb, path in (("GET", f"/items/{item}"), ("PATCH", f"/items/{item}"), ("POST", f"/items/{item}/mfa")):
            answer = client.call(verb, path, headers={"x-api-key": token}, json={})
            assert (answer.status_code, is_refusal(answer.status_code, answer.content)) == (403, None), path
        answer = client.call("GET", "/accounts", headers={"x-api-key": token}, params={"itemId": item})
        assert answer.status_code == 403
    assert client.call("GET", f"/items/{shared}", headers={"x-api-key": bound}).status_code == 200


@pytest.mark.parametrize(("verb", "path"), OF_AN_ID)
def test_another_application_finds_nothing_of_ours(ground: Ground, unchanged: Rows, verb: str, path: str) -> None:
    """What another has is answered as what nobody has, so that ids tell nothing; a rule alone is forbidden by name."""
    bodies = {"/transactions/{id}": {"categoryId": "01000000"}}
    asked = {"json": bodies.get(path, {})}
    theirs = ground.other.call(verb, ground.path(path), **asked)
    nobodys = ground.other.call(verb, ground.path(path, own=False), **asked)
    assert is_refusal(theirs.status_code, theirs.content) is None
    if path == "/categories/rules/{id}":
        assert (theirs.status_code, nobodys.status_code) == (403, 404)
    else:
        assert theirs.status_code == 404
        assert {**theirs.json(), "errorId": ""} == {**nobodys.json(), "errorId": ""}


@pytest.mark.parametrize(
    ("path", "name", "whose"),
    [
        ("/accounts", "itemId", "item"),
        ("/investments", "itemId", "item"),
        ("/identity", "itemId", "item"),
        ("/loans", "itemId", "shared"),
        ("/consents", "itemId", "shared"),
        ("/bills", "accountId", "card"),
        ("/transactions", "accountId", "account"),
        ("/v2/transactions", "accountId", "account"),
    ],
)
def test_another_application_lists_nothing_of_ours(ground: Ground, path: str, name: str, whose: str) -> None:
    """Lists by the id of another application's item or account are refused as for an id that nobody has."""
    theirs = ground.other.call("GET", path, params={name: ground.ids[whose]})
    nobodys = ground.other.call("GET", path, params={name: NOBODYS})
    assert theirs.status_code == 404
    assert {**theirs.json(), "errorId": ""} == {**nobodys.json(), "errorId": ""}


def test_another_applications_lists_are_empty(ground: Ground) -> None:
    """Items, webhooks and rules are listed for their own application only."""
    assert ground.other.get("/v2/items")["results"] == []
    assert ground.other.get("/webhooks")["results"] == []
    assert ground.other.get("/categories/rules")["results"] == []


def test_another_applications_controls_touch_nothing_of_ours(ground: Ground, unchanged: Rows) -> None:
    """Neither a connect token for our item, nor an answer, a file or a fault reaches our connections."""
    http, headers, item = ground.other.http, {"x-api-key": ground.other.key}, ground.ids["item"]
    token = ground.other.call("POST", "/connect_token", json={"itemId": item})
    assert (token.status_code, is_refusal(token.status_code, token.content)) == (404, None)
    answer = http.post(f"/api/sandbox/connections/{ground.ids['shared']}/answer", headers=headers, json={})
    assert (answer.status_code, is_own_refusal(answer.status_code, answer.content)) == (404, None)
    csv = b"Data;Descricao;Valor\n01/02/2026;Um;10,00\n02/02/2026;Dois;-5,00\n"
    upload = http.post("/api/statements", headers=headers, params={"connection": item}, content=csv)
    assert (upload.status_code, is_own_refusal(upload.status_code, upload.content)) == (404, None)
    assert http.get("/api/sandbox/faults", headers=headers).json() == {"faults": []}


@pytest.mark.parametrize(("verb", "path"), OWN)
def test_our_own_api_takes_no_bad_key(ground: Ground, unchanged: Rows, verb: str, path: str) -> None:
    """Afluente's own paths refuse the same keys, connect tokens and statements' tokens among them."""
    connect = ground.client.call("POST", "/connect_token").json()["accessToken"]
    statements = ground.client.get(f"/accounts/{ground.ids['account']}/statements")["results"]
    statement = statements[0]["url"].partition("token=")[2]
    keys = {"none": "", **bad_keys(ground), "connect token": connect, "statement's token": statement}
    for what, key in keys.items():
        for name, text in ((b"x-api-key", key), (b"authorization", f"Bearer {key or '-'}")):
            headers = {name: text.encode("latin-1")}
            answer = ground.client.http.request(verb, path, headers=headers, json={})
            assert answer.status_code == 401, what
            assert is_own_refusal(answer.status_code, answer.content) is None, what


def test_tokens_are_over_when_their_time_is(ground: Ground) -> None:
    """Two hours on the application's clock end an API key, half an hour a connect token and a statement's address."""
    client = ground.client
    connect = client.call("POST", "/connect_token").json()["accessToken"]
    url = client.get(f"/accounts/{ground.ids['account']}/statements")["results"][0]["url"]
    assert client.http.get(url).status_code == 200
    # an open question falls due on the way, which a webhook is told, the clock stands in the application's row, and
    # what is refused in its log
    told = ("events", "cursors", "deliveries", "attempts", "webhooks", "requests")
    moved = ("applications", "connections", "executions", *told)
    before = {name: rows for name, rows in dump(ground.server).items() if name not in moved}
    try:
        client.advance("PT29M")
        assert client.call("GET", "/connectors", headers={"x-api-key": connect}).status_code == 200
        client.advance("PT2M")
        narrow = client.call("GET", "/connectors", headers={"x-api-key": connect})
        assert is_refusal(narrow.status_code, narrow.content) is None
        gone = client.http.get(url)
        assert is_refusal(gone.status_code, gone.content) is None
        assert client.call("GET", "/connectors").status_code == 200
        client.advance("PT90M")
        for verb, path in GUARDED:
            over = client.call(verb, ground.path(path), json={})
            assert is_refusal(over.status_code, over.content) is None, path
            assert over.status_code in (401, 403)
        # the clock can still be put back with the key that was good when it was moved
        assert client.own("GET", "/sandbox/clock")["stopped"]
    finally:
        client.own("DELETE", "/sandbox/clock")
    after = dump(ground.server)
    assert before == {name: after[name] for name in before}


def test_our_own_api_takes_no_key_that_is_over(ground: Ground) -> None:
    """A key that is over on the machine's clock as well opens nothing; new keys can always be had."""
    client = ground.client
    client.own("POST", "/sandbox/clock", json={"at": "2020-01-01T00:00:00Z"})
    try:
        old = client.authenticate(*client.keys)
        assert client.http.get("/api/application", headers={"x-api-key": old}).status_code == 200
        client.own("DELETE", "/sandbox/clock")
        for verb, path in OWN:
            over = client.http.request(verb, path, headers={"x-api-key": old}, json={})
            assert (over.status_code, is_own_refusal(over.status_code, over.content)) == (401, None), path
    finally:
        client.own("DELETE", "/sandbox/clock")


def test_a_statements_address_opens_that_statement_alone(ground: Ground, unchanged: Rows) -> None:
    """Its token is no API key, opens no other statement, and belongs to one account's path."""
    client, account = ground.client, ground.ids["account"]
    first, second = (entry["url"] for entry in client.get(f"/accounts/{account}/statements")["results"][:2])
    token = first.partition("token=")[2]
    place = second.partition("?")[0]
    other_path = first.replace(account, ground.ids["card"])
    for url in (f"{place}?token={token}", place, f"{place}?token=", f"{place}?token={client.key}", other_path):
        answer = client.http.get(url)
        assert is_refusal(answer.status_code, answer.content) is None, url
    for verb, path in GUARDED:
        answer = client.call(verb, ground.path(path), headers={"x-api-key": token}, json={})
        assert (answer.status_code, is_refusal(answer.status_code, answer.content)) == (403, None), path


def test_wrong_secrets_and_unknown_applications_are_answered_alike(ground: Ground, unchanged: Rows) -> None:
    """Whoever tries client ids learns nothing from what is said."""
    id, secret = ground.client.keys
    other_id, other_secret = ground.other.keys
    said = set()
    for client, given in ((id, other_secret), (other_id, secret), (NOBODYS, secret), (id, ""), (id, "x" * 2_000)):
        answer = ground.client.http.post("/pluggy/auth", json={"clientId": client, "clientSecret": given})
        assert is_refusal(answer.status_code, answer.content) is None
        said.add((answer.status_code, json.dumps({**answer.json(), "errorId": ""})))
    assert len(said) == 1
