"""Refusals in Klavi's words. Each generation has its own: a code in a body under HTTP 200, or an HTTP status."""

from __future__ import annotations

import re
from typing import Any

from afluente.catalogue import Catalogue
from afluente.core.outcome import Refused
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

SYSTEM = "klavi"

_OPEN_DATA = re.compile(r"/data/v1/(reports|tasks(/[^/]*(/mfa)?)?)")
_UPDATES = re.compile(r"(/data/v1)?/autoupdate_sync.*", re.DOTALL)
"""Which paths speak in codes of their own."""

_UNPROCESSABLE = 416
"""Under this status the body's `statusCode` is one of the business codes, not the status."""

_BUSINESS_ERROR = "Business Processing Error"

_FORM = "login.credentials.format"
"""What is said of a form that cannot be taken, whichever of its fields is wrong."""

_TEXTS = {"request.unauthenticated.keys": "Invalid accessKey or secretKey"}
"""Published texts of whole error bodies, where there is one."""


def surface_of(path: str) -> str:
    """Return the surface that a path speaks on."""
    if _UPDATES.fullmatch(path):
        return "auto-update"
    return "open-data" if _OPEN_DATA.fullmatch(path) else "open-finance"


def answer(catalogue: Catalogue, call: Call, refused: Refused) -> Answer:
    """Return the error answer."""
    surface = surface_of(call.path)
    if surface == "open-finance":
        return _with_status(catalogue, refused)
    in_form = surface == "open-data" and call.method == "POST"
    return json(coded(catalogue, surface, _of_form(refused.meaning) if in_form else refused.meaning))


def _of_form(meaning: str) -> str:
    """Return what a fault in a task's body is called: the code for wrong parameters is one of retrieval alone."""
    return _FORM if meaning == "request.invalid" else meaning


def coded(catalogue: Catalogue, surface: str, meaning: str, trace_id: str | None = None) -> dict[str, Any]:
    """Return the body that says a meaning by its code; HTTP says 200 with it."""
    word = catalogue.word(SYSTEM, surface, meaning)
    body: dict[str, Any] = {"code": int(word.code), "msg": word.message}
    if trace_id is not None:
        body["traceId"] = trace_id
    return body


def _with_status(catalogue: Catalogue, refused: Refused) -> Answer:
    word = catalogue.word(SYSTEM, "open-finance", refused.meaning)
    status = word.http or 500
    code = int(word.code)
    if status == _UNPROCESSABLE:
        message = f"{word.message}: {note}" if (note := word.extra.get("note")) else word.message
        body = {"statusCode": code, "error": _BUSINESS_ERROR, "message": message, "code": code}
        return json(body, status)
    text = _TEXTS.get(refused.meaning) or _detail(refused) or word.message
    body = {"statusCode": status, "error": word.message, "message": text}
    if status == 429:
        return json(body, status, retry_after=str(refused.data.get("seconds", 60)))
    return json(body, status)


def _detail(refused: Refused) -> str:
    told, field = refused.data, refused.data.get("field")
    if field and "expected" in told:
        return f"{field} must be {told['expected']}"
    if field:
        return f"{field} is missing or invalid"
    return str(told.get("detail", ""))
