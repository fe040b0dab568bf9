"""Every JSON answer that an item leads to, collected once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.server import Client

Answers = dict[str, Any]
"""Answers by the path that gave them."""

PAGES = ("/accounts", "/consents", "/investments", "/loans")


def of_item(client: Client, item_id: str) -> Answers:
    """Read everything there is of an item, lists and single objects."""
    answers: Answers = {}

    def read(path: str) -> Any:
        answers[path] = client.get(path)
        return answers[path]

    read(f"/items/{item_id}")
    read(f"/items/{item_id}/resources")
    read(f"/items/{item_id}/scr")
    read(f"/identity/{read(f'/identity?itemId={item_id}')['id']}")
    for path in PAGES:
        for entry in read(f"{path}?itemId={item_id}")["results"]:
            read(f"{path}/{entry['id']}")
            if path == "/investments":
                read(f"{path}/{entry['id']}/transactions")
            if path == "/accounts":
                _of_account(read, entry["id"])
    return answers


def _of_account(read: Any, id: str) -> None:
    read(f"/accounts/{id}/balance")
    read(f"/accounts/{id}/statements")
    read(f"/transactions?accountId={id}")
    for entry in read(f"/v2/transactions?accountId={id}")["results"][:2]:
        read(f"/transactions/{entry['id']}")
    for entry in read(f"/bills?accountId={id}")["results"]:
        read(f"/bills/{entry['id']}")


def of_application(client: Client) -> Answers:
    """Read everything there is beside items; a rule and a webhook are made for it and deleted again."""
    rule = client.call("POST", "/categories/rules", json={"description": "X", "categoryId": "01010000"}).json()
    webhook = client.call("POST", "/webhooks", json={"event": "all", "url": "https://shop.example/walk"}).json()
    paths = ["/connectors?sandbox=true&healthDetails=true", "/connectors/2", "/categories", "/categories/01010000",
             "/categories/rules", "/webhooks", f"/webhooks/{webhook['id']}", "/v2/items",
             "/merchants?cnpjs=00000000000191"]  # fmt: skip
    answers = {path: client.get(path) for path in paths}
    client.call("DELETE", f"/webhooks/{webhook['id']}")
    client.call("DELETE", f"/categories/rules/{rule['id']}")
    return answers


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All values that are neither object nor list, each with the names that lead to it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, f"{path}[]")
    else:
        yield path, value
