"""Errors as they stand on the wire, compared whole."""

from __future__ import annotations

import re
from typing import Any

import httpx

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NOBODYS = "4d6b2b3e-6f0a-4a5e-9d0f-3c2b1a098765"
"""An id that nothing has."""

BAD_KEY = "Missing or invalid authorization token"


def assert_refused(
    answer: httpx.Response, status: int, message: str, description: str | None = None, **more: Any
) -> None:
    """The answer is this error and nothing else: `description` is its `codeDescription`, `more` its other keys."""
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    body = answer.json()
    assert UUID.fullmatch(body.pop("errorId", "")), answer.text
    expected: dict[str, Any] = {"code": status, "message": message, **more}
    if description is not None:
        expected["codeDescription"] = description
    assert (answer.status_code, body) == (status, expected)
