"""A client that speaks Flinks' words to a server over HTTP, and reads its dashboard's log."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from tests.server import Client

BANK = "FlinksCapital"
PASSWORD = "Everyday"
GREATDAY = {
    "What city were you born in?": "Montreal",
    "What is the best country on earth?": "Canada",
    "What shape do people like most?": "Triangle",
}
"""The documented questions and their answers."""

ZERO = "00000000-0000-4000-8000-000000000000"
"""The id of nothing."""

_numbers = itertools.count(1)


def newcomer() -> str:
    """Return the user name of somebody who was at no bank yet."""
    return f"person+flinks{next(_numbers)}"


def acting(meaning: str) -> str:
    """Return a user name that makes something happen, and that nobody else has."""
    return f"act+{meaning},success@holder"


class Flinks:
    """Calls are made for one customer; `key` and `token` are sent where they are told."""

    def __init__(self, sandbox: Client, customer: str | None = None) -> None:
        self.sandbox = sandbox
        self.customer = customer or sandbox.keys[0]

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call a path of the banking services, or a whole one that begins with a slash."""
        inside = path if path.startswith("/") else f"/BankingServices/{path}"
        return self.sandbox.http.request(method, f"/flinks/v3/{self.customer}{inside}", **options)

    def post(self, path: str, expected: int = 200, **body: Any) -> Any:
        """Post a body and return the JSON of the answer, whose status must be the one expected."""
        return self.told(self.call("POST", path, json=body), expected)

    def get(self, path: str, expected: int = 200) -> Any:
        """Return the JSON of a path, whose status must be the one expected."""
        return self.told(self.call("GET", path), expected)

    @staticmethod
    def told(answer: httpx.Response, expected: int = 200) -> Any:
        """Return the JSON of an answer; the status line must be the one expected, and the body's the same."""
        assert answer.status_code == expected, answer.text
        body = answer.json()
        if isinstance(body, dict) and "HttpStatusCode" in body:
            assert body["HttpStatusCode"] == expected
        return body

    def authorize(self, username: str, expected: int = 200, bank: str = BANK, **more: Any) -> Any:
        """Authorize with credentials."""
        body = {"Institution": bank, "Username": username, "Password": PASSWORD, **more}
        return self.post("Authorize", expected, **body)

    def cached(self, login_id: str, expected: int = 200, **more: Any) -> Any:
        """Authorize with a LoginId, to read what is stored."""
        return self.post("Authorize", expected, LoginId=login_id, MostRecentCached=True, **more)

    def live(self, login_id: str, expected: int = 200, **more: Any) -> Any:
        """Authorize with a LoginId, to go to the bank."""
        return self.post("Authorize", expected, LoginId=login_id, MostRecentCached=False, **more)

    def answer(self, asked: dict[str, Any], expected: int = 200, **more: Any) -> Any:
        """Answer the documented questions of a 203, rightly."""
        given = {one["Prompt"]: [GREATDAY[one["Prompt"]]] for one in asked["SecurityChallenges"]}
        return self.respond(asked["RequestId"], given, expected, **more)

    def respond(self, request_id: str, responses: dict[str, Any], expected: int = 200, **more: Any) -> Any:
        """Send answers for a session."""
        return self.post("Authorize", expected, RequestId=request_id, SecurityResponses=responses, **more)

    def connected(self, username: str | None = None, **more: Any) -> str:
        """Authorize somebody whom the bank asks nothing, and return the RequestId."""
        return str(self.authorize(username or newcomer(), **more)["RequestId"])

    def card(self, username: str | None = None) -> str:
        """Return the LoginId of somebody whose data has been fetched."""
        told = self.post("GetAccountsDetail", RequestId=self.connected(username))
        return str(told["Login"]["Id"])

    def refusal(self, answer: Any, code: str) -> Any:
        """Return the body of an error whose FlinksCode must be the one expected."""
        assert answer["FlinksCode"] == code, answer
        return answer

    # -- the dashboard

    def session(self, request_id: str) -> Any:
        """Return a session as the dashboard has it, whole."""
        return self.sandbox.own("GET", f"/sessions/{request_id}")

    def status(self, request_id: str) -> tuple[str, str]:
        """Return the status that the dashboard shows for a session, and its code."""
        shown = self.session(request_id)["dashboard"]
        return shown["status"], shown["code"]

    def log(self, **filters: Any) -> list[Any]:
        """Return the calls of the log, newest first."""
        return list(self.sandbox.own("GET", "/requests", params={"size": 100, **filters})["requests"])
