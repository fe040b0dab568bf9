"""Refusals in Belvo's words: an array of entries with code, message, request id, and the field where one is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from afluente.catalogue import Catalogue
from afluente.core.challenge import Ask, Posed
from afluente.core.clock import SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

SYSTEM = "belvo"
BACK = "/openfinance/callback"
"""Where the institution's own page sends the browser back to, inside the dialect."""

ACTIVATION = ("cvv", "pin")
"""The questions that activate an account: the wire has a code of its own for them."""


class FieldsRefused(Refused):
    """Several fields of one request are wrong: each with a meaning and what its message needs."""

    def __init__(self, faults: list[tuple[str, str, Mapping[str, Any]]]) -> None:
        super().__init__(faults[0][1], data={"fields": tuple(field for field, _, _ in faults)})
        self.faults = faults


_OF_THE_CARD = ("cvv", "pin")
"""What a login asks for to activate an account that is not active yet."""


class TokenWanted(Refused):
    """The institution asks for something in the middle of a login: the client is to resume the session.

    Where it asks again because an answer was `wrong`, that is what happened; the wire says no more than what it `asks`.
    """

    def __init__(self, connection: Connection, posed: Posed, now: Instant, wrong: Refused | None = None) -> None:
        activates = posed.challenge.name in _OF_THE_CARD
        self.asks = "login.needs-action.activation.guided" if activates else "mfa.asked"
        super().__init__(wrong.meaning if wrong else self.asks, wrong.said if wrong else None)
        self.connection = connection
        self.posed = posed
        self.now = now


def session_of(posed: Posed) -> str:
    """Return the session that names an open question: the part of its id behind the connection's."""
    return posed.id.rpartition(".")[2].replace("-", "")


def answer(catalogue: Catalogue, call: Call, refused: Refused, error_id: str) -> Answer:
    """Return the error answer."""
    if isinstance(refused, FieldsRefused):
        entries = [
            _entry(catalogue, meaning, {**data, "field": field}, error_id) for field, meaning, data in refused.faults
        ]
        return json([entry for _, entry in entries], entries[0][0])
    if isinstance(refused, TokenWanted):
        status, entry = _entry(catalogue, refused.asks, {}, error_id)
        return json([{**entry, **_session(refused, call)}], status)
    status, entry = _entry(catalogue, refused.meaning, {**refused.data, "method": call.method}, error_id)
    if refused.meaning == "request.connection.duplicate" and "user" in refused.data:
        entry["institution_user_id"] = refused.data["user"]
    if status == 429:
        return json([entry], status, retry_after=str(refused.data.get("seconds", 60)))
    return json([entry], status)


def login_error(catalogue: Catalogue, meaning: str) -> tuple[int, str | None]:
    """Return status and message of a login that ended so."""
    status, entry = _entry(catalogue, meaning, {}, "")
    return status, entry.get("message")


def _entry(catalogue: Catalogue, meaning: str, data: Mapping[str, Any], id: str) -> tuple[int, dict[str, Any]]:
    word = catalogue.word(SYSTEM, "error", meaning)
    values = {"detail": _detail(data), "value": "", "seconds": 60, **data}
    entry: dict[str, Any] = {"code": word.code}
    if word.message:
        entry["message"] = word.filled(**values)
    entry["request_id"] = id
    if data.get("field"):
        entry["field"] = data["field"]
    return word.http or 500, entry


def _detail(data: Mapping[str, Any]) -> str:
    """What was expected, where a refusal has no sentence of its own."""
    return f"Must be {data.get('expected', 'a valid JSON object')}."


_KINDS = {Ask.QR: "qr", Ask.NUMBER: "numeric", Ask.IMAGE: "image", Ask.SELECT: "select", Ask.APPROVAL: "confirmation"}


def _session(wanted: TokenWanted, call: Call) -> dict[str, Any]:
    posed = wanted.posed
    asked = posed.challenge
    value = asked.payload or asked.image or (_address(call, posed) if asked.url else None)
    return {
        "session": session_of(posed),
        "expiry": max(0, (posed.expires_at - wanted.now) // SECOND),
        "link": wanted.connection.id,
        "token_generation_data": {
            "instructions": asked.instructions or asked.label,
            "type": _KINDS.get(asked.kind, "text"),
            "value": value,
            "expects_user_input": asked.kind not in (Ask.QR, Ask.APPROVAL, Ask.REDIRECT),
        },
    }


def _address(call: Call, posed: Posed) -> str:
    """Return where the user goes to give a consent, and how the browser comes back from there."""
    url = posed.challenge.url or "/"
    there = f"{call.origin}{url}" if url.startswith("/") else url
    told = urlencode({"state": posed.id, "redirect_uri": f"{call.scope.get('root_path', '')}{BACK}"})
    return f"{there}{'&' if '?' in there else '?'}{told}"
