"""A connect page without a browser: what was shown last, and its forms sent as a browser sends them."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from tests.server import Client


class Page:
    """One visit. `told` is everything that the page around it was told, in order."""

    def __init__(self, client: Client, address: str, **query: str) -> None:
        self.http = client.http
        self.told: list[Any] = []
        answer = self.http.get(address, params=query or None)
        assert answer.status_code == 200, answer.text
        self.base = re.findall(r'data-base="([^"]*)"', answer.text)[0]
        self._shows(answer.text)

    def _shows(self, text: str) -> None:
        self.text = text
        self.told += json.loads(unescape(re.findall(r'data-news="([^"]*)"', text)[0]))

    @property
    def place(self) -> str:
        """The name of the view."""
        return re.findall(r'data-place="([^"]+)"', self.text)[0]

    @property
    def visit(self) -> str:
        """What the page carries of the visit; empty where nothing can be gone on with."""
        return unescape(next(iter(re.findall(r'name="visit" value="([^"]+)"', self.text)), ""))

    def send(self, step: str, visit: str | None = None, **values: str) -> str:
        """Send a form, of this view or of an earlier one; return the name of the view that comes."""
        given = {"visit": self.visit if visit is None else visit, **values}
        answer = self.http.post(f"{self.base}/connect/{step}", data=given, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.text
        self._shows(answer.text)
        return self.place

    def log_in(self, username: str, password: str) -> str:
        """Send a login of a name and a password."""
        return self.send("login", **{"field-username": username, "field-password": password})
