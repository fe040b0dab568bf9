"""What the page around is told in Flinks' manner: a message for each step, and at the end where to go (contract 8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from afluente.catalogue import NoWord
from afluente.connect.widget import Moment, News, Scene
from afluente.core.challenge import Posed
from afluente.dialects.flinks import security_questions
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.dialects.flinks.render.challenges import type_of

_STEPS = {
    Moment.OPENED: "APP_MOUNTED",
    Moment.CONSENT_SHOWN: "COMPONENT_LOAD_CONSENT",
    Moment.CONSENTED: "COMPONENT_ACCEPT_CONSENT",
    Moment.CONSENT_DENIED: "COMPONENT_DENY_CONSENT",
    Moment.LIST_SHOWN: "COMPONENT_LOAD_INSTITUTION_SELECTOR",
    Moment.CHOSEN: "INSTITUTION_SELECTED",
    Moment.LOGIN_SHOWN: "COMPONENT_LOAD_CREDENTIAL",
    Moment.LOGIN_SHOWN_AGAIN: "COMPONENT_LOAD_CREDENTIAL_RETRY",
    Moment.LOGIN_SENT: "SUBMIT_CREDENTIAL",
    Moment.ASKED: "COMPONENT_LOAD_MFA",
    Moment.ASKED_AGAIN: "COMPONENT_LOAD_MFA_RETRY",
    Moment.SENT_ELSEWHERE: "COMPONENT_LOAD_MFA",
    Moment.ANSWERED: "SUBMIT_MFA",
    Moment.ACCOUNTS_SHOWN: "COMPONENT_LOAD_ACCOUNT_SELECTION",
    Moment.LEFT: "COMPONENT_CLOSE_SESSION",
}
"""What is posted of a moment that needs no more said."""

_OF_INSTITUTION = frozenset(
    {
        Moment.CHOSEN,
        Moment.LOGIN_SHOWN,
        Moment.LOGIN_SHOWN_AGAIN,
        Moment.LOGIN_SENT,
        Moment.ASKED,
        Moment.ASKED_AGAIN,
        Moment.SENT_ELSEWHERE,
        Moment.ANSWERED,
    }
)


def told(house: House, moment: Moment, scene: Scene) -> News:
    """Return the messages of a moment: its step, with what Flinks says beside it."""
    step = _STEPS.get(moment)
    if step is not None:
        message: dict[str, Any] = {"step": step}
        if moment in _OF_INSTITUTION:
            message["institution"] = _institution(house, scene)
        if moment is Moment.LIST_SHOWN:
            message["cached"] = False
        if moment is Moment.ACCOUNTS_SHOWN:
            message |= {"totalAccounts": scene.displayed, "displayedAccounts": scene.displayed}
        if step.startswith("COMPONENT_LOAD_MFA") and scene.connection is not None:
            message["mfaTypes"] = _kinds(scene.connection.posed)
        return [message]
    match moment:
        case Moment.ACCOUNTS_CHOSEN:
            return [
                {"step": "ACCOUNT_SELECTED", "accountId": id, "institution": _institution(house, scene)}
                for id in scene.accounts
            ]
        case Moment.SUCCEEDED:
            return [*_enhanced(scene), _redirect(house, scene)]
        case Moment.FAILED | Moment.NOT_POSSIBLE:
            return [_error(house, scene)]
    return []


def _enhanced(scene: Scene) -> News:
    if not scene.visit.flag("enhancedMFA"):
        return []
    word = "ENHANCED_MFA_HAS_QUESTIONS" if scene.visit.option(security_questions.LEFT) else "ENHANCED_MFA_NO_QUESTIONS"
    return [{"step": word}]


def _institution(house: House, scene: Scene) -> str:
    return "" if scene.institution is None else house.directory.face(scene.institution.slug).name


def _redirect(house: House, scene: Scene) -> dict[str, Any]:
    visit = scene.visit
    accounts = ",".join(scene.accounts)
    query = {
        "loginId": visit.connection_id,
        "requestId": visit.session_id,
        "tag": visit.option("tag"),
        "accountId": accounts,
        "institution": _institution(house, scene),
        "demo": "true" if visit.flag("demo") or visit.flag("demoOutbound") else "",
    }
    home = visit.option("redirectUrl") or f"{scene.base}/v2/"
    front, mark, fragment = home.partition("#")
    given = urlencode({name: value for name, value in query.items() if value})
    url = f"{front}{'&' if '?' in front else '?'}{given}{mark}{fragment}"
    message = {
        "step": "REDIRECT",
        "url": url,
        "loginId": visit.connection_id,
        "requestId": visit.session_id,
        "institution": _institution(house, scene),
    }
    return message | ({"accountId": accounts} if accounts else {})


def _error(house: House, scene: Scene) -> dict[str, Any]:
    meaning = scene.meaning or "unexpected"
    if meaning == "request.institution.offline":
        return {"step": "DISABLED_INSTITUTION", "institution": _institution(house, scene)}
    code = house.world.catalogue.word(SYSTEM, "api", meaning).code
    message = {
        "step": code,
        "requestId": scene.visit.session_id,
        "flinksCode": code,
        "institution": _institution(house, scene),
    }
    return message | ({"loginId": scene.visit.connection_id} if scene.visit.connection_id else {})


def refused(house: House, meaning: str) -> News:
    """Return the message of a page that cannot be opened."""
    try:
        return [{"step": house.world.catalogue.word(SYSTEM, "widget", meaning).code}]
    except NoWord:
        return [{"step": house.world.catalogue.word(SYSTEM, "api", meaning).code}]


def _kinds(posed: Posed | None) -> list[str]:
    """Return what kinds of questions stand open, each once."""
    asked = () if posed is None else (posed.challenge, *posed.challenge.beside)
    return list(dict.fromkeys(type_of(one) for one in asked))
