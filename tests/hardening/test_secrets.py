"""Canaries: values that must be found nowhere, planted everywhere a secret comes in, and looked for in all there is."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.hardening.ground import NOBODYS, is_uuid
from tests.server import Client, Server, running

PASSWORD = "Canary-P4s/äß?&=%'\""
NEW_PASSWORD = "Canary-N3w-P4ssword"
WRONG_PASSWORD = "Canary-Wr0ng-P4ss"
ENCRYPTED_PASSWORD = "Canary-Encrypt3d"
BROKEN_PASSWORD = "Canary-Br0ken-P4ss"
USER = "user-canary.77152"
BANK_USER = "canary-bank-user-4711"
ANSWER = "canary-answer-908172"
WRONG_SECRET = "canary-wrong-secret-3141"
HEADER = "Bearer canary-webhook-2718"
GARBAGE = base64.b64encode(b"canary-of-nobody").decode()
FILE = "canary,in;a\tfile that is no statement"
VISIBLE = "canary-that-may-be-seen"

ACTS = "user-act+institution.unavailable@balance"
"""A user whose login takes any password."""


def disguises(secret: str) -> set[bytes]:
    """Return what a secret looks like where somebody encoded it and thought no more of it."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), secret.encode("utf-16-le"), raw[::-1]}
    found |= {quote(secret, safe="").encode(), quote(secret).encode(), json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        # the middle of its base64, wherever in a longer text it began
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * shift + raw)[4 : -4 if len(raw) > 12 else None])
    return found


class Story:
    """Everything a client does in a day, with every answer kept that is not the very place of a secret."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client: Client = server.other_client("canary")
        self.answers: list[httpx.Response] = []
        self.secrets = {
            PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, ENCRYPTED_PASSWORD, BROKEN_PASSWORD, USER, BANK_USER, ANSWER,
            WRONG_SECRET, HEADER, GARBAGE, FILE, self.client.keys[1], self.client.key, server.keys[1],
        }  # fmt: skip

    def call(self, verb: str, path: str, **options: object) -> httpx.Response:
        """Call the dialect and keep what is answered."""
        return self.kept(self.client.call(verb, path, **options))

    def kept(self, answer: httpx.Response) -> httpx.Response:
        """Keep an answer."""
        self.answers.append(answer)
        return answer

    def __enter__(self) -> Story:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client's connections."""
        self.client.close()

    def told(self) -> None:
        """Tell it."""
        self._keys()
        self._logins()
        self._questions()
        self._consent()
        self._encrypted()
        self._others()

    def _keys(self) -> None:
        id, secret = self.client.keys
        post = self.client.http.post
        self.kept(post("/pluggy/auth", json={"clientId": id, "clientSecret": WRONG_SECRET}))
        self.kept(post("/pluggy/auth", json={"clientId": NOBODYS, "clientSecret": secret}))
        self.kept(post("/pluggy/auth", json={"clientId": id, "clientSecret": [secret]}))
        self.kept(post("/pluggy/auth", content=f'{{"clientSecret": "{secret}", '))
        self.kept(post("/pluggy/auth", json={"clientId": secret, "clientSecret": secret}))
        token = self.client.call("POST", "/connect_token", json={"options": {"clientUserId": "u"}}).json()[
            "accessToken"
        ]
        self.secrets |= {token, token.split(".")[1], self.client.key.split(".")[1], WRONG_SECRET}
        self.call("GET", "/webhooks", headers={"x-api-key": token})
        self.call("GET", "/accounts", headers={"x-api-key": token + "x"})
        self.call("GET", "/accounts", params={"token": token})

    def _logins(self) -> None:
        asked = {"connectorId": 2, "clientUserId": VISIBLE, "parameters": {"user": ACTS, "password": PASSWORD}}
        self.item = self.call("POST", "/items", json=asked).json()["id"]
        self.client.settle()
        assert self.call("GET", f"/items/{self.item}").json()["status"] == "UPDATED"
        self.call("PATCH", f"/items/{self.item}", json={"parameters": {"password": NEW_PASSWORD}})
        self.client.settle()
        wrong = {"connectorId": 2, "parameters": {"user": USER, "password": WRONG_PASSWORD}}
        refused = self.call("POST", "/items", json=wrong).json()["id"]
        self.client.settle()
        assert self.call("GET", f"/items/{refused}").json()["status"] == "LOGIN_ERROR"
        self.call("PATCH", f"/items/{refused}")
        self.call("POST", "/items", json={"connectorId": 8, "parameters": {"user": USER, "password": PASSWORD}})
        self.call("POST", "/items", json={"connectorId": 2, "parameters": {"user": [USER], "password": PASSWORD}})
        self.call("POST", "/items", json={"connectorId": 2, "parameters": PASSWORD})
        self.call("POST", "/items", content=json.dumps(wrong)[:-2])
        self.call("POST", "/connectors/2/validate", json=[PASSWORD])

    def _questions(self) -> None:
        login = {"user": "user-ok", "password": "password-ok"}
        for number, name in ((5, "token"), (3, "token")):
            item = self.call("POST", "/items", json={"connectorId": number, "parameters": login}).json()["id"]
            self.client.settle()
            self.call("POST", f"/items/{item}/mfa", json={"wrong-name": ANSWER})
            self.call("POST", f"/items/{item}/mfa", json={name: {"a": ANSWER}})
            self.call("POST", f"/items/{item}/mfa", json={name: ANSWER})
            self.client.settle()
            self.call("POST", f"/items/{item}/mfa", json={name: ANSWER})
            self.call("GET", f"/items/{item}")
        once = {"connectorId": 4, "parameters": {**login, "token": ANSWER}}
        self.call("POST", "/items", json=once)
        self.client.settle()

    def _consent(self) -> None:
        asked = {"connectorId": 600, "parameters": {"cpf": "761.092.776-73"}}
        item = self.call("POST", "/items", json=asked).json()["id"]
        url = self.client.settled(item)["parameter"]["data"]
        state = re.search(r"state=([^&]+)", url)
        assert state is not None
        form = {"state": state[1], "back": "/pluggy/items/oauth/callback", "decision": "approve", "user": BANK_USER}
        back = self.client.http.post("/sandbox-bank/authorize", data=form)
        self.client.http.get(back.headers["location"])
        self.client.settle()
        assert self.call("GET", f"/items/{item}").json()["status"] == "UPDATED"
        self.kept(self.client.http.get(back.headers["location"]))
        self.kept(self.client.http.get(f"/pluggy/items/oauth/callback?state={NOBODYS}&code={BANK_USER}"))

    def _encrypted(self) -> None:
        public = serialization.load_pem_public_key(self.client.own("GET", "/application")["publicKey"].encode())
        assert isinstance(public, rsa.RSAPublicKey)
        plain = json.dumps({"user": ACTS, "password": ENCRYPTED_PASSWORD}).encode()
        digest = hashes.SHA1()
        sealed = base64.b64encode(public.encrypt(plain, padding.OAEP(padding.MGF1(digest), digest, None))).decode()
        item = self.call("POST", "/items", json={"connectorId": 2, "parameters": sealed}).json()["id"]
        self.client.settle()
        assert self.call("GET", f"/items/{item}").json()["status"] == "UPDATED"
        self.call("POST", "/items", json={"connectorId": 2, "parameters": GARBAGE})
        odd = json.dumps([ENCRYPTED_PASSWORD]).encode()
        odd = base64.b64encode(public.encrypt(odd, padding.OAEP(padding.MGF1(digest), digest, None)))
        self.call("POST", "/items", json={"connectorId": 2, "parameters": odd.decode()})

    def _others(self) -> None:
        hook = {"event": "item/error", "url": "https://hooks.example.com/a", "headers": {"Authorization": HEADER}}
        made = self.client.call("POST", "/webhooks", json=hook).json()
        assert self.client.get(f"/webhooks/{made['id']}")["headers"] == {"Authorization": HEADER}
        self.client.call("PATCH", f"/webhooks/{made['id']}", json={"enabled": False})
        assert self.client.get("/webhooks")["results"][0]["headers"] == {"Authorization": HEADER}
        self.call("POST", "/webhooks", json=hook)
        headers = {"x-api-key": self.client.key}
        self.kept(self.client.http.post("/api/statements", headers=headers, content=FILE.encode()))
        self.kept(self.client.http.post("/api/statements", headers=headers, files={"file": ("a.ofx", FILE.encode())}))
        account = self.client.get("/accounts", itemId=self.item)["results"][0]["id"]
        address = self.client.get(f"/accounts/{account}/statements")["results"][0]["url"]
        self.secrets.add(address.partition("token=")[2])
        self.client.http.get(address).raise_for_status()
        self.kept(
            self.client.http.get(address.replace("statements/", f"statements/{NOBODYS}?x=").replace("?token", "&token"))
        )
        self.call("GET", f"/accounts/{account}/balance")

    def broken(self) -> None:
        """Go on when tables are missing: handlers and executions break with secrets in their hands."""
        for table in ("category_rules", "credentials"):
            _drop(self.server.database, table)
        rules = self.call("GET", "/categories/rules")
        login = {"user": ACTS, "password": BROKEN_PASSWORD}
        made = self.call("POST", "/items", json={"connectorId": 16, "parameters": login})
        update = self.call("PATCH", f"/items/{self.item}", json={"parameters": {"password": BROKEN_PASSWORD}})
        assert [rules.status_code, made.status_code, update.status_code] == [500, 500, 500]


def _drop(database: str, table: str) -> None:
    if database.startswith("sqlite:///"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
            connection.execute(f"DROP TABLE {table}")
        connection.close()
        return
    with psycopg.connect(database) as connection:
        connection.execute(f"DROP TABLE {table} CASCADE".encode())


def _kept_in(database: str) -> Iterator[tuple[str, bytes]]:
    """Yield every value of every column, and for SQLite every byte of its files too."""
    if database.startswith("sqlite:///"):
        path = Path(database.removeprefix("sqlite:///"))
        for file in sorted(path.parent.glob(f"{path.name}*")):
            yield file.name, file.read_bytes()
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in names:
                for row in connection.execute(f"SELECT * FROM {table}"):
                    yield from ((table, _bytes(value)) for value in row)
        connection.close()
        return
    with psycopg.connect(database) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in names:
            for row in connection.execute(f"SELECT * FROM {table}".encode()):
                yield from ((table, _bytes(value)) for value in row)


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.slow
def test_no_secret_is_found_in_anything_a_day_leaves_behind(tmp_path: Path, database_url: str, form: str) -> None:
    """Logs, rows, files and refusals are searched for every secret of the story, plain and in every usual disguise."""
    with running(tmp_path, database_url, log=form, private_webhooks="1") as server, Story(server) as story:
        story.told()
        before = dict.fromkeys(_kept_in(database_url))
        story.broken()
        greeting = [line for line in server.log.read_text().splitlines() if server.keys[1] in line]
        assert len(greeting) == 2  # printed on purpose: the sandbox application's own keys, and a request with them
        log = server.log.read_bytes()
        for line in greeting:
            log = log.replace(line.encode(), b"")
        places = {("log", log): None, **before, **dict.fromkeys(_kept_in(database_url))}
        for file in tmp_path.rglob("*"):
            if file.is_file() and file != server.log:
                places[file.name, file.read_bytes()] = None
        for answer in story.answers:
            told = repr(answer.headers).encode() + answer.content
            places[f"{answer.request.method} {answer.url.path}", told] = None
    found = [
        (place, secret)
        for secret in story.secrets
        for disguise in disguises(secret)
        for place, content in places
        if disguise in content
    ]
    assert found == []
    # the same search finds what is there to be found
    assert any(disguise in content for _, content in before for disguise in disguises(VISIBLE))
    master = (tmp_path / "key").read_bytes().strip()
    assert not any(
        master in content or base64.b64decode(master) in content for place, content in places if place != "key"
    )


def test_what_breaks_is_found_in_the_log_by_its_error_id(tmp_path: Path) -> None:
    """Every refusal and every fault names an id; the log has it once, with where it broke and without any value."""
    with running(tmp_path, private_webhooks="1") as server, Story(server) as story:
        story.told()
        story.broken()
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    by_id = {line["error"]: line for line in lines if "error" in line}
    refused = [answer for answer in story.answers if answer.status_code >= 400]
    assert len(refused) > 20
    for answer in refused:
        body = answer.json()
        id = body["errorId"] if "errorId" in body else body["error"]["id"]
        assert is_uuid(id)
        line = by_id[id]
        if answer.status_code == 500:
            assert line["level"] == "error"
            assert "no such table" in line["exception"]
            assert "in _broke" not in line["exception"]
            assert 'File "' in line["exception"]
        else:
            assert (line["event"], line["status"]) == ("refused", answer.status_code)
