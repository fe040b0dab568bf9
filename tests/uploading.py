"""Uploading several statement files at once, and waiting until they have been read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from tests.server import Client

Files = Sequence[tuple[str, bytes]]


def send(client: Client, files: Files, **query: str) -> httpx.Response:
    """Send files as the parts of a form; each is a name and its bytes."""
    parts = [("file", (name, content)) for name, content in files]
    return client.http.post("/api/uploads", params=query, files=parts, headers={"x-api-key": client.key})


def begun(client: Client, files: Files, **query: str) -> Any:
    """Return the upload as it is when it was taken."""
    answer = send(client, files, **query)
    assert answer.status_code == 202, answer.text
    return answer.json()


def shown(client: Client, id: str) -> Any:
    """Return an upload as it stands."""
    return client.own("GET", f"/uploads/{id}")


def read(client: Client, files: Files, **query: str) -> Any:
    """Upload files, wait until all have been read, and return the upload as it stands then."""
    id = begun(client, files, **query)["id"]
    client.settle()
    return shown(client, id)
