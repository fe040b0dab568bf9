"""A client that speaks Belvo's words to a server over HTTP, and finds again in its log what it was refused."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import httpx

from afluente.catalogue import load
from tests.server import Client

BANK = "erebor_mx_retail"
"""A bank that lets everybody in whose user name has the right form."""

ASKING_BANK = "heimdall_mx_retail"
"""A bank that asks for a token: 111111 is right, 999999 is wrong."""

UPDATE_MODE = "read_institutions,write_links,read_links"

_numbers = itertools.count(1)
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


def newcomer() -> str:
    """Return the user name of somebody who was at no bank yet."""
    return f"guest_{next(_numbers)}"


def new_password() -> str:
    """Return a password that nobody has used yet: the same credentials make no second link."""
    return f"secret-{next(_numbers)}"


class Belvo:
    """All calls are made with the keys of an application, or with the access token of a widget."""

    def __init__(self, sandbox: Client, access: str | None = None) -> None:
        self.sandbox = sandbox
        self.access = access
        self.url = f"{sandbox.server.url}/belvo"

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call a path of the dialect."""
        if self.access is not None:
            options["headers"] = {"authorization": f"Bearer {self.access}", **options.get("headers", {})}
        elif "auth" not in options:
            options["auth"] = self.sandbox.keys
        return self.sandbox.http.request(method, f"/belvo{path}", **options)

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON of a path that must answer 200."""
        answer = self.call("GET", path, params=params or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, expected: int = 201, **body: Any) -> Any:
        """Post a body and return the JSON of the answer, whose status must be the one expected."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def every(self, path: str, **params: Any) -> list[Any]:
        """Return all objects of a list, page by page, by the addresses that the pages give."""
        found: list[Any] = []
        page = self.get(path, **{"page_size": 1000, **params})
        while True:
            found += page["results"]
            if page["next"] is None:
                assert len(found) == page["count"]
                return found
            assert page["next"].startswith(self.url), page["next"]
            answer = self.sandbox.http.get(page["next"], auth=self.sandbox.keys)
            assert answer.status_code == 200, answer.text
            page = answer.json()

    def link(self, institution: str = BANK, username: str | None = None, **more: Any) -> Any:
        """Make a link that must succeed, and return it; the user is a newcomer unless one is named."""
        return self.post("/api/links/", **self._credentials(institution, username, more))

    def try_link(self, institution: str = BANK, username: str | None = None, **more: Any) -> httpx.Response:
        """Try to make a link and return the answer."""
        return self.call("POST", "/api/links/", json=self._credentials(institution, username, more))

    @staticmethod
    def _credentials(institution: str, username: str | None, more: dict[str, Any]) -> dict[str, Any]:
        given = {"institution": institution, "username": username or newcomer(), "password": new_password(), **more}
        return {name: value for name, value in given.items() if value is not None}

    def clear(self, institution: str) -> None:
        """Delete every link of an institution: the same credentials make no second one."""
        for link in self.every("/api/links/", institution=institution):
            # through the other dialect, where it does not count towards five in a minute
            assert self.sandbox.call("DELETE", f"/items/{link['id']}").status_code == 200

    def status(self, link_id: str) -> str:
        """Return a link's status."""
        return str(self.get(f"/api/links/{link_id}/")["status"])

    def ask(self, link_id: str, resource: str = "accounts", **body: Any) -> httpx.Response:
        """Ask for a resource of a link and return the answer."""
        return self.call("POST", f"/api/{resource}/", json={"link": link_id, **body})

    def resume(self, asked: dict[str, Any], token: str, resource: str = "links") -> httpx.Response:
        """Hand over a token for the session of a 428."""
        body = {"session": asked["session"], "link": asked["link"], "token": token}
        return self.call("PATCH", f"/api/{resource}/", json=body)

    def widget(self, link_id: str | None = None, scopes: str = UPDATE_MODE) -> Belvo:
        """Return what a widget is that was opened now: for new links, or for the update of one."""
        return Belvo(self.sandbox, self.tokens(link_id, scopes)["access"])

    def tokens(self, link_id: str | None = None, scopes: str = UPDATE_MODE) -> dict[str, str]:
        """Return the pair of tokens that a widget is opened with."""
        id, password = self.sandbox.keys
        body = {"id": id, "password": password, "scopes": scopes, "link_id": link_id}
        return dict(self.post("/api/token/", 200, **{name: value for name, value in body.items() if value is not None}))

    def refusal(self, answer: httpx.Response, status: int) -> dict[str, Any]:
        """Return the only entry of an error answer without its `request_id`, which the server's log must have too."""
        (entry,) = self.refusals(answer, status)
        return entry

    def refusals(self, answer: httpx.Response, status: int) -> list[dict[str, Any]]:
        """Return the entries of an error answer, each without the one `request_id` that the log must have too."""
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        entries = answer.json()
        assert isinstance(entries, list) and entries
        (id,) = {entry.pop("request_id") for entry in entries}
        assert _REQUEST_ID.fullmatch(id), id
        logged = [line for line in self.logged() if line.get("error") == id]
        assert [line["status"] for line in logged] == [status], id
        return entries

    def meaning(self, answer: httpx.Response) -> str:
        """Return what an error was, as the log says under its `request_id`."""
        id = answer.json()[0]["request_id"]
        (line,) = [line for line in self.logged() if line.get("error") == id]
        return str(line["meaning"])

    def in_widget(self, answer: httpx.Response) -> tuple[str, str] | None:
        """Return title and description that the widget shows for an error in Portuguese, None where it shows none.

        Codes with the same message differ there, so the log says which one it was.
        """
        shown: Any = load().word("belvo", "error", self.meaning(answer)).extra.get("widget")
        return None if shown is None else tuple(shown["pt-BR"])

    def logged(self) -> list[dict[str, Any]]:
        """Return what the server has logged, line by line."""
        lines = self.sandbox.server.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]
