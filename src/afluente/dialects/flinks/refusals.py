"""Refusals in Flinks' words: the one error body, and the 203 that a wrong answer comes with (contract 3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from afluente.catalogue import Catalogue
from afluente.core.challenge import Posed
from afluente.core.outcome import Refused
from afluente.dialects.flinks import render
from afluente.dialects.flinks.forms import FieldsRefused
from afluente.web.answers import Answer, json

SYSTEM = "flinks"

_NOWHERE = "request.not-found.route"
"""A path that nobody has is not there, whatever else its refusal is called."""


class AnsweredWrongly(Refused):
    """A wrong answer, or one to something else, to what is asked again at once."""

    def __init__(self, refused: Refused, posed: Posed, session_id: str) -> None:
        super().__init__(refused.meaning, refused.said, {**refused.data, "session_id": session_id})
        self.posed = posed


def answer(catalogue: Catalogue, refused: Refused, too_many_status: int) -> Answer:
    """Return the error answer. `too_many_status` is the status with which too many requests are refused."""
    word = catalogue.word(SYSTEM, "api", refused.meaning)
    status = 404 if refused.meaning == _NOWHERE else word.http or 500
    if word.code == "TOO_MANY_REQUESTS":
        status = too_many_status
    faults = _faults(refused)
    values = {"detail": _detail(catalogue, refused, faults), "requestId": "", **refused.data}
    body: dict[str, Any] = {
        "HttpStatusCode": status,
        "Message": word.filled(**values) if word.message else "",
        "FlinksCode": word.code,
        "Links": [],
    }
    session = refused.data.get("session_id")
    if session is not None:
        body["RequestId"] = session
    if "institution" in refused.data:
        body["Institution"] = refused.data["institution"]
    if isinstance(refused, AnsweredWrongly):
        body["SecurityChallenges"] = render.challenges(refused.posed.challenge)
    if faults:
        body["ValidationDetails"] = faults
    if status == 429:
        return json(body, status, retry_after=str(refused.data.get("seconds", 60)))
    return json(body, status)


def _faults(refused: Refused) -> Mapping[str, list[str]]:
    """Return what is wrong with a request, field by field."""
    if isinstance(refused, FieldsRefused):
        return refused.details
    field, expected = refused.data.get("field"), refused.data.get("expected")
    told: Mapping[str, list[str]] = refused.data.get("details", {})
    return {str(field): [f"The {field} field must be {expected}."], **told} if field and expected else told


def _detail(catalogue: Catalogue, refused: Refused, faults: Mapping[str, list[str]]) -> str:
    """Return what a refusal of a request says that does not say it itself."""
    if faults:
        return " ".join(text for one in faults.values() for text in one)
    if refused.meaning.startswith("request.invalid."):
        return catalogue.text(refused.meaning, "en", "engineer")
    return "The request is not valid."
