"""Refusals in Pluggy's words: status, `codeDescription`, message, and the figures each one carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from afluente.catalogue import Catalogue
from afluente.core.outcome import Refused
from afluente.dialects.pluggy.connectors import validation, wire_name
from afluente.dialects.pluggy.render import instant
from afluente.engine.institutions.credentials import FieldFault
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

SYSTEM = "pluggy"
Data = Mapping[str, Any]

_BARE_500 = "/webhooks"
"""Routes whose 500 has no `codeDescription`."""


def _hours(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 3)


_DATA: dict[str, Callable[[Data], dict[str, Any]]] = {
    "request.plan.connections-limit": lambda data: {"itemsLimit": data["limit"]},
    "request.connection.too-soon": lambda data: {
        "minUpdateFrequencyAllowedInHours": _hours(data["hours"]),
        "lastUpdatedAt": instant(data["at"]),
    },
    "request.connection.login-backoff": lambda data: {
        "readableBackoffTime": f"{data['minutes']} minutes",
        "maxConsecutiveFailedLoginAttempts": data["refusals"],
        "lastExecutionEndedAt": instant(data["last"]),
        "canRetryAfterDate": instant(data["again"]),
    },
    "request.mfa.required": lambda data: {"parameter": wire_name(data["field"])},
    "request.mfa.wrong-question": lambda data: {"paramName": data["field"]},
    "request.connection.duplicate": lambda data: {"items": data["ids"]},
    "request.connection.busy.elsewhere": lambda data: {"items": data["ids"]},
}
"""What stands in `data`, and fills the message, for the meanings that have figures."""


_CASES = {("request.invalid.missing-id", "/v2/transactions"): "missing-uuid-spaced"}
"""Where one path has a wording of its own, by meaning and path."""


def fault_entries(catalogue: Catalogue, faults: tuple[FieldFault, ...]) -> list[dict[str, Any]]:
    """Return the entries of `details` for fields that are missing or do not match."""
    entries = []
    for fault in faults:
        name = wire_name(fault.field.name)
        meaning = f"request.credentials.invalid.{'missing' if fault.missing else 'rule'}"
        word = catalogue.word(SYSTEM, "validation", meaning)
        message = word.filled(parameter=name)
        if not fault.missing:
            message = fault.field.message or f"{name} must match {validation(fault.field) or 'its rule'}"
        entries.append({"code": word.code, "message": message, "parameter": name})
    return entries


def answer(catalogue: Catalogue, call: Call, refused: Refused, error_id: str) -> Answer:
    """Return the error answer."""
    case = _CASES.get((refused.meaning, call.path))
    word = catalogue.word(SYSTEM, "rejection", refused.meaning, case=case)
    make = _DATA.get(refused.meaning)
    figures = make(refused.data) if make and refused.data else {}
    values = {**refused.data, **figures, "method": call.method, "path": call.path}
    if refused.meaning == "request.mfa.required" and refused.data:
        values["parameter"] = figures["parameter"]
    status = word.http or 500
    body: dict[str, Any] = {"code": status, "message": word.filled(**values)}
    if word.code and not (status == 500 and call.path.startswith(_BARE_500)):
        body["codeDescription"] = word.code
    details = _details(catalogue, refused, figures)
    if details:
        body["details"] = details
        if refused.meaning == "request.credentials.invalid":
            # the older name of the same list, which documentation still prints
            body["errors"] = details
    if figures:
        body["data"] = figures
        if "items" in figures:
            body["items"] = figures["items"]
    body["errorId"] = error_id
    if status == 429:
        after = str(refused.data.get("after", 60))
        return json(body, status, retry_after=after, ratelimit_limit="360", ratelimit_reset=after)
    return json(body, status)


def _details(catalogue: Catalogue, refused: Refused, figures: Data) -> list[dict[str, Any]]:
    if "faults" in refused.data:
        return fault_entries(catalogue, refused.data["faults"])
    if refused.meaning == "request.mfa.required" and figures:
        name = figures["parameter"]
        return [{"code": "001", "message": f"Parameter '{name}' is required", "parameter": name}]
    return []
