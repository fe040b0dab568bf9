"""Canaries in Flinks' words: passwords and answers are looked for in the log, the tables, and the log of calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flinks import BANK, GREATDAY, Flinks
from tests.hardening.test_secrets import _kept_in, disguises
from tests.server import Server, running

PASSWORD = "Canary-Fl1nks/é?&=%'\""
NEW_PASSWORD = "Canary-Fl1nks-N3w"
WRONG_ANSWER = "canary-wrong-answer-4471"
STORED_ANSWER = "canary-stored-answer-9920"
ODD_ANSWER = "canary-odd-answer-1177"
MISPLACED = "canary-misplaced-password-33"
KEY = "canary-key-5813"
VISIBLE = "canary-tag-that-may-be-seen"
SECRETS = (PASSWORD, NEW_PASSWORD, WRONG_ANSWER, STORED_ANSWER, ODD_ANSWER, MISPLACED, KEY)


def told(server: Server) -> tuple[Flinks, list[bytes]]:
    """Tell the story of a client that makes every mistake; return it, and every answer it got."""
    client = server.client()
    flinks = Flinks(client)
    answers: list[bytes] = []

    def call(verb: str, path: str, **options: object) -> dict[str, object]:
        answer = flinks.call(verb, path, **options)
        answers.append(repr(answer.headers).encode() + answer.content)
        return dict(answer.json())

    # anybody's password is right for a user who acts
    acting = {"Institution": BANK, "Username": "act+success@holder", "Tag": VISIBLE}
    call("POST", "Authorize", json={**acting, "Password": PASSWORD})
    call("POST", "Authorize", json={**acting, "Password": NEW_PASSWORD})
    call("POST", "Authorize", json={**acting, "Password": PASSWORD, "Save": False})
    call("POST", "Authorize", json={"Institution": BANK, "Username": "greatday_nomfa", "Password": PASSWORD})
    call("POST", "Authorize", json={**acting, "Password": [MISPLACED]})
    call("POST", "Authorize", json={**acting, "Password": PASSWORD, "Language": 1.5, "Save": {"a": MISPLACED}})
    call("POST", "Authorize", content=json.dumps({**acting, "Password": PASSWORD})[:-2])
    call("POST", "Authorize", data={"Password": PASSWORD})
    login = {"Institution": BANK, "Username": "Greatday", "Password": "Everyday", "WithMfaQuestions": True}
    asked = call("POST", "Authorize", json=login)
    prompt = asked["SecurityChallenges"][0]["Prompt"]  # type: ignore[index]
    session = {"RequestId": asked["RequestId"]}
    call("POST", "Authorize", json={**session, "SecurityResponses": {"no such question": [ODD_ANSWER]}})
    call("POST", "Authorize", json={**session, "SecurityResponses": {prompt: [{"a": ODD_ANSWER}]}})
    call("POST", "Authorize", json={**session, "SecurityResponses": ODD_ANSWER})
    call("POST", "Authorize", json={**session, "SecurityResponses": {prompt: [WRONG_ANSWER]}})
    again = call("POST", "Authorize", json={**session, "SecurityResponses": {}})
    prompt = again["SecurityChallenges"][0]["Prompt"]  # type: ignore[index]
    done = call("POST", "Authorize", json={**session, "SecurityResponses": {prompt: [GREATDAY[str(prompt)]]}})
    card = done["Login"]["Id"]  # type: ignore[index]
    kept = {"LoginId": card, "Questions": [{"Question": prompt, "Answer": STORED_ANSWER}]}
    assert call("PATCH", "AnswerMFAQuestions", json=kept) == {"Message": "Answers updated"}
    call("PATCH", "AnswerMFAQuestions", json={**kept, "Questions": [{"Question": "no", "Answer": ODD_ANSWER}]})
    call("PATCH", "AnswerMFAQuestions", json={**kept, "Questions": [{"Question": ODD_ANSWER}]})
    call("POST", "Authorize", json={"LoginId": card, "MostRecentCached": False})
    for path in ("GenerateAuthorizeToken", "GetAccountsDetail"):
        call("POST", path, headers={"flinks-auth-key": KEY, "x-api-key": KEY, "authorization": f"Bearer {KEY}"})
    call("POST", "Token", json={"client_id": KEY, "secret": KEY})
    return flinks, answers


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.slow
def test_no_password_and_no_answer_is_found_anywhere(tmp_path: Path, database_url: str, form: str) -> None:
    """Neither plain nor in a usual disguise; the same search finds the tag, which is no secret."""
    with running(tmp_path, database_url, log=form) as server:
        flinks, answers = told(server)
        places = [("log", server.log.read_bytes()), *_kept_in(database_url)]
        places += [("answer", answer) for answer in answers]
        for path in ("/requests", "/sessions"):
            page = flinks.sandbox.own("GET", path, params={"size": 500})
            places.append((path, json.dumps(page, ensure_ascii=False).encode()))
            for one in page[path[1:]]:
                whole = flinks.sandbox.own("GET", f"{path}/{one['id']}")
                places.append((path, json.dumps(whole, ensure_ascii=False).encode()))
    found = [
        (place, secret)
        for secret in SECRETS
        for disguise in disguises(secret)
        for place, content in places
        if disguise in content
    ]
    assert found == []
    assert any(disguise in content for _, content in places for disguise in disguises(VISIBLE))
