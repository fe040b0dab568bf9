"""Refusals in Flinks' words: the one error body, and the 203 that a wrong answer comes with (contract 3.2)."""

from __future__ import annotations

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
    values = {"detail": "The request is not valid.", "requestId": "", **refused.data}
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
    details = refused.details if isinstance(refused, FieldsRefused) else refused.data.get("details")
    if details:
        body["ValidationDetails"] = details
    if status == 429:
        return json(body, status, retry_after=str(refused.data.get("seconds", 60)))
    return json(body, status)
