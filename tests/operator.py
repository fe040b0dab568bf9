"""A browser without a screen: logs in to the dashboard, keeps cookies, and sends the forms that stand on a page."""

from __future__ import annotations

import re
from html import unescape

import httpx

from tests.server import TLS, Client

HIDDEN = re.compile(r'name="form" value="([^"]*)"')


class Operator:
    """Somebody at the dashboard of one application."""

    def __init__(self, client: Client, secret: str | None = None) -> None:
        self.client = client
        self.http = httpx.Client(base_url=client.server.url, timeout=30, verify=TLS)
        self.id, self.secret = client.keys[0], secret or client.keys[1]

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def try_to_log_in(self, secret: str | None = None, id: str | None = None) -> httpx.Response:
        """Fill in the login's form."""
        page = self.http.get("/dashboard/login")
        given = {"form": marked(page.text), "id": id or self.id, "secret": secret or self.secret}
        return self.http.post("/dashboard/login", data=given)

    def log_in(self) -> Operator:
        """Log in, which must succeed."""
        answer = self.try_to_log_in()
        assert answer.status_code == 303, answer.text
        return self

    def get(self, path: str, expected: int = 200, **params: str) -> str:
        """Return a page, whose status must be the one expected."""
        answer = self.http.get(f"/dashboard/{path}", params=params or None)
        assert answer.status_code == expected, answer.text
        return unescape(answer.text)

    def post(self, path: str, expected: int = 303, **given: str) -> httpx.Response:
        """Send a form of the page that stands at the path's beginning, with its mark."""
        page = self.get(path.partition("/")[0])
        answer = self.http.post(f"/dashboard/{path}", data={"form": marked(page), **given})
        assert answer.status_code == expected, answer.text
        return answer


def marked(page: str) -> str:
    """Return the mark that a page's forms carry."""
    found = HIDDEN.search(page)
    assert found is not None, page[:500]
    return found[1]
