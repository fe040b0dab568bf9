"""A server with something of everything in it, and what an attacker and an auditor need to look at it.

`dump` is every row of every table: whoever was refused has changed none of them.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.server import Client, Server

NOBODYS = "0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d"
"""An id that nothing has."""

Rows = Mapping[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Ground:
    """A server, the sandbox application's client, another application's, and ids of what the first one has."""

    server: Server
    client: Client
    other: Client
    ids: Mapping[str, str]

    def path(self, pattern: str, own: bool = True, id: str | None = None) -> str:
        """Return a route's path with real ids in it; with `own` false, with an id that nobody has; or with `id`."""
        if id is None:
            id = self.ids[owner_of(pattern)] if own else NOBODYS
        if pattern.startswith(("/connectors/{id}", "/categories/{id}")) and not own:
            id = "98765432"
        return pattern.replace("{id}", id).replace("{statement}", self.ids["statement"] if own else NOBODYS)


def owner_of(pattern: str) -> str:
    """Return what the `{id}` of a route's path is the id of."""
    if pattern.startswith("/categories/rules"):
        return "rule"
    if pattern.endswith("/mfa"):
        return "asking"
    return {
        "items": "item",
        "accounts": "account",
        "transactions": "transaction",
        "connectors": "connector",
        "investments": "investment",
        "identity": "identity",
        "loans": "loan",
        "bills": "bill",
        "consents": "consent",
        "categories": "category",
        "webhooks": "webhook",
    }.get(pattern.split("/")[1], "item")


def seeded(server: Server) -> Ground:
    """Connect a bank, one that asks for a token and an Open Finance bank, and set up a webhook and a rule.

    Every kind of record is there.
    """
    client = server.client()
    item = client.connect(2)["id"]
    asking = client.connect(5)["id"]
    shared = client.call("POST", "/items", json={"connectorId": 600, "parameters": {"cpf": "761.092.776-73"}}).json()[
        "id"
    ]
    client.settle()
    client.own("POST", f"/sandbox/connections/{shared}/answer", json={"value": "approved:user-ok"})
    client.settle()
    accounts = client.get("/accounts", itemId=item)["results"]
    checking = next(a["id"] for a in accounts if a["subtype"] == "CHECKING_ACCOUNT")
    card = next(a["id"] for a in accounts if a["type"] == "CREDIT")
    webhook = client.call("POST", "/webhooks", json={"event": "item/error", "url": "https://hooks.example.com/seeded"})
    rule = client.call("POST", "/categories/rules", json={"description": "seeded", "categoryId": "01000000"})
    client.own("GET", "/application")  # makes the key for encrypted credentials, once
    ids = {
        "item": item,
        "shared": shared,
        "asking": asking,
        "account": checking,
        "card": card,
        "transaction": client.get("/transactions", accountId=checking)["results"][0]["id"],
        "statement": client.get(f"/accounts/{checking}/statements")["results"][0]["id"],
        "bill": client.get("/bills", accountId=card)["results"][0]["id"],
        "investment": client.get("/investments", itemId=item)["results"][0]["id"],
        "identity": client.get("/identity", itemId=item)["id"],
        "loan": client.get("/loans", itemId=shared)["results"][0]["id"],
        "consent": client.get("/consents", itemId=shared)["results"][0]["id"],
        "webhook": webhook.json()["id"],
        "rule": rule.json()["id"],
        "connector": "2",
        "category": "01000000",
    }
    return Ground(server, client, server.other_client(), ids)


_OF_TIME = frozenset({"log_due_at"})
"""When an application's log is looked at again, which follows from its first line."""


def dump(server: Server) -> Rows:
    """Return all rows of a server on SQLite by table, without what the server notes of itself while time goes by."""
    path = server.database.removeprefix("sqlite:///")
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in _OF_TIME]
            # in the order of their making, which a change leaves as it is
            found[table] = connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid").fetchall()
        return found
    finally:
        connection.close()


def is_refusal(status: int, body: bytes) -> str | None:
    """Say what is wrong with a refusal in Pluggy's words; None if it is as the contract has it."""
    if not 400 <= status < 500:
        return f"status {status}: {body[:300]!r}"
    try:
        said = json.loads(body)
    except ValueError:
        return f"no JSON: {body[:300]!r}"
    if not isinstance(said, dict) or said.get("code") != status or not isinstance(said.get("message"), str):
        return f"no code and message: {said!r}"
    return None if is_uuid(said.get("errorId")) else f"no error id: {said!r}"


def is_own_refusal(status: int, body: bytes) -> str | None:
    """Say what is wrong with a refusal of Afluente's own API; None if nothing is."""
    if not 400 <= status < 500:
        return f"status {status}: {body[:300]!r}"
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"no error in it: {body[:300]!r}"
    wanted = {"meaning", "message", "where", "blame", "retry", "action", "said", "id", "help"}
    if set(error) != wanted or not error["message"] or not is_uuid(error["id"]):
        return f"not the shape of an error: {error!r}"
    return None


def is_uuid(value: Any) -> bool:
    """Tell whether the value is the text of a UUID."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def speak(server: Server, *chunks: bytes, whole: bool = True) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are and return status, headers and body; with `whole` false, hang up after sending."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        try:
            for chunk in chunks:
                wire.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        if not whole:
            return 0, {}, b""
        received = bytearray()
        while part := _part(wire):
            received += part
            if _is_whole(bytes(received)):
                break
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split(" ")[1]) if first else 0, headers, body


def _part(wire: socket.socket) -> bytes:
    try:
        return wire.recv(65_536)
    except ConnectionResetError:
        return b""


def _is_whole(received: bytes) -> bool:
    head, gap, body = received.partition(b"\r\n\r\n")
    if not gap:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return False


def head(verb: str, path: str, key: str = "", **headers: str) -> bytes:
    """Return a request's head; header names are given with underscores."""
    lines = [f"{verb} {path} HTTP/1.1", "host: 127.0.0.1"]
    if key:
        lines.append(f"x-api-key: {key}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
